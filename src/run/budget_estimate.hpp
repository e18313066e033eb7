// How much the machine has to give, found out while it runs.
#pragma once

#include <optional>

namespace mainstream {

// The work that the plans of some streams ask of the engine, and the part that it did. Loads of several
// streams add up.
struct EngineLoad {
  double busy_ms_per_s = 0;
  double asked_fps = 0;     // frames that the plans ask for
  double analysed_fps = 0;  // frames that were analysed
  bool dropped = false;     // whether frames were lost because nobody took them

  EngineLoad& operator+=(const EngineLoad& other);
};

// A budget in milliseconds per second, for machines that run other work too. It falls to what the engine got
// done while frames were lost, and rises in small steps while none are, up to the first value. Pure
// computation, one thread.
class BudgetEstimate {
 public:
  explicit BudgetEstimate(double first_ms_per_s) : BudgetEstimate(first_ms_per_s, first_ms_per_s) {}
  // Goes on at `present`, which was found before.
  BudgetEstimate(double first_ms_per_s, double present_ms_per_s)
      : first_(first_ms_per_s), present_(present_ms_per_s) {}

  // `load` is that of all streams, `now_s` the time in seconds on any clock; it does not fall from call to
  // call.
  void observe(const EngineLoad& load, double now_s);

  [[nodiscard]] double ms_per_s() const { return present_; }

 private:
  const double first_;
  double present_;
  std::optional<double> calm_since_s_;
};

}  // namespace mainstream
