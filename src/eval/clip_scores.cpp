#include "event/replay.hpp"
#include "mainstream/experiments.hpp"

#include <fmt/format.h>

#include <memory>
#include <numeric>

#include "event/event_score.hpp"
#include "event/frame_parts.hpp"
#include "infer/shared_network.hpp"
#include "mainstream/error.hpp"
#include "mainstream/media.hpp"

namespace mainstream {
namespace {

// All candidates of all apps behind one stem.
class Recorder {
 public:
  Recorder(const Engine& engine, const Mix& mix, ClipScores& scores)
      : mix_(mix), scores_(scores), scaler_(base().input), input_(scaler_.size()) {
    const auto stem = compiled(engine);
    std::vector<SharedNetwork::Member> networks;
    for (std::size_t a = 0; a < mix.apps.size(); ++a) {
      for (const Candidate& candidate : mix.apps[a].manifest().candidates) {
        if (!mix.counts(candidate)) continue;
        members_.push_back({a, candidate.id});
        Graph graph = mix.apps[a].package.graph(candidate);
        if (candidate.kind == CandidateKind::exit) {
          networks.emplace_back(ExitMember{std::move(graph)});
        } else {
          networks.emplace_back(std::make_shared<Tail>(*stem, graph));
        }
      }
    }
    network_.emplace(stem, std::move(networks));
    all_.resize(members_.size());
    std::iota(all_.begin(), all_.end(), std::size_t{0});
  }

  void begin_part() {
    for (const auto& [app, candidate] : members_) {
      scores_.recordings[app][candidate].push_back({{}, {}, scores_.fps});
    }
  }

  void add(const Picture& picture, std::int64_t frame, const Labels& labels) {
    scaler_.scale(picture, input_);
    network_->stem().load(input_);
    network_->run(all_);
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const auto& [app, candidate] = members_[i];
      Recording& recording = scores_.recordings[app][candidate].back();
      recording.scores.push_back(event_score(network_->logits(i), mix_.apps[app].positive));
      recording.truth.push_back(labels.of(mix_.apps[app].name())[static_cast<std::size_t>(frame)]);
    }
  }

 private:
  [[nodiscard]] const Base& base() const { return mix_.stems.front().base; }

  [[nodiscard]] std::shared_ptr<Stem> compiled(const Engine& engine) const {
    std::vector<std::string> tensors;
    for (const std::size_t place : mix_.stems.front().branchpoints) {
      tensors.push_back(base().branchpoints[place].tensor);
    }
    return std::make_shared<Stem>(engine, base().graph, tensors);
  }

  const Mix& mix_;
  ClipScores& scores_;
  InputScaler scaler_;
  std::vector<float> input_;
  std::vector<std::pair<std::size_t, std::string>> members_;  // app and candidate
  std::optional<SharedNetwork> network_;
  std::vector<std::size_t> all_;  // members
};

}  // namespace

ClipScores record_scores(const Engine& engine, const Mix& mix, const std::string& video, double fps,
                         const Labels& labels, std::vector<FrameRange> parts, const std::stop_token& stop,
                         const FrameProgress& progress) {
  check_parts(parts, labels.frames);
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
                  fmt::format("{} ends before frame {}, which has labels", video, scores.parts[part].last));
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
