// Finished tails of a training that is not done yet, kept in OUTPUT.work until the package is written.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "mainstream/graph.hpp"

namespace mainstream {

// A tail as its training leaves it.
struct TrainedTail {
  Graph graph;  // branchpoint -> logits [1, classes], those of the exit that it started from included
  // [examples x classes], by models that did not see the example.
  std::vector<float> unseen;
};

class WorkFolder {
 public:
  // `plan` is any text that is the same exactly when the same tails would come out. What another plan left
  // there is removed.
  WorkFolder(std::filesystem::path path, const std::string& plan);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  // `id`: the candidate's. Nothing when it was not kept, or not completely.
  [[nodiscard]] std::optional<TrainedTail> load(const std::string& id) const;
  void save(const std::string& id, const TrainedTail& tail) const;

 private:
  std::filesystem::path path_;
};

}  // namespace mainstream
