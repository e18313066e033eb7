// Finished candidates of a training that is not done yet, kept in OUTPUT.work until the package is written.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "mainstream/trainer.hpp"
#include "train/candidate_training.hpp"

namespace mainstream {

// A candidate as it is kept: what the manifest and the next candidate need.
struct KeptCandidate {
  HeadKind head = HeadKind::average;
  TrainedCandidate trained;
};

class WorkFolder {
 public:
  // `plan` is any text that is the same exactly when the same candidates would come out. What another plan
  // left there is removed.
  WorkFolder(std::filesystem::path path, const std::string& plan);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  // Nothing when it was not kept, or not completely.
  [[nodiscard]] std::optional<KeptCandidate> load(std::size_t index) const;
  void save(std::size_t index, const KeptCandidate& candidate) const;

  // With all that is in it; for when the package is written.
  void remove() const;

 private:
  [[nodiscard]] std::filesystem::path file(std::size_t index, const std::string& suffix) const;

  std::filesystem::path path_;
};

}  // namespace mainstream
