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
#include "train/branchpoint_choice.hpp"
#include "train/candidate_place.hpp"
#include "train/exits/exit_levels.hpp"
#include "train/exits/picture_exits.hpp"
#include "train/exits/recipe.hpp"
#include "train/manifest_start.hpp"
#include "train/parallel.hpp"
#include "train/picture_folders.hpp"
#include "train/precision_judging.hpp"
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

PictureAnswers tail_answers(const std::vector<float>& probabilities, std::span<const int> labels,
                            const Manifest& manifest) {
  const ScoredPictures scored =
      score_pictures(probabilities, labels, manifest.classes.size(), positive_classes(manifest));
  return {probabilities, choose_threshold(scored.scores, scored.truth)};
}

// One training: what its steps share, and the candidates so far.
class PictureTraining {
 public:
  PictureTraining(const Base& base, const PictureRows& rows, const InputStore& inputs, AppData app,
                  Manifest manifest, const TrainOptions& options)
      : base_(base),
        rows_(rows),
        inputs_(inputs),
        app_(std::move(app)),
        manifest_(std::move(manifest)),
        options_(options) {
    for (const std::size_t row : rows.fold.judged) labels_.push_back(app_.labels[row]);
  }

  // There soon, so the package is written at once.
  void train_exits() {
    PictureExitData data{.inputs = inputs_,
                         .training = rows_.fold.training,
                         .validation = rows_.fold.judged,
                         .labels = app_.labels,
                         .classes = manifest_.classes.size(),
                         .positive = positive_classes(manifest_)};
    std::erase_if(data.training, [&](std::size_t row) { return row >= rows_.pictures.size(); });
    candidates_ = train_picture_exits(base_, data, options_);
    manifest_.hyperparameters.merge(exit_hyperparameters(recipe::kPictureFolds, recipe::kPictureStrengths));
    write();
  }

  void train_tails() {
    const std::vector<Branchpoint> branchpoints = choose_branchpoints(base_, options_, kTailBranchpoints);
    const SharedData shared{base_, inputs_, branchpoints, options_};
    const std::vector<TrainedApp> apps = train_apps(shared, {app_});
    const TrainedApp& trained = apps.front();
    const auto others = std::move(judge_precisions(shared, {app_}, apps).front());
    for (std::size_t i = 0; i < branchpoints.size(); ++i)
      candidates_.push_back(describe_tail(branchpoints[i], trained.candidates[i], others[i]));
    manifest_.hyperparameters.merge(tail_hyperparameters(trained.plan, options_));
    write();
    trained.work.remove();
  }

 private:
  PictureCandidate describe_tail(const Branchpoint& branchpoint, const KeptCandidate& kept,
                                 const PrecisionAnswers& others) const {
    PictureCandidate candidate{.described = describe_place(base_, CandidateKind::tail, {branchpoint.tensor}),
                               .graph = kept.trained.weights.final,
                               .exact = tail_answers(kept.trained.judged, labels_, manifest_),
                               .others = {}};
    candidate.described.head = to_string(kept.head);
    candidate.described.ranges = others.ranges;
    for (const auto& [pair, judged] : others.judged)
      candidate.others[pair] = tail_answers(judged, labels_, manifest_);
    return candidate;
  }

  void write() const {
    Manifest manifest = manifest_;
    const std::vector<Graph> graphs = pack_picture_candidates(base_, candidates_, labels_, manifest);
    write_package(app_.target.package, manifest, graphs);
  }

  const Base& base_;
  const PictureRows& rows_;
  const InputStore& inputs_;
  const AppData app_;
  Manifest manifest_;  // without candidates
  const TrainOptions& options_;
  std::vector<int> labels_;  // of the validation pictures
  std::vector<PictureCandidate> candidates_;
};

}  // namespace

Manifest train_from_pictures(const Base& base, const PictureData& data, const AppTarget& target,
                             const TrainOptions& asked) {
  check_targets(std::span(&target, 1));
  check_options(asked);
  if (!(data.validation_share > 0 && data.validation_share < 1)) {
    throw Error(ErrorKind::usage,
                fmt::format("validation share {}; it can be between 0 and 1", data.validation_share));
  }
  const bool exits = asked.candidates != CandidateChoice::tails;
  const bool tails = asked.candidates != CandidateChoice::exits;
  TrainOptions options = asked;
  if (!tails) options.views = 1;  // changed views are for fine-tuning
  const PictureFolders folders = find_pictures(data.folder);
  Manifest manifest = start_manifest(base, target.app, options);
  manifest.classes = folders.classes;
  manifest.positive = positive_names(data, folders.classes);
  manifest.event = data.event;
  (void)choose_exit_branchpoints(base, options);  // refuses unknown ones before pictures are read
  PictureRows rows = plan_pictures(folders, data, options);
  const std::filesystem::path folder = work_path(target);
  InputStore inputs(base.input, rows.rows(), options.memory / 4, folder);
  leave_out(rows, PictureReader(rows, data, options, base.input, inputs).run(), folders.classes);

  AppData app{
      target, {}, static_cast<int>(folders.classes.size()), {{rows.fold}, {}}, describe_data(rows, data)};
  for (const std::size_t picture : rows.picture_of) app.labels.push_back(rows.pictures[picture].label);
  PictureTraining training(base, rows, inputs, std::move(app), std::move(manifest), options);
  if (exits) training.train_exits();
  if (tails) training.train_tails();
  std::error_code is_needed;
  std::filesystem::remove(folder, is_needed);  // where rows went to a file; only if it is empty
  return MPackage::open(target.package).manifest();
}

}  // namespace mainstream
