// The prepared base: a network that apps can share.
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

// The content of an ONNX file prepared for Mainstream (docs/formats.md). The graph is folded, has one input
// [1, 3, height, width], and ends where the original did; heads of apps read `features`.
struct Base {
  std::string name;  // for display; only the id is compared
  std::string id;    // sha256 of graph and weights
  Graph graph;
  InputSpec input;
  std::string features;                   // the last branchpoint
  std::vector<Branchpoint> branchpoints;  // in order, the input (0 layers) first
  // From `base calibrate`: the ranges for int8, and how number types agree with f32. Empty before.
  Ranges ranges;
  std::map<NumberType, Agreement> agreement;

  // The branchpoint at this tensor. Without one, find_branchpoint returns nullptr and branchpoint throws
  // untrusted, naming the known ones.
  [[nodiscard]] const Branchpoint* find_branchpoint(const std::string& tensor) const;
  [[nodiscard]] const Branchpoint& branchpoint(const std::string& tensor) const;
  // Whether calibration approved of the number type. f32 needs none.
  [[nodiscard]] bool offers(NumberType number_type) const;
  // The ranges that the engine needs for the number type. Throws usage, naming `base calibrate`, if int8 has
  // none.
  [[nodiscard]] const Ranges& ranges_for(NumberType number_type) const;
  // Number of nodes up to the features: the L of the scheduler's cost model.
  [[nodiscard]] std::int64_t layers() const { return branchpoints.back().layers; }
};

struct PrepareOptions {
  std::string name;                     // default: the stem of the file that the graph was read from
  InputSpec input;                      // width and height are taken from the graph
  std::optional<std::string> features;  // default: found
};

// Folds, finds features and branchpoints, computes the id. Throws unsupported for a network that cannot be
// shared (an input that is not one picture, no convolutional features) and usage for features that the graph
// does not have.
[[nodiscard]] Base prepare_base(Graph graph, const PrepareOptions& options);

// Throws unreadable, untrusted or unsupported: no mainstream.* metadata (the message names `base prepare`),
// an id that does not fit the weights, branchpoints that the graph does not have.
[[nodiscard]] Base read_base(const std::filesystem::path& path);

// The part of the base that leads to `tensor`, any of its tensors, as a graph with that output. Its metadata
// describes the input as the base does. Throws usage for a tensor that the base does not have, naming the
// nearest.
[[nodiscard]] Graph cut_base(const Base& base, const std::string& tensor);

// Writes an ONNX file, whole or not at all. Throws storage.
void write_base(const Base& base, const std::filesystem::path& path);

}  // namespace mainstream
