#include "schedule/estimates.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "schedule/additive.hpp"
#include "schedule/isotonic.hpp"
#include "schedule/skill_line.hpp"

namespace mainstream {
namespace {

using Candidate = Problem::Candidate;
using Row = Problem::MeasuredQuality;
using Cell = std::pair<double, int>;  // a frame rate, and votes

// More votes must raise F1 by this part of its error: figures of one candidate come from the same events, so
// they differ by less than their errors say.
constexpr double kWorthMoreVotes = 0.25;
// Candidates of one app were measured on the same events, so most of an error is common to all of them and
// only the rest blurs their order: kOwnPart of the variance. smooth_tables keeps kOwnTable of how a table
// differs from the mix. Both were chosen on four rolled cuts of the sample clip (docs/evaluation.md,
// "Regret"): nearby values do as well.
constexpr double kOwnPart = 0.1, kOwnTable = 0.2;
// Cells with a mean F1 below this part of the highest do not show how much candidates differ where it
// matters.
constexpr double kTelling = 0.5;

Cell cell_of(const Row& row) {
  return {row.fps, row.votes};
}

bool is_tail(const Candidate& candidate) {
  return candidate.kind == Candidate::Kind::tail;
}

// Sets F1 and keeps the ratio of recall and precision as far as both stay at most 1.
Quality with_f1(const Quality& quality, double f1) {
  if (quality.recall <= 0 || quality.precision <= 0 || f1 <= 0) return {f1, f1, f1};
  const double factor = f1 / f1_score(quality.recall, quality.precision);
  const double high = std::min(1.0, factor * std::max(quality.recall, quality.precision));
  const double low = std::min(1.0, f1 * high / (2 * high - f1));  // so that f1 is their harmonic mean
  return quality.recall >= quality.precision ? Quality{high, low, f1} : Quality{low, high, f1};
}

// The apps of one base.
class AppsOfBase {
 public:
  // One candidate of one app in its most exact number types.
  struct Entry {
    std::size_t app = 0, key = 0;
    Candidate* candidate = nullptr;
    std::vector<Row> raw;
  };

  void add(Problem::App& app) {
    std::map<std::string, Candidate*> exact;
    for (Candidate& candidate : app.candidates) {
      if (candidate.measured.empty()) continue;
      Candidate*& known = exact.try_emplace(candidate_id(candidate), &candidate).first->second;
      if (types_of(candidate) < types_of(*known)) known = &candidate;
    }
    for (auto& [id, candidate] : exact) {
      entries_.push_back({apps_.size(), key_of(*candidate, id), candidate, candidate->measured});
    }
    apps_.push_back(&app);
  }

  void estimate_all() {
    smooth_tables();
    follow_skill();
    for (CurvePlace& place : places_) place.depth /= std::max(1.0, deepest_);
    estimate_cells();
    for (std::size_t a = 0; a < apps_.size(); ++a) expect_more_of_less_frozen(a);
    for (const Entry& entry : entries_) follow(entry);
  }

 private:
  // The average effect of rates and votes over all tables says more about one table than its own few events:
  // of its deviation from that, kOwnTable is kept.
  void smooth_tables() {
    std::map<Cell, std::pair<double, double>> common;  // sum and number of deviations from the tables' means
    std::vector<double> means;
    for (const Entry& entry : entries_) {
      const std::vector<Row>& rows = entry.candidate->measured;
      double& mean = means.emplace_back(0);
      for (const Row& row : rows) mean += row.quality.f1 / static_cast<double>(rows.size());
      for (const Row& row : rows) {
        auto& [sum, count] = common[cell_of(row)];
        sum += row.quality.f1 - mean;
        ++count;
      }
    }
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      for (Row& row : entries_[i].candidate->measured) {
        if (row.f1_error <= 0) continue;
        const auto& [sum, count] = common.at(cell_of(row));
        const double expected = means[i] + sum / count;
        set(row, expected + kOwnTable * (row.quality.f1 - expected), row.f1_error);
      }
    }
  }

  // Squared errors over hundreds of frames rank candidates with less chance in it than F1 over a few events.
  void follow_skill() {
    std::vector<SkilledTable> tables;
    std::vector<Candidate*> candidates;
    for (const Entry& entry : entries_) {
      if (!entry.candidate->skill) continue;
      SkilledTable table{entry.app, entry.key, *entry.candidate->skill};
      const auto rows = static_cast<double>(entry.candidate->measured.size());
      for (const Row& row : entry.candidate->measured) {
        table.f1 += row.quality.f1 / rows;
        table.variance += row.f1_error * row.f1_error / rows;
      }
      tables.push_back(table);
      candidates.push_back(entry.candidate);
    }
    const std::vector<double> changes = changes_by_skill(std::move(tables));
    for (std::size_t i = 0; i < changes.size(); ++i) {
      for (Row& row : candidates[i]->measured) set(row, row.quality.f1 + changes[i], row.f1_error);
    }
  }

  static std::pair<int, int> types_of(const Candidate& c) { return {c.stem_type, c.tail_type}; }

  std::size_t key_of(const Candidate& c, const std::string& id) {
    const auto [place, is_new] = keys_.try_emplace({c.kind, c.levels, c.frozen, id}, keys_.size());
    if (is_new) places_.push_back({is_tail(c) ? 0 : c.levels == 1 ? 1 : 2, static_cast<double>(c.frozen)});
    deepest_ = std::max(deepest_, static_cast<double>(c.frozen));
    return place->second;
  }

  void estimate_cells() {
    struct Seen {
      std::vector<Observation> observations;
      std::vector<Row*> rows;
      double mean = 0;
    };
    std::map<Cell, Seen> cells;
    for (Entry& entry : entries_) {
      for (Row& row : entry.candidate->measured) {
        Seen& seen = cells[cell_of(row)];
        const double variance = kOwnPart * row.f1_error * row.f1_error;
        seen.observations.push_back({entry.app, entry.key, row.quality.f1, variance});
        seen.rows.push_back(&row);
      }
    }
    double highest = 0;
    for (auto& [cell, seen] : cells) {
      for (const Observation& o : seen.observations)
        seen.mean += o.value / static_cast<double>(seen.rows.size());
      highest = std::max(highest, seen.mean);
    }
    std::vector<std::vector<Observation>> telling;
    for (const auto& [cell, seen] : cells) {
      if (seen.mean >= kTelling * highest) telling.push_back(seen.observations);
    }
    const Components components = components_of(telling, apps_.size(), places_);
    for (const auto& [cell, seen] : cells) {
      const AdditiveFit fit = fit_additive(seen.observations, apps_.size(), places_, components);
      for (std::size_t i = 0; i < seen.rows.size(); ++i) {
        const Estimate found = estimate(fit, components, seen.observations[i]);
        const double common = (1 - kOwnPart) * seen.rows[i]->f1_error * seen.rows[i]->f1_error;
        set(*seen.rows[i], found.value, std::sqrt(found.variance + common));
      }
    }
  }

  static void set(Row& row, double f1, double error) {
    row.quality = with_f1(row.quality, std::clamp(f1, 0.0, 1.0));
    row.f1_error = std::min(error, 1.0);
  }

  // Training more of the network need not make a tail worse. Tails with one frozen count move together.
  void expect_more_of_less_frozen(std::size_t app) {
    std::map<Cell, std::map<int, std::vector<Row*>>> curves;  // by falling frozen count
    for (const Entry& entry : entries_) {
      if (entry.app != app || !is_tail(*entry.candidate)) continue;
      for (Row& row : entry.candidate->measured)
        curves[cell_of(row)][-entry.candidate->frozen].push_back(&row);
    }
    for (auto& [cell, curve] : curves) {
      std::vector<double> means;
      for (const auto& [frozen, rows] : curve) {
        double& mean = means.emplace_back(0);
        for (const Row* row : rows) mean += row->quality.f1 / static_cast<double>(rows.size());
      }
      const std::vector<double> rising = non_decreasing(means);
      std::size_t i = 0;
      for (const auto& [frozen, rows] : curve) {
        for (Row* row : rows) set(*row, row->quality.f1 + rising[i] - means[i], row->f1_error);
        ++i;
      }
    }
  }

  // Entries of the same candidate in less exact types were measured on the same events: their loss is known
  // well, a gain is chance.
  void follow(const Entry& entry) {
    for (Candidate& other : apps_[entry.app]->candidates) {
      if (&other == entry.candidate || candidate_id(other) != candidate_id(*entry.candidate)) continue;
      for (Row& row : other.measured) {
        const auto row_before = std::ranges::find(entry.raw, cell_of(row), cell_of);
        if (row_before == entry.raw.end()) continue;
        const Row& exact =
            entry.candidate->measured[static_cast<std::size_t>(row_before - entry.raw.begin())];
        const double lost = std::max(0.0, row_before->quality.f1 - row.quality.f1);
        set(row, exact.quality.f1 - lost, exact.f1_error);
      }
    }
  }

  std::vector<Problem::App*> apps_;
  std::vector<Entry> entries_;
  std::map<std::tuple<Candidate::Kind, int, int, std::string>, std::size_t> keys_;
  std::vector<CurvePlace> places_;  // by key
  double deepest_ = 0;
};

// Keeps for each rate the row with the best votes.
void choose_votes(std::vector<Row>& rows) {
  std::vector<Row> chosen;
  for (auto first = rows.begin(); first != rows.end();) {
    const auto end = std::find_if(first, rows.end(), [&](const Row& row) { return row.fps != first->fps; });
    const auto best =
        std::max_element(first, end, [](const Row& a, const Row& b) { return a.quality.f1 < b.quality.f1; });
    const double enough = best->quality.f1 - kWorthMoreVotes * best->f1_error;
    chosen.push_back(*std::find_if(first, end, [&](const Row& row) { return row.quality.f1 >= enough; }));
    first = end;
  }
  rows = std::move(chosen);
}

void forget_errors(std::vector<Row>& rows) {
  for (Row& row : rows) row.f1_error = 0;
}

}  // namespace

Problem pool_estimates(Problem problem) {
  validate(problem);
  std::map<std::string, AppsOfBase> bases;
  for (Problem::App& app : problem.apps) bases[problem.stems[app.stem].base].add(app);
  for (auto& [base, apps] : bases) apps.estimate_all();
  for (Problem::App& app : problem.apps) {
    for (Candidate& candidate : app.candidates) {
      choose_votes(candidate.measured);
      if (candidate.modelled) forget_errors(candidate.measured);
    }
  }
  return problem;
}

}  // namespace mainstream
