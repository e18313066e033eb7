// M-Trainer: makes M-Packages from labelled pictures or a labelled clip, on the machine that has them.
//
// Exits come first: linear heads on the stem's tensors, solved in closed form within seconds, and packed at
// once. Then tails: at some branchpoints the rest of the network is fine-tuned to add what the exit there
// misses; those that beat the exits are packed beside them. The stem's outputs for a picture never change, so
// they are computed once. Candidates are also measured in the other number types that base and processor
// offer. docs/training.md explains all choices and measurements.
//
// The same base, data, options and seed give the same packages. Finished tails are kept in the folder
// OUTPUT.work beside the output until the package is written, so that an interrupted training continues from
// there. One call at a time in a process (libtorch's number of threads is global).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "mainstream/base.hpp"
#include "mainstream/event.hpp"
#include "mainstream/package.hpp"

namespace mainstream {

struct TrainProgress {
  std::string stage;  // "reading vtest.avi", "training"
  std::uint64_t done = 0, total = 0;
  std::string note;  // "crossing: candidate 2 of 6, loss 0.31"
};

enum class CandidateChoice {
  all,    // exits, then tails
  exits,  // solved in seconds
  tails,  // fine-tuned
};

[[nodiscard]] const char* to_string(CandidateChoice choice);

struct TrainOptions {
  CandidateChoice candidates = CandidateChoice::all;
  // The branchpoints of exits and of tails: those named here; else all; else `branchpoint_count` of them,
  // spread evenly over the multiply-adds between `least_frozen` and the features. Exits always use the
  // features, too.
  std::vector<std::string> branchpoints;
  bool all_branchpoints = false;
  int branchpoint_count = 0;   // 0: up to 10 for exits, 3 for tails
  double least_frozen = 0.25;  // fraction of multiply-adds

  int epochs = 0;  // epochs of tails over the training pictures and their views; 0: by their number
  int views = 2;   // views per picture: the plain one and views - 1 changed ones
  // Of tails at its peak, in the base's last layer; the head learns twice as fast. Nothing: the recipe's.
  std::optional<double> learning_rate;
  std::uint64_t seed = 1;
  int threads = 0;  // 0: as many as this process may use
  // Where tails learn: "cpu", or "cuda" (or "cuda:1") where libtorch and the machine have it. The same seed
  // gives the same package on the CPU alone, and there on those that compute in the same number types.
  std::string device = "cpu";
  std::uint64_t memory = std::uint64_t{2} << 30;  // bytes for the stem's tensors: beyond them exits
                                                  // pool, and tails use a file
  std::filesystem::path work;  // folder where finished tails stay, for another training of the same apps;
                               // empty: OUTPUT.work, until the package is written
  std::string created;         // UTC, ISO 8601, for the manifests; empty: now
  std::stop_token stop;        // checked between batches
  std::function<void(const TrainProgress&)> report;  // called from one thread at a time
};

// An app and the path of its package.
struct AppTarget {
  std::string app;
  std::filesystem::path package;
  // From a clip: where to write what its best candidate's models answer to frames that they did not learn
  // from (docs/formats.md, "Unseen answers"). Empty: nowhere.
  std::filesystem::path unseen = {};
};

// A clip of a fixed camera with per-frame labels.
struct ClipData {
  std::string video;
  std::filesystem::path labels;
  std::vector<FrameRange> frames;  // the parts that training may see, ascending; none: all
  double fps = 0;                  // frames per second of the stream; 0: from the video
};

// Trains one package per target; all share the decoded frames and the stem's outputs. Classes are "absent"
// and "present". Throws usage, unreadable, untrusted, storage, and failed when stopped (finished candidates
// stay).
[[nodiscard]] std::vector<Manifest> train_from_clip(const Base& base, const ClipData& data,
                                                    std::span<const AppTarget> targets,
                                                    const TrainOptions& options);

// A picture that a node took when its app reported an event, with what a person said of it.
struct JudgedPicture {
  std::filesystem::path path;
  bool positive = false;  // whether it shows what the app is to report
  Region region = {};     // the part of the picture that the app looks at
  // Pictures of one occasion are nearly the same, so they are never on both sides of a split or fold.
  std::string occasion = {};
};

// Pictures in folders: FOLDER/train/CLASS/* and FOLDER/val/CLASS/*, or FOLDER/CLASS/* with a seeded split.
struct PictureData {
  std::filesystem::path folder;
  std::vector<std::string> positive;  // classes that make an event; empty: all but the first
  double validation_share = 0.2;      // used if the folder has no val/
  bool flip = true;                   // views may be mirrored
  EventModel event;                   // given, since pictures do not show event statistics
  // Learned from beside those of the folder, but never measured on: they are of moments at which an app
  // reported something. A verdict tells only whether a class makes an event, so true ones need a folder with
  // one positive class and false ones one with one other class; the rest is left out, with a warning. Without
  // a folder, classes are "absent" and "present", and these pictures are split.
  std::vector<JudgedPicture> judged = {};
};

[[nodiscard]] Manifest train_from_pictures(const Base& base, const PictureData& data, const AppTarget& target,
                                           const TrainOptions& options);

// A candidate's quality on a labelled clip, by frame and by event.
struct CandidateEvaluation {
  std::string app, candidate;  // its id
  std::string branchpoint;
  double frozen_fraction = 0;
  std::optional<double> area_under_roc;  // by frame; nothing if all have one label
  double tpr = 0, fpr = 0;               // by frame, at the candidate's threshold
  // F1 of events at the full rate with one vote, at the candidate's threshold and at the best one in
  // hindsight; nothing if there is no event.
  std::optional<double> f1, best_f1;
  std::vector<MeasuredQuality> measured;  // as in the package, for these frames
  AnswerQuality promised;                 // the quality that the package states
};

struct EvaluationOptions {
  int threads = 0;
  std::string time = {};  // of measure_on_clip: UTC, ISO 8601, for the manifests; empty: now
  std::stop_token stop;
  std::function<void(const TrainProgress&)> report;
};

// Runs all candidates of the packages on the frames and compares each app with the labels of its name. Give
// frames that training did not see, to measure a package's quality. Throws usage for an app without labels,
// unreadable or untrusted for the rest (labels of another length, too), and failed when stopped.
[[nodiscard]] std::vector<CandidateEvaluation> evaluate_on_clip(const Base& base,
                                                                std::span<const MPackage> packages,
                                                                const ClipData& data,
                                                                const EvaluationOptions& options);

// A finished package, and where to write it with figures of another clip.
struct MeasureTarget {
  MPackage package;
  std::filesystem::path output;
};

// What became of one package.
struct Measurement {
  std::vector<CandidateEvaluation> before;  // by candidate: what its former promises are worth on the clip
  Manifest manifest;                        // as written
};

// Runs all candidates on a labelled clip of the camera that they are to work on, and writes packages with the
// same networks, ids and classes whose figures are of that clip: thresholds, tpr and fpr with intervals,
// score tables, event F1 by rate and votes, event statistics and merge gap; top-1 where there are two classes
// (labels do not tell more apart, so the training's stays). Candidates are measured in the number types that
// their packages list, the base offers and this machine computes; other ones are left out. Each threshold is
// chosen on the clip, and the figures are those of thresholds chosen without the stretch of time that they
// judge, so both hold only for frames that the candidates did not learn from (docs/training.md, "Measuring
// again on a clip of the camera").
//
// Packages are written when all are measured; missing folders are made. Throws usage: an app without labels
// or in two packages, an output that is another output or a package that is read; untrusted: an app with
// fewer than two events in the frames or without a frame outside of events, a package of another base;
// unreadable, untrusted or storage for the rest, and failed when stopped.
[[nodiscard]] std::vector<Measurement> measure_on_clip(const Base& base,
                                                       std::span<const MeasureTarget> targets,
                                                       const ClipData& data,
                                                       const EvaluationOptions& options);

}  // namespace mainstream
