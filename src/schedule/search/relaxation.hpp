// The Lagrangian relaxation of the schedule problem: a price per unit of cost takes the place of the budget.
// docs/scheduling.md, "How the search works", has the method and an example.
//
// At a price the stems are independent of each other. Local search finds the best schedule of each, nearly
// always; branch and bound proves it. Everything known at one price is an immutable snapshot, so what a
// search finds does not depend on searches at other prices, except by the starting points that the caller
// gives.
#pragma once

#include <memory>
#include <optional>

#include "schedule/search/price_search.hpp"
#include "schedule/search/shape_search.hpp"

namespace mainstream {

// A schedule as the relaxation sees it.
struct PricedSchedule {
  std::vector<StemShape> shapes;  // by stem
  Assignment assignment;
  double value = 0, cost = 0;  // of the assignment; the cost is infinite when it is no schedule

  [[nodiscard]] double worth(double price) const { return value - price * cost; }
};

// The options in scope of all stems. The instance must outlive it. Copies share their tables.
class Relaxation {
 public:
  Relaxation(const Instance& instance, const OptionScope& scope);

  [[nodiscard]] const Instance& instance() const { return instance_; }
  [[nodiscard]] const std::vector<OptionTable>& tables() const { return *tables_; }

 private:
  const Instance& instance_;
  std::shared_ptr<const std::vector<OptionTable>> tables_;
};

// The relaxation at one price. Immutable.
class PricedRelaxation {
 public:
  PricedRelaxation(Relaxation relaxation, double price);

  [[nodiscard]] double price() const { return price_; }
  [[nodiscard]] const PricedStem& stem(std::size_t s) const { return stems_[s]; }
  [[nodiscard]] std::size_t stems() const { return stems_.size(); }

  // By local search from these shapes, one per stem; from the full shapes where there are none, or where they
  // leave an app without an option.
  [[nodiscard]] PricedSchedule improve(const std::vector<StemShape>& start) const;

  // The assignment of these shapes, with its value and cost.
  [[nodiscard]] PricedSchedule schedule_with(std::vector<StemShape> shapes) const;

 private:
  Relaxation relaxation_;
  double price_;
  std::vector<PricedStem> stems_;
};

// What branch and bound proved at one price.
struct RelaxationProof {
  std::shared_ptr<const PricedRelaxation> at;
  PricedSchedule best;
  double upper = 0;               // no schedule in scope is worth more at the price
  std::vector<StemBound> bounds;  // by stem, as tight as the proof needed them; of `at`

  // Moves the bounds' shares out, as starting points for the next proof. The bounds end with that.
  [[nodiscard]] std::vector<CostShares> take_shares();
};

// Proves `known` to be the best, or finds a better one; `upper` is within `tolerance` of its worth unless the
// limit was reached. `shares` are starting points for the bounds, one per stem, or none at all.
[[nodiscard]] RelaxationProof prove(std::shared_ptr<const PricedRelaxation> at, const PricedSchedule& known,
                                    double tolerance, std::vector<CostShares> shares, SearchLimit& limit);

// The price that makes the best use of a budget, by local search.
struct BudgetPrice {
  std::shared_ptr<const PricedRelaxation> at;
  PricedSchedule under;                // within the budget
  std::optional<PricedSchedule> over;  // not within it; nothing when the price is 0
};
// `cheapest` must be within the budget; `guess` is a price to begin with, 0 for none; `start` as in
// `improve`.
[[nodiscard]] BudgetPrice find_price(const Relaxation& relaxation, PricedSchedule cheapest, double budget,
                                     double guess, std::vector<StemShape> start);

// The cheapest schedule of the options with an F1 of at least `min_f1`: the relaxation at price 1 with all
// values 0.
class CheapestSearch {
 public:
  CheapestSearch(const Instance& instance, double min_f1);

  // By local search, as PricedRelaxation::improve.
  [[nodiscard]] PricedSchedule improve(const std::vector<StemShape>& start) const;
  // By branch and bound, as `prove`; no schedule costs less than -upper.
  [[nodiscard]] RelaxationProof prove(const PricedSchedule& known, std::vector<CostShares> shares,
                                      SearchLimit& limit) const;

 private:
  std::shared_ptr<const PricedRelaxation> costs_;
};

// The cheapest schedule of an instance, proven. Nothing when the stem number types that the apps need do not
// fit together.
struct Cheapest {
  Assignment assignment;
  double cost = 0;
};
[[nodiscard]] std::optional<Cheapest> cheapest_schedule(const Instance& instance);

}  // namespace mainstream
