#include "schedule/search/shape_search.hpp"

#include <algorithm>

namespace mainstream {
namespace {

// Depth first, from the first segment to the last: a node fixes rate and type of the segments up to its
// level. Its bound adds what these segments give and cost to what the deeper ones can give at most
// (StemBound).
class ShapeSearch {
 public:
  ShapeSearch(const PricedStem& stem, const StemBound& bound, ShapesWanted wanted, double cutoff,
              SearchLimit& limit, const std::function<double(const StemShape&, double)>& visit)
      : stem_(stem),
        table_(stem.table()),
        bound_(bound),
        only_used_(wanted == ShapesWanted::used),
        cutoff_(cutoff),
        limit_(limit),
        visit_(visit),
        size_(table_.row_size()),
        shape_(table_.empty_shape()),
        best_(static_cast<std::size_t>(table_.levels() + 1) * size_),
        corners_(best_.size()),
        most_(size_),
        is_corner_(static_cast<std::size_t>(table_.levels()) + 1) {
    std::copy_n(stem.alone(), size_, best_.data());
  }

  void run() { visit_node(0, 0); }

 private:
  struct Child {
    double bound = 0;
    int rate = 0, type = 0;
  };

  [[nodiscard]] double* best(int level) { return best_.data() + static_cast<std::size_t>(level) * size_; }
  [[nodiscard]] double* corner(int level) {
    return corners_.data() + static_cast<std::size_t>(level) * size_;
  }
  [[nodiscard]] int rate(int level) const {
    return level == 0 ? table_.rates() : shape_.rate[static_cast<std::size_t>(level)];
  }
  [[nodiscard]] int type(int level) const {
    return level == 0 ? 0 : shape_.type[static_cast<std::size_t>(level)];
  }

  // What the corners up to a level cost at least: at each, some app must give up what it could be worth
  // elsewhere
  // (`most_`) to use exactly that corner. These are different apps, so the losses add up.
  [[nodiscard]] double loss_of_corners(int level) {
    double loss = 0;
    for (int l = 1; l <= level; ++l) {
      if (!is_corner_[static_cast<std::size_t>(l)]) continue;
      const double* at_corner = corner(l);
      double least = -kNever;
      for (std::size_t a = 0; a < size_; ++a) least = std::min(least, most_[a] - at_corner[a]);
      loss += least;
    }
    return loss;
  }

  // Notes whether the level is a corner when the next one has this rate and type.
  void note_corner(int level, int next_rate, int next_type) {
    if (level == 0) return;
    const bool ends = next_rate < rate(level) || next_type != type(level);
    is_corner_[static_cast<std::size_t>(level)] = ends ? 1 : 0;
    if (!ends) return;
    if (next_rate < rate(level)) {
      stem_.exactly(level, type(level), rate(level), corner(level));
    } else {
      std::copy_n(stem_.at(level, type(level), rate(level)), size_, corner(level));
    }
  }

  void visit_leaf(int level, double cost) {
    double worth = sum(best(level), size_) - stem_.price() * cost;
    if (worth < cutoff_) return;
    if (only_used_) {
      note_corner(level, 0, type(level));
      std::copy_n(best(level), size_, most_.data());
      if (worth - loss_of_corners(level) < cutoff_) return;
    }
    StemShape shape = shape_;
    std::fill(shape.rate.begin() + level + 1, shape.rate.end(), 0);
    std::fill(shape.type.begin() + level + 1, shape.type.end(), type(level));
    cutoff_ = visit_(shape, worth);
  }

  [[nodiscard]] std::vector<Child> children(int level, double cost) {
    std::vector<Child> children;
    for (int p = type(level); p < table_.types(); ++p) {
      for (int r = 1; r <= rate(level); ++r) {
        const double paid = stem_.price() * (cost + table_.segment_cost(level + 1, p, r));
        const double* here = stem_.at(level + 1, p, r);
        const double* deeper = bound_.deeper(level + 2, p, r);
        double bound = sum_of_max(best(level), here, deeper, size_) - paid;
        if (bound < cutoff_) continue;
        if (only_used_) {
          note_corner(level, r, p);
          max_of(most_.data(), here, deeper, size_);
          max_into(most_.data(), best(level), size_);
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
    if (level == table_.levels()) return;
    for (const Child& child : children(level, cost)) {
      if (child.bound < cutoff_) break;
      if (only_used_) note_corner(level, child.rate, child.type);
      const auto next = static_cast<std::size_t>(level) + 1;
      shape_.rate[next] = child.rate;
      shape_.type[next] = child.type;
      is_corner_[next] = false;
      max_of(best(level + 1), best(level), stem_.at(level + 1, child.type, child.rate), size_);
      visit_node(level + 1, cost + table_.segment_cost(level + 1, child.type, child.rate));
      if (limit_.reached) return;
    }
  }

  const PricedStem& stem_;
  const OptionTable& table_;
  const StemBound& bound_;
  const bool only_used_;
  double cutoff_;
  SearchLimit& limit_;
  const std::function<double(const StemShape&, double)>& visit_;
  const std::size_t size_;
  StemShape shape_;
  std::vector<double> best_;     // by level, per app: best worth with the segments up to there
  std::vector<double> corners_;  // by level, per app: worth of using exactly that corner
  std::vector<double> most_;     // per app: the most that it can be worth in the node at hand
  std::vector<char> is_corner_;
};

}  // namespace

bool SearchLimit::count_node() {
  if (reached) return true;
  reached = --nodes < 0 || (nodes % 256 == 0 && stop && stop());
  return reached;
}

void search_shapes(const PricedStem& stem, const StemBound& bound, ShapesWanted wanted, double cutoff,
                   SearchLimit& limit, const std::function<double(const StemShape&, double worth)>& visit) {
  ShapeSearch(stem, bound, wanted, cutoff, limit, visit).run();
}

BestShape best_shape(const PricedStem& stem, StemBound& bound, const ShapeWorth& known, double tolerance,
                     SearchLimit& limit) {
  constexpr int kRounds = 40;
  BestShape result{known, 0};
  long nodes = 500;  // a search that takes longer than this is worth a tighter bound first
  while (true) {
    bound.improve(result.best.worth, kRounds, tolerance);
    SearchLimit some{std::min(nodes, limit.nodes), limit.stop};
    const long given = some.nodes;
    search_shapes(stem, bound, ShapesWanted::all, result.best.worth + tolerance, some,
                  [&](const StemShape& shape, double worth) {
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
      result.upper = std::max(bound.bound(), result.best.worth);
      return result;
    }
    nodes *= 4;
  }
}

}  // namespace mainstream
