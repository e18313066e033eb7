#include "schedule/shape_search.hpp"

#include <cmath>

namespace mainstream {
namespace {

// A depth-first walk from the first segment to the last. What is behind a node is bounded by what its own
// segments cost and give, and for the deeper ones by the shares.
class ShapeSearch {
 public:
  ShapeSearch(const StemTables& tables, const Shares& shares, bool only_used, double cutoff,
              SearchLimit& limit, const std::function<double(const Shape&, double)>& visit)
      : tables_(tables),
        shares_(shares),
        only_used_(only_used),
        cutoff_(cutoff),
        limit_(limit),
        visit_(visit),
        size_(tables.row_size()),
        shape_(tables.empty_shape()),
        best_(static_cast<std::size_t>(tables.levels() + 1) * size_),
        corners_(best_.size()),
        reach_(size_),
        is_corner_(static_cast<std::size_t>(tables.levels()) + 1) {
    std::copy_n(tables.alone(), size_, best_.data());
  }

  void run() { visit_node(0, 0); }

 private:
  struct Child {
    double bound = 0;
    int rate = 0, precision = 0;
  };

  [[nodiscard]] double* best(int level) { return best_.data() + static_cast<std::size_t>(level) * size_; }
  [[nodiscard]] double* corner(int level) {
    return corners_.data() + static_cast<std::size_t>(level) * size_;
  }
  [[nodiscard]] int rate(int level) const {
    return level == 0 ? tables_.rates() : shape_.rate[static_cast<std::size_t>(level)];
  }
  [[nodiscard]] int precision(int level) const {
    return level == 0 ? 0 : shape_.precision[static_cast<std::size_t>(level)];
  }

  // Apps of different corners are different apps, so what each corner costs at least adds up. `reach_` holds
  // the most that each app could be worth.
  [[nodiscard]] double loss_of_corners(int level) {
    double loss = 0;
    for (int l = 1; l <= level; ++l) {
      if (!is_corner_[static_cast<std::size_t>(l)]) continue;
      const double* at_corner = corner(l);
      double least = -StemTables::kNever;
      for (std::size_t a = 0; a < size_; ++a) least = std::min(least, reach_[a] - at_corner[a]);
      loss += least;
    }
    return loss;
  }

  // Whether the level ends a run of one rate and precision, when the next one has these.
  void note_corner(int level, int next_rate, int next_precision) {
    if (level == 0) return;
    const bool ends = next_rate < rate(level) || next_precision != precision(level);
    is_corner_[static_cast<std::size_t>(level)] = ends ? 1 : 0;
    if (!ends) return;
    if (next_rate < rate(level)) {
      tables_.exactly(level, precision(level), rate(level), corner(level));
    } else {
      std::copy_n(tables_.at(level, precision(level), rate(level)), size_, corner(level));
    }
  }

  void visit_leaf(int level, double cost) {
    double worth = sum(best(level), size_) - tables_.price() * cost;
    if (worth < cutoff_) return;
    if (only_used_) {
      note_corner(level, 0, precision(level));
      std::copy_n(best(level), size_, reach_.data());
      if (worth - loss_of_corners(level) < cutoff_) return;
    }
    Shape shape = shape_;
    std::fill(shape.rate.begin() + level + 1, shape.rate.end(), 0);
    std::fill(shape.precision.begin() + level + 1, shape.precision.end(), precision(level));
    cutoff_ = visit_(shape, worth);
  }

  [[nodiscard]] std::vector<Child> children(int level, double cost) {
    std::vector<Child> children;
    for (int p = precision(level); p < tables_.precisions(); ++p) {
      for (int r = 1; r <= rate(level); ++r) {
        const double paid = tables_.price() * (cost + tables_.segment_cost(level + 1, p, r));
        const double* here = tables_.at(level + 1, p, r);
        const double* deeper = shares_.deeper(level + 2, p, r);
        double bound = sum_of_max(best(level), here, deeper, size_) - paid;
        if (bound < cutoff_) continue;
        if (only_used_) {
          note_corner(level, r, p);
          max_of(reach_.data(), here, deeper, size_);
          max_into(reach_.data(), best(level), size_);
          bound -= loss_of_corners(level);
        }
        if (bound >= cutoff_) children.push_back({bound, r, p});
      }
    }
    std::sort(children.begin(), children.end(),
              [](const Child& a, const Child& b) { return a.bound > b.bound; });
    return children;
  }

  void visit_node(int level, double cost) {
    if (limit_.count_node()) return;
    visit_leaf(level, cost);
    if (level == tables_.levels()) return;
    for (const Child& child : children(level, cost)) {
      if (child.bound < cutoff_) break;
      if (only_used_) note_corner(level, child.rate, child.precision);
      const auto next = static_cast<std::size_t>(level) + 1;
      shape_.rate[next] = child.rate;
      shape_.precision[next] = child.precision;
      is_corner_[next] = false;
      max_of(best(level + 1), best(level), tables_.at(level + 1, child.precision, child.rate), size_);
      visit_node(level + 1, cost + tables_.segment_cost(level + 1, child.precision, child.rate));
      if (limit_.reached) return;
    }
  }

  const StemTables& tables_;
  const Shares& shares_;
  const bool only_used_;
  double cutoff_;
  SearchLimit& limit_;
  const std::function<double(const Shape&, double)>& visit_;
  const std::size_t size_;
  Shape shape_;
  std::vector<double> best_;     // by level, per app: with the segments up to there
  std::vector<double> corners_;  // by level, per app: worth of using exactly that corner
  std::vector<double> reach_;
  std::vector<char> is_corner_;
};

}  // namespace

bool SearchLimit::count_node() {
  if (reached) return true;
  reached = --nodes < 0 || (nodes % 256 == 0 && stop && stop());
  return reached;
}

void search_shapes(const StemTables& tables, const Shares& shares, bool only_used, double cutoff,
                   SearchLimit& limit, const std::function<double(const Shape&, double)>& visit) {
  ShapeSearch(tables, shares, only_used, cutoff, limit, visit).run();
}

BestShape best_shape(const StemTables& tables, Shares& shares, const WorthyShape& known, double tolerance,
                     SearchLimit& limit) {
  constexpr int kRounds = 40;
  BestShape result{known, 0};
  long nodes = 500;  // a search that takes longer than this is worth better shares first
  shares.update();
  while (true) {
    shares.improve(result.best.worth, kRounds, tolerance);
    SearchLimit some{std::min(nodes, limit.nodes), limit.stop};
    const long given = some.nodes;
    search_shapes(tables, shares, false, result.best.worth + tolerance, some,
                  [&](const Shape& shape, double worth) {
                    if (worth > result.best.worth) result.best = {shape, worth};
                    return result.best.worth + tolerance;
                  });
    limit.nodes -= given - std::max(some.nodes, 0L);
    if (!some.reached) {
      result.upper = result.best.worth + tolerance;
      return result;
    }
    limit.reached = limit.nodes <= 0 || (limit.stop && limit.stop());
    if (limit.reached) {
      result.upper = std::max(shares.bound(), result.best.worth);
      return result;
    }
    nodes *= 4;
  }
}

}  // namespace mainstream
