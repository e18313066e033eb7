// An upper bound on the worth of every shape of a stem: a Lagrangian relaxation of sharing.
// docs/scheduling.md, "How the search works".
//
// A step is one rate more in one segment. It costs something once, however many apps need it. Give every app
// a share of each step's cost such that the shares of a step add up to its cost, and let every app pay its
// shares for the steps that it needs: then each app can choose for itself, and the sum of what they gain is
// never below the worth of any shape. The more of a step's cost falls to the apps that gain most from it, the
// tighter the bound.
#pragma once

#include "schedule/search/priced_stem.hpp"

namespace mainstream {

// Each app's share of each step's cost: a table as OptionTable's, in units of cost, whatever the price.
using CostShares = std::vector<double>;

class StemBound {
 public:
  // Begins with the given shares, or with equal ones where there are none. `stem` must outlive this.
  StemBound(const PricedStem& stem, CostShares shares);

  [[nodiscard]] double bound() const { return bound_; }

  // Lowers the bound towards `target` (the worth of a known shape) in at most `rounds` steps of a subgradient
  // method. Ends early when the bound is within `tolerance` of the target.
  void improve(double target, int rounds, double tolerance);

  // A row: an upper bound on each app's worth at this level or deeper, with this number type or a less exact
  // one, at this rate or a lower one, less its shares of the segments from this level on.
  [[nodiscard]] const double* deeper(int level, int type, int rate) const {
    return deeper_.data() + table_.row(level, type, rate);
  }

  [[nodiscard]] const CostShares& shares() const { return shares_; }
  [[nodiscard]] CostShares take_shares() { return std::move(shares_); }  // the bound ends with that

 private:
  void update();
  void find_use(std::size_t app);
  [[nodiscard]] std::vector<int> count_users() const;
  void shift_shares(double distance);
  void shift_step(int level, int type, int rate, double factor);

  const PricedStem& stem_;
  const OptionTable& table_;
  std::size_t size_, apps_;  // length of a row: padded, and not padded
  CostShares shares_;
  std::vector<double> exactly_;  // as deeper_, at exactly this rate
  std::vector<double> deeper_;
  std::vector<double> paid_;  // per level, type and app: shares of the steps up to the rate at hand
  // What each app takes when it chooses for itself; level 0: nothing shared.
  std::vector<double> use_level_, use_rate_;
  std::vector<int> use_type_;  // by level, per app
  double bound_ = 0;
};

}  // namespace mainstream
