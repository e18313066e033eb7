#include "schedule/search/stem_bound.hpp"

#include <cmath>

namespace mainstream {
namespace {

// No share falls below this part of its step, so that it can grow again.
constexpr double kSmallestShare = 1e-7;
constexpr double kLargestShift = 3;  // a share grows by at most e to the power of this in one round

CostShares equal_shares(const OptionTable& table) {
  const std::size_t apps = table.grid().apps.size();
  CostShares shares(table.size());
  for (int level = 1; level <= table.levels(); ++level) {
    for (int type = 0; type < table.types(); ++type) {
      for (int rate = 1; rate <= table.rates(); ++rate) {
        std::fill_n(shares.data() + table.row(level, type, rate), apps,
                    table.step_cost(level, type, rate) / static_cast<double>(apps));
      }
    }
  }
  return shares;
}

}  // namespace

StemBound::StemBound(const PricedStem& stem, CostShares shares)
    : stem_(stem),
      table_(stem.table()),
      size_(table_.row_size()),
      apps_(table_.grid().apps.size()),
      shares_(shares.empty() ? equal_shares(table_) : std::move(shares)),
      exactly_(table_.row(table_.levels() + 2, 0, 0), kNever),
      deeper_(exactly_),
      paid_(static_cast<std::size_t>((table_.levels() + 1) * table_.types()) * size_),
      use_level_(size_),
      use_rate_(size_),
      use_type_(static_cast<std::size_t>(table_.levels() + 1) * size_) {
  update();
}

// From the deepest segment up, rate by rate: what each app gains when it uses a segment's rate or a lower
// one, less what it pays for the steps up to there.
void StemBound::update() {
  std::fill(paid_.begin(), paid_.end(), 0.0);
  const double price = stem_.price();
  for (int rate = 1; rate <= table_.rates(); ++rate) {
    for (int level = table_.levels(); level >= 1; --level) {
      for (int type = table_.types() - 1; type >= 0; --type) {
        const std::size_t row = table_.row(level, type, rate);
        const double* share = shares_.data() + row;
        const double* here = stem_.at(level, type, rate);
        const double* next = exactly_.data() + table_.row(level + 1, type, rate);
        const double* slower = deeper_.data() + table_.row(level, type, rate - 1);
        double* paid = paid_.data() + static_cast<std::size_t>(level * table_.types() + type) * size_;
        double* exactly = exactly_.data() + row;
        double* deeper = deeper_.data() + row;
        for (std::size_t a = 0; a < size_; ++a) {
          paid[a] += price * share[a];
          exactly[a] = std::max(here[a], next[a]) - paid[a];
          deeper[a] = std::max(slower[a], exactly[a]);
        }
        if (type + 1 == table_.types()) continue;
        max_into(exactly, exactly_.data() + table_.row(level, type + 1, rate), size_);
        max_into(deeper, exactly, size_);
      }
    }
  }
  bound_ = table_.levels() == 0 ? sum(stem_.alone(), size_)
                                : sum_of_max(stem_.alone(), deeper(1, 0, table_.rates()), size_);
}

// Where an app leaves the stem when it chooses for itself, and in which rate and types it uses it.
void StemBound::find_use(std::size_t app) {
  use_level_[app] = 0;
  if (table_.levels() == 0) return;
  const double best = deeper(1, 0, table_.rates())[app];
  if (best <= stem_.alone()[app]) return;
  int rate = table_.rates();
  while (deeper(1, 0, rate - 1)[app] == best) --rate;
  use_rate_[app] = rate;
  int level = 1, type = 0;
  const auto gain = [&](int l, int t) { return exactly_[table_.row(l, t, rate) + app]; };
  while (true) {
    for (int t = type + 1; t < table_.types(); ++t) {
      if (gain(level, t) == gain(level, type)) type = t;
    }
    use_type_[static_cast<std::size_t>(level) * size_ + app] = type;
    if (stem_.at(level, type, rate)[app] >= gain(level + 1, type)) break;
    ++level;
  }
  use_level_[app] = level;
}

// How many apps need each step; indexed by row / row size.
std::vector<int> StemBound::count_users() const {
  std::vector<int> users(table_.size() / size_);
  const auto users_of = [&](int level, int type, int rate) -> int& {
    return users[table_.row(level, type, rate) / size_];
  };
  for (std::size_t a = 0; a < apps_; ++a) {
    for (int level = 1; level <= static_cast<int>(use_level_[a]); ++level) {
      ++users_of(level, use_type_[static_cast<std::size_t>(level) * size_ + a],
                 static_cast<int>(use_rate_[a]));
    }
  }
  for (int level = 1; level <= table_.levels(); ++level) {
    for (int type = 0; type < table_.types(); ++type) {
      for (int rate = table_.rates(); rate > 1; --rate) {
        users_of(level, type, rate - 1) += users_of(level, type, rate);
      }
    }
  }
  return users;
}

// Multiplies the users' shares of a step, then scales all shares so that they add up to its cost again.
void StemBound::shift_step(int level, int type, int rate, double factor) {
  const double cost = table_.step_cost(level, type, rate);
  const double smallest = cost * kSmallestShare;
  double* share = shares_.data() + table_.row(level, type, rate);
  const int* use_type = use_type_.data() + static_cast<std::size_t>(level) * size_;
  const bool one_type = table_.types() == 1;
  double paid = 0;
  for (std::size_t a = 0; a < apps_; ++a) {
    const bool user = use_level_[a] >= level && use_rate_[a] >= rate && (one_type || use_type[a] == type);
    share[a] = std::max(smallest, share[a] * (user ? factor : 1));
    paid += share[a];
  }
  const double scale = cost / paid;
  for (std::size_t a = 0; a < apps_; ++a) share[a] *= scale;
}

// One step of the subgradient method in its multiplicative form: users of a step pay more of it, by a factor
// that grows with the step's cost. Polyak's rule gives the step length from the distance that the bound has
// to go.
void StemBound::shift_shares(double distance) {
  for (std::size_t a = 0; a < apps_; ++a) find_use(a);
  const std::vector<int> users = count_users();
  const double price = stem_.price();
  const auto for_contested = [&](const auto& act) {
    for (int level = 1; level <= table_.levels(); ++level) {
      for (int type = 0; type < table_.types(); ++type) {
        for (int rate = 1; rate <= table_.rates(); ++rate) {
          const int count = users[table_.row(level, type, rate) / size_];
          const double cost = price * table_.step_cost(level, type, rate);
          if (count > 0 && count < static_cast<int>(apps_) && cost > 0) act(level, type, rate, cost);
        }
      }
    }
  };
  double norm = 0;
  for_contested([&](int, int, int, double cost) { norm += cost * cost; });
  if (norm <= 0) return;
  for_contested([&](int level, int type, int rate, double cost) {
    shift_step(level, type, rate, std::exp(std::min(distance / norm * cost, kLargestShift)));
  });
}

void StemBound::improve(double target, int rounds, double tolerance) {
  double best = bound_;
  std::vector<double> best_shares = shares_;
  for (int round = 0; round < rounds && best > target + tolerance; ++round) {
    shift_shares(bound_ - target);
    update();
    if (bound_ < best) {
      best = bound_;
      best_shares = shares_;
    }
  }
  shares_ = std::move(best_shares);
  update();
}

}  // namespace mainstream
