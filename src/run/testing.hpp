// Times, a clip, a base with random weights and M-Packages for it, made for the tests of this folder.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/file.hpp"
#include "core/testing.hpp"
#include "event/event_score.hpp"
#include "graph/passes.hpp"
#include "infer/random_graph.hpp"
#include "mainstream/base.hpp"
#include "mainstream/calibration.hpp"
#include "mainstream/engine.hpp"
#include "mainstream/media.hpp"
#include "mainstream/package.hpp"
#include "mainstream/planning.hpp"
#include "mainstream/profile.hpp"

namespace mainstream {

[[nodiscard]] inline MediaTime at_seconds(double seconds) {
  return MediaTime(std::llround(seconds * 1e6));
}

// Measures what one thread takes for the base, roughly, so that a test need not wait for two seconds of it.
inline void keep_rough_costs(const Base& base, const std::filesystem::path& cache) {
  (void)fresh_profile(Engine({.threads = 1}), base, NumberType::f32, cache, std::chrono::milliseconds(20));
}

inline constexpr double kClipFps = 20;
inline constexpr int kClipFrames = 60;

// Three seconds of FFmpeg's moving test picture.
inline void make_clip(const std::filesystem::path& path) {
  const std::string command =
      "ffmpeg -nostdin -y -v error -f lavfi -i testsrc2=s=128x96:r=20:d=3 -c:v mjpeg -q:v 3 " + path.string();
  if (std::system(command.c_str()) != 0) throw Error(ErrorKind::failed, command);
}

// 64 x 64 pictures; five convolutions, the branchpoints behind their activations.
inline Base make_base(std::int64_t width = 8) {
  GraphMaker make(5);
  std::string x = make.input({1, 3, 64, 64});
  for (const std::int64_t stride : {2, 1, 2, 1, 2}) {
    x = make.relu(make.conv(x, width, 3, {.strides = {stride, stride}, .pads = {1, 1, 1, 1}}));
  }
  x = make.node(op::GlobalPool{}, {x});
  x = make.node(op::Reshape{{width}}, {x});
  x = make.node(op::Gemm{}, {x, make.constant({10, width}), make.constant({10})});
  make.graph.outputs = {x};
  PrepareOptions options;
  options.input.width = options.input.height = 64;
  return prepare_base(std::move(make.graph), options);
}

// A tail with weights of its own: the base's nodes up to the features, then pooling and two classes.
inline Graph make_tail(const Base& base, const std::string& branchpoint, std::uint32_t seed) {
  GraphMaker make(seed);
  make.graph = tail_of(stem_of(base.graph, base.features), branchpoint);
  for (auto& [name, tensor] : make.graph.constants) {
    std::vector<float> values = *tensor.data;
    const std::vector<float> factors = make.values(static_cast<std::int64_t>(values.size()), 0.7F, 1.3F);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] *= factors[i];
    tensor = make_tensor(tensor.shape, std::move(values));
  }
  const std::int64_t width = make.graph.shape(base.features)[1];
  const auto add = [&](const std::string& name, Op op, std::vector<std::string> inputs) {
    make.graph.nodes.push_back({std::move(op), std::move(inputs), name});
  };
  make.graph.constants["head.weights"] = make_tensor({2, width}, make.values(2 * width, -3, 3));
  add("head.pooled", op::GlobalPool{}, {base.features});
  add("head.flat", op::Reshape{{width}}, {"head.pooled"});
  add("logits", op::Gemm{}, {"head.flat", "head.weights"});
  make.graph.outputs = {"logits"};
  infer_shapes(make.graph);
  return std::move(make.graph);
}

// By candidate, the score of every frame of a clip when the whole network runs by itself on each.
using Scores = std::vector<std::vector<float>>;

inline Scores reference_scores(const Base& base, const std::vector<Graph>& tails,
                               const std::filesystem::path& clip) {
  Scores scores;
  for (const Graph& tail : tails) {
    Network network(Engine({.threads = 1}), join(base.graph, tail));
    InputScaler scaler(base.input);
    std::vector<float> input(scaler.size());
    VideoReader reader(clip.string());
    std::vector<float>& all = scores.emplace_back();
    while (const auto frame = reader.next()) {
      scaler.scale(frame->picture, input);
      all.push_back(event_score(network.run(input), std::vector<std::size_t>{1}));
    }
  }
  return scores;
}

// The base's inputs for the first frames of a clip.
inline std::vector<std::vector<float>> clip_inputs(const Base& base, const std::filesystem::path& clip,
                                                   std::size_t count) {
  std::vector<std::vector<float>> inputs;
  InputScaler scaler(base.input);
  VideoReader reader(clip.string());
  for (auto frame = reader.next(); frame && inputs.size() < count; frame = reader.next()) {
    scaler.scale(frame->picture, inputs.emplace_back(scaler.size()));
  }
  return inputs;
}

// The base with all number types offered, as after a calibration. The id stays.
inline Base calibrated(Base base, const std::filesystem::path& clip) {
  base.ranges = measure_ranges(Engine({.threads = 1}), base.graph, clip_inputs(base, clip, 5), {.share = 1});
  base.agreement[NumberType::bf16] =
      base.agreement[NumberType::int8] = {.top1 = 1, .mean_cosine = 1, .lowest_cosine = 1, .inputs = 5};
  return base;
}

// Says of a candidate that others than f32 are a little worse, with thresholds of their own.
inline void add_number_types(Candidate& candidate, Ranges ranges) {
  candidate.ranges = std::move(ranges);
  const auto add = [&](NumberType stem, NumberType tail, float lower) {
    AnswerQuality quality = candidate;
    quality.threshold *= 1 - lower;
    quality.tpr -= lower;
    candidate.number_types[{stem, tail}] = quality;
  };
  const bool only_head = candidate.ranges.empty();
  add(NumberType::bf16, only_head ? NumberType::f32 : NumberType::bf16, 0.01F);
  add(NumberType::int8, NumberType::f32, 0.02F);
  if (!only_head) add(NumberType::int8, NumberType::int8, 0.03F);
}

// Ranges of the activations of a tail up to its last convolution.
inline Ranges tail_ranges(const Base& calibrated_base, const Graph& tail, const std::filesystem::path& clip) {
  const std::string& branchpoint = tail.inputs.front();
  const Engine engine({.threads = 1});
  Stem stem(engine, calibrated_base.graph, {branchpoint});
  std::vector<std::vector<float>> inputs;
  for (const std::vector<float>& input : clip_inputs(calibrated_base, clip, 5)) {
    stem.load(input);
    stem.run_to(0);
    inputs.push_back(stem.read(0));
  }
  Ranges ranges = measure_ranges(engine, tail, inputs, {.share = 1});
  if (!ranges.empty()) ranges[branchpoint] = calibrated_base.ranges.at(branchpoint);
  return ranges;
}

// Everything that a run needs, in a folder. Apps "a", "b", "c" have candidates at the features and two
// earlier branchpoints; thresholds are medians over the clip, so that there are events. The packages offer
// all number types, the base does not, unless it is calibrated().
struct TestMix {
  explicit TestMix(std::int64_t width = 8) : base(make_base(width)) {
    make_clip(clip());
    write_base(base, base_path());
    std::uint32_t seed = 100;
    for (const char* app : {"a", "b", "c"}) add_app(app, seed += 100);
  }

  [[nodiscard]] std::filesystem::path clip() const { return folder / "clip.avi"; }
  [[nodiscard]] std::filesystem::path base_path() const { return folder / "base.onnx"; }
  [[nodiscard]] std::vector<std::filesystem::path> packages() const {
    return {folder / "a.mpkg", folder / "b.mpkg", folder / "c.mpkg"};
  }

  [[nodiscard]] Mix mix(double stream_fps = kClipFps) const { return mix(base_path(), stream_fps); }
  // With another base of the same id.
  [[nodiscard]] Mix mix(const std::filesystem::path& base_file, double stream_fps = kClipFps) const {
    return read_mix(base_file, packages(), "clip", stream_fps, 64, 48);
  }

  // A plan that was not solved for: for each app a candidate by its number, and a rate.
  struct Wanted {
    std::size_t candidate;
    double fps;
    NumberTypes number_types = {};
  };
  [[nodiscard]] MixPlan plan(const std::vector<Wanted>& wanted,
                             NumberType stem_type = NumberType::f32) const {
    MixPlan plan;
    for (std::size_t app = 0; app < wanted.size(); ++app) {
      const std::string name(1, static_cast<char>('a' + app));
      const Candidate& candidate = manifests.at(name).candidates[wanted[app].candidate];
      const NumberTypes& types = wanted[app].number_types;
      plan.settings.push_back({candidate.id, wanted[app].fps, 1, types, candidate.branchpoint,
                               candidate.quality(types)->threshold});
    }
    plan.stem_types.emplace_back(base.branchpoints.size(), stem_type);
    return plan;
  }

  TestFolder folder;
  Base base;
  std::map<std::string, Manifest> manifests;
  std::map<std::string, Scores> scores;  // by app, candidate and frame

 private:
  void add_app(const std::string& app, std::uint32_t seed) {
    Manifest manifest;
    manifest.app = app;
    manifest.base_id = base.id;
    manifest.base_name = base.name;
    manifest.input = base.input;
    manifest.classes = {"no", "yes"};
    manifest.positive = {"yes"};
    manifest.created = "2024-05-31T09:30:00Z";
    manifest.trainer_version = "0.1.0";
    manifest.event = {EventModel::Origin::given, 600, 0.2, 0.1, 1, 100};
    std::vector<Graph> tails;
    const std::size_t last = base.branchpoints.size() - 1;
    for (const std::size_t place : {last, last - 2, std::size_t{1}}) {
      const Branchpoint& point = base.branchpoints[place];
      Candidate candidate;
      candidate.id = "tail-" + std::to_string(point.layers);
      candidate.branchpoint = point.tensor;
      candidate.reads = {point.tensor};
      candidate.frozen_layers = point.layers;
      candidate.frozen_fraction = point.fraction;
      candidate.head = "average";
      candidate.tpr = 0.9 - 0.1 * static_cast<double>(place) / static_cast<double>(last);
      candidate.fpr = 0.02;
      manifest.candidates.push_back(candidate);
      tails.push_back(make_tail(base, point.tensor, seed++));
    }
    scores[app] = reference_scores(base, tails, clip());
    const Base with_ranges = calibrated(base, clip());
    for (std::size_t i = 0; i < tails.size(); ++i) {
      std::vector<float> sorted = scores[app][i];
      std::sort(sorted.begin(), sorted.end());
      // Between two values, so that rounding cannot decide.
      manifest.candidates[i].threshold = (sorted[29] + sorted[30]) / 2;
      add_number_types(manifest.candidates[i], tail_ranges(with_ranges, tails[i], clip()));
    }
    write_package(folder / (app + ".mpkg"), manifest, tails);
    manifests[app] = manifest;
  }
};

}  // namespace mainstream
