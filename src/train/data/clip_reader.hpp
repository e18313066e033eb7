// The frames of a labelled clip as network inputs.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "mainstream/media.hpp"
#include "mainstream/trainer.hpp"
#include "train/data/features.hpp"

namespace mainstream {

// The frame that each row of the inputs shows.
struct ClipRows {
  std::vector<FrameRange> parts;     // frames of the stream, ascending
  double fps = 0;                    // the stream's frame rate
  std::int64_t score_step = 1;       // frames from one scored frame to the next
  std::vector<std::int64_t> frames;  // per row
  std::vector<std::int64_t> places;  // per row: its frame's place among the frames of the parts
  std::vector<bool> trains;          // per row: whether models learn from it
  std::size_t scored = 0;  // number of rows at the front that are plain frames, in order, to be scored

  [[nodiscard]] std::size_t rows() const { return frames.size(); }
};

// Frames from one to the next for about `per_second` of them, 1 at least.
[[nodiscard]] std::int64_t step_for(double fps, double per_second);

// Neighbouring frames of a fixed camera are nearly equal: frames are scored up to 15 times a second, and
// about recipe::kMostFrames at most. Models learn from every nth of these, about five a second, and from as
// many changed ones between them for each further view. So of long clips they learn from fewer.
[[nodiscard]] ClipRows plan_clip(const std::vector<FrameRange>& parts, double fps, int views);

// The parts asked for, else all labelled frames. Throws usage for frames that the labels do not have, and for
// parts that do not ascend.
[[nodiscard]] std::vector<FrameRange> clip_parts(const ClipData& data, const Labels& labels);

// The app's labels of the frames of the parts.
[[nodiscard]] std::vector<bool> labels_in(const std::vector<bool>& labels,
                                          const std::vector<FrameRange>& parts);

// The clip has this many frames, which the labels do not fit. Throws untrusted.
[[noreturn]] void fail_length(const ClipData& data, const Labels& labels, std::int64_t frames);

[[nodiscard]] bool is_within(const std::vector<FrameRange>& parts, std::int64_t frame);

// The stream's frame rate: as given, else as the video states it. Throws usage without either.
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
