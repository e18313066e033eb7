#include "schedule/shares.hpp"

#include <cmath>

namespace mainstream {
namespace {

// No share falls below this part of its step, so that it can still grow again.
constexpr double kSmallestShare = 1e-7;
constexpr double kLargestShift = 3;  // e to the power of this, in one round

}  // namespace

Shares::Shares(const StemTables& tables)
    : tables_(tables),
      size_(tables.row_size()),
      apps_(tables.stem().apps.size()),
      share_(tables.table_size()),
      rest_(tables.row(tables.levels() + 2, 0, 0), StemTables::kNever),
      deeper_(rest_),
      paid_(static_cast<std::size_t>((tables.levels() + 1) * tables.precisions()) * size_),
      use_level_(size_),
      use_rate_(size_),
      use_precision_(static_cast<std::size_t>(tables.levels() + 1) * size_) {
  for (int level = 1; level <= tables.levels(); ++level) {
    for (int precision = 0; precision < tables.precisions(); ++precision) {
      for (int rate = 1; rate <= tables.rates(); ++rate) {
        std::fill_n(share_.data() + tables.row(level, precision, rate), apps_,
                    step_cost(level, precision, rate) / static_cast<double>(apps_));
      }
    }
  }
  update();
}

void Shares::update() {
  std::fill(paid_.begin(), paid_.end(), 0.0);
  const double price = tables_.price();
  for (int rate = 1; rate <= tables_.rates(); ++rate) {
    for (int level = tables_.levels(); level >= 1; --level) {
      for (int precision = tables_.precisions() - 1; precision >= 0; --precision) {
        const std::size_t row = tables_.row(level, precision, rate);
        const double* share = share_.data() + row;
        const double* here = tables_.at(level, precision, rate);
        const double* next = rest_.data() + tables_.row(level + 1, precision, rate);
        const double* slower = deeper_.data() + tables_.row(level, precision, rate - 1);
        double* paid =
            paid_.data() + static_cast<std::size_t>(level * tables_.precisions() + precision) * size_;
        double* rest = rest_.data() + row;
        double* deeper = deeper_.data() + row;
        for (std::size_t a = 0; a < size_; ++a) {
          paid[a] += price * share[a];
          rest[a] = std::max(here[a], next[a]) - paid[a];
          deeper[a] = std::max(slower[a], rest[a]);
        }
        if (precision + 1 == tables_.precisions()) continue;
        max_into(rest, rest_.data() + tables_.row(level, precision + 1, rate), size_);
        max_into(deeper, rest, size_);
      }
    }
  }
  bound_ = tables_.levels() == 0 ? sum(tables_.alone(), size_)
                                 : sum_of_max(tables_.alone(), deeper(1, 0, tables_.rates()), size_);
}

void Shares::find_use(std::size_t app) {
  use_level_[app] = 0;
  if (tables_.levels() == 0) return;
  const double best = deeper(1, 0, tables_.rates())[app];
  if (best <= tables_.alone()[app]) return;
  int rate = tables_.rates();
  while (deeper(1, 0, rate - 1)[app] == best) --rate;
  use_rate_[app] = rate;
  int level = 1, precision = 0;
  const auto rest = [&](int l, int p) { return rest_[tables_.row(l, p, rate) + app]; };
  while (true) {
    for (int p = precision + 1; p < tables_.precisions(); ++p) {
      if (rest(level, p) == rest(level, precision)) precision = p;
    }
    use_precision_[static_cast<std::size_t>(level) * size_ + app] = precision;
    if (tables_.at(level, precision, rate)[app] >= rest(level + 1, precision)) break;
    ++level;
  }
  use_level_[app] = level;
}

// By table row (divided by the row size): how many apps need this step.
std::vector<int> Shares::count_users() const {
  std::vector<int> users(tables_.table_size() / size_);
  const auto place = [&](int level, int precision, int rate) -> int& {
    return users[tables_.row(level, precision, rate) / size_];
  };
  for (std::size_t a = 0; a < apps_; ++a) {
    for (int level = 1; level <= static_cast<int>(use_level_[a]); ++level) {
      ++place(level, use_precision_[static_cast<std::size_t>(level) * size_ + a],
              static_cast<int>(use_rate_[a]));
    }
  }
  for (int level = 1; level <= tables_.levels(); ++level) {
    for (int precision = 0; precision < tables_.precisions(); ++precision) {
      for (int rate = tables_.rates(); rate > 1; --rate) {
        place(level, precision, rate - 1) += place(level, precision, rate);
      }
    }
  }
  return users;
}

void Shares::shift_step(int level, int precision, int rate, double factor) {
  const double cost = step_cost(level, precision, rate);
  const double smallest = cost * kSmallestShare;
  double* share = share_.data() + tables_.row(level, precision, rate);
  const int* own_precision = use_precision_.data() + static_cast<std::size_t>(level) * size_;
  const bool one = tables_.precisions() == 1;
  double all = 0;
  for (std::size_t a = 0; a < apps_; ++a) {
    const bool user =
        use_level_[a] >= level && use_rate_[a] >= rate && (one || own_precision[a] == precision);
    share[a] = std::max(smallest, share[a] * (user ? factor : 1));
    all += share[a];
  }
  const double scale = cost / all;
  for (std::size_t a = 0; a < apps_; ++a) share[a] *= scale;
}

// Users of a step pay more of it, by a factor that grows with the step's cost: the multiplicative form of
// a subgradient step, as long as Polyak's rule says for the distance that the bound is to go.
void Shares::shift(double distance) {
  for (std::size_t a = 0; a < apps_; ++a) find_use(a);
  const std::vector<int> users = count_users();
  const double price = tables_.price();
  const auto for_contested = [&](const auto& act) {
    for (int level = 1; level <= tables_.levels(); ++level) {
      for (int precision = 0; precision < tables_.precisions(); ++precision) {
        for (int rate = 1; rate <= tables_.rates(); ++rate) {
          const int count = users[tables_.row(level, precision, rate) / size_];
          const double cost = price * step_cost(level, precision, rate);
          if (count > 0 && count < static_cast<int>(apps_) && cost > 0) act(level, precision, rate, cost);
        }
      }
    }
  };
  double norm = 0;
  for_contested([&](int, int, int, double cost) { norm += cost * cost; });
  if (norm <= 0) return;
  for_contested([&](int level, int precision, int rate, double cost) {
    shift_step(level, precision, rate, std::exp(std::min(distance / norm * cost, kLargestShift)));
  });
}

void Shares::improve(double target, int rounds, double close) {
  double best = bound_;
  std::vector<double> best_share = share_;
  for (int round = 0; round < rounds && best > target + close; ++round) {
    shift(bound_ - target);
    update();
    if (bound_ < best) {
      best = bound_;
      best_share = share_;
    }
  }
  share_ = std::move(best_share);
  update();
}

}  // namespace mainstream
