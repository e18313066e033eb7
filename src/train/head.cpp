#include "train/head.hpp"

#include <cmath>
#include <random>
#include <utility>

#include "mainstream/error.hpp"

namespace mainstream {
namespace {

// The spatial head's convolution: as many numbers per position as tell people from no people, few enough
// that the linear layer over all positions stays small.
constexpr std::int64_t kSpatialChannels = 16;

class HeadBuilder {
 public:
  HeadBuilder(Graph& graph, std::uint64_t seed) : graph_(graph), random_(seed) {}

  void add_average(std::int64_t classes) {
    const std::int64_t channels = shape().at(1);
    add(op::GlobalPool{}, "pool");
    add(op::Reshape{{channels}}, "flat");
    add_linear(channels, classes);
  }

  void add_spatial(std::int64_t classes) {
    const std::int64_t channels = shape().at(1);
    const double spread = std::sqrt(2.0 / static_cast<double>(channels));
    add(op::Conv{}, "conv",
        {weights("conv/weight", {kSpatialChannels, channels, 1, 1}, spread),
         weights("conv/bias", {kSpatialChannels}, 0)});
    add(op::Activation{op::Activation::Kind::relu}, "relu");
    const std::int64_t size = element_count(shape());
    add(op::Reshape{{size}}, "flat");
    add_linear(size, classes);
  }

 private:
  [[nodiscard]] const Shape& shape() const { return graph_.shape(graph_.outputs.front()); }

  // Small weights, so that training begins with even odds.
  void add_linear(std::int64_t size, std::int64_t classes) {
    add(op::Gemm{}, "logits",
        {weights("linear/weight", {classes, size}, 0.01), weights("linear/bias", {classes}, 0)});
  }

  std::string weights(const std::string& name, const Shape& shape, double spread) {
    std::normal_distribution<double> normal(0, 1);
    std::vector<float> values(static_cast<std::size_t>(element_count(shape)));
    if (spread > 0) {
      for (float& value : values) value = static_cast<float>(spread * normal(random_));
    }
    graph_.constants[kHeadPrefix + name] = make_tensor(shape, std::move(values));
    return kHeadPrefix + name;
  }

  void add(const Op& operation, const std::string& name, const std::vector<std::string>& constants = {}) {
    Node node{operation, {graph_.outputs.front()}, kHeadPrefix + name};
    node.inputs.insert(node.inputs.end(), constants.begin(), constants.end());
    graph_.outputs = {node.output};
    graph_.nodes.push_back(std::move(node));
    infer_shapes(graph_);
  }

  Graph& graph_;
  std::mt19937_64 random_;
};

void check_names(const Graph& graph) {
  const std::string prefix = kHeadPrefix;
  const auto check = [&](const std::string& name) {
    if (name.starts_with(prefix)) {
      throw Error(ErrorKind::unsupported, graph.name + ": names that begin with " + prefix +
                                              " are the trainer's; " + name + " is there");
    }
  };
  for (const auto& [name, shape] : graph.shapes) check(name);
  for (const auto& [name, tensor] : graph.constants) check(name);
}

}  // namespace

Graph new_tail(const Base& base, const Branchpoint& branchpoint, HeadKind kind, std::int64_t classes,
               std::uint64_t seed) {
  Graph tail = tail_of(stem_of(base.graph, base.features), branchpoint.tensor);
  check_names(tail);
  HeadBuilder head(tail, seed);
  if (kind == HeadKind::spatial) {
    head.add_spatial(classes);
  } else {
    head.add_average(classes);
  }
  return tail;
}

}  // namespace mainstream
