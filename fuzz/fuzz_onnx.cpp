// Reads ONNX, then folds, cuts and writes the graph.
#include <string_view>

#include "fuzzing.hpp"
#include "graph/passes.hpp"
#include "mainstream/base.hpp"
#include "package/fingerprint.hpp"

namespace mainstream {
namespace {

constexpr std::string_view kSource = "model.onnx";

void check_that_it_writes(const Graph& graph) {
  const std::string id = fingerprint(graph);
  const Graph again = parse_onnx(to_onnx(graph), "written.onnx");
  expect(fingerprint(again) == id, "what is written reads back as the same graph");
}

// Checks only the part up to the features: other outputs of the network may begin anywhere.
void check_cuts(const Base& base) {
  const Graph trunk = stem_of(base.graph, base.features);
  const std::string id = fingerprint(trunk);
  for (const Branchpoint& point : base.branchpoints) {
    const Graph stem = stem_of(trunk, point.tensor);
    expect(stem.nodes.size() == static_cast<std::size_t>(point.layers), "layers are the stem's nodes");
    expect(fingerprint(join(trunk, tail_of(trunk, point.tensor))) == id, "stem and tail are the network");
  }
}

void run(std::string_view bytes) {
  Graph graph;
  if (!accepts(kSource, [&] { graph = parse_onnx(bytes, std::string(kSource)); })) return;
  check_that_it_writes(graph);
  Base base;
  if (!accepts(kSource, [&] { base = prepare_base(graph, {}); })) return;
  check_that_it_writes(base.graph);
  if (base.branchpoints.size() < 20) check_cuts(base);
}

}  // namespace
}  // namespace mainstream

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mainstream::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
