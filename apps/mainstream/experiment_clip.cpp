// mainstream experiment regret, training: train the apps of a labelled clip on parts of it and judge their
// packages and schedules on the rest.
#include <fmt/format.h>

#include <memory>

#include "clip_packages.hpp"
#include "core/progress.hpp"
#include "eval/regret_report.hpp"
#include "eval/training_report.hpp"
#include "event/frame_parts.hpp"
#include "experiment_command.hpp"
#include "mainstream/comparison.hpp"
#include "mainstream/error.hpp"
#include "mainstream/media.hpp"

namespace mainstream {
namespace {

struct ClipArguments {
  std::filesystem::path base = "models/mainstream-small.onnx";
  std::string video = ".cache/sample/vtest.avi";
  std::filesystem::path labels = "data/pets2009-s2l1/labels.csv";
  std::vector<std::string> apps{"crossing", "gravel", "near-road", "right-edge", "sign", "stone"};
  std::vector<double> shares{1, 0.5, 0.3, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01};
  std::string candidates = "all";
  double fps = 0;
  int seeds = 1, threads = 1;
};

// One training.
struct Training {
  ClipCut cut;
  ClipPackages packages;
  [[nodiscard]] std::string name() const {
    return fmt::format("trained on {}, seed {}", cut.name(), packages.seed);
  }
};

// With --quick two cuts instead of six, and one seed.
std::vector<Training> trainings_of(const ClipArguments& arguments, const ExperimentSetup& setup,
                                   std::int64_t frames) {
  std::vector<Training> all;
  const std::vector<ClipCut> cuts = six_block_cuts(frames);
  for (std::size_t i = 0; i < cuts.size(); i += setup.quick ? 3 : 1) {
    for (int seed = 1; seed <= (setup.quick ? 1 : arguments.seeds); ++seed) {
      all.push_back({cuts[i],
                     {.base = arguments.base,
                      .video = arguments.video,
                      .labels = arguments.labels,
                      .frames = cuts[i].name(),
                      .fps = arguments.fps,
                      .seed = static_cast<std::uint64_t>(seed),
                      .candidates = arguments.candidates,
                      .apps = arguments.apps,
                      .folder = setup.output / fmt::format("cut-{}-seed-{}", i, seed)}});
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

// Trains on each cut and records scores.
class Recorder {
 public:
  Recorder(const ClipArguments& arguments, const ExperimentSetup& setup)
      : arguments_(arguments),
        stop_(setup.stop),
        labels_(read_labels(arguments.labels)),
        info_(VideoReader(arguments.video, stop_).info()),
        fps_(arguments.fps > 0 ? arguments.fps : info_.fps),
        trainings_(trainings_of(arguments, setup, labels_.frames)) {
    for (const std::string& app : arguments.apps) (void)labels_.of(app);
    if (fps_ > 0) return;
    throw Error(ErrorKind::usage,
                fmt::format("{} does not state its frame rate; give --fps", arguments.video));
  }

  [[nodiscard]] const std::vector<Training>& trainings() const { return trainings_; }
  [[nodiscard]] double fps() const { return fps_; }

  // With the scores of `packages`, which must be trained.
  [[nodiscard]] Recorded record(const Training& training, const std::vector<std::filesystem::path>& packages,
                                std::optional<CandidateKind> only = {}) const {
    Recorded recorded;
    recorded.mix = read_mix(arguments_.base, packages, "clip", fps_, info_.width, info_.height, only);
    recorded.costs = known_costs(Engine({engine_threads(arguments_.threads, recorded.mix)}), recorded.mix);
    Progress progress("recording scores", static_cast<std::uint64_t>(labels_.frames));
    recorded.scores = record_scores(
        engine_, recorded.mix, arguments_.video, fps_, labels_, training.cut.judged, stop_,
        [&](std::int64_t done, std::int64_t) { progress.update(static_cast<std::uint64_t>(done)); });
    return recorded;
  }

 private:
  const ClipArguments& arguments_;
  const std::stop_token stop_;
  const Labels labels_;
  const VideoInfo info_;
  const double fps_;
  const Engine engine_;
  const std::vector<Training> trainings_;
};

std::vector<RegretPoint> regret_of_training(const Recorder& recorder, const Training& training,
                                            const ClipArguments& arguments,
                                            const std::vector<double>& shares) {
  train_packages(training.packages);
  const Recorded all = recorder.record(training, training.packages.paths());
  const auto tails = training.packages.tails_only();
  if (tails.empty() || arguments.candidates == "tails") return regret_of(all.trained(), nullptr, shares);
  const Recorded alone = recorder.record(training, tails);
  const TrainedMix trained_tails = alone.trained();
  return regret_of(all.trained(), &trained_tails, shares);
}

ExperimentResults results_of(const ClipArguments& arguments, const ExperimentSetup& setup,
                             const Recorder& recorder) {
  return {with_trainer(with_contents(setup, {arguments.base, arguments.video, arguments.labels})),
          recorder.trainings().size()};
}

ExperimentFiles run_regret(const ClipArguments& arguments, const ExperimentSetup& setup) {
  const std::vector<double> shares = setup.quick ? std::vector<double>{1, 0.1, 0.01} : arguments.shares;
  const Recorder recorder(arguments, setup);
  ExperimentResults results = results_of(arguments, setup, recorder);
  std::vector<std::vector<RegretPoint>> trainings;
  for (const Training& training : recorder.trainings()) {
    const Json cell = results.cell(
        training.name(), [&] { return to_json(regret_of_training(recorder, training, arguments, shares)); });
    trainings.push_back(regret_points(JsonField(cell, training.name())));
  }
  return results.write(regret_report(trainings, arguments.apps.size()));
}

std::vector<CandidateCheck> checks_of_training(const Recorder& recorder, const Training& training,
                                               const ClipArguments& arguments) {
  train_packages(training.packages);
  const auto check = [&](const std::vector<std::filesystem::path>& packages,
                         std::optional<CandidateKind> only = {}) {
    const Recorded recorded = recorder.record(training, packages, only);
    return check_candidates(recorded.mix, recorded.scores);
  };
  if (arguments.candidates != "all") return check(training.packages.paths());
  // Packages keep tails that beat exits; packages of tails alone keep all.
  std::vector<CandidateCheck> checks = check(training.packages.paths(), CandidateKind::exit);
  for (CandidateCheck& tail : check(training.packages.tails_only())) checks.push_back(std::move(tail));
  return checks;
}

ExperimentFiles run_training(const ClipArguments& arguments, const ExperimentSetup& setup) {
  const Recorder recorder(arguments, setup);
  ExperimentResults results = results_of(arguments, setup, recorder);
  std::vector<TrainingChecks> trainings;
  for (const Training& training : recorder.trainings()) {
    const Json cell = results.cell(training.name(), [&] {
      return Json{{"fps", recorder.fps()},
                  {"trained", training.cut.name()},
                  {"judged", to_string(training.cut.judged)},
                  {"candidates", to_json(checks_of_training(recorder, training, arguments))}};
    });
    trainings.push_back(
        {training.cut.name(), candidate_checks(JsonField(cell, training.name())["candidates"])});
  }
  return results.write(training_report(trainings));
}

void add_clip_options(Command command, ClipArguments& arguments) {
  command.add_option("--base", arguments.base, "Prepared base").show_default();
  command.add_option("--video", arguments.video, "A clip of a fixed camera").show_default();
  command.add_option("--labels", arguments.labels, "The clip's labels").show_default();
  command.add_option("--app", arguments.apps, "Apps of the labels").show_default();
  command.add_option("--fps", arguments.fps, "Frames per second, where the clip does not state it")
      .positive();
  command.add_option("--candidates", arguments.candidates, "What to train: exits, tails or all")
      .one_of({"exits", "tails", "all"})
      .show_default();
  command.add_option("--seeds", arguments.seeds, "Trainings of each cut").within(1, 100).show_default();
  command
      .add_option("--threads", arguments.threads,
                  "Threads of the engine that schedules are made for; 0: as `mainstream run` would take")
      .within(0, 4096)
      .show_default();
}

void add_regret(Command group) {
  const auto regret = std::make_shared<ClipArguments>();
  const Command command = add_experiment(
      group, "regret", "F1 over the budget: Mainstream, its baselines, and the best schedule in hindsight",
      [regret](const ExperimentSetup& setup) { return run_regret(*regret, setup); });
  add_clip_options(command, *regret);
  command
      .add_option("--share", regret->shares,
                  "Budgets, as shares of a whole base for each app at the stream's rate")
      .within(1e-6, 10.0)
      .show_default();
  command.footer(
      "The clip is cut into six blocks in time; apps are trained on three neighbouring ones and scored on "
      "the\n"
      "others, in six ways; with --quick in two, with one seed and three budgets. Examples, from the source "
      "tree's root:\n"
      "  mainstream experiment regret --quick\n"
      "  mainstream experiment regret --base base.onnx --video gate.mp4 --labels gate.csv --app queue "
      "--seeds 3");
}

void add_training(Command group) {
  const auto training = std::make_shared<ClipArguments>();
  const Command command =
      add_experiment(group, "training",
                     "Compares what packages promise with what unseen frames show, candidate by candidate",
                     [training](const ExperimentSetup& setup) { return run_training(*training, setup); });
  add_clip_options(command, *training);
  command.footer("Example: mainstream experiment training --candidates exits --quick");
}

}  // namespace

void add_clip_experiments(Command group) {
  add_regret(group);
  add_training(group);
}

}  // namespace mainstream
