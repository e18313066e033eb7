#include "schedule/relaxation.hpp"

#include <cmath>
#include <limits>

namespace mainstream {

Relaxation::Relaxation(const Instance& instance) : instance_(instance) {
  for (std::size_t s = 0; s < instance.stems.size(); ++s) {
    stems_.push_back({std::make_unique<StemTables>(instance, s), nullptr, std::nullopt});
  }
}

void Relaxation::require(double min_f1) {
  min_f1_ = min_f1;
  for (Stem& stem : stems_) stem.tables->select(min_f1_, costs_only_);
}

void Relaxation::count(bool costs_only) {
  if (costs_only == costs_only_) return;
  costs_only_ = costs_only;
  for (Stem& stem : stems_) stem.tables->select(min_f1_, costs_only_);
}

void Relaxation::set_price(double price) {
  count(false);
  for (Stem& stem : stems_) {
    stem.tables->set_price(price);
    if (stem.shares) stem.shares->update();
  }
}

void Relaxation::finish(Priced& priced) const {
  priced.assignment.resize(instance_.apps.size());
  bool all = true;
  for (std::size_t s = 0; s < stems_.size(); ++s) {
    all = stems_[s].tables->assign(priced.shapes[s], priced.assignment) && all;
  }
  priced.value = 0;
  for (std::size_t a = 0; a < instance_.apps.size(); ++a) {
    priced.value += instance_.apps[a].options[priced.assignment[a]].value;
  }
  const auto cost = all ? assignment_cost(instance_, priced.assignment) : std::nullopt;
  priced.cost = cost.value_or(std::numeric_limits<double>::infinity());
}

Priced Relaxation::climb_all() {
  Priced priced;
  for (Stem& stem : stems_) {
    WorthyShape found = stem.last ? climb(*stem.tables, *stem.last) : climb_down(*stem.tables);
    if (stem.last && found.worth < StemTables::kNever / 2) found = climb_down(*stem.tables);
    stem.last = found.shape;
    priced.shapes.push_back(std::move(found.shape));
  }
  priced.upper = std::numeric_limits<double>::infinity();
  finish(priced);
  return priced;
}

Priced Relaxation::climb_at(double price) {
  count(false);
  for (Stem& stem : stems_) stem.tables->set_price(price);
  return climb_all();
}

Priced Relaxation::cheapest() {
  count(true);
  for (Stem& stem : stems_) stem.tables->set_price(1);
  return climb_all();
}

Priced Relaxation::prove_all(Priced found, double tolerance, SearchLimit& limit) {
  found.upper = 0;
  for (std::size_t s = 0; s < stems_.size(); ++s) {
    Stem& stem = stems_[s];
    if (!stem.shares) stem.shares = std::make_unique<Shares>(*stem.tables);
    const WorthyShape known{found.shapes[s], stem.tables->worth(found.shapes[s])};
    BestShape best =
        best_shape(*stem.tables, *stem.shares, known, tolerance / static_cast<double>(stems_.size()), limit);
    found.upper += best.upper;
    stem.last = best.best.shape;
    found.shapes[s] = std::move(best.best.shape);
  }
  finish(found);
  return found;
}

Priced Relaxation::prove(Priced found, double price, double tolerance, SearchLimit& limit) {
  count(false);
  for (Stem& stem : stems_) stem.tables->set_price(price);
  return prove_all(std::move(found), tolerance, limit);
}

Priced Relaxation::prove_cheapest(Priced found, SearchLimit& limit) {
  count(true);
  for (Stem& stem : stems_) stem.tables->set_price(1);
  const double same = 1e-12 * std::abs(found.cost);
  return prove_all(std::move(found), same, limit);
}

Dual find_price(Relaxation& relaxation, Priced cheapest, double budget, double guess) {
  Dual dual{0, std::move(cheapest), relaxation.climb_at(0)};
  if (within_budget(dual.over->cost, budget)) {
    if (dual.over->value >= dual.under.value) dual.under = std::move(*dual.over);
    dual.over.reset();
    return dual;
  }
  const auto crossing = [&] {
    return (dual.over->value - dual.under.value) / (dual.over->cost - dual.under.cost);
  };
  double price = guess > 0 ? guess : crossing();
  for (int round = 0; round < 40; ++round) {
    dual.price = price;
    Priced found = relaxation.climb_at(price);
    const double known = std::max(dual.under.worth(price), dual.over->worth(price));
    const bool done = found.worth(price) <= known + 1e-10;
    if (within_budget(found.cost, budget)) {
      if (found.value >= dual.under.value) dual.under = std::move(found);
    } else if (found.cost < dual.over->cost) {
      dual.over = std::move(found);
    }
    const double next = crossing();
    if ((done && std::abs(next - price) <= 1e-9 * price) || next <= 0) break;
    price = next;
  }
  return dual;
}

}  // namespace mainstream
