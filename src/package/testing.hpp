// A base and a package, small enough to write out in a test.
#pragma once

#include <string>
#include <vector>

#include "graph/exit.hpp"
#include "graph/passes.hpp"
#include "mainstream/base.hpp"
#include "mainstream/package.hpp"

namespace mainstream {

// Weights that are neither equal nor random.
inline Tensor tiny_weights(Shape shape, float seed) {
  std::vector<float> data(static_cast<std::size_t>(element_count(shape)));
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = seed / (1 + static_cast<float>(i % 7)) - 0.1F;
  return make_tensor(std::move(shape), std::move(data));
}

// picture -> conv, relu ("a") -> conv, + a, relu ("b") -> global pooling -> linear layer ("logits").
inline Graph tiny_network(float seed = 0.3F) {
  Graph graph;
  graph.name = "tiny";
  graph.inputs = {"picture"};
  graph.outputs = {"logits"};
  graph.shapes["picture"] = {1, 3, 16, 16};
  graph.constants["w1"] = tiny_weights({4, 3, 3, 3}, seed);
  graph.constants["w2"] = tiny_weights({4, 4, 3, 3}, 2 * seed);
  graph.constants["w3"] = tiny_weights({5, 4}, 3 * seed);
  const op::Conv halving{{2, 2}, {1, 1}, {1, 1, 1, 1}, 1};
  const op::Conv keeping{{1, 1}, {1, 1}, {1, 1, 1, 1}, 1};
  graph.nodes = {{halving, {"picture", "w1"}, "c1"},     {op::Activation{}, {"c1"}, "a"},
                 {keeping, {"a", "w2"}, "c2"},           {op::Binary{}, {"c2", "a"}, "sum"},
                 {op::Activation{}, {"sum"}, "b"},       {op::GlobalPool{}, {"b"}, "pooled"},
                 {op::Reshape{{4}}, {"pooled"}, "flat"}, {op::Gemm{}, {"flat", "w3"}, "logits"}};
  infer_shapes(graph);
  return graph;
}

// Branchpoints: picture, a, b.
inline Base tiny_base(float seed = 0.3F) {
  return prepare_base(tiny_network(seed), {});
}

// A tail: the base from the branchpoint on, with its own linear layer.
inline Graph tiny_tail(const Base& base, const std::string& branchpoint, std::int64_t classes = 2) {
  Graph tail = tail_of(base.graph, branchpoint);
  tail.constants["w3"] = tiny_weights({classes, 4}, 0.7F);
  infer_shapes(tail);
  return tail;
}

// An exit on global averages of the tensors.
inline Graph tiny_exit(const Base& base, const std::vector<std::string>& reads, std::int64_t classes = 2) {
  std::vector<ExitLevel> levels;
  for (const std::string& tensor : reads) {
    const Shape& shape = base.graph.shape(tensor);
    const float seed = 0.5F + static_cast<float>(levels.size());
    levels.push_back({tensor,
                      shape,
                      {ExitPooling::Kind::average, {shape[2], shape[3]}},
                      tiny_weights({classes, shape[1]}, seed)});
  }
  return exit_graph(levels, tiny_weights({classes}, 0.2F));
}

inline Candidate tiny_candidate(const Base& base, CandidateKind kind, std::vector<std::string> reads) {
  Candidate candidate;
  candidate.kind = kind;
  candidate.branchpoint = reads.back();
  candidate.frozen_layers = base.branchpoint(candidate.branchpoint).layers;
  candidate.frozen_fraction = base.branchpoint(candidate.branchpoint).fraction;
  candidate.id = candidate_id(kind, base, reads);
  candidate.reads = std::move(reads);
  candidate.head = "average";
  candidate.threshold = 0.45F;
  candidate.validation_size = 120;
  candidate.top1 = 0.9;
  candidate.tpr = 0.8;
  candidate.tpr_interval = {0.6, 0.9};
  candidate.fpr = 0.05;
  candidate.fpr_interval = {0.01, 0.2};
  candidate.measured = {
      {1, 1, 0.5, 0.75, 0.6, 0.1}, {1, 3, 0.25, 1, 0.4, 0.1}, {7, 1, 0.9, 0.8, 0.847, 0.05}};
  return candidate;
}

// A manifest with tails at b and a.
inline Manifest tiny_manifest(const Base& base) {
  Manifest manifest;
  manifest.app = "person-left";
  manifest.base_id = base.id;
  manifest.base_name = base.name;
  manifest.input = base.input;
  manifest.classes = {"no", "yes"};
  manifest.positive = {"yes"};
  manifest.created = "2024-05-31T09:30:00Z";
  manifest.trainer_version = "0.1.0";
  manifest.seed = 7;
  manifest.hyperparameters = {{"epochs", "10"}, {"rate", "0.001"}};
  manifest.event = {EventModel::Origin::measured, 1500, 0.25, 0.1, 2, 500};
  for (const char* tensor : {"b", "a"}) {
    manifest.candidates.push_back(tiny_candidate(base, CandidateKind::tail, {tensor}));
  }
  Candidate& measured = manifest.candidates.back();
  measured.ranges = {{"a", {0, 1.5F}}, {"b", {0, 3}}};
  measured.number_types[{NumberType::int8, NumberType::f32}] = {
      0.5F, 0.875, 0.75, 0.0625, {0.5, 1}, {0, 0.25}, {{1, 1, 0.5, 0.5, 0.5, 0.125}}};
  measured.number_types[{NumberType::int8, NumberType::int8}] = {0.375F, 0.75,   0.5, 0.125,
                                                                 {0, 1}, {0, 1}, {}};
  return manifest;
}

inline std::vector<Graph> tiny_tails(const Base& base) {
  return {tiny_tail(base, "b"), tiny_tail(base, "a")};
}

}  // namespace mainstream
