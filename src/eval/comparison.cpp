#include "mainstream/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "core/stopwatch.hpp"
#include "core/terminal.hpp"
#include "mainstream/error.hpp"
#include "mainstream/experiments.hpp"
#include "mainstream/media.hpp"
#include "media/url.hpp"

namespace mainstream {
namespace {

class MethodComparison {
 public:
  MethodComparison(const ComparisonOptions& options, const std::stop_token& stop)
      : options_(options), stop_(stop) {
    comparison_.video = options.run.source;
    comparison_.conditions = options.conditions;
    comparison_.labels = read_labels(options.labels);
    comparison_.frames = options.run.frames.value_or(FrameRange{0, comparison_.labels.frames - 1});
    std::filesystem::create_directories(options.output);
    look_at_mix();
  }

  std::optional<Comparison> run() {
    std::vector<Trial> trials = wanted();
    for (std::size_t i = 0; i < trials.size(); ++i) {
      Trial& trial = trials[i];
      Stopwatch watch(Clock::system());
      run_trial(trial);
      if (stop_.stop_requested()) return std::nullopt;
      inform(fmt::format("{} of {}: {}: mean F1 {}{}, {:.1f} s\n", i + 1, trials.size(), trial.name(),
                         trial.score.mean_f1 ? fmt::format("{:.3f}", *trial.score.mean_f1) : "none",
                         trial.ran() ? "" : " (no schedule fits)", watch.lap() / 1000));
    }
    comparison_.trials = std::move(trials);
    return std::move(comparison_);
  }

 private:
  // Fills in the fields that are the same for all trials.
  void look_at_mix() {
    const VideoInfo info = VideoReader(options_.run.source, stop_).info();
    comparison_.stream_fps = options_.run.stream_fps > 0 ? options_.run.stream_fps : info.fps;
    if (!(comparison_.stream_fps > 0)) {
      throw Error(ErrorKind::usage, fmt::format("{} does not state its frame rate; give it",
                                                without_password(options_.run.source)));
    }
    const Mix mix = read_mix(options_.run.base, options_.run.apps, "clip", comparison_.stream_fps, info.width,
                             info.height);
    const Engine engine({.threads = engine_threads(options_.run.threads, mix)});
    comparison_.whole_bases_ms_per_s = whole_bases_cost(mix, known_costs(engine, mix));
    comparison_.base_name = mix.stems.front().base.name;
    comparison_.base_id = mix.stems.front().base.id;
    for (const Mix::App& app : mix.apps) comparison_.apps.push_back(app.manifest());
    for (const auto& package : options_.tails_only)
      comparison_.tails_only.push_back(MPackage::open(package).manifest());
    for (const Method& method : methods()) {
      if (method.tails_only && options_.tails_only.empty())
        comparison_.left_out.push_back(method.name + " is left out: there are no packages of tails alone");
      else
        methods_.push_back(method);
    }
  }

  [[nodiscard]] std::vector<Trial> wanted() const {
    std::vector<double> shares = options_.shares;
    std::ranges::sort(shares, std::greater());
    shares.erase(std::unique(shares.begin(), shares.end()), shares.end());
    std::vector<std::optional<double>> all{std::nullopt};
    all.insert(all.end(), shares.begin(), shares.end());
    std::vector<Trial> trials;
    for (const std::optional<double>& share : all) {
      for (const Method& method : methods_) {
        Trial& trial = trials.emplace_back();
        trial.method = method;
        trial.share = share;
        if (share) trial.budget = *share * comparison_.whole_bases_ms_per_s;
      }
    }
    return trials;
  }

  void run_trial(Trial& trial) {
    RunOptions run = options_.run;
    run.stream_fps = comparison_.stream_fps;  // given, so that no frame is left out and none numbered by time
    const bool ours = trial.method.name == kMainstream;
    const std::filesystem::path file = options_.output / trial.file_name();
    run.mode = trial.method.mode;
    if (trial.method.tails_only) run.apps = options_.tails_only;
    run.budget = trial.budget;
    run.pace = ours && !trial.share ? Pace::live : Pace::all;
    run.show_progress = run.pace == Pace::live;
    run.events = file.string() + ".events.jsonl";
    run.report = file.string() + ".report.json";
    if (ours) run.frame_log = file.string() + ".frames.csv";
    try {
      trial.report = mainstream::run(run, stop_);
      trial.events = read_events(*run.events);
      if (ours) trial.answers = read_frame_log(*run.frame_log);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::infeasible) throw;
      trial.reason = error.what();
    }
    EventsByApp detections;
    for (const Manifest& app : comparison_.apps) detections[app.app];
    for (const EventRecord& event : trial.events) detections[event.app].push_back(detection_of(event));
    trial.score = score_run(comparison_.labels, detections,
                            {.fps = comparison_.stream_fps, .frames = comparison_.frames});
  }

  const ComparisonOptions& options_;
  const std::stop_token stop_;
  std::vector<Method> methods_;  // those that the packages allow
  Comparison comparison_;
};

template <typename Value, typename Get>
std::vector<Value> distinct(const std::vector<Trial>& trials, const Get& get) {
  std::vector<Value> values;
  for (const Trial& trial : trials) {
    if (std::ranges::find(values, get(trial)) == values.end()) values.push_back(get(trial));
  }
  return values;
}

}  // namespace

std::string Trial::name() const {
  return share ? fmt::format("{} at {}", method.name, share_text(share))
               : fmt::format("{} without a budget", method.name);
}

std::string Trial::file_name() const {
  std::string name = method.name;
  std::ranges::replace(name, ' ', '-');
  return share ? fmt::format("{}-{:g}", name, 100 * *share) : name + "-free";
}

const RunReport::InForce& Trial::in_force(double stream_seconds) const {
  const auto later = std::ranges::find_if(
      report.schedules, [&](const RunReport::InForce& s) { return s.from_seconds > stream_seconds; });
  return later == report.schedules.begin() ? report.schedules.front() : *(later - 1);
}

const Trial* Comparison::find(const std::string& method, std::optional<double> share) const {
  const auto found = std::ranges::find_if(
      trials, [&](const Trial& trial) { return trial.method.name == method && trial.share == share; });
  return found == trials.end() ? nullptr : &*found;
}

std::vector<std::optional<double>> Comparison::shares() const {
  return distinct<std::optional<double>>(trials, [](const Trial& trial) { return trial.share; });
}

std::vector<std::string> Comparison::method_names() const {
  return distinct<std::string>(trials, [](const Trial& trial) { return trial.method.name; });
}

const Manifest& Comparison::app(const std::string& name) const {
  const auto found = std::ranges::find(apps, name, &Manifest::app);
  if (found == apps.end()) throw Error(ErrorKind::usage, fmt::format("no app \"{}\" was compared", name));
  return *found;
}

std::optional<Comparison> compare_methods(const ComparisonOptions& options, const std::stop_token& stop) {
  try {
    return MethodComparison(options, stop).run();
  } catch (const Error&) {
    if (!stop.stop_requested()) throw;  // opening a file throws when it is stopped
    return std::nullopt;
  }
}

std::string share_text(const std::optional<double>& share) {
  return share ? fmt::format("{:g} %", 100 * *share) : "none";
}

}  // namespace mainstream
