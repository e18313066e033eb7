#include "train/tails/tail_training.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/cpus.hpp"
#include "core/json.hpp"
#include "mainstream/engine.hpp"
#include "package/input_json.hpp"
#include "package/sha256.hpp"
#include "train/parallel.hpp"
#include "train/recipe.hpp"
#include "train/stage_progress.hpp"
#include "train/stopped.hpp"

namespace mainstream {
namespace {

std::string plan_text(const TailData& data, const TailApp& app) {
  const TrainOptions& options = data.options;
  return json_text({{"version", MAINSTREAM_VERSION},
                    {"base", data.base.id},
                    {"input", input_to_json(data.base.input)},
                    {"app", app.target.app},
                    {"data", data.text},
                    {"labels", app.labels},
                    {"head", to_string(data.head)},
                    {"epochs", options.epochs},
                    {"views", options.views},
                    {"rate", learning_rate_of(data)},
                    {"batch", data.learning.batch},
                    {"number type", to_string(number_type_of(data))},
                    {"seed", options.seed}});
}

// Each app, branchpoint and fold draws its own numbers, so that none depends on which were trained before it.
std::uint64_t seed_of(const TrainOptions& options, const std::string& app, const Branchpoint& branchpoint,
                      std::size_t fold) {
  const std::string words = fmt::format("{} {} {} {}", options.seed, app, branchpoint.tensor, fold);
  return std::stoull(sha256(words).substr(0, 15), nullptr, 16);
}

std::string id_of(const Base& base, const Branchpoint& branchpoint) {
  return candidate_id(CandidateKind::tail, base, {branchpoint.tensor});
}

// One app's tail at one branchpoint: a model for each fold, and the last, which is the tail.
class TailJob {
 public:
  TailJob(const TailData& data, const TailApp& app, const TailStart& start, const FeatureSource& features)
      : data_(data), app_(app), start_(start), features_(features) {
    tail_.unseen.resize(app.labels.size() * app.classes);
  }

  // Called from several threads, once for each model.
  void train(std::size_t number, const std::function<void()>& epoch_done) {
    const std::stop_token& stop = data_.options.stop;
    const HeldOut* fold = number < data_.folds.size() ? &data_.folds[number] : nullptr;
    TailModel model(start_graph(number), features_,
                    {.learning_rate = learning_rate_of(data_),
                     .batch = data_.learning.batch,
                     .device = data_.options.device,
                     .number_type = number_type_of(data_)},
                    seed_of(data_.options, app_.target.app, start_.branchpoint, number));
    std::span<const float> logits;
    if (!start_.logits.empty()) logits = start_.logits[number];
    const std::vector<TailRow> rows = fold != nullptr ? rows_without(fold->left_out) : data_.training;
    const double epochs = epochs_of(data_);
    for (int epoch = 0; epoch < epochs; ++epoch) {
      model.train(rows, {app_.labels, app_.classes, logits}, epoch / epochs, (epoch + 1) / epochs, stop);
      epoch_done();
    }
    model.take_average();
    if (fold != nullptr)
      answer(model, fold->scored, logits);
    else
      tail_.graph = model.trained();
  }

  // Called when all models are trained.
  TrainedTail finish() {
    if (start_.exit) tail_.graph = tail_with_exit(std::move(tail_.graph), *start_.exit);
    return std::move(tail_);
  }

 private:
  [[nodiscard]] Graph start_graph(std::size_t number) const {
    if (!start_.heads.empty()) return tail_with_head(data_.base, start_.branchpoint, start_.heads[number]);
    return new_tail(data_.base, start_.branchpoint, data_.head, static_cast<std::int64_t>(app_.classes),
                    seed_of(data_.options, app_.target.app, start_.branchpoint, number));
  }

  [[nodiscard]] std::vector<TailRow> rows_without(const std::vector<std::size_t>& left_out) const {
    std::vector<TailRow> rows;
    for (const TailRow& row : data_.training) {
      if (!std::ranges::binary_search(left_out, row.example)) rows.push_back(row);
    }
    return rows;
  }

  void answer(const TailModel& model, const std::vector<std::size_t>& examples,
              std::span<const float> exit_logits) {
    std::vector<TailRow> rows;
    for (const std::size_t example : examples) rows.push_back(data_.plain[example]);
    const std::vector<float> own = model.predict(rows, data_.options.stop);
    for (std::size_t i = 0; i < own.size(); ++i) {
      const std::size_t place = examples[i / app_.classes] * app_.classes + i % app_.classes;
      tail_.unseen[place] = own[i] + (exit_logits.empty() ? 0 : exit_logits[place]);
    }
  }

  const TailData& data_;
  const TailApp& app_;
  const TailStart& start_;
  const FeatureSource& features_;
  TrainedTail tail_;
};

class TailTraining {
 public:
  TailTraining(const TailData& data, const std::vector<TailApp>& apps)
      : data_(data),
        apps_(apps),
        threads_(data.options.threads > 0 ? data.options.threads : usable_cpus()),
        progress_(data.options, "training tails", find_missing()) {}

  std::vector<std::vector<TrainedTail>> run() {
    set_model_threads(1);  // parallel models keep processors busier than several threads in one model
    for (const auto& [layers, places] : missing_) train_at(places);
    return std::move(tails_);
  }

 private:
  struct Place {
    std::size_t app, start;
  };

  // Number of models of one tail.
  [[nodiscard]] std::size_t models() const { return data_.folds.size() + 1; }

  // Returns the number of epochs to train, summed over all models.
  std::size_t find_missing() {
    std::size_t count = 0;
    for (std::size_t app = 0; app < apps_.size(); ++app) {
      work_.emplace_back(work_path(apps_[app].target, data_.options), plan_text(data_, apps_[app]));
      tails_.emplace_back(apps_[app].starts.size());
      for (std::size_t start = 0; start < apps_[app].starts.size(); ++start) {
        const Branchpoint& branchpoint = apps_[app].starts[start].branchpoint;
        if (auto kept = work_[app].load(id_of(data_.base, branchpoint))) {
          tails_[app][start] = std::move(*kept);
          continue;
        }
        missing_[branchpoint.layers].push_back({app, start});
        count += models() * static_cast<std::size_t>(epochs_of(data_));
      }
    }
    return count;
  }

  void train_at(const std::vector<Place>& places) {
    throw_if(data_.options.stop);
    const Branchpoint& branchpoint = start_at(places.front()).branchpoint;
    const FeaturePlan plan{
        .memory = data_.options.memory, .folder = work_.front().path(), .threads = threads_};
    const auto features = features_at(data_.base, branchpoint, data_.inputs, plan, data_.options.stop, [] {});
    std::vector<TailJob> jobs;
    for (const Place& place : places) jobs.emplace_back(data_, apps_[place.app], start_at(place), *features);
    parallel_for(jobs.size() * models(), threads_, [&](std::size_t i) {
      const std::string note =
          fmt::format("{}: {}", apps_[places[i / models()].app].target.app, id_of(data_.base, branchpoint));
      jobs[i / models()].train(i % models(), [&] { progress_.add(note); });
    });
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      TrainedTail& tail = tails_[places[i].app][places[i].start];
      tail = jobs[i].finish();
      work_[places[i].app].save(id_of(data_.base, branchpoint), tail);
    }
  }

  [[nodiscard]] const TailStart& start_at(const Place& place) const {
    return apps_[place.app].starts[place.start];
  }

  const TailData& data_;
  const std::vector<TailApp>& apps_;
  const int threads_;
  std::vector<WorkFolder> work_;                                        // by app
  std::vector<std::vector<TrainedTail>> tails_;                         // by app and start
  std::map<std::int64_t, std::vector<Place>, std::greater<>> missing_;  // by layers of the branchpoint
  StageProgress progress_;
};

}  // namespace

int epochs_of(const TailData& data) {
  if (data.options.epochs > 0) return data.options.epochs;
  const double wanted = data.learning.rows_shown / static_cast<double>(data.training.size());
  return std::clamp(static_cast<int>(std::lround(wanted)), recipe::kLeastEpochs, recipe::kMostEpochs);
}

double learning_rate_of(const TailData& data) {
  return data.options.learning_rate.value_or(data.learning.learning_rate);
}

NumberType number_type_of(const TailData& data) {
  const bool in_bf16 = data.options.device == "cpu" && processor_has(NumberType::bf16);
  return in_bf16 ? NumberType::bf16 : NumberType::f32;
}

std::filesystem::path work_path(const AppTarget& target, const TrainOptions& options) {
  return options.work.empty() ? std::filesystem::path(target.package.string() + ".work")
                              : options.work / target.app;
}

std::vector<std::vector<TrainedTail>> train_tails(const TailData& data, const std::vector<TailApp>& apps) {
  return TailTraining(data, apps).run();
}

void remove_work(const std::vector<TailApp>& apps, const TrainOptions& options) {
  if (!options.work.empty()) return;
  for (const TailApp& app : apps) {
    std::error_code ignored;
    std::filesystem::remove_all(work_path(app.target, options), ignored);
  }
}

}  // namespace mainstream
