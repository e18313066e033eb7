#include "train/data/clip_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "core/log.hpp"
#include "event/frame_parts.hpp"
#include "mainstream/error.hpp"
#include "mainstream/media.hpp"
#include "train/data/views.hpp"
#include "train/recipe.hpp"
#include "train/stopped.hpp"

namespace mainstream {
namespace {

constexpr double kScoredPerSecond = 15;

// Writes all rows that show a frame.
class FrameWriter {
 public:
  FrameWriter(const ClipRows& rows, InputStore& inputs, const InputSpec& spec, std::uint64_t seed)
      : rows_(rows), inputs_(inputs), plain_(spec), changed_(spec), seed_(seed), input_(plain_.size()) {
    for (std::size_t row = 0; row < rows.rows(); ++row) rows_of_[rows.frames[row]].push_back(row);
  }

  void write(const VideoFrame& frame) {
    const auto found = rows_of_.find(frame.index);
    if (found == rows_of_.end()) return;
    for (const std::size_t row : found->second) {
      if (row < rows_.scored) {
        plain_.scale(frame.picture, input_);
      } else {
        std::mt19937_64 random(seed_ + row);
        changed_.scale(frame.picture, input_, clip_view(random));
      }
      inputs_.write(row, input_);
    }
  }

 private:
  const ClipRows& rows_;
  InputStore& inputs_;
  InputScaler plain_, changed_;  // apart, since each keeps itself set up for one size
  const std::uint64_t seed_;
  std::vector<float> input_;
  std::map<std::int64_t, std::vector<std::size_t>> rows_of_;
};

// Frames from one scored frame to the next: kScoredPerSecond, and of long clips kMostFrames in all.
std::int64_t score_step_of(const std::vector<FrameRange>& parts, double fps) {
  const std::int64_t step = step_for(fps, kScoredPerSecond);
  std::int64_t scored = 0;
  for (const FrameRange& part : parts) scored += (part.last - part.first) / step + 1;
  const std::int64_t thinned = step * ((scored + recipe::kMostFrames - 1) / recipe::kMostFrames);
  if (thinned > step)
    module_log("train").info("the clip is long: one frame in {} is measured, not one in {}", thinned, step);
  return thinned;
}

}  // namespace

std::int64_t step_for(double fps, double per_second) {
  return std::max<std::int64_t>(1, std::llround(fps / per_second));
}

void fail_length(const ClipData& data, const Labels& labels, std::int64_t frames) {
  throw Error(ErrorKind::untrusted, fmt::format("{} has {} frames, {} has labels for {}", data.video, frames,
                                                data.labels.string(), labels.frames));
}

std::vector<FrameRange> clip_parts(const ClipData& data, const Labels& labels) {
  if (data.frames.empty()) return {{0, labels.frames - 1}};
  check_parts(data.frames, labels.frames);
  return data.frames;
}

std::vector<bool> labels_in(const std::vector<bool>& labels, const std::vector<FrameRange>& parts) {
  std::vector<bool> own;
  for (const FrameRange& part : parts) {
    own.insert(own.end(), labels.begin() + part.first, labels.begin() + part.last + 1);
  }
  return own;
}

bool is_within(const std::vector<FrameRange>& parts, std::int64_t frame) {
  return std::ranges::any_of(
      parts, [&](const FrameRange& part) { return part.first <= frame && frame <= part.last; });
}

double clip_fps(const ClipData& data, const VideoInfo& info) {
  const double fps = data.fps > 0 ? data.fps : info.fps;
  if (fps > 0 && std::isfinite(fps)) return fps;
  throw Error(ErrorKind::usage, data.video + " does not state its frame rate; give it with --fps");
}

ClipRows plan_clip(const std::vector<FrameRange>& parts, double fps, int views) {
  ClipRows rows{.parts = parts,
                .fps = fps,
                .score_step = score_step_of(parts, fps),
                .frames = {},
                .places = {},
                .trains = {}};
  const std::int64_t score_step = rows.score_step;
  const std::int64_t train_step =
      score_step * step_for(fps / static_cast<double>(score_step), recipe::kLearnedPerSecond);
  const auto add = [&](std::int64_t offset, std::int64_t step, const auto& trains) {
    std::int64_t before = 0;  // frames of earlier parts
    for (const FrameRange& part : parts) {
      for (std::int64_t frame = part.first + offset; frame <= part.last; frame += step) {
        rows.frames.push_back(frame);
        rows.places.push_back(before + frame - part.first);
        rows.trains.push_back(trains(frame - part.first));
      }
      before += part.last - part.first + 1;
    }
  };
  add(0, score_step, [&](std::int64_t place) { return place % train_step == 0; });
  rows.scored = rows.frames.size();
  for (int view = 1; view < views; ++view) {
    const std::int64_t offset = view * train_step / views / score_step * score_step;  // of a scored frame
    add(offset, train_step, [](std::int64_t) { return true; });
  }
  return rows;
}

Clip read_clip(const ClipData& data, const Labels& labels, const InputSpec& spec, const TrainOptions& options,
               const std::filesystem::path& folder) {
  const std::vector<FrameRange> parts = clip_parts(data, labels);
  const FrameRange range{parts.front().first, parts.back().last};
  VideoReader video(data.video, options.stop);
  Clip clip;
  clip.rows = plan_clip(parts, clip_fps(data, video.info()), options.views);
  clip.inputs = std::make_unique<InputStore>(spec, clip.rows.rows(), options.memory / 4, folder);
  FrameWriter writer(clip.rows, *clip.inputs, spec, options.seed);
  const std::string stage = "reading " + std::filesystem::path(data.video).filename().string();

  std::int64_t frames = 0;
  while (const auto frame = video.next()) {
    frames = frame->index + 1;
    if (data.frames.empty() && frames > labels.frames)
      fail_length(data, labels, std::max(frames, video.info().frames));
    writer.write(*frame);
    if (options.report && frame->index >= range.first) {
      options.report({stage,
                      static_cast<std::uint64_t>(frames - range.first),
                      static_cast<std::uint64_t>(range.last - range.first + 1),
                      {}});
    }
    if (!data.frames.empty() && frame->index >= range.last) break;
  }
  throw_if(options.stop);
  if (frames <= range.last) fail_length(data, labels, frames);
  return clip;
}

}  // namespace mainstream
