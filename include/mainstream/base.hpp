// The prepared base: a network ready to be shared.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "mainstream/graph.hpp"
#include "mainstream/input_spec.hpp"
#include "mainstream/number_type.hpp"

namespace mainstream {

// What an ONNX file prepared for Mainstream holds (docs/formats.md). The graph is folded, has one
// input [1, 3, height, width], and ends where the original did; heads of apps read `features`.
struct Base {
  std::string name;  // for people; the id decides
  std::string id;    // sha256 of graph and weights
  Graph graph;
  InputSpec input;
  std::string features;                   // the last branchpoint
  std::vector<Branchpoint> branchpoints;  // in order, the input (0 layers) first
  // From `base calibrate`: what int8 needs, and how number types agree with f32. Empty before.
  Ranges ranges;
  std::map<NumberType, Agreement> agreement;

  // The branchpoint at this tensor, or nullptr; with branchpoint() it throws untrusted, naming the known
  // ones.
  [[nodiscard]] const Branchpoint* find_branchpoint(const std::string& tensor) const;
  [[nodiscard]] const Branchpoint& branchpoint(const std::string& tensor) const;
  // Whether calibration approved of it. f32 needs none.
  [[nodiscard]] bool offers(NumberType number_type) const;
  // What the engine needs to know for it. Throws usage, naming `base calibrate`, where int8 has no ranges.
  [[nodiscard]] const Ranges& ranges_for(NumberType number_type) const;
  // Nodes up to the features: the L of the scheduler's cost model.
  [[nodiscard]] std::int64_t layers() const { return branchpoints.back().layers; }
};

struct PrepareOptions {
  std::string name;                     // else the stem of the file that the graph was read from
  InputSpec input;                      // width and height are taken from the graph
  std::optional<std::string> features;  // else found
};

// Folds, finds features and branchpoints, computes the id. Throws unsupported for what cannot be shared (an
// input that is not one picture, no convolutional features) and usage for features that the graph does not
// have.
[[nodiscard]] Base prepare_base(Graph graph, const PrepareOptions& options);

// Throws unreadable, untrusted or unsupported: no mainstream.* metadata (the message names `base prepare`),
// an id that does not fit the weights, branchpoints that the graph does not have.
[[nodiscard]] Base read_base(const std::filesystem::path& path);

// What leads to `tensor`, any of the base, as a graph with that output. Written to a file (to_onnx) it tells
// as the base does how pictures become its input. Throws usage for a tensor that the base does not have,
// naming the nearest.
[[nodiscard]] Graph cut_base(const Base& base, const std::string& tensor);

// An ONNX file that is there whole or not at all. Throws storage.
void write_base(const Base& base, const std::filesystem::path& path);

}  // namespace mainstream
