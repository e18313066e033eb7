// mainstream experiment: measures schedules and packages on frames that training did not see, beside
// baselines.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "clip_packages.hpp"
#include "commands.hpp"
#include "core/file.hpp"
#include "core/json.hpp"
#include "core/progress.hpp"
#include "core/stop.hpp"
#include "core/terminal.hpp"
#include "eval/plot.hpp"
#include "event/frame_parts.hpp"
#include "mainstream/comparison.hpp"
#include "mainstream/error.hpp"
#include "mainstream/experiments.hpp"
#include "mainstream/media.hpp"
#include "text_table.hpp"

namespace mainstream {
namespace {

struct ExperimentArguments {
  std::filesystem::path base = "models/mainstream-small.onnx";
  std::string video = ".cache/sample/vtest.avi";
  std::filesystem::path labels = "data/pets2009-s2l1/labels.csv";
  std::filesystem::path output;
  std::vector<std::string> apps{"crossing", "gravel", "near-road", "right-edge", "sign", "stone"};
  std::vector<double> shares{1, 0.5, 0.3, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01};
  std::string candidates = "all";
  double fps = 0;
  int seeds = 1, threads = 0;
  bool quick = false;
};

// One training.
struct Training {
  ClipCut cut;
  ClipPackages packages;
};

std::vector<Training> trainings_of(const ExperimentArguments& arguments, std::int64_t frames) {
  std::vector<Training> all;
  const std::vector<ClipCut> cuts = six_block_cuts(frames);
  const std::string base_id = read_base(arguments.base).id;
  for (std::size_t i = 0; i < cuts.size(); i += arguments.quick ? 3 : 1) {
    for (int seed = 1; seed <= (arguments.quick ? 1 : arguments.seeds); ++seed) {
      all.push_back({cuts[i],
                     {.base = arguments.base,
                      .base_id = base_id,
                      .video = arguments.video,
                      .labels = arguments.labels,
                      .frames = cuts[i].name(),
                      .fps = arguments.fps,
                      .seed = static_cast<std::uint64_t>(seed),
                      .candidates = arguments.candidates,
                      .apps = arguments.apps,
                      .folder = arguments.output / fmt::format("cut-{}-seed-{}", i, seed)}});
    }
  }
  return all;
}

// A training's mix, with all candidates' scores on the frames that training did not see.
struct Recorded {
  Mix mix;
  Costs costs;
  ClipScores scores;
  [[nodiscard]] TrainedMix trained() const { return {mix, costs, scores}; }
};

// The start of every experiment: trains on each cut and records scores.
class Recorder {
 public:
  explicit Recorder(const ExperimentArguments& arguments)
      : arguments_(arguments),
        labels_(read_labels(arguments.labels)),
        info_(VideoReader(arguments.video, stop_).info()),
        fps_(arguments.fps > 0 ? arguments.fps : info_.fps),
        engine_({.threads = arguments.threads}) {
    for (const std::string& app : arguments.apps) (void)labels_.of(app);
    if (fps_ > 0) return;
    throw Error(ErrorKind::usage,
                fmt::format("{} does not state its frame rate; give --fps", arguments.video));
  }

  void for_each_training(const std::function<void(const Training&)>& use) const {
    const std::vector<Training> all = trainings_of(arguments_, labels_.frames);
    for (std::size_t i = 0; i < all.size(); ++i) {
      inform(fmt::format("== {} of {}: trained on {}, seed {}\n", i + 1, all.size(), all[i].cut.name(),
                         all[i].packages.seed));
      train_packages(all[i].packages);
      use(all[i]);
    }
  }

  [[nodiscard]] Recorded record(const Training& training, const std::vector<std::filesystem::path>& packages,
                                std::optional<CandidateKind> only = {}) const {
    Recorded recorded;
    recorded.mix = read_mix(arguments_.base, packages, "clip", fps_, info_.width, info_.height, only);
    recorded.costs = known_costs(engine_, recorded.mix);
    Progress progress("recording scores", static_cast<std::uint64_t>(labels_.frames));
    recorded.scores = record_scores(
        engine_, recorded.mix, arguments_.video, fps_, labels_, training.cut.judged, stop_,
        [&](std::int64_t done, std::int64_t) { progress.update(static_cast<std::uint64_t>(done)); });
    return recorded;
  }

 private:
  const ExperimentArguments& arguments_;
  const std::stop_token stop_ = stop_on_signal();
  const Labels labels_;
  const VideoInfo info_;
  const double fps_;
  const Engine engine_;
};

// ---- regret --------------------------------------------------------------------------------------

Json to_json(const RegretPoint& point) {
  Json json{{"share", point.share}, {"budget_ms_per_s", point.budget}};
  for (const auto& [name, f1] : point.f1) json["f1"][name] = f1;
  for (const auto& [name, f1] : point.promised) json["promised_mean_f1"][name] = f1;
  return json;
}

std::vector<std::string> names_in(const std::vector<RegretSummary>& summaries) {
  std::vector<std::string> names;
  for (const Method& method : methods()) {
    if (summaries.front().methods.contains(method.name)) names.push_back(method.name);
  }
  names.emplace_back(kHindsight);
  return names;
}

std::string regret_table(const std::vector<RegretSummary>& summaries) {
  const std::vector<std::string> names = names_in(summaries);
  std::vector<std::string> header{"budget"};
  for (const std::string& name : names) header.push_back(name);
  TextTable table("l" + std::string(names.size(), 'r'), header);
  for (const RegretSummary& summary : summaries) {
    std::vector<std::string> row{percent(summary.share)};
    for (const std::string& name : names) {
      const RegretSummary::Line& line = summary.methods.at(name);
      row.push_back(name == kMainstream ? fmt::format("{:.3f}", line.mean_f1)
                                        : fmt::format("{:.3f} ({:+.3f} +- {:.3f})", line.mean_f1,
                                                      -line.behind, line.behind_error));
    }
    table.add(std::move(row));
  }
  return table.text();
}

std::string regret_plot(const std::vector<RegretSummary>& summaries) {
  Plot plot{.title = "Event F1 on unseen frames",
            .x_label = "budget, percent of what a whole base for each app at the stream's rate takes",
            .y_label = "mean F1",
            .series = {},
            .y_range = {{0, 1}},
            .y_names = {},
            .logarithmic_x = true};
  int colour = 0;
  for (const std::string& name : names_in(summaries)) {
    PlotSeries series{name, {}, PlotSeries::Style::lines, ++colour % 8};
    for (const RegretSummary& summary : summaries) {
      const RegretSummary::Line& line = summary.methods.at(name);
      series.points.emplace_back(100 * summary.share, line.mean_f1);
      series.errors.push_back(line.behind_error);
    }
    plot.series.push_back(std::move(series));
  }
  return draw_svg(plot);
}

void run_regret(const ExperimentArguments& given) {
  ExperimentArguments arguments = given;
  if (arguments.quick) arguments.shares = {1, 0.1, 0.01};
  std::vector<std::vector<RegretPoint>> cuts;
  Json json{{"experiment", "regret"}, {"base", arguments.base.string()},    {"video", arguments.video},
            {"apps", arguments.apps}, {"candidates", arguments.candidates}, {"cuts", Json::array()}};
  const Recorder recorder(arguments);
  recorder.for_each_training([&](const Training& training) {
    const Recorded all = recorder.record(training, training.packages.paths());
    const auto tails = training.packages.tails_only();
    if (tails.empty() || arguments.candidates == "tails") {
      cuts.push_back(regret_of(all.trained(), nullptr, arguments.shares));
    } else {
      const Recorded alone = recorder.record(training, tails);
      const TrainedMix trained_tails = alone.trained();
      cuts.push_back(regret_of(all.trained(), &trained_tails, arguments.shares));
    }
    Json points = Json::array();
    for (const RegretPoint& point : cuts.back()) points.push_back(to_json(point));
    json["cuts"].push_back(
        {{"trained", training.cut.name()}, {"seed", training.packages.seed}, {"points", std::move(points)}});
    write_file(arguments.output / "regret.json", json.dump(1) + "\n");
  });
  const std::vector<RegretSummary> summaries = summarise(cuts);
  const std::filesystem::path svg = arguments.output / "regret.svg";
  write_file(svg, regret_plot(summaries));
  fmt::print(
      "Mean event F1 over {} trainings and {} apps; in brackets: difference to Mainstream, with the standard "
      "error of the paired difference.\n{}{}, {}\n",
      cuts.size(), arguments.apps.size(), regret_table(summaries),
      (arguments.output / "regret.json").string(), svg.string());
}

// ---- training ------------------------------------------------------------------------------------

// The figures of one candidate over all trainings.
struct CheckSummary {
  std::vector<double> areas, lost, tpr_errors, fpr_errors;
  double within = 0, stated = 0, frozen = 0;
};

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

double deviation(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  double squares = 0;
  for (const double value : values) squares += (value - mean(values)) * (value - mean(values));
  return std::sqrt(squares / (static_cast<double>(values.size()) - 1));
}

double mean_size(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += std::abs(value);
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

Json to_json(const CandidateCheck& check) {
  Json json{{"app", check.app},
            {"candidate", check.candidate},
            {"promised_tpr", check.promised_tpr},
            {"observed_tpr", check.observed_tpr},
            {"tpr_within", check.tpr_within},
            {"promised_fpr", check.promised_fpr},
            {"observed_fpr", check.observed_fpr},
            {"fpr_within", check.fpr_within}};
  if (check.area) json["area"] = *check.area;
  if (check.f1) json["f1"] = *check.f1;
  if (check.best_f1) json["best_f1"] = *check.best_f1;
  return json;
}

void add(CheckSummary& summary, const CandidateCheck& check) {
  if (check.area) summary.areas.push_back(*check.area);
  if (const auto lost = check.lost_f1()) summary.lost.push_back(*lost);
  summary.tpr_errors.push_back(check.observed_tpr - check.promised_tpr);
  summary.fpr_errors.push_back(check.observed_fpr - check.promised_fpr);
  summary.within += (check.tpr_within ? 1 : 0) + (check.fpr_within ? 1 : 0);
  summary.stated += 2;
  summary.frozen = check.frozen_fraction;
}

std::string training_table(const std::map<std::string, CheckSummary>& candidates) {
  std::vector<std::pair<std::string, CheckSummary>> rows(candidates.begin(), candidates.end());
  std::ranges::stable_sort(rows, std::greater(), [](const auto& row) { return row.second.frozen; });
  TextTable table("lrrrrrrr",
                  {"candidate", "frozen", "area", "spread", "F1 lost", "tpr off", "fpr off", "within 90 %"});
  for (const auto& [id, summary] : rows) {
    table.add({id, percent(summary.frozen), fmt::format("{:.3f}", mean(summary.areas)),
               fmt::format("{:.3f}", deviation(summary.areas)), fmt::format("{:.3f}", mean(summary.lost)),
               fmt::format("{:.3f}", mean_size(summary.tpr_errors)),
               fmt::format("{:.3f}", mean_size(summary.fpr_errors)),
               percent(summary.within / summary.stated)});
  }
  return table.text();
}

std::string cuts_table(const std::vector<std::pair<std::string, CheckSummary>>& cuts) {
  TextTable table("lrrr", {"trained on", "area", "F1 lost", "within 90 %"});
  for (const auto& [name, summary] : cuts) {
    table.add({name, fmt::format("{:.3f}", mean(summary.areas)), fmt::format("{:.3f}", mean(summary.lost)),
               percent(summary.within / summary.stated)});
  }
  return table.text();
}

void run_training(const ExperimentArguments& arguments) {
  std::map<std::string, CheckSummary> candidates;
  std::vector<std::pair<std::string, CheckSummary>> cuts;
  CheckSummary all;
  Json json{{"experiment", "training"},
            {"base", arguments.base.string()},
            {"video", arguments.video},
            {"trainings", Json::array()}};
  const Recorder recorder(arguments);
  recorder.for_each_training([&](const Training& training) {
    Json list = Json::array();
    if (cuts.empty() || cuts.back().first != training.cut.name()) cuts.push_back({training.cut.name(), {}});
    const auto check = [&](const std::vector<std::filesystem::path>& packages,
                           std::optional<CandidateKind> only = {}) {
      const Recorded recorded = recorder.record(training, packages, only);
      json["fps"] = recorded.scores.fps;
      for (const CandidateCheck& one : check_candidates(recorded.mix, recorded.scores)) {
        for (CheckSummary* summary : {&candidates[one.candidate], &cuts.back().second, &all})
          add(*summary, one);
        list.push_back(to_json(one));
      }
    };
    // Packages keep tails that beat exits; packages of tails alone keep all.
    if (arguments.candidates == "all") {
      check(training.packages.paths(), CandidateKind::exit);
      check(training.packages.tails_only());
    } else {
      check(training.packages.paths());
    }
    json["trainings"].push_back({{"trained", training.cut.name()},
                                 {"judged", to_string(training.cut.judged)},
                                 {"seed", training.packages.seed},
                                 {"candidates", std::move(list)}});
    write_file(arguments.output / "training.json", json.dump(1) + "\n");
  });
  fmt::print(
      "Over all trainings and apps; off: mean distance between the observed and the promised value.\n{}\n{}"
      "All: area {:.3f}, F1 lost to the threshold {:.3f}, intervals hold {} of observed values\n{}\n",
      training_table(candidates), cuts_table(cuts), mean(all.areas), mean(all.lost),
      percent(all.within / all.stated), (arguments.output / "training.json").string());
}

void add_clip_options(CLI::App& command, ExperimentArguments& arguments) {
  command.add_option("--base", arguments.base, "Prepared base")->capture_default_str();
  command.add_option("--video", arguments.video, "A clip of a fixed camera")->capture_default_str();
  command.add_option("--labels", arguments.labels, "The clip's labels")->capture_default_str();
  command.add_option("--app", arguments.apps, "Apps of the labels")->capture_default_str();
  command.add_option("--fps", arguments.fps, "Frames per second, where the clip does not state it")
      ->check(CLI::PositiveNumber);
  command.add_option("--candidates", arguments.candidates, "What to train: exits, tails or all")
      ->capture_default_str();
  command.add_option("--seeds", arguments.seeds, "Trainings of each cut")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command.add_option("--threads", arguments.threads, "Number of threads; 0: as many as this process may use")
      ->capture_default_str();
  command.add_option("-o,--output", arguments.output, "Folder for packages and results")
      ->capture_default_str();
  command.add_flag("--quick", arguments.quick, "Two cuts instead of six, one seed, few budgets");
}

CLI::App* add_experiment(CLI::App& group, const char* name, const char* what,
                         const std::shared_ptr<ExperimentArguments>& arguments,
                         void (*run)(const ExperimentArguments&)) {
  CLI::App* command = group.add_subcommand(name, what);
  arguments->output = std::filesystem::path("out/experiments") / name;
  add_clip_options(*command, *arguments);
  command->callback([arguments, run] {
    std::filesystem::create_directories(arguments->output);
    run(*arguments);
  });
  return command;
}

}  // namespace

void add_experiment_command(CLI::App& program) {
  CLI::App* group = program.add_subcommand(
      "experiment", "Measures schedules and packages on frames that training did not see");
  group->require_subcommand(1);
  const auto regret = std::make_shared<ExperimentArguments>();
  CLI::App* command = add_experiment(
      *group, "regret", "F1 over the budget: Mainstream, its baselines, and the best schedule in hindsight",
      regret, run_regret);
  command
      ->add_option("--share", regret->shares,
                   "Budgets, as shares of a whole base for each app at the stream's rate")
      ->check(CLI::Range(1e-6, 10.0));
  command->footer(
      "The clip is cut into six blocks in time; apps are trained on three neighbouring ones and scored on "
      "the\n"
      "others, in six ways. Run the same command again to resume. Examples, from the source tree's root:\n"
      "  mainstream experiment regret --quick\n"
      "  mainstream experiment regret --base base.onnx --video gate.mp4 --labels gate.csv --app queue "
      "--seeds 3");
  add_experiment(*group, "training",
                 "Compares what packages promise with what unseen frames show, candidate by candidate",
                 std::make_shared<ExperimentArguments>(), run_training)
      ->footer("Example: mainstream experiment training --candidates exits --quick");
}

}  // namespace mainstream
