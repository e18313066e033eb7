// The M-Package: all candidates of one app, with their measured quality.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mainstream/base.hpp"
#include "mainstream/event.hpp"
#include "mainstream/graph.hpp"
#include "mainstream/score_bins.hpp"

namespace mainstream {

// Event quality at one frame rate and number of votes, replayed from recorded scores of validation frames
// over all phases.
struct MeasuredQuality {
  double fps = 0;
  int votes = 1;
  double recall = 0, precision = 0, f1 = 0;
  double f1_error = 0;  // standard error of f1
};

// Of 90 %, which are kIntervalErrors standard errors on either side where nothing is skewed.
inline constexpr double kIntervalErrors = 1.645;
struct Interval {
  double low = 0, high = 1;
  bool operator==(const Interval&) const = default;
};

// How often validation gave scores of each bin, on frames within events and on others.
struct ScoreTable {
  ScoreCounts positive{}, negative{};
  bool operator==(const ScoreTable&) const = default;
};

// The quality of a candidate's answers.
struct AnswerQuality {
  float threshold = 0.5F;  // a score at or above it makes a frame positive
  double top1 = 0, tpr = 0, fpr = 0;
  Interval tpr_interval, fpr_interval;    // 90 % intervals for unseen frames
  std::vector<MeasuredQuality> measured;  // empty without a labelled clip; ascending fps, then votes
  std::optional<ScoreTable> scores = {};  // packages of older trainers have none
};

enum class CandidateKind {
  exit,  // a head directly on tensors of the stem, up to its branchpoint
  tail,  // the rest of the network, fine-tuned from the branchpoint on, and a head
};

[[nodiscard]] const char* to_string(CandidateKind kind);  // "exit", "tail"

// "tail-23"; "exit-9-14-23": the kind, and the number of the base's layers before each tensor that it reads.
[[nodiscard]] std::string candidate_id(CandidateKind kind, const Base& base,
                                       const std::vector<std::string>& reads);

// One network for the app, with its quality in f32.
struct Candidate : AnswerQuality {
  std::string id;  // unique in the package (candidate_id)
  CandidateKind kind = CandidateKind::tail;
  std::string branchpoint;         // the deepest tensor of the base that it reads
  std::vector<std::string> reads;  // its graph's inputs, in the base's order, the branchpoint last
  std::int64_t frozen_layers = 0;
  double frozen_fraction = 0;  // share of the base's multiply-adds
  std::string file;            // inside the package: "candidates/NN.onnx"
  std::string sha256;
  std::uint64_t size = 0;  // bytes
  std::string head;        // "average" or "spatial"
  std::int64_t validation_size = 0;
  std::map<NumberTypes, AnswerQuality> number_types;  // quality with number types other than f32, if measured
  Ranges ranges;  // ranges for int8 of the network's activations and inputs

  // The quality measured with these number types; nullptr if not measured.
  [[nodiscard]] const AnswerQuality* quality(const NumberTypes& with) const;
};

// Statistics of the app's events. `origin` says whether they were measured, given or are defaults.
struct EventModel {
  enum class Origin { measured, given, defaults } origin = Origin::defaults;
  double length_ms = 2000;
  double frequency = 0.1;      // fraction of time that events take up
  double correlation = 0.5;    // of neighbouring frames' answers; apps of the sample clip have 0.38 to 0.72
  int votes = 1;               // for candidates without a measured table, which has its own
  double merge_gap_ms = 1000;  // detections closer than this are one event
};

// The clip on which a finished package was measured (`mainstream measure`).
struct MeasuredOn {
  std::string clip;                // its file's name
  std::string sha256;              // of its file: 64 hexadecimal digits
  std::vector<FrameRange> frames;  // the measured parts, ascending
  double fps = 0;                  // frames per second of the stream
  std::string time;                // when, UTC, ISO 8601
  bool operator==(const MeasuredOn&) const = default;
};

struct Manifest {
  std::string app;
  std::string base_id, base_name;
  InputSpec input;
  std::vector<std::string> classes;
  std::vector<std::string>
      positive;         // the classes that make an event; a frame's score is the sum of their probabilities
  std::string created;  // UTC, ISO 8601
  std::string trainer_version;
  std::uint64_t seed = 0;
  std::map<std::string, std::string> hyperparameters;
  EventModel event;
  // Where the figures come from: this clip, which the candidates did not learn from; nothing: the training.
  std::optional<MeasuredOn> measured_on = {};
  std::vector<Candidate> candidates;  // from the most frozen to the least

  // Throws usage, naming the known ones.
  [[nodiscard]] const Candidate& candidate(const std::string& id) const;
};

// The indices of the `positive` classes in `classes`, ascending.
[[nodiscard]] std::vector<std::size_t> positive_classes(const Manifest& manifest);

// The JSON text of the manifest (docs/formats.md). Throws usage for strings that are not UTF-8.
[[nodiscard]] std::string to_json(const Manifest& manifest);

// An M-Package file, opened and verified. Networks are read on request. The file stays open, so replacing it
// does no harm. Cheap to copy: copies share the file. Thread-safe.
class MPackage {
 public:
  // Verifies archive, paths, manifest and hashes: all that needs no base. Throws unreadable or untrusted.
  [[nodiscard]] static MPackage open(const std::filesystem::path& path);

  [[nodiscard]] const Manifest& manifest() const;
  [[nodiscard]] const std::filesystem::path& path() const;
  // SHA-256 of the whole file when it was opened: 64 hexadecimal digits.
  [[nodiscard]] const std::string& sha256() const;

  // Reads every candidate. Throws untrusted for a base with another id or input, for branchpoints that it
  // does not have, and for networks that do not fit their inputs; or unsupported.
  void verify(const Base& base) const;

  // The network from the tensors that the candidate reads to the logits [1, classes]; hash checked again.
  // `candidate` is one of the manifest's. Throws untrusted or unsupported.
  [[nodiscard]] Graph graph(const Candidate& candidate) const;
  // The bytes of its ONNX file.
  [[nodiscard]] std::string onnx(const Candidate& candidate) const;

 private:
  struct State;
  explicit MPackage(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

// Writes an M-Package. `graphs[i]` belongs to manifest.candidates[i]; file names, hashes and sizes are filled
// in. The file is written whole or not at all, and equal arguments give equal bytes. Throws storage, or
// usage, naming the field, for a package that MPackage::open would refuse.
void write_package(const std::filesystem::path& path, Manifest manifest, const std::vector<Graph>& graphs);

// Writes manifest.json and candidates/*.onnx into a new folder, whole or not at all. Throws storage, or usage
// if `folder` exists.
void extract_package(const MPackage& package, const std::filesystem::path& folder);

}  // namespace mainstream
