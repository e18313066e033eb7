#include "train/app_training.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <mutex>

#include "core/cpus.hpp"
#include "core/json.hpp"
#include "core/sha256.hpp"
#include "mainstream/error.hpp"
#include "train/head.hpp"
#include "train/parallel.hpp"
#include "train/stopped.hpp"

namespace mainstream {
namespace {

// Epochs that show about so many pictures to a model, when the user does not say. The first candidate trains
// only a head (nearly free) and begins from nothing, so it gets more.
constexpr double kPicturesShown = 2500, kPicturesShownFirst = 8000;
constexpr int kLeastEpochs = 4, kMostEpochs = 60;

int epochs_for(double shown, std::size_t rows) {
  return std::clamp(static_cast<int>(std::lround(shown / static_cast<double>(rows))), kLeastEpochs,
                    kMostEpochs);
}

std::size_t training_rows(const Split& split) {
  return split.everything.empty() ? split.folds.front().training.size() : split.everything.size();
}

int models_of(const Split& split) {
  return static_cast<int>(split.folds.size()) + (split.everything.empty() ? 0 : 1);
}

CandidatePlan plan_for(const AppData& app, const TrainOptions& options, std::size_t index) {
  CandidatePlan plan;
  plan.learner.learning_rate = options.learning_rate;
  const double shown = index == 0 ? kPicturesShownFirst : kPicturesShown;
  plan.epochs = options.epochs > 0 ? options.epochs : epochs_for(shown, training_rows(app.split));
  plan.patience = std::max(3, plan.epochs / 3);
  // Each app and candidate draws its own numbers, so that none depends on which were trained before it.
  const std::string words = fmt::format("{} {} {}", options.seed, app.target.app, index);
  plan.seed = std::stoull(sha256(words).substr(0, 15), nullptr, 16);
  return plan;
}

std::string plan_text(const SharedData& shared, const AppData& app) {
  const TrainOptions& options = shared.options;
  Json json{{"version", MAINSTREAM_VERSION},
            {"base", shared.base.id},
            {"app", app.target.app},
            {"data", app.data},
            {"head", to_string(options.head)},
            {"epochs", options.epochs},
            {"views", options.views},
            {"rate", options.learning_rate},
            {"seed", options.seed}};
  for (const Branchpoint& point : shared.branchpoints) json["branchpoints"].push_back(point.tensor);
  return json.dump();
}

// Tells how far the whole training is, in parts of its expected work. Thread-safe.
class Meter {
 public:
  Meter(const SharedData& shared, const std::vector<AppData>& apps) : report_(shared.options.report) {
    for (std::size_t i = 0; i < shared.branchpoints.size(); ++i) {
      total_ += stem_work(shared, i);
      for (const AppData& app : apps) total_ += app_work(shared, app, i);
    }
  }

  // Work is counted in rows through the whole network.
  static double stem_work(const SharedData& shared, std::size_t index) {
    return static_cast<double>(shared.inputs.rows()) * shared.branchpoints[index].fraction;
  }

  static double epoch_work(const SharedData& shared, const AppData& app, std::size_t index) {
    constexpr double kForwardAndBackward = 3, kOverhead = 0.05;
    std::size_t rows = app.split.everything.size();
    for (const Fold& fold : app.split.folds) rows += fold.training.size();
    return static_cast<double>(rows) * kForwardAndBackward *
           (1 - shared.branchpoints[index].fraction + kOverhead);
  }

  static double app_work(const SharedData& shared, const AppData& app, std::size_t index) {
    return plan_for(app, shared.options, index).epochs * epoch_work(shared, app, index);
  }

  void add(double work, const std::string& note) {
    if (!report_) return;
    const std::lock_guard lock(mutex_);
    done_ += work;
    constexpr double kSteps = 1000;
    const double share = total_ > 0 ? std::min(1.0, done_ / total_) : 1;
    report_(
        {"training", static_cast<std::uint64_t>(kSteps * share), static_cast<std::uint64_t>(kSteps), note});
  }

 private:
  const std::function<void(const TrainProgress&)>& report_;
  double total_ = 0;
  std::mutex mutex_;  // protects what follows, and the calls
  double done_ = 0;
};

// One app's next candidate at the current branchpoint.
class CandidateJob {
 public:
  CandidateJob(const SharedData& shared, const AppData& app, std::size_t index, int threads, Meter& meter)
      : shared_(shared),
        app_(app),
        index_(index),
        meter_(meter),
        plan_(plan_for(app, shared.options, index)) {
    plan_.threads = threads;
  }

  [[nodiscard]] KeptCandidate run(const FeatureSource& features, const KeptCandidate* previous) {
    HeadKind head = previous != nullptr ? previous->head : shared_.options.head;
    KeptCandidate candidate{head, {}};
    if (head == HeadKind::automatic) {
      KeptCandidate average{HeadKind::average, train(features, HeadKind::average, nullptr)};
      KeptCandidate spatial{HeadKind::spatial, train(features, HeadKind::spatial, nullptr)};
      candidate = average.trained.loss < spatial.trained.loss ? std::move(average) : std::move(spatial);
    } else {
      candidate.trained = train(features, head, previous);
    }
    // Early stopping leaves work undone that was counted on.
    meter_.add(Meter::app_work(shared_, app_, index_) - counted_, note(candidate.trained.loss));
    return candidate;
  }

 private:
  TrainedCandidate train(const FeatureSource& features, HeadKind head, const KeptCandidate* previous) {
    const Graph start = new_tail(shared_.base, shared_.branchpoints[index_], head, app_.classes, plan_.seed);
    const CandidateData data{features, app_.labels, app_.classes, app_.split};
    const std::optional<CandidateWeights> weights =
        previous != nullptr ? std::optional(previous->trained.weights) : std::nullopt;
    const double parts = shared_.options.head == HeadKind::automatic && previous == nullptr ? 2 : 1;
    return train_candidate(start, weights, data, plan_, shared_.options.stop, [&](double loss) {
      const double work = Meter::epoch_work(shared_, app_, index_) / parts;
      counted_ += work;
      meter_.add(work, note(loss));
    });
  }

  [[nodiscard]] std::string note(double loss) const {
    return fmt::format("{}: candidate {} of {}, validation loss {:.3f}", app_.target.app, index_ + 1,
                       shared_.branchpoints.size(), loss);
  }

  const SharedData& shared_;
  const AppData& app_;
  const std::size_t index_;
  Meter& meter_;
  CandidatePlan plan_;
  double counted_ = 0;  // work reported so far
};

// The candidates at one branchpoint, of all apps that lack it.
void train_branchpoint(const SharedData& shared, const std::vector<AppData>& apps, std::size_t index,
                       Meter& meter, std::vector<TrainedApp>& trained) {
  std::vector<std::size_t> missing;
  for (std::size_t app = 0; app < apps.size(); ++app) {
    if (auto kept = trained[app].work.load(index)) {
      trained[app].candidates.push_back(std::move(*kept));
      meter.add(Meter::app_work(shared, apps[app], index), apps[app].target.app + ": continued");
    } else {
      missing.push_back(app);
    }
  }
  const double stem_work = Meter::stem_work(shared, index);
  if (missing.empty()) return meter.add(stem_work, "continued");

  const Branchpoint& branchpoint = shared.branchpoints[index];
  const int threads = shared.options.threads > 0 ? shared.options.threads : usable_cpus();
  const double row_work = stem_work / static_cast<double>(shared.inputs.rows());
  const auto features = features_at(
      shared.base, branchpoint, shared.inputs,
      {.memory = shared.options.memory, .folder = trained.front().work.path(), .threads = threads},
      shared.options.stop, [&] { meter.add(row_work, "stem up to " + branchpoint.tensor); });

  // Models side by side keep processors busier than several threads in one model.
  const int apps_at_once = std::min<int>(threads, static_cast<int>(missing.size()));
  const int models_at_once = std::min(threads / apps_at_once, models_of(apps[missing.front()].split));
  set_learner_threads(std::max(1, threads / (apps_at_once * models_at_once)));
  parallel_for(missing.size(), apps_at_once, [&](std::size_t i) {
    TrainedApp& app = trained[missing[i]];
    const KeptCandidate* previous = index > 0 ? &app.candidates.back() : nullptr;
    KeptCandidate candidate =
        CandidateJob(shared, apps[missing[i]], index, models_at_once, meter).run(*features, previous);
    app.work.save(index, candidate);
    app.candidates.push_back(std::move(candidate));
  });
}

}  // namespace

std::filesystem::path work_path(const AppTarget& target) {
  return target.package.string() + ".work";
}

std::vector<TrainedApp> train_apps(const SharedData& shared, const std::vector<AppData>& apps) {
  std::vector<TrainedApp> trained;
  for (const AppData& app : apps) {
    trained.push_back(
        {{}, plan_for(app, shared.options, 1), WorkFolder(work_path(app.target), plan_text(shared, app))});
  }
  Meter meter(shared, apps);
  for (std::size_t index = 0; index < shared.branchpoints.size(); ++index) {
    throw_if(shared.options.stop);
    train_branchpoint(shared, apps, index, meter, trained);
  }
  return trained;
}

}  // namespace mainstream
