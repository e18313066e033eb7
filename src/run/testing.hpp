// A clip, a base with random weights and M-Packages for it, made for the tests of this folder.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/file.hpp"
#include "core/testing.hpp"
#include "infer/random_graph.hpp"
#include "mainstream/base.hpp"
#include "mainstream/engine.hpp"
#include "mainstream/media.hpp"
#include "mainstream/package.hpp"
#include "run/score.hpp"

namespace mainstream {

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

// Everything that a run needs, in a folder. Apps "a", "b", "c" have candidates at the features and two
// earlier branchpoints; thresholds are medians over the clip, so that there are events.
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
      candidate.branchpoint = point.tensor;
      candidate.frozen_layers = point.layers;
      candidate.frozen_fraction = point.fraction;
      candidate.head = "average";
      candidate.tpr = 0.9 - 0.1 * static_cast<double>(place) / static_cast<double>(last);
      candidate.fpr = 0.02;
      manifest.candidates.push_back(candidate);
      tails.push_back(make_tail(base, point.tensor, seed++));
    }
    scores[app] = reference_scores(base, tails, clip());
    for (std::size_t i = 0; i < tails.size(); ++i) {
      std::vector<float> sorted = scores[app][i];
      std::sort(sorted.begin(), sorted.end());
      // Between two values, so that rounding cannot decide.
      manifest.candidates[i].threshold = (sorted[29] + sorted[30]) / 2;
    }
    write_package(folder / (app + ".mpkg"), manifest, tails);
    manifests[app] = manifest;
  }
};

}  // namespace mainstream
