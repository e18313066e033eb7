#include "train/candidate_place.hpp"

#include "graph/passes.hpp"

namespace mainstream {
namespace {

double work_of(const Graph& graph) {
  double sum = 0;
  for (const Node& node : graph.nodes) sum += static_cast<double>(multiply_adds(graph, node));
  return sum;
}

}  // namespace

Candidate describe_place(const Base& base, CandidateKind kind, const std::vector<std::string>& reads) {
  const Branchpoint& branchpoint = base.branchpoint(reads.back());
  Candidate candidate;
  candidate.id = candidate_id(kind, base, reads);
  candidate.kind = kind;
  candidate.branchpoint = branchpoint.tensor;
  candidate.reads = reads;
  candidate.frozen_layers = branchpoint.layers;
  candidate.frozen_fraction = branchpoint.fraction;
  return candidate;
}

double candidate_cost(const Base& base, const Candidate& candidate, const Graph& graph) {
  const double stem = candidate.frozen_layers == 0 ? 0 : work_of(stem_of(base.graph, candidate.branchpoint));
  return stem + work_of(graph);
}

}  // namespace mainstream
