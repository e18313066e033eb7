#include "eval/clip_scores.hpp"

#include <fmt/format.h>

#include <memory>

#include "event/event_score.hpp"
#include "mainstream/error.hpp"
#include "mainstream/media.hpp"

namespace mainstream {
namespace {

// All candidates of all apps behind one stem.
class Recorder {
 public:
  Recorder(const Engine& engine, const Mix& mix, ClipScores& scores)
      : mix_(mix), scores_(scores), scaler_(base().input), input_(scaler_.size()), stem_(compiled(engine)) {
    for (std::size_t a = 0; a < mix.apps.size(); ++a) {
      for (const Candidate& candidate : mix.apps[a].manifest().candidates) {
        if (!mix.counts(candidate)) continue;
        Tail network(*stem_, mix.apps[a].package.graph(candidate));
        const std::size_t at = network.branchpoint();
        members_[at].push_back({a, candidate.id, std::move(network)});
      }
    }
  }

  void begin_part() {
    for (auto& [at, members] : members_) {
      for (Member& member : members) {
        scores_.recordings[member.app][member.candidate].push_back({{}, {}, scores_.fps});
      }
    }
  }

  void add(const Picture& picture, std::int64_t frame, const Labels& labels) {
    scaler_.scale(picture, input_);
    stem_->load(input_);
    for (auto& [at, members] : members_) {
      stem_->run_to(at);
      for (Member& member : members) {
        const Mix::App& app = mix_.apps[member.app];
        Recording& recording = scores_.recordings[member.app][member.candidate].back();
        recording.scores.push_back(event_score(member.network.run(), app.positive));
        recording.truth.push_back(labels.of(app.name())[static_cast<std::size_t>(frame)]);
      }
    }
  }

 private:
  struct Member {
    std::size_t app;
    std::string candidate;
    Tail network;
  };

  [[nodiscard]] const Base& base() const { return mix_.stems.front().base; }

  [[nodiscard]] std::unique_ptr<Stem> compiled(const Engine& engine) const {
    std::vector<std::string> tensors;
    for (const std::size_t place : mix_.stems.front().branchpoints) {
      tensors.push_back(base().branchpoints[place].tensor);
    }
    return std::make_unique<Stem>(engine, base().graph, tensors);
  }

  const Mix& mix_;
  ClipScores& scores_;
  InputScaler scaler_;
  std::vector<float> input_;
  std::unique_ptr<Stem> stem_;
  std::map<std::size_t, std::vector<Member>> members_;  // by the stem's branchpoint
};

void check_parts(const std::vector<FrameRange>& parts, const Labels& labels) {
  std::int64_t end = 0;
  for (const FrameRange& part : parts) {
    if (part.first < end || part.last < part.first || part.last >= labels.frames) {
      throw Error(ErrorKind::usage, fmt::format("frames {}..{}: expected parts that ascend, within the {} labelled frames",
                                                part.first, part.last, labels.frames));
    }
    end = part.last + 1;
  }
}

}  // namespace

ClipScores record_scores(const Engine& engine, const Mix& mix, const std::string& video, double fps,
                         const Labels& labels, std::vector<FrameRange> parts, const std::stop_token& stop,
                         const FrameProgress& progress) {
  check_parts(parts, labels);
  for (const Mix::App& app : mix.apps) (void)labels.of(app.name());
  VideoReader reader(video, stop);
  ClipScores scores{.fps = fps > 0 ? fps : reader.info().fps, .parts = std::move(parts), .recordings = {}};
  if (!(scores.fps > 0)) {
    throw Error(ErrorKind::usage, fmt::format("{} does not state its frame rate; give it", video));
  }
  scores.recordings.resize(mix.apps.size());
  Recorder recorder(engine, mix, scores);
  std::size_t part = 0;
  while (part < scores.parts.size()) {
    const auto frame = reader.next();
    if (stop.stop_requested()) throw Error(ErrorKind::failed, "stopped");
    if (!frame) {
      throw Error(ErrorKind::untrusted,
                  fmt::format("{} ends before frame {}, for which there are labels", video, scores.parts[part].last));
    }
    const FrameRange& range = scores.parts[part];
    if (frame->index < range.first) continue;
    if (frame->index == range.first) recorder.begin_part();
    recorder.add(frame->picture, frame->index, labels);
    if (progress) progress(frame->index + 1, scores.parts.back().last + 1);
    if (frame->index == range.last) ++part;
  }
  return scores;
}

}  // namespace mainstream
