#include "infer/fusion.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "infer/activation.hpp"

namespace mainstream {
namespace {

// The nodes that read each activation; a node that reads it twice is listed twice.
using Readers = std::map<std::string, std::vector<std::size_t>>;

Readers readers_of(const Graph& graph) {
  Readers readers;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const auto& input : graph.nodes[i].inputs) readers[input].push_back(i);
  }
  return readers;
}

bool takes_activation(const Op& op, const op::Activation& activation) {
  if (std::holds_alternative<op::BatchNorm>(op)) {
    return activation.kind == op::Activation::Kind::relu;  // oneDNN's flag, faster than a post-op
  }
  const bool has_post_ops = std::holds_alternative<op::Conv>(op) || std::holds_alternative<op::Gemm>(op) ||
                            std::holds_alternative<op::Binary>(op);
  return has_post_ops && !eltwise_chain(activation).empty();
}

// A sum of two activations of one shape, one of which is `tensor`.
bool is_residual(const Graph& graph, const Node& node, const std::string& tensor) {
  const auto* binary = std::get_if<op::Binary>(&node.op);
  if (binary == nullptr || binary->kind != op::Binary::Kind::add) return false;
  const std::string& other = node.inputs[0] == tensor ? node.inputs[1] : node.inputs[0];
  return !graph.is_constant(other) && graph.shape(other) == graph.shape(tensor);
}

// Whether the reshape makes vectors from pictures of several positions. Only then does the layout matter.
bool flattens_picture(const Graph& graph, const Node& node) {
  if (!std::holds_alternative<op::Reshape>(node.op) || graph.is_constant(node.inputs[0])) return false;
  const Shape& picture = graph.shape(node.inputs[0]);
  return picture.size() == 4 && picture[2] * picture[3] > 1 && graph.shape(node.output).size() == 2;
}

class Fusion {
 public:
  Fusion(const Graph& graph, const std::set<std::string>& kept)
      : graph_(graph), kept_(kept), readers_(readers_of(graph)), taken_(graph.nodes.size(), false) {}

  std::vector<FusedNode> run() {
    std::vector<FusedNode> fused;
    // If two convolutions can take the same sum, the later one does: the other has then run.
    for (std::size_t i = graph_.nodes.size(); i-- > 0;) {
      if (std::holds_alternative<op::Conv>(graph_.nodes[i].op)) fused.push_back(extend(i));
    }
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (!taken_[i] && !is_taken_by_product(i)) fused.push_back(extend(i));
    }
    std::sort(fused.begin(), fused.end(),
              [](const FusedNode& a, const FusedNode& b) { return a.last() < b.last(); });
    return fused;
  }

 private:
  FusedNode extend(std::size_t start) {
    FusedNode fused{start, {}, flatten_before(start)};
    taken_[start] = true;
    while (const auto next = only_reader(graph_.nodes[fused.last()].output)) {
      if (taken_[*next] || !can_take(fused, *next)) break;
      taken_[*next] = true;
      fused.epilogue.push_back(*next);
    }
    return fused;
  }

  // Whether a matrix product reads the pictures instead of this reshape.
  bool is_taken_by_product(std::size_t reshape) const {
    if (!flattens_picture(graph_, graph_.nodes[reshape])) return false;
    const auto reader = only_reader(graph_.nodes[reshape].output);
    return reader && std::holds_alternative<op::Gemm>(graph_.nodes[*reader].op);
  }

  std::optional<std::size_t> flatten_before(std::size_t product) const {
    const Node& node = graph_.nodes[product];
    if (!std::holds_alternative<op::Gemm>(node.op)) return std::nullopt;
    const auto maker = std::find_if(graph_.nodes.begin(), graph_.nodes.end(),
                                    [&](const Node& before) { return before.output == node.inputs[0]; });
    if (maker == graph_.nodes.end()) return std::nullopt;
    const auto reshape = static_cast<std::size_t>(maker - graph_.nodes.begin());
    return is_taken_by_product(reshape) ? std::optional(reshape) : std::nullopt;
  }

  std::optional<std::size_t> only_reader(const std::string& tensor) const {
    const auto readers = readers_.find(tensor);
    if (kept_.contains(tensor) || readers == readers_.end() || readers->second.size() != 1)
      return std::nullopt;
    return readers->second.front();
  }

  bool can_take(const FusedNode& fused, std::size_t next) const {
    const Op& op = graph_.nodes[fused.node].op;
    const Node& candidate = graph_.nodes[next];
    if (const auto* activation = std::get_if<op::Activation>(&candidate.op)) {
      return takes_activation(op, *activation) && fused.epilogue.size() < 2;
    }
    // The sum comes first, so that it is oneDNN's plain sum into the destination.
    return std::holds_alternative<op::Conv>(op) && fused.epilogue.empty() &&
           is_residual(graph_, candidate, graph_.nodes[fused.last()].output);
  }

  const Graph& graph_;
  const std::set<std::string>& kept_;
  const Readers readers_;
  std::vector<bool> taken_;
};

}  // namespace

std::vector<FusedNode> fuse(const Graph& graph, const std::set<std::string>& kept) {
  return Fusion(graph, kept).run();
}

}  // namespace mainstream
