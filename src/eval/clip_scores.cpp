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

// What runs behind a stem of one number type.
class RecordedStem {
 public:
  RecordedStem(const Engine& engine, const Mix& mix, NumberType type) : mix_(mix) {
    const auto stem = compiled(engine, type);
    std::vector<SharedNetwork::Member> networks;
    for (std::size_t a = 0; a < mix.apps.size(); ++a) {
      for (const Candidate& candidate : mix.apps[a].manifest().candidates) {
        if (!mix.counts(candidate)) continue;
        for (const NumberTypes& types : number_types_of(candidate, mix.stems.front())) {
          if (types.stem != type) continue;
          members_.push_back({a, {candidate.id, types}});
          networks.push_back(member(*stem, mix.apps[a], candidate, types.tail));
        }
      }
    }
    if (networks.empty()) return;
    network_.emplace(stem, std::move(networks));
    all_.resize(members_.size());
    std::iota(all_.begin(), all_.end(), std::size_t{0});
  }

  void begin_part(ClipScores& scores) const {
    for (const auto& [app, variant] : members_)
      scores.recordings[app][variant].push_back({{}, {}, scores.fps});
  }

  void add(std::span<const float> input, std::int64_t frame, const Labels& labels, ClipScores& scores) {
    if (!network_) return;
    network_->stem().load(input);
    network_->run(all_);
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const auto& [app, variant] = members_[i];
      Recording& recording = scores.recordings[app][variant].back();
      recording.scores.push_back(event_score(network_->logits(i), mix_.apps[app].positive));
      recording.truth.push_back(labels.of(mix_.apps[app].name())[static_cast<std::size_t>(frame)]);
    }
  }

 private:
  [[nodiscard]] std::shared_ptr<Stem> compiled(const Engine& engine, NumberType type) const {
    const Mix::Stem& stem = mix_.stems.front();
    std::vector<std::string> tensors;
    for (const std::size_t place : stem.branchpoints) tensors.push_back(stem.base.branchpoints[place].tensor);
    return std::make_shared<Stem>(engine, stem.base.graph, tensors,
                                  std::vector<NumberType>(tensors.size(), type), stem.base.ranges);
  }

  static SharedNetwork::Member member(const Stem& stem, const Mix::App& app, const Candidate& candidate,
                                      NumberType type) {
    Graph graph = app.package.graph(candidate);
    if (candidate.kind == CandidateKind::exit) return ExitMember{std::move(graph), type};
    return std::make_shared<Tail>(stem, graph, type, candidate.ranges);
  }

  const Mix& mix_;
  std::vector<std::pair<std::size_t, Variant>> members_;  // app and variant
  std::optional<SharedNetwork> network_;                  // nothing: no candidate runs behind this type
  std::vector<std::size_t> all_;                          // members
};

// All candidates of all apps.
class Recorder {
 public:
  Recorder(const Engine& engine, const Mix& mix, ClipScores& scores)
      : scores_(scores), scaler_(mix.stems.front().base.input), input_(scaler_.size()) {
    for (const NumberType type : mix.stems.front().number_types) stems_.emplace_back(engine, mix, type);
  }

  void begin_part() {
    for (const RecordedStem& stem : stems_) stem.begin_part(scores_);
  }

  void add(const Picture& picture, std::int64_t frame, const Labels& labels) {
    scaler_.scale(picture, input_);
    for (RecordedStem& stem : stems_) stem.add(input_, frame, labels, scores_);
  }

 private:
  ClipScores& scores_;
  InputScaler scaler_;
  std::vector<float> input_;
  std::vector<RecordedStem> stems_;  // by number type
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
