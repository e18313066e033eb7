#include "engine_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/json.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "text_table.hpp"

namespace mainstream {
namespace {

constexpr int kRepetitions = 20;

std::string summary(const std::vector<StepInfo>& steps) {
  double all = 0, reordering = 0;
  std::size_t reorders = 0;
  for (const StepInfo& step : steps) {
    all += step.milliseconds;
    if (step.primitive != "reorder") continue;
    ++reorders;
    reordering += step.milliseconds;
  }
  return fmt::format("{} steps, {:.3f} ms; of these {} reorders, {:.3f} ms\n", steps.size(), all, reorders,
                     reordering);
}

}  // namespace

std::vector<StepInfo> engine_steps(const Engine& engine, const Base& base, NumberType number_type) {
  std::vector<std::string> tensors;
  for (const Branchpoint& point : base.branchpoints) tensors.push_back(point.tensor);
  Stem stem(engine, base.graph, tensors, std::vector<NumberType>(tensors.size(), number_type),
            base.ranges_for(number_type));
  return stem.profile(kRepetitions);
}

std::string steps_text(const std::vector<StepInfo>& steps) {
  TextTable table("rlllll", {"ms", "primitive", "implementation", "type", "layout", "makes"});
  for (const StepInfo& step : steps) {
    table.add({fmt::format("{:.3f}", step.milliseconds), step.primitive, step.implementation, step.type,
               step.layout, fmt::format("{} = {}", step.output, joined(step.fused, " + "))});
  }
  return table.text() + summary(steps);
}

std::string steps_json(const std::vector<StepInfo>& steps) {
  Json list = Json::array();
  for (const StepInfo& step : steps) {
    list.push_back({{"output", step.output},
                    {"primitive", step.primitive},
                    {"implementation", step.implementation},
                    {"type", step.type},
                    {"layout", step.layout},
                    {"operations", step.fused},
                    {"ms", step.milliseconds}});
  }
  return json_text(list, 1) + "\n";
}

}  // namespace mainstream
