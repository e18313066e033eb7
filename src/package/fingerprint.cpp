#include <fmt/format.h>

#include <bit>

#include "graph/ops.hpp"
#include "package/fingerprint.hpp"
#include "package/sha256.hpp"

namespace mainstream {
namespace {

static_assert(std::endian::native == std::endian::little, "weights are hashed as they lie in memory");

std::string constant_hash(const Tensor& tensor) {
  Sha256 hash;
  hash.add("constant " + to_string(tensor.shape) + "\n");
  hash.add({reinterpret_cast<const char*>(tensor.data->data()), tensor.data->size() * sizeof(float)});
  return hash.finish();
}

}  // namespace

// Each value's hash covers everything it is computed from, so names and node order have no effect.
std::string fingerprint(const Graph& graph) {
  std::map<std::string, std::string> hashes;
  for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
    Shape shape = graph.shape(graph.inputs[i]);
    shape[0] = 0;  // whatever the batch
    hashes[graph.inputs[i]] = sha256(fmt::format("input {} {}", i, to_string(shape)));
  }
  for (const auto& [name, tensor] : graph.constants) hashes[name] = constant_hash(tensor);
  for (const Node& node : graph.nodes) {
    std::string text = describe(node.op);
    for (const std::string& input : node.inputs) text += "\n" + hashes.at(input);
    hashes[node.output] = sha256(text);
  }
  std::string text = "mainstream graph 1";
  for (const std::string& output : graph.outputs) text += "\n" + hashes.at(output);
  return sha256(text);
}

}  // namespace mainstream
