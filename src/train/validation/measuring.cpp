// measure_on_clip: packages whose figures are of a clip that the candidates did not learn from.
//
// Everything but the threshold (event_threshold.hpp) is measured by the code that packages from clips use. It
// is given answers of 0 and 1, those at thresholds that were chosen without the stretch of time in which a
// frame lies, so that the figures are as honest as folds make them in training.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/log.hpp"
#include "core/text.hpp"
#include "event/frame_parts.hpp"
#include "mainstream/error.hpp"
#include "mainstream/profile.hpp"
#include "mainstream/trainer.hpp"
#include "package/sha256.hpp"
#include "train/clip_candidate.hpp"
#include "train/data/clip_reader.hpp"
#include "train/manifest_start.hpp"
#include "train/validation/assessment.hpp"
#include "train/validation/evaluation.hpp"
#include "train/validation/event_threshold.hpp"
#include "train/validation/network_scores.hpp"

namespace mainstream {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse_targets(const std::string& message) {
  throw Error(ErrorKind::usage, message);
}

void check_measure_targets(std::span<const MeasureTarget> targets) {
  if (targets.empty()) refuse_targets("no package to measure");
  std::map<std::string, fs::path> of_app;
  std::map<fs::path, fs::path> read, written;  // by what they are without links
  for (const MeasureTarget& target : targets) {
    const fs::path& path = target.package.path();
    const auto [before, is_new] = of_app.emplace(target.package.manifest().app, path);
    if (!is_new) {
      refuse_targets(fmt::format("{} and {} are both of app {}; measure one of them", before->second.string(),
                                 path.string(), in_quotes(before->first)));
    }
    read.emplace(fs::weakly_canonical(path), path);
  }
  for (const MeasureTarget& target : targets) {
    const fs::path output = fs::weakly_canonical(target.output);
    if (read.contains(output)) {
      refuse_targets(fmt::format("{} is one of the packages that are measured; write to another file",
                                 target.output.string()));
    }
    const auto [other, is_new] = written.emplace(output, target.package.path());
    if (!is_new) {
      refuse_targets(fmt::format("{} and {} would both be written to {}", other->second.string(),
                                 target.package.path().string(), target.output.string()));
    }
  }
}

// One event to choose thresholds on and one to measure them on.
void check_events(const std::string& app, const std::vector<bool>& labels, const fs::path& file,
                  const std::vector<FrameRange>& parts) {
  const auto refuse = [&](const std::string& what) {
    throw Error(
        ErrorKind::untrusted,
        fmt::format("{}: app {} {} in frames {}; nothing can be measured without at least 2 events, and "
                    "frames between them",
                    file.string(), in_quotes(app), what, to_string(parts)));
  };
  const auto events = runs_of(labels, 0, std::ssize(labels)).size();
  if (events == 0) refuse("has no event");
  if (std::ranges::count(labels, false) == 0) refuse("is present all the time");
  if (events == 1) refuse("has one event");
}

// The candidate's number types that this machine and the base offer, both f32 first.
std::vector<NumberTypes> measured_types(const Candidate& candidate, const std::set<NumberType>& offered) {
  std::vector<NumberTypes> types{{}};
  for (const auto& [pair, quality] : candidate.number_types) {
    if (offered.contains(pair.stem) && offered.contains(pair.tail)) types.push_back(pair);
  }
  return types;
}

std::vector<ScoredNetwork> networks_of(const Base& base, std::span<const MeasureTarget> targets) {
  std::set<NumberType> offered{NumberType::f32};
  for (const NumberType type : offered_number_types(base)) offered.insert(type);
  std::vector<ScoredNetwork> networks;
  for (const MeasureTarget& target : targets) {
    std::set<std::string> left_out;
    for (const Candidate& candidate : target.package.manifest().candidates) {
      const std::vector<NumberTypes> measured = measured_types(candidate, offered);
      for (const NumberTypes& types : measured) networks.push_back({&target.package, &candidate, types});
      for (const auto& [pair, quality] : candidate.number_types) {
        if (std::ranges::find(measured, pair) == measured.end()) left_out.insert(to_string(pair));
      }
    }
    for (const std::string& pair : left_out) {
      module_log("train").warn("{}: {} is left out: this machine or the base does not offer it",
                               target.package.manifest().app, pair);
    }
  }
  return networks;
}

// A candidate's answers in some number types.
struct MeasuredAnswers {
  NumberTypes number_types;
  ClipAnswers unseen;      // 0 or 1
  float threshold = 0.5F;  // to be shipped
  std::optional<ScoreTable> scores;
};

MeasuredAnswers measure_answers(const NumberTypes& number_types, const Recording& recording) {
  const EventThreshold chosen = choose_event_threshold(recording);
  MeasuredAnswers answers{number_types,
                          {{{}, recording.truth, recording.fps}, 0.5F},
                          chosen.threshold,
                          score_table(recording.scores, recording.truth)};
  for (const bool positive : chosen.unseen) answers.unseen.recording.scores.push_back(positive ? 1.0F : 0.0F);
  return answers;
}

// Top-1 of more than two classes stays: the labels do not tell which class is shown.
void set_quality(const MeasuredAnswers& answers, double merge_gap_s, bool has_two_classes,
                 AnswerQuality& quality) {
  const double top1 = quality.top1;
  quality = clip_quality(answers.unseen, merge_gap_s);
  quality.threshold = answers.threshold;
  quality.scores = answers.scores;
  if (!has_two_classes) quality.top1 = top1;
}

// One package's measurement.
class PackageMeasuring {
 public:
  explicit PackageMeasuring(const MPackage& package) : package_(package) {
    result_.manifest = package.manifest();
  }

  // In the order of networks_of: each candidate begins with f32.
  void add(const ScoredNetwork& network, const Recording& recording) {
    if (network.number_types == NumberTypes{}) {
      result_.before.push_back(evaluate(package_.manifest(), *network.candidate, recording));
      answers_.emplace_back();
      exact_.push_back({*network.candidate, {}, {}, {}});
    }
    answers_.back().push_back(measure_answers(network.number_types, recording));
    if (network.number_types == NumberTypes{}) exact_.back().exact = answers_.back().back().unseen;
  }

  Measurement finish(const std::vector<bool>& labels, const MeasuredOn& clip) {
    Manifest& manifest = result_.manifest;
    manifest.measured_on = clip;
    manifest.event = measure_events(labels, clip.fps, exact_);
    const double merge_gap_s = manifest.event.merge_gap_ms / 1000;
    const bool has_two_classes = manifest.classes.size() == 2;
    for (std::size_t i = 0; i < manifest.candidates.size(); ++i) {
      Candidate& candidate = manifest.candidates[i];
      candidate.validation_size = std::ssize(labels);
      std::map<NumberTypes, AnswerQuality> others;  // those that were measured
      for (const MeasuredAnswers& answers : answers_[i]) {
        AnswerQuality quality = *candidate.quality(answers.number_types);
        set_quality(answers, merge_gap_s, has_two_classes, quality);
        if (answers.number_types == NumberTypes{})
          static_cast<AnswerQuality&>(candidate) = std::move(quality);
        else
          others[answers.number_types] = std::move(quality);
      }
      candidate.number_types = std::move(others);
    }
    return std::move(result_);
  }

 private:
  const MPackage& package_;
  Measurement result_;
  std::vector<std::vector<MeasuredAnswers>> answers_;  // by candidate
  std::vector<ClipCandidate> exact_;                   // by candidate; without graphs
};

void write_measured(const MeasureTarget& target, const Manifest& manifest) {
  std::vector<Graph> graphs;
  for (const Candidate& candidate : target.package.manifest().candidates)
    graphs.push_back(target.package.graph(candidate));
  if (target.output.has_parent_path()) fs::create_directories(target.output.parent_path());
  write_package(target.output, manifest, graphs);
}

}  // namespace

std::vector<Measurement> measure_on_clip(const Base& base, std::span<const MeasureTarget> targets,
                                         const ClipData& data, const EvaluationOptions& options) {
  check_measure_targets(targets);
  const Labels labels = read_labels(data.labels);
  const std::vector<FrameRange> parts = clip_parts(data, labels);
  std::map<std::string, std::vector<bool>> labels_of;  // by app, within the parts
  for (const MeasureTarget& target : targets) {
    const std::string& app = target.package.manifest().app;
    target.package.verify(base);
    labels_of[app] = labels_in(labels.of(app), parts);
    check_events(app, labels_of[app], data.labels, parts);
  }
  MeasuredOn clip{fs::path(data.video).filename().string(), sha256_of_file(data.video), parts, 0,
                  options.time.empty() ? utc_now() : options.time};
  const std::vector<ScoredNetwork> networks = networks_of(base, targets);
  const std::vector<Recording> recordings =
      score_networks(base, networks, data, labels, options, "measuring");
  clip.fps = recordings.front().fps;

  std::vector<Measurement> results;
  std::size_t next = 0;
  for (const MeasureTarget& target : targets) {
    PackageMeasuring measuring(target.package);
    for (; next < networks.size() && networks[next].package == &target.package; ++next)
      measuring.add(networks[next], recordings[next]);
    results.push_back(measuring.finish(labels_of[target.package.manifest().app], clip));
  }
  for (std::size_t i = 0; i < targets.size(); ++i) write_measured(targets[i], results[i].manifest);
  return results;
}

}  // namespace mainstream
