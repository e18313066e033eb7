// train_from_pictures: a classifier from folders of pictures.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <random>

#include "core/cpus.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "mainstream/media.hpp"
#include "mainstream/trainer.hpp"
#include "media/picture_folders.hpp"
#include "package/sha256.hpp"
#include "train/branchpoint_choice.hpp"
#include "train/candidate_place.hpp"
#include "train/data/picture_split.hpp"
#include "train/data/views.hpp"
#include "train/exits/exit_levels.hpp"
#include "train/exits/picture_exits.hpp"
#include "train/manifest_start.hpp"
#include "train/parallel.hpp"
#include "train/recipe.hpp"
#include "train/stopped.hpp"
#include "train/tails/picture_tails.hpp"
#include "train/tails/tail_training.hpp"

namespace mainstream {
namespace {

// Rows of the inputs: all pictures plain, then the changed views of the training pictures.
struct PictureRows {
  std::vector<LabelledPicture> pictures;  // per plain row
  std::vector<std::size_t> picture_of;    // per row
  std::vector<bool> is_measured;  // per plain row that is learned from: whether rates are measured on it
  PictureSplit split;             // rows; changed views are learned from only

  [[nodiscard]] std::size_t rows() const { return picture_of.size(); }
  [[nodiscard]] bool is_plain(std::size_t row) const { return row < pictures.size(); }
};

std::vector<std::string> occasions_of(std::span<const LabelledPicture> pictures) {
  std::vector<std::string> occasions;
  for (const LabelledPicture& picture : pictures) occasions.push_back(picture.occasion);
  return occasions;
}

// Parts the pictures of the folder, or the judged ones where there is no folder.
PictureSplit split_own(const PictureFolders& folders, const PictureRows& rows, const PictureData& data,
                       const TrainOptions& options) {
  if (folders.validation.empty()) {
    std::vector<int> labels;
    for (const LabelledPicture& picture : rows.pictures) labels.push_back(picture.label);
    return split_pictures(labels, static_cast<int>(folders.classes.size()), data.validation_share,
                          options.seed, occasions_of(rows.pictures));
  }
  PictureSplit split;
  for (std::size_t row = 0; row < rows.pictures.size(); ++row)
    (row < folders.training.size() ? split.training : split.validation).push_back(row);
  return split;
}

PictureRows plan_pictures(const PictureFolders& folders, std::vector<LabelledPicture> judged,
                          const PictureData& data, const TrainOptions& options) {
  PictureRows rows;
  rows.pictures = data.folder.empty() ? std::move(judged) : folders.training;
  if (data.folder.empty()) judged.clear();
  rows.pictures.insert(rows.pictures.end(), folders.validation.begin(), folders.validation.end());
  rows.split = split_own(folders, rows, data, options);
  // A folder for validation says where to measure; verdicts are of moments at which the app reported
  // something.
  rows.is_measured.assign(rows.pictures.size(), folders.validation.empty());
  rows.is_measured.resize(rows.pictures.size() + judged.size(), false);
  for (LabelledPicture& picture : judged) {
    rows.split.training.push_back(rows.pictures.size());
    rows.pictures.push_back(std::move(picture));
  }
  for (std::size_t row = 0; row < rows.pictures.size(); ++row) rows.picture_of.push_back(row);
  const std::vector<std::size_t> trained = rows.split.training;
  for (int view = 1; view < options.views; ++view) {
    for (const std::size_t picture : trained) {
      rows.split.training.push_back(rows.rows());
      rows.picture_of.push_back(picture);
    }
  }
  return rows;
}

// What exits learn from: each picture as it is, and changed views of pictures spread evenly over all, so that
// there are not more rows than the recipe says.
std::vector<std::size_t> rows_of_exits(const PictureRows& rows) {
  std::vector<std::size_t> chosen, changed;
  for (const std::size_t row : rows.split.training) (rows.is_plain(row) ? chosen : changed).push_back(row);
  const std::size_t room = recipe::kMostPictureRows - std::min(recipe::kMostPictureRows, chosen.size());
  const std::size_t taken = std::min(room, changed.size());
  for (std::size_t i = 0; i < taken; ++i) chosen.push_back(changed[i * changed.size() / taken]);
  return chosen;
}

// The view of the picture's region.
View within(const Region& region, View view) {
  view.left = region.left + view.left * region.width;
  view.top = region.top + view.top * region.height;
  view.width *= region.width;
  view.height *= region.height;
  return view;
}

// Decodes each picture once and writes those of its rows that are used; returns the plain rows that could not
// be read.
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
    for (const std::vector<std::size_t>* side : {&rows.split.training, &rows.split.validation}) {
      for (const std::size_t row : *side) rows_of_[rows.picture_of[row]].push_back(row);
    }
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
        const View view = row == index ? View{} : picture_view(random, data_.flip);
        scaler.scale(picture, input, within(rows_.pictures[index].region, view));
        if (row != index) add_noise(random, spec_, input);
        inputs_.write(row, input);
      }
    } catch (const Error& error) {
      module_log("train").warn("skipped: {}", error.what());
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
  std::mutex mutex_;  // guards the members below, and the reports
  std::vector<bool> unreadable_;
  std::size_t done_ = 0;
};

// Leaves out unreadable pictures. Throws untrusted when a class has nothing left on a side.
void leave_out(PictureRows& rows, const std::vector<bool>& unreadable,
               const std::vector<std::string>& classes) {
  for (std::vector<std::size_t>* side : {&rows.split.training, &rows.split.validation}) {
    std::erase_if(*side, [&](std::size_t row) { return unreadable[rows.picture_of[row]]; });
  }
  for (std::size_t label = 0; label < classes.size(); ++label) {
    const bool any = std::ranges::any_of(rows.split.training, [&](std::size_t row) {
      return rows.pictures[rows.picture_of[row]].label == static_cast<int>(label);
    });
    if (!any) {
      throw Error(ErrorKind::untrusted, "class " + classes[label] + " has no readable picture to train on");
    }
  }
  if (rows.split.validation.empty()) throw Error(ErrorKind::untrusted, "no validation picture can be read");
}

std::string describe_data(const PictureRows& rows, const PictureData& data) {
  std::string text;
  for (const LabelledPicture& picture : rows.pictures) {
    std::error_code gone;
    text += fmt::format("{} {} {}", picture.path.string(), picture.label,
                        std::filesystem::file_size(picture.path, gone));
    const Region& region = picture.region;
    if (!picture.occasion.empty() || region != Region{}) {
      text += fmt::format(" {} {} {} {} {}", picture.occasion, region.left, region.top, region.width,
                          region.height);
    }
    text += '\n';
  }
  return fmt::format("{}, validation share {}, flip {}, pictures {}", data.folder.string(),
                     data.validation_share, data.flip, sha256(text));
}

std::vector<std::string> positive_names(const PictureData& data, const std::vector<std::string>& classes) {
  for (const std::string& name : data.positive) {
    if (std::ranges::find(classes, name) != classes.end()) continue;
    throw Error(ErrorKind::usage,
                fmt::format("no class {} to make events, expected one of: {}", name, joined(classes, ", ")));
  }
  if (data.positive.size() >= classes.size()) {
    throw Error(ErrorKind::usage, "all classes make an event, expected at least one that does not");
  }
  return data.positive.empty() ? std::vector<std::string>(classes.begin() + 1, classes.end()) : data.positive;
}

// The only class on this side of an event; nothing where there are several.
std::optional<int> only_class(const Manifest& manifest, bool positive) {
  const std::vector<std::size_t> positives = positive_classes(manifest);
  std::optional<int> only;
  for (std::size_t label = 0; label < manifest.classes.size(); ++label) {
    if ((std::ranges::find(positives, label) != positives.end()) != positive) continue;
    if (only) return std::nullopt;
    only = static_cast<int>(label);
  }
  return only;
}

std::vector<LabelledPicture> labelled(const PictureData& data, const Manifest& manifest) {
  std::vector<LabelledPicture> pictures;
  for (const bool positive : {true, false}) {
    const auto label = only_class(manifest, positive);
    std::size_t left_out = 0;
    for (const JudgedPicture& judged : data.judged) {
      if (judged.positive != positive) continue;
      if (label) pictures.push_back({judged.path, *label, judged.region, judged.occasion});
      left_out += label ? 0 : 1;
    }
    if (left_out == 0) continue;
    module_log("train").warn(
        "left out {} {} verdicts: the folder has several classes that {} an event, and a "
        "verdict does not tell which",
        left_out, positive ? "true" : "false", positive ? "make" : "make no");
  }
  return pictures;
}

// Without a folder: the classes that verdicts tell apart.
PictureFolders classes_of_verdicts() {
  PictureFolders folders;
  folders.classes = {"absent", "present"};
  return folders;
}

void check_both_sides(const PictureRows& rows, const std::vector<std::string>& classes) {
  for (std::size_t label = 0; label < classes.size(); ++label) {
    const auto is_of_class = [&](std::size_t row) {
      return rows.pictures[rows.picture_of[row]].label == static_cast<int>(label);
    };
    if (std::ranges::any_of(rows.split.training, is_of_class) &&
        std::ranges::any_of(rows.split.validation, is_of_class))
      continue;
    throw Error(
        ErrorKind::usage,
        fmt::format("verdicts alone need pictures of at least 2 occasions of each kind, to learn from one "
                    "and measure on another; class {} has fewer. Give the app's own pictures, too",
                    classes[label]));
  }
}

// One training: the data that its steps share, and the candidates so far.
class PictureTraining {
 public:
  PictureTraining(const Base& base, const PictureRows& rows, const InputStore& inputs,
                  const AppTarget& target, Manifest manifest, const TrainOptions& options)
      : base_(base),
        rows_(rows),
        inputs_(inputs),
        target_(target),
        manifest_(std::move(manifest)),
        options_(options),
        exit_data_{.inputs = inputs,
                   .training = rows_of_exits(rows),
                   .validation = rows.split.validation,
                   .labels = {},
                   .occasions = {},
                   .classes = manifest_.classes.size(),
                   .events = {positive_classes(manifest_), manifest_.event.frequency}} {
    for (const std::size_t index : rows.picture_of) {
      const LabelledPicture& picture = rows.pictures[index];
      exit_data_.labels.push_back(picture.label);
      exit_data_.occasions.push_back(picture.occasion.empty() ? fmt::format("picture {}", index)
                                                              : picture.occasion);
    }
    for (const std::size_t row : exit_data_.validation) labels_.validation.push_back(exit_data_.labels[row]);
    for (const std::size_t row : exit_data_.training) {
      labels_.training.push_back(exit_data_.labels[row]);
      labels_.pictures.push_back(rows.picture_of[row]);
    }
    labels_.measured = measured_rows();
  }

  // Exits take little time, so the package is written at once. Tails start from exits, whether these are
  // asked for or not.
  void train_exits() {
    std::vector<Branchpoint> tails;
    if (options_.candidates != CandidateChoice::exits)
      tails = choose_tail_branchpoints(base_, options_, choose_exit_branchpoints(base_, options_));
    exits_ = train_picture_exits(base_, exit_data_, tails, options_);
    manifest_.hyperparameters.merge(exit_hyperparameters(recipe::kPictureFolds, recipe::kPictureStrengths));
    if (options_.candidates == CandidateChoice::tails) {
      candidates_.push_back(take_last_tail(base_, exits_.candidates));
    } else {
      candidates_ = std::move(exits_.candidates);
      write();
    }
  }

  void train_tails(const std::string& text) {
    TailApp app{target_, labels_.training, exit_data_.classes, std::move(exits_.starts)};
    TailData data{.base = base_,
                  .inputs = inputs_,
                  .plain = {},
                  .training = {},
                  .folds = exits_.folds,
                  .head = HeadKind::average,
                  .learning = recipe::kPictureTails,
                  .text = text,
                  .options = options_};
    std::map<std::size_t, std::size_t> example_of;  // by plain row
    for (const std::size_t row : exit_data_.training) {
      example_of[row] = data.plain.size();
      data.plain.push_back({row, data.plain.size()});
    }
    for (const std::size_t row : rows_.split.training) {
      const auto own = example_of.find(row);
      data.training.push_back(
          {row, own != example_of.end() ? own->second : example_of.at(rows_.picture_of[row])});
    }
    std::vector<TrainedTail> trained = std::move(mainstream::train_tails(data, {app}).front());
    for (PictureCandidate& tail :
         describe_picture_tails(data, app, std::move(trained), exit_data_.events, exit_data_.validation))
      candidates_.push_back(std::move(tail));
    manifest_.hyperparameters.merge(tail_hyperparameters(data));
    write();
    remove_work({app}, options_);
  }

 private:
  // Places in the exits' rows, one for each measured picture: its first changed view where it has one, as a
  // camera changes what it shows, too.
  [[nodiscard]] std::vector<std::size_t> measured_rows() const {
    std::map<std::size_t, std::size_t> place_of;  // by picture
    for (std::size_t place = 0; place < exit_data_.training.size(); ++place) {
      const std::size_t picture = rows_.picture_of[exit_data_.training[place]];
      if (!rows_.is_measured[picture]) continue;
      const auto [chosen, is_new] = place_of.emplace(picture, place);
      if (!is_new && rows_.is_plain(exit_data_.training[chosen->second])) chosen->second = place;
    }
    std::vector<std::size_t> places;
    for (const auto& [picture, place] : place_of) places.push_back(place);
    return places;
  }

  void write() const {
    Manifest manifest = manifest_;
    const std::vector<Graph> graphs = pack_picture_candidates(base_, candidates_, labels_, manifest);
    write_package(target_.package, manifest, graphs);
  }

  const Base& base_;
  const PictureRows& rows_;
  const InputStore& inputs_;
  const AppTarget& target_;
  Manifest manifest_;  // without candidates
  const TrainOptions& options_;
  PictureExitData exit_data_;
  PictureLabels labels_;
  PictureExits exits_;
  std::vector<PictureCandidate> candidates_;
};

}  // namespace

Manifest train_from_pictures(const Base& base, const PictureData& data, const AppTarget& target,
                             const TrainOptions& options) {
  check_targets(std::span(&target, 1));
  check_options(options);
  if (!(data.validation_share > 0 && data.validation_share < 1)) {
    throw Error(ErrorKind::usage,
                fmt::format("validation share: expected between 0 and 1, got {}", data.validation_share));
  }
  const bool tails = options.candidates != CandidateChoice::exits;
  const PictureFolders folders = data.folder.empty() ? classes_of_verdicts() : find_pictures(data.folder);
  Manifest manifest = start_manifest(base, target.app, options);
  manifest.classes = folders.classes;
  manifest.positive = positive_names(data, folders.classes);
  manifest.event = data.event;
  (void)choose_exit_branchpoints(base, options);  // refuses unknown ones before pictures are read
  PictureRows rows = plan_pictures(folders, labelled(data, manifest), data, options);
  if (data.folder.empty()) check_both_sides(rows, folders.classes);
  if (!tails) rows.split.training = rows_of_exits(rows);  // others need not be read
  const std::filesystem::path folder = work_path(target, options);
  InputStore inputs(base.input, rows.rows(), options.memory / 4, folder);
  leave_out(rows, PictureReader(rows, data, options, base.input, inputs).run(), folders.classes);

  PictureTraining training(base, rows, inputs, target, std::move(manifest), options);
  training.train_exits();
  if (tails) training.train_tails(describe_data(rows, data));
  std::error_code is_needed;
  std::filesystem::remove(folder, is_needed);  // the folder of the rows' file; removed only if empty
  return MPackage::open(target.package).manifest();
}

}  // namespace mainstream
