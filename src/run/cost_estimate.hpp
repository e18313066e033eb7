// The costs of a mix's parts, corrected by what runs observe.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "mainstream/planning.hpp"
#include "run/statistics.hpp"

namespace mainstream {

// Costs begin as measured and follow observed times, as an exponential average over time
// (feedback::kCostMemorySeconds). Parts of a stream that did not run are scaled like those that did: what
// slows one down slows all down. Any number of streams: each corrects its own stem and apps. Pure
// computation, one thread.
class CostEstimate {
 public:
  // `mix` outlives the estimate.
  CostEstimate(const Mix& mix, Mode mode, Costs measured);

  // `window` was observed on the stream of this stem (an index into the mix's) while `plan` was in force. Its
  // apps are those of the mix that are on this stem, in their order.
  void observe(const MixPlan& plan, std::size_t stem, const PlanStatistics& window);

  void set_decoding(Decoding decoding) { costs_.decoding = std::move(decoding); }

  [[nodiscard]] const Costs& costs() const { return costs_; }

 private:
  // One stem's part of a plan.
  struct Ran {
    const std::vector<NumberType>& types;  // by place
    std::vector<const Setting*> settings;  // by app on the stem
  };
  struct Errors;  // observed over expected cost, by part

  [[nodiscard]] Ran ran(const MixPlan& plan, std::size_t stem) const;
  [[nodiscard]] Errors compare(const Ran& ran, std::size_t stem, const PlanStatistics& window) const;
  [[nodiscard]] double stem_ms(const Ran& ran, std::size_t stem, std::size_t first, std::size_t last) const;
  [[nodiscard]] double own_ms(std::size_t app, const Setting& setting) const;

  const Mix& mix_;
  const Mode mode_;
  std::vector<std::vector<std::size_t>> apps_;  // by stem: indices into the mix's
  Costs costs_;
};

}  // namespace mainstream
