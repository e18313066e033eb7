// The schedule problem with a price on cost instead of a budget, and the price at which the budget is used
// up.
#pragma once

#include <memory>
#include <optional>

#include "schedule/shape_search.hpp"

namespace mainstream {

// What is best for all stems at one price.
struct Priced {
  std::vector<Shape> shapes;
  Assignment assignment;
  double value = 0, cost = 0;  // of the assignment; the cost is infinite when some app has no option
  double upper = 0;            // no schedule is worth more than this at the price

  [[nodiscard]] double worth(double price) const { return value - price * cost; }
};

class Relaxation {
 public:
  explicit Relaxation(const Instance& instance);  // which must outlive this

  // Options with an f1 below this do not count from now on.
  void require(double min_f1);

  // By climbing from the shapes of the last time: nearly always the best, always a real schedule. `upper` is
  // not known.
  [[nodiscard]] Priced climb_at(double price);
  // The cheapest schedule, likewise.
  [[nodiscard]] Priced cheapest();

  // Proves what was found at a price (or for the cheapest), and finds better where there is any. `upper` is
  // within `tolerance` of the worth unless the limit was reached.
  [[nodiscard]] Priced prove(Priced found, double price, double tolerance, SearchLimit& limit);
  [[nodiscard]] Priced prove_cheapest(Priced found, SearchLimit& limit);

  [[nodiscard]] const Instance& instance() const { return instance_; }
  // As of the last price; shares only after prove.
  [[nodiscard]] const StemTables& tables(std::size_t stem) const { return *stems_[stem].tables; }
  [[nodiscard]] const Shares& shares(std::size_t stem) const { return *stems_[stem].shares; }
  // Sets the price of tables and shares without searching.
  void set_price(double price);

 private:
  struct Stem {
    std::unique_ptr<StemTables> tables;
    std::unique_ptr<Shares> shares;
    std::optional<Shape> last;
  };
  void count(bool costs_only);
  void finish(Priced& priced) const;
  [[nodiscard]] Priced climb_all();
  [[nodiscard]] Priced prove_all(Priced found, double tolerance, SearchLimit& limit);

  const Instance& instance_;
  std::vector<Stem> stems_;
  double min_f1_ = -1;
  bool costs_only_ = false;
};

// The lowest upper bound on the value within the budget that a price can give, and schedules on both sides.
struct Dual {
  double price = 0;
  Priced under;                // within the budget
  std::optional<Priced> over;  // not within it; nothing when the best of all is within the budget
};

// By climbing. `cheapest` must be within the budget. `guess` is a price to begin with, 0 for none.
[[nodiscard]] Dual find_price(Relaxation& relaxation, Priced cheapest, double budget, double guess);

}  // namespace mainstream
