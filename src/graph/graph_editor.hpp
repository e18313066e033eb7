// Edits a graph while its nodes are walked, in time linear in their number.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "mainstream/graph.hpp"

namespace mainstream {

// Tracks each value's producer and number of readers. Removed nodes stay in graph.nodes, without effect,
// until finish().
class GraphEditor {
 public:
  explicit GraphEditor(Graph& graph) : graph_(graph), gone_(graph.nodes.size()) {
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      producers_[graph.nodes[i].output] = i;
      for (const std::string& input : graph.nodes[i].inputs) ++readers_[input];
    }
    for (const std::string& output : graph.outputs) ++readers_[output];
  }

  // Null for inputs of the graph and constants.
  [[nodiscard]] Node* producer(const std::string& value) const {
    const auto found = producers_.find(value);
    return found == producers_.end() ? nullptr : &graph_.nodes[found->second];
  }

  // Number of nodes that read the value, plus the graph outputs that it is.
  [[nodiscard]] std::size_t readers(const std::string& value) const {
    const auto found = readers_.find(value);
    return found == readers_.end() ? 0 : found->second;
  }

  // `node` takes over the work of `later`, its only reader: from now on it produces the output of `later`.
  void absorb_later(Node& node, const Node& later) {
    const std::string dropped = node.output;
    const std::size_t place = producers_.at(dropped);
    gone_[producers_.at(later.output)] = true;
    producers_.erase(dropped);
    node.output = later.output;
    producers_[node.output] = place;
    graph_.shapes.erase(dropped);
  }

  // `node` takes over the work of its first input's producer, whose only reader it is.
  void absorb_earlier(Node& node) {
    const std::string dropped = node.inputs.front();
    const std::size_t place = producers_.at(dropped);
    gone_[place] = true;
    producers_.erase(dropped);
    node.inputs.front() = graph_.nodes[place].inputs.front();
    graph_.shapes.erase(dropped);
  }

  [[nodiscard]] bool is_gone(std::size_t place) const { return gone_[place]; }

  void finish() {
    std::vector<Node> kept;
    for (std::size_t i = 0; i < gone_.size(); ++i) {
      if (!gone_[i]) kept.push_back(std::move(graph_.nodes[i]));
    }
    graph_.nodes = std::move(kept);
  }

 private:
  Graph& graph_;
  std::vector<bool> gone_;
  std::unordered_map<std::string, std::size_t> producers_, readers_;
};

}  // namespace mainstream
