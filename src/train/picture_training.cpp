// train_from_pictures: a classifier from folders of pictures.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <random>

#include "core/cpus.hpp"
#include "core/log.hpp"
#include "core/sha256.hpp"
#include "event/frame_score.hpp"
#include "mainstream/error.hpp"
#include "mainstream/media.hpp"
#include "mainstream/trainer.hpp"
#include "train/app_training.hpp"
#include "train/assessment.hpp"
#include "train/branchpoint_choice.hpp"
#include "train/candidate_place.hpp"
#include "train/manifest_start.hpp"
#include "train/parallel.hpp"
#include "train/picture_folders.hpp"
#include "train/precision_judging.hpp"
#include "train/rate_interval.hpp"
#include "train/stopped.hpp"
#include "train/views.hpp"

namespace mainstream {
namespace {

// Rows of the inputs: all pictures plain, then the changed views of those that are trained on.
struct PictureRows {
  std::vector<LabelledPicture> pictures;  // per plain row
  std::vector<std::size_t> picture_of;    // per row
  Fold fold;                              // of plain rows

  [[nodiscard]] std::size_t rows() const { return picture_of.size(); }
};

PictureRows plan_pictures(const PictureFolders& folders, const PictureData& data,
                          const TrainOptions& options) {
  PictureRows rows;
  rows.pictures = folders.training;
  rows.pictures.insert(rows.pictures.end(), folders.judged.begin(), folders.judged.end());
  if (folders.judged.empty()) {
    std::vector<int> labels;
    for (const LabelledPicture& picture : rows.pictures) labels.push_back(picture.label);
    rows.fold =
        random_fold(labels, static_cast<int>(folders.classes.size()), data.validation_share, options.seed);
  } else {
    for (std::size_t row = 0; row < rows.pictures.size(); ++row) {
      (row < folders.training.size() ? rows.fold.training : rows.fold.judged).push_back(row);
    }
  }
  for (std::size_t row = 0; row < rows.pictures.size(); ++row) rows.picture_of.push_back(row);
  const std::vector<std::size_t> trained = rows.fold.training;
  for (int view = 1; view < options.views; ++view) {
    for (const std::size_t picture : trained) {
      rows.fold.training.push_back(rows.rows());
      rows.picture_of.push_back(picture);
    }
  }
  return rows;
}

// Decodes each picture once and writes all its rows; answers which plain rows could not be read.
class PictureReader {
 public:
  PictureReader(const PictureRows& rows, const PictureData& data, const TrainOptions& options,
                const InputSpec& spec, InputStore& inputs)
      : rows_(rows),
        data_(data),
        options_(options),
        spec_(spec),
        inputs_(inputs),
        unreadable_(rows.pictures.size()) {
    rows_of_.resize(rows.pictures.size());
    for (std::size_t row = 0; row < rows.rows(); ++row) rows_of_[rows.picture_of[row]].push_back(row);
  }

  std::vector<bool> run() {
    const int threads = options_.threads > 0 ? options_.threads : usable_cpus();
    parallel_for(rows_.pictures.size(), threads, [&](std::size_t picture) { read(picture); });
    return unreadable_;
  }

 private:
  void read(std::size_t index) {
    throw_if(options_.stop);
    const std::filesystem::path& path = rows_.pictures[index].path;
    bool failed = false;
    try {
      const Picture picture = read_picture(path);
      InputScaler scaler(spec_);
      std::vector<float> input(scaler.size());
      for (const std::size_t row : rows_of_[index]) {
        std::mt19937_64 random(options_.seed + row);
        scaler.scale(picture, input, row == index ? View{} : picture_view(random, data_.flip));
        inputs_.write(row, input);
      }
    } catch (const Error& error) {
      module_log("train")->warn("left out: {}", error.what());
      failed = true;
    }
    const std::lock_guard lock(mutex_);
    unreadable_[index] = failed;
    ++done_;
    if (options_.report) options_.report({"reading pictures", done_, rows_.pictures.size(), {}});
  }

  const PictureRows& rows_;
  const PictureData& data_;
  const TrainOptions& options_;
  const InputSpec& spec_;
  InputStore& inputs_;
  std::vector<std::vector<std::size_t>> rows_of_;
  std::mutex mutex_;  // protects what follows, and the reports
  std::vector<bool> unreadable_;
  std::size_t done_ = 0;
};

// Leaves out what could not be read. Throws untrusted when a class has nothing left on a side.
void leave_out(PictureRows& rows, const std::vector<bool>& unreadable,
               const std::vector<std::string>& classes) {
  for (std::vector<std::size_t>* side : {&rows.fold.training, &rows.fold.judged}) {
    std::erase_if(*side, [&](std::size_t row) { return unreadable[rows.picture_of[row]]; });
  }
  for (std::size_t label = 0; label < classes.size(); ++label) {
    const bool any = std::ranges::any_of(rows.fold.training, [&](std::size_t row) {
      return rows.pictures[rows.picture_of[row]].label == static_cast<int>(label);
    });
    if (!any) {
      throw Error(ErrorKind::untrusted, "class " + classes[label] + " has no picture that can be read");
    }
  }
  if (rows.fold.judged.empty()) throw Error(ErrorKind::untrusted, "no picture to validate on can be read");
}

std::string describe_data(const PictureRows& rows, const PictureData& data) {
  std::string text;
  for (const LabelledPicture& picture : rows.pictures) {
    std::error_code gone;
    text += fmt::format("{} {} {}\n", picture.path.string(), picture.label,
                        std::filesystem::file_size(picture.path, gone));
  }
  return fmt::format("{}, validation share {}, flip {}, pictures {}", data.folder.string(),
                     data.validation_share, data.flip, sha256(text));
}

std::vector<std::string> positive_names(const PictureData& data, const std::vector<std::string>& classes) {
  for (const std::string& name : data.positive) {
    if (std::ranges::find(classes, name) != classes.end()) continue;
    throw Error(ErrorKind::usage,
                fmt::format("no class {} to make events; classes are {}", name, fmt::join(classes, ", ")));
  }
  if (data.positive.size() >= classes.size()) {
    throw Error(ErrorKind::usage, "all classes make an event; at least one must not");
  }
  return data.positive.empty() ? std::vector<std::string>(classes.begin() + 1, classes.end()) : data.positive;
}

struct ScoredPictures {
  std::vector<float> scores;  // sums of the positive classes' probabilities
  std::vector<bool> truth;
};

ScoredPictures score(std::span<const float> probabilities, const std::vector<int>& labels,
                     const Manifest& manifest) {
  const std::vector<std::size_t> positive = positive_classes(manifest);
  ScoredPictures scored;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    float sum = 0;
    for (const std::size_t label : positive) sum += probabilities[i * manifest.classes.size() + label];
    scored.scores.push_back(sum);
    const auto label = static_cast<std::size_t>(labels[i]);
    scored.truth.push_back(std::ranges::find(positive, label) != positive.end());
  }
  return scored;
}

AnswerQuality quality_of(std::span<const float> probabilities, const std::vector<int>& labels,
                         const Manifest& manifest) {
  const ScoredPictures scored = score(probabilities, labels, manifest);
  AnswerQuality quality;
  quality.threshold = choose_threshold(scored.scores, scored.truth);
  quality.top1 = top1(probabilities, labels, static_cast<int>(manifest.classes.size()));
  const ErrorRates rates = error_rates(scored.scores, scored.truth, quality.threshold);
  quality.tpr = rates.tpr;
  quality.fpr = rates.fpr;
  std::vector<bool> answers;
  for (const float value : scored.scores) answers.push_back(value >= quality.threshold);
  quality.tpr_interval = interval_of_independent(answers, scored.truth, true);
  quality.fpr_interval = interval_of_independent(answers, scored.truth, false);
  return quality;
}

}  // namespace

Manifest train_from_pictures(const Base& base, const PictureData& data, const AppTarget& target,
                             const TrainOptions& options) {
  check_targets(std::span(&target, 1));
  check_options(options);
  if (!(data.validation_share > 0 && data.validation_share < 1)) {
    throw Error(ErrorKind::usage,
                fmt::format("validation share {}; it can be between 0 and 1", data.validation_share));
  }
  const PictureFolders folders = find_pictures(data.folder);
  const std::vector<std::string> positive = positive_names(data, folders.classes);
  const std::vector<Branchpoint> branchpoints = choose_branchpoints(base, options, kTailBranchpoints);
  PictureRows rows = plan_pictures(folders, data, options);
  InputStore inputs(base.input, rows.rows(), options.memory / 4, work_path(target));
  leave_out(rows, PictureReader(rows, data, options, base.input, inputs).run(), folders.classes);

  AppData app{
      target, {}, static_cast<int>(folders.classes.size()), {{rows.fold}, {}}, describe_data(rows, data)};
  for (const std::size_t picture : rows.picture_of) app.labels.push_back(rows.pictures[picture].label);
  const SharedData shared{base, inputs, branchpoints, options};
  const std::vector<TrainedApp> apps = train_apps(shared, {app});
  const TrainedApp& trained = apps.front();
  const auto others = std::move(judge_precisions(shared, {app}, apps).front());

  std::vector<int> judged_labels;
  for (const std::size_t row : rows.fold.judged) judged_labels.push_back(app.labels[row]);
  Manifest manifest = start_manifest(base, target.app, options);
  manifest.hyperparameters = tail_hyperparameters(trained.plan, options);
  manifest.classes = folders.classes;
  manifest.positive = positive;
  manifest.event = data.event;
  std::vector<Graph> tails;
  for (std::size_t i = 0; i < branchpoints.size(); ++i) {
    const KeptCandidate& kept = trained.candidates[i];
    Candidate candidate = describe_place(base, CandidateKind::tail, {branchpoints[i].tensor});
    static_cast<AnswerQuality&>(candidate) = quality_of(kept.trained.judged, judged_labels, manifest);
    candidate.head = to_string(kept.head);
    candidate.ranges = others[i].ranges;
    for (const auto& [pair, judged] : others[i].judged)
      candidate.precisions[pair] = quality_of(judged, judged_labels, manifest);
    candidate.validation_size = static_cast<std::int64_t>(judged_labels.size());
    manifest.candidates.push_back(std::move(candidate));
    tails.push_back(trained.candidates[i].trained.weights.final);
  }
  write_package(target.package, manifest, tails);
  trained.work.remove();
  return MPackage::open(target.package).manifest();
}

}  // namespace mainstream
