// Which frames of a recording a person should look at first, once an app was trained on it: those that models
// which had not seen them answer otherwise than the marks say, and those that they are least certain of.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "mainstream/event.hpp"

namespace mainstream {

struct Doubt {
  std::int64_t frame = 0;
  float score = 0;
  bool marked = false;       // now
  bool contradicts = false;  // the score says otherwise
};

struct Doubts {
  std::string app;
  std::string candidate;  // the best one, whose answers these are
  float threshold = 0;
  std::vector<Doubt> frames;  // what contradicts the marks first, the clearest first; then the least certain
};

// Answers on frames by models that did not learn from them, as the trainer writes them (docs/formats.md,
// "Unseen answers").
struct UnseenAnswers {
  std::string app, candidate;
  float threshold = 0;
  std::vector<std::int64_t> frames;  // ascending
  std::vector<float> scores;         // one for each
};
// Throws unreadable or untrusted.
[[nodiscard]] UnseenAnswers read_unseen(const std::filesystem::path& file);

// At most `most` of them, spread in time: no two closer than a second, nor than a share of 1 / (2 most) of
// the recording. `labels`: the marks as they are now; an app without any is absent from all frames.
[[nodiscard]] Doubts choose_doubts(const UnseenAnswers& answers, const Labels& labels, double fps,
                                   std::size_t most);

}  // namespace mainstream
