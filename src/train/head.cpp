#include "train/head.hpp"

#include <cmath>
#include <random>
#include <utility>

#include "mainstream/error.hpp"

namespace mainstream {
namespace {

// The spatial head's numbers per position: as many as tell people from no people, few enough that the linear
// layers over all positions stay small.
constexpr std::int64_t kNarrow = 32, kPerPosition = 16;
// It reads larger maps at every second, third .. position: about so many a side are enough to tell where.
constexpr std::int64_t kPositions = 20;

class HeadBuilder {
 public:
  HeadBuilder(Graph& graph, std::uint64_t seed) : graph_(graph), random_(seed) {}

  void add_average(std::int64_t classes) {
    const std::int64_t channels = shape().at(1);
    add(op::GlobalPool{}, "pool");
    add(op::Reshape{{channels}}, "flat");
    add_linear("linear", channels, classes);
  }

  // The features tell what is there, but on few positions; the branchpoint's tensor tells better where.
  void add_spatial(const std::string& branchpoint, std::int64_t classes) {
    const bool features_only = output() == branchpoint;
    add_conv("features/conv", kPerPosition, {.kernel = 1, .stride = 1});
    add_linear_over_positions("features", classes);
    if (features_only) return;
    const std::string by_features = std::exchange(output(), branchpoint);
    const std::int64_t stride = (shape().at(2) + kPositions - 1) / kPositions;
    add_conv("branchpoint/conv1", kNarrow, {.kernel = 2 * stride + 1, .stride = stride});
    add_conv("branchpoint/conv2", kPerPosition, {.kernel = 3, .stride = 1});
    add_linear_over_positions("branchpoint", classes);
    add_node({op::Binary{}, {by_features, output()}, kHeadPrefix + std::string("logits")});
  }

 private:
  struct Window {
    std::int64_t kernel, stride;  // the kernel is odd; padded by half of it
  };

  [[nodiscard]] std::string& output() { return graph_.outputs.front(); }
  [[nodiscard]] const Shape& shape() { return graph_.shape(output()); }

  void add_conv(const std::string& name, std::int64_t to, Window window) {
    const std::int64_t from = shape().at(1), pad = window.kernel / 2;
    const std::int64_t inputs = from * window.kernel * window.kernel;
    const double spread = std::sqrt(2.0 / static_cast<double>(inputs));  // He et al. 2015
    add(op::Conv{.strides = {window.stride, window.stride}, .pads = {pad, pad, pad, pad}}, name,
        {weights(name + "/weight", {to, from, window.kernel, window.kernel}, spread),
         weights(name + "/bias", {to}, 0)});
    add(op::Activation{op::Activation::Kind::relu}, name + "/relu");
  }

  void add_linear_over_positions(const std::string& name, std::int64_t classes) {
    const std::int64_t size = element_count(shape());
    add(op::Reshape{{size}}, name + "/flat");
    add_linear(name + "/linear", size, classes);
  }

  // Small weights, so that training begins with even odds.
  void add_linear(const std::string& name, std::int64_t size, std::int64_t classes) {
    add(op::Gemm{}, name,
        {weights(name + "/weight", {classes, size}, 0.01), weights(name + "/bias", {classes}, 0)});
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
    Node node{operation, {output()}, kHeadPrefix + name};
    node.inputs.insert(node.inputs.end(), constants.begin(), constants.end());
    add_node(std::move(node));
  }

  void add_node(Node node) {
    output() = node.output;
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
    head.add_spatial(branchpoint.tensor, classes);
  } else {
    head.add_average(classes);
  }
  return tail;
}

}  // namespace mainstream
