// An upper bound on what any shape can be worth, by sharing out the stem's cost among the apps.
//
// Each step of rate in each segment costs something once, whoever needs it. If every app pays a share of each
// step that it needs, and the shares of a step add up to its cost, then apps can be looked at one by
// one, and what they gain in sum is never less than what any shape is worth. The better the shares (users
// that gain most from a step pay most of it), the closer the bound.
#pragma once

#include "schedule/stem_tables.hpp"

namespace mainstream {

class Shares {
 public:
  explicit Shares(const StemTables& tables);  // equal shares; the tables must outlive this

  // Recomputes bound and deeper() for the tables as they are now.
  void update();
  [[nodiscard]] double bound() const { return bound_; }

  // Lowers the bound towards `target` (the worth of a known shape) by up to `rounds` changes of the shares:
  // who used a step in one round pays more of it in the next. Ends early when the bound is within `close` of
  // the target, or does not get lower any more. Updates.
  void improve(double target, int rounds, double close);

  // Per app: an upper bound on its worth at this level or deeper, with this stem precision or a less exact
  // one, at this rate or a lower one, less its shares of the segments from this level on.
  [[nodiscard]] const double* deeper(int level, int precision, int rate) const {
    return deeper_.data() + tables_.row(level, precision, rate);
  }

 private:
  // Of one rate more in a segment, per second.
  [[nodiscard]] double step_cost(int level, int precision, int rate) const {
    return tables_.segment_cost(level, precision, rate) - tables_.segment_cost(level, precision, rate - 1);
  }
  void find_use(std::size_t app);
  [[nodiscard]] std::vector<int> count_users() const;
  void shift(double distance);
  void shift_step(int level, int precision, int rate, double factor);

  const StemTables& tables_;
  std::size_t size_, apps_;
  std::vector<double> share_;   // of each step, per app, in units of cost
  std::vector<double> rest_;    // per app: worth at this level or deeper, at this rate, less shares
  std::vector<double> deeper_;  // the same at this rate or a lower one
  std::vector<double> paid_;    // per level, precision and app: shares of the steps so far
  // What each app would take at these shares: level 0 when nothing shared is better.
  std::vector<double> use_level_, use_rate_;
  std::vector<int> use_precision_;  // by level, per app
  double bound_ = 0;
};

}  // namespace mainstream
