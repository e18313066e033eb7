// The frames of a labelled clip as network inputs.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "mainstream/media.hpp"
#include "mainstream/trainer.hpp"
#include "train/data/features.hpp"

namespace mainstream {

// Which frame each row of the inputs shows.
struct ClipRows {
  std::vector<FrameRange> parts;     // of the stream, ascending
  double fps = 0;                    // of the stream
  std::int64_t score_step = 1;       // frames from one scored frame to the next
  std::vector<std::int64_t> frames;  // per row
  std::vector<std::int64_t> places;  // per row: its frame's place among the frames of the parts
  std::vector<bool> trains;          // per row: whether models learn from it
  std::size_t scored = 0;            // so many rows at the front are plain frames, in order, to be scored

  [[nodiscard]] std::size_t rows() const { return frames.size(); }
};

// Neighbouring frames of a fixed camera are nearly equal: models learn from about five plain frames a second
// and from as many changed ones between them for each further view; frames are scored up to 15 times a
// second.
[[nodiscard]] ClipRows plan_clip(const std::vector<FrameRange>& parts, double fps, int views);

// The parts that are asked for, else all frames that have labels. Throws usage for frames that the labels do
// not have, and for parts that do not ascend.
[[nodiscard]] std::vector<FrameRange> clip_parts(const ClipData& data, const Labels& labels);

[[nodiscard]] bool is_within(const std::vector<FrameRange>& parts, std::int64_t frame);

// Of the stream: given, or as the video states it. Throws usage when neither is there.
[[nodiscard]] double clip_fps(const ClipData& data, const VideoInfo& info);

struct Clip {
  ClipRows rows;
  std::unique_ptr<InputStore> inputs;
};

// Decodes the clip once. Throws untrusted when its length does not fit the labels' (or, with a range given,
// ends before the range does).
[[nodiscard]] Clip read_clip(const ClipData& data, const Labels& labels, const InputSpec& spec,
                             const TrainOptions& options, const std::filesystem::path& folder);

}  // namespace mainstream
