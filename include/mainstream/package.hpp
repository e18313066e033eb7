// The M-Package: all candidates of one app, with what was measured of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mainstream/base.hpp"
#include "mainstream/graph.hpp"

namespace mainstream {

// How well events were found at one frame rate when recorded scores were replayed.
struct MeasuredQuality {
  double fps = 0;
  double recall = 0, precision = 0, f1 = 0;
  // What the figures rest on, on average over the replays: events that there were, and that were told.
  double true_events = 0, detected_events = 0;
};

// How good a candidate's answers are.
struct AnswerQuality {
  float threshold = 0.5F;  // a score at or above it makes a frame positive
  double top1 = 0, tpr = 0, fpr = 0;
  std::vector<MeasuredQuality> by_fps;  // empty without a labelled clip; ascending fps
};

// A tail fine-tuned from one branchpoint, with its quality when all is computed in f32.
struct Candidate : AnswerQuality {
  std::string branchpoint;  // tensor of the base; also the name of the tail's input
  std::int64_t frozen_layers = 0;
  double frozen_fraction = 0;  // of the base's multiply-adds
  std::string file;            // inside the package: "candidates/NN.onnx"
  std::string sha256;
  std::uint64_t size = 0;  // bytes
  std::string head;        // "average" or "spatial"
  std::int64_t validation_size = 0;
  std::map<PrecisionPair, AnswerQuality> precisions;  // measured with others than f32, if any
  Ranges ranges;  // what a tail in int8 needs: of its activations, its input's too

  // As measured with these precisions; nullptr where it was not.
  [[nodiscard]] const AnswerQuality* quality(const PrecisionPair& with) const;
};

// What events of this app are like. `measured` tells measured values from given and default ones.
struct EventModel {
  enum class Origin { measured, given, defaults } origin = Origin::defaults;
  double length_ms = 2000;
  double frequency = 0.1;    // fraction of time that events take up
  double correlation = 0.1;  // of neighbouring frames' answers
  int votes = 1;
  double merge_gap_ms = 1000;  // detections closer than this are one event
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
  std::vector<Candidate> candidates;  // from the most frozen to the least
};

// The places of the `positive` classes among `classes`, ascending.
[[nodiscard]] std::vector<std::size_t> positive_classes(const Manifest& manifest);

// The manifest as it stands in the package (docs/formats.md). Throws usage for texts that are not UTF-8.
[[nodiscard]] std::string to_json(const Manifest& manifest);

// An M-Package file, opened and verified. Tails are read when asked for. The file is held open: replacing it
// meanwhile does no harm. Thread-safe.
class MPackage {
 public:
  // Verifies everything that can be verified without the base: archive, paths, manifest, hashes.
  // Throws unreadable or untrusted.
  [[nodiscard]] static MPackage open(const std::filesystem::path& path);
  ~MPackage();
  MPackage(MPackage&&) noexcept;
  MPackage& operator=(MPackage&&) noexcept;

  [[nodiscard]] const Manifest& manifest() const;
  [[nodiscard]] const std::filesystem::path& path() const;

  // Refuses a base of another id or input, branchpoints it does not have, and tails that do not fit their
  // branchpoint. Reads every tail. Throws untrusted or unsupported.
  void verify(const Base& base) const;

  // The tail from the branchpoint's tensor to the logits [1, classes]; hash checked again. `candidate` is one
  // of the manifest's. Throws untrusted or unsupported.
  [[nodiscard]] Graph tail(const Candidate& candidate) const;
  // The same as the bytes of its ONNX file.
  [[nodiscard]] std::string onnx(const Candidate& candidate) const;

 private:
  struct State;
  explicit MPackage(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Writes an M-Package. `tails[i]` belongs to manifest.candidates[i]; file names, hashes and sizes are filled
// in. The file is there whole or not at all, and the same arguments give the same bytes. Throws storage, or
// usage for what MPackage::open would refuse, naming the field.
void write_package(const std::filesystem::path& path, Manifest manifest, const std::vector<Graph>& tails);

// Writes manifest.json and candidates/*.onnx into a new folder, whole or not at all. Throws storage, or usage
// if `folder` is there already.
void extract_package(const MPackage& package, const std::filesystem::path& folder);

}  // namespace mainstream
