// The prepared base: a network ready to be shared.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "mainstream/graph.hpp"
#include "mainstream/input_spec.hpp"

namespace mainstream {

// What an ONNX file prepared for Mainstream holds (docs/formats.md). The graph is folded and ends
// where the original did; heads of apps read `features`.
struct Base {
  std::string name;  // the file's stem, or what the file says
  std::string id;    // sha256 of graph and weights
  Graph graph;
  InputSpec input;
  std::string features;                   // the last branchpoint
  std::vector<Branchpoint> branchpoints;  // in order, the input (0 layers) first

  // The branchpoint with this tensor or this number of layers. Throws untrusted, naming the known ones.
  [[nodiscard]] const Branchpoint& branchpoint(const std::string& tensor) const;
  // Nodes up to the features: the L of the scheduler's cost model.
  [[nodiscard]] std::int64_t layers() const { return branchpoints.back().layers; }
};

struct PrepareOptions {
  InputSpec input;                         // width and height are taken from the model
  std::optional<std::string> features;     // else found
  std::optional<std::int64_t> input_size;  // binds a free height and width
};

// Folds, finds features and branchpoints, computes the id.
[[nodiscard]] Base prepare_base(Graph graph, const PrepareOptions& options);

// Throws unreadable or untrusted: no mainstream.* metadata (the message names `base prepare`), or an id that
// does not fit the weights.
[[nodiscard]] Base read_base(const std::filesystem::path& path);
void write_base(const Base& base, const std::filesystem::path& path);

}  // namespace mainstream
