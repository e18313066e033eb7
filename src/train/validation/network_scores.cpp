#include "train/validation/network_scores.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>

#include "event/event_score.hpp"
#include "infer/shared_network.hpp"
#include "mainstream/engine.hpp"
#include "mainstream/media.hpp"
#include "train/data/clip_reader.hpp"
#include "train/stopped.hpp"

namespace mainstream {
namespace {

// Each tensor that some candidate reads, once, in the base's order; and the features, since a stem in int8
// does not keep the input of its next layer exactly.
std::vector<std::string> tensors_read(const Base& base, std::span<const ScoredNetwork> networks) {
  std::set<std::string> read{base.features};
  for (const ScoredNetwork& network : networks)
    read.insert(network.candidate->reads.begin(), network.candidate->reads.end());
  std::vector<std::string> tensors;
  for (const Branchpoint& point : base.branchpoints) {
    if (read.contains(point.tensor)) tensors.push_back(point.tensor);
  }
  return tensors;
}

// The networks behind a stem of one number type.
class NetworksBehindStem {
 public:
  NetworksBehindStem(const Engine& engine, const Base& base, std::span<const ScoredNetwork> networks,
                     NumberType type) {
    const std::vector<std::string> tensors = tensors_read(base, networks);
    const auto stem =
        std::make_shared<Stem>(engine, base.graph, tensors, std::vector(tensors.size(), type), base.ranges);
    std::vector<SharedNetwork::Member> members;
    for (std::size_t i = 0; i < networks.size(); ++i) {
      if (networks[i].number_types.stem != type) continue;
      places_.push_back(i);
      positive_.push_back(positive_classes(networks[i].package->manifest()));
      members.push_back(member(*stem, networks[i]));
    }
    all_.resize(places_.size());
    std::iota(all_.begin(), all_.end(), std::size_t{0});
    network_.emplace(stem, std::move(members));
  }

  void add(std::span<const float> input, std::vector<Recording>& recordings) {
    network_->stem().load(input);
    network_->run(all_);
    for (const std::size_t i : all_)
      recordings[places_[i]].scores.push_back(event_score(network_->logits(i), positive_[i]));
  }

 private:
  static SharedNetwork::Member member(const Stem& stem, const ScoredNetwork& network) {
    Graph graph = network.package->graph(*network.candidate);
    const NumberType type = network.number_types.tail;
    if (network.candidate->kind == CandidateKind::exit) return ExitMember{std::move(graph), type};
    return std::make_shared<Tail>(stem, graph, type, network.candidate->ranges);
  }

  std::vector<std::size_t> places_;                 // by member: its place among the networks
  std::vector<std::vector<std::size_t>> positive_;  // by member: its classes that make an event
  std::optional<SharedNetwork> network_;
  std::vector<std::size_t> all_;  // members
};

std::vector<NetworksBehindStem> behind_stems(const Engine& engine, const Base& base,
                                             std::span<const ScoredNetwork> networks) {
  std::set<NumberType> types;
  for (const ScoredNetwork& network : networks) types.insert(network.number_types.stem);
  std::vector<NetworksBehindStem> stems;
  for (const NumberType type : types) stems.emplace_back(engine, base, networks, type);
  return stems;
}

}  // namespace

std::vector<Recording> score_networks(const Base& base, std::span<const ScoredNetwork> networks,
                                      const ClipData& data, const Labels& labels,
                                      const EvaluationOptions& options, const std::string& stage) {
  const std::vector<FrameRange> parts = clip_parts(data, labels);
  const FrameRange range{parts.front().first, parts.back().last};
  VideoReader video(data.video, options.stop);
  std::vector<Recording> recordings(networks.size(), {{}, {}, clip_fps(data, video.info())});
  const Engine engine({.threads = options.threads});
  std::vector<NetworksBehindStem> stems = behind_stems(engine, base, networks);
  InputScaler scaler(base.input);
  std::vector<float> input(scaler.size());
  std::int64_t frames = 0;
  while (const auto frame = video.next()) {
    throw_if(options.stop);
    frames = frame->index + 1;
    if (data.frames.empty() && frames > labels.frames)
      fail_length(data, labels, std::max(frames, video.info().frames));
    if (frame->index > range.last) break;
    if (!is_within(parts, frame->index)) continue;
    scaler.scale(frame->picture, input);
    for (NetworksBehindStem& stem : stems) stem.add(input, recordings);
    for (std::size_t i = 0; i < networks.size(); ++i) {
      const std::vector<bool>& truth = labels.of(networks[i].package->manifest().app);
      recordings[i].truth.push_back(truth[static_cast<std::size_t>(frame->index)]);
    }
    if (options.report)
      options.report({stage,
                      static_cast<std::uint64_t>(frames - range.first),
                      static_cast<std::uint64_t>(range.last - range.first + 1),
                      {}});
  }
  throw_if(options.stop);
  if (frames <= range.last) fail_length(data, labels, frames);
  return recordings;
}

}  // namespace mainstream
