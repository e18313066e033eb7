#include "mainstream/comparison.hpp"
#include "mainstream/experiments.hpp"

namespace mainstream {

const std::vector<Method>& methods() {
  static const std::vector<Method> methods{
      {kMainstream, Mode::mainstream}, {"tails only", Mode::mainstream, true},
      {"best fixed", Mode::fixed},     {"max-sharing", Mode::max_sharing},
      {"apart", Mode::apart},          {"no-sharing", Mode::no_sharing}};
  return methods;
}

double whole_bases_cost(const Mix& mix, const Costs& costs) {
  double cost = 0;
  for (const Mix::App& app : mix.apps) {
    const Costs::Stem& stem = costs.stems[app.stem];
    double whole = stem.scale_ms;
    for (const double segment : stem.segment_ms.at(NumberType::f32)) whole += segment;
    cost += whole * mix.stems[app.stem].fps;
  }
  return cost;
}

}  // namespace mainstream
