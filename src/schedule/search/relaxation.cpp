#include "schedule/search/relaxation.hpp"

#include <cmath>
#include <limits>

#include "schedule/search/local_search.hpp"

namespace mainstream {
namespace {

constexpr double kNoSchedule = std::numeric_limits<double>::infinity();

}  // namespace

Relaxation::Relaxation(const Instance& instance, const OptionScope& scope) : instance_(instance) {
  std::vector<OptionTable> tables;
  tables.reserve(instance.stems.size());
  for (std::size_t s = 0; s < instance.stems.size(); ++s) tables.emplace_back(instance, s, scope);
  tables_ = std::make_shared<const std::vector<OptionTable>>(std::move(tables));
}

PricedRelaxation::PricedRelaxation(Relaxation relaxation, double price)
    : relaxation_(std::move(relaxation)), price_(price) {
  stems_.reserve(relaxation_.tables().size());
  for (const OptionTable& table : relaxation_.tables()) stems_.emplace_back(table, price);
}

PricedSchedule PricedRelaxation::schedule_with(std::vector<StemShape> shapes) const {
  const Instance& instance = relaxation_.instance();
  PricedSchedule schedule{std::move(shapes), Assignment(instance.apps.size()), 0, kNoSchedule};
  bool all = true;
  for (std::size_t s = 0; s < stems_.size(); ++s) {
    all = stems_[s].assign(schedule.shapes[s], schedule.assignment) && all;
  }
  schedule.value = value_of(instance, schedule.assignment);
  if (all) schedule.cost = cost_of(instance, schedule.assignment).value_or(kNoSchedule);
  return schedule;
}

PricedSchedule PricedRelaxation::improve(const std::vector<StemShape>& start) const {
  std::vector<StemShape> shapes;
  for (std::size_t s = 0; s < stems_.size(); ++s) {
    ShapeWorth found = start.empty() ? improve_full_shapes(stems_[s]) : improve_shape(stems_[s], start[s]);
    if (!start.empty() && found.worth < kNever / 2) found = improve_full_shapes(stems_[s]);
    shapes.push_back(std::move(found.shape));
  }
  return schedule_with(std::move(shapes));
}

std::vector<CostShares> RelaxationProof::take_shares() {
  std::vector<CostShares> shares;
  for (StemBound& bound : bounds) shares.push_back(bound.take_shares());
  bounds.clear();
  return shares;
}

RelaxationProof prove(std::shared_ptr<const PricedRelaxation> at, const PricedSchedule& known,
                      double tolerance, std::vector<CostShares> shares, SearchLimit& limit) {
  RelaxationProof proof{std::move(at), {}, 0, {}};
  shares.resize(proof.at->stems());
  proof.bounds.reserve(proof.at->stems());
  std::vector<StemShape> shapes;
  for (std::size_t s = 0; s < proof.at->stems(); ++s) {
    const PricedStem& stem = proof.at->stem(s);
    StemBound& bound = proof.bounds.emplace_back(stem, std::move(shares[s]));
    BestShape best = best_shape(stem, bound, {known.shapes[s], stem.worth(known.shapes[s])},
                                tolerance / static_cast<double>(proof.at->stems()), limit);
    proof.upper += best.upper;
    shapes.push_back(std::move(best.best.shape));
  }
  proof.best = proof.at->schedule_with(std::move(shapes));
  return proof;
}

BudgetPrice find_price(const Relaxation& relaxation, PricedSchedule cheapest, double budget, double guess,
                       std::vector<StemShape> start) {
  BudgetPrice result;
  auto bracket = search_price(std::move(cheapest), budget, guess, [&](double price) {
    result.at = std::make_shared<const PricedRelaxation>(relaxation, price);
    PricedSchedule found = result.at->improve(start);
    start = found.shapes;
    return found;
  });
  result.under = std::move(bracket.under);
  result.over = std::move(bracket.over);
  return result;
}

CheapestSearch::CheapestSearch(const Instance& instance, double min_f1)
    : costs_(std::make_shared<const PricedRelaxation>(Relaxation(instance, {min_f1, true}), 1)) {}

PricedSchedule CheapestSearch::improve(const std::vector<StemShape>& start) const {
  return costs_->improve(start);
}

RelaxationProof CheapestSearch::prove(const PricedSchedule& known, std::vector<CostShares> shares,
                                      SearchLimit& limit) const {
  const double tolerance = kCheapestProofGap * std::abs(known.cost);
  return mainstream::prove(costs_, known, tolerance, std::move(shares), limit);
}

std::optional<Cheapest> cheapest_schedule(const Instance& instance) {
  constexpr long kMostNodes = 10'000'000;
  const CheapestSearch search(instance, -1);
  SearchLimit limit{kMostNodes, nullptr};
  PricedSchedule cheapest = search.prove(search.improve({}), {}, limit).best;
  if (cheapest.cost == kNoSchedule) return std::nullopt;
  return Cheapest{std::move(cheapest.assignment), cheapest.cost};
}

}  // namespace mainstream
