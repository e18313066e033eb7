// Recorded scores that are kept in files: every candidate runs on a stream once, and what schedules make of
// it is replayed.
#pragma once

#include <filesystem>
#include <string>

#include "mainstream/experiments.hpp"

namespace mainstream {

struct ScoredStream {
  std::filesystem::path video, labels;
  double fps = 0;  // of the stream
};

// Tells recordings apart: a hash of the mix's base, packages and number types, of the clip and of its labels.
[[nodiscard]] std::string recording_id(const Mix& mix, const ScoredStream& stream);

// record_scores for the whole stream, as one part. Scores of pieces of it are kept in FOLDER/ID as soon as
// they are recorded, and what is there is not recorded again. Throws as record_scores; untrusted for a
// damaged file; storage.
[[nodiscard]] ClipScores kept_scores(const Engine& engine, const Mix& mix, const ScoredStream& stream,
                                     const std::filesystem::path& folder, const std::stop_token& stop,
                                     const FrameProgress& progress = {});

}  // namespace mainstream
