// Finished tails of an unfinished training, kept in OUTPUT.work until the package is written.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "mainstream/graph.hpp"

namespace mainstream {

// A trained tail.
struct TrainedTail {
  Graph graph;  // branchpoint -> logits [1, classes], those of the exit that it started from included
  // [examples x classes], by models that did not see the example.
  std::vector<float> unseen;
};

class WorkFolder {
 public:
  // `plan` is a text that is equal exactly when the same tails would result. Files of another plan are
  // removed.
  WorkFolder(std::filesystem::path path, const std::string& plan);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  // `id`: the candidate's. Returns nothing when the tail was not kept, or not completely.
  [[nodiscard]] std::optional<TrainedTail> load(const std::string& id) const;
  void save(const std::string& id, const TrainedTail& tail) const;

 private:
  std::filesystem::path path_;
};

}  // namespace mainstream
