#include "node/score_drift.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/json.hpp"

namespace mainstream {
namespace {

using Shares = std::array<double, kScoreBins>;

constexpr std::size_t kFirstDays = 7;  // a week has quiet days, too
constexpr std::int64_t kBlockMs = 10 * 60 * 1000, kDayMs = 24 * 3600 * 1000;
constexpr int kLeastBlocks = 6;     // of a day that says anything
constexpr double kLeastPerBin = 5;  // Cochran's rule
constexpr double kChance = 3.09;    // standard deviations: 0.1 %
// Of the population stability index, 0.1 is called a small change and 0.25 a large one.
constexpr double kAllowance = 0.1, kLimit = 0.25;
constexpr double kMemory = 3 * kLimit;  // so that it ends some days after the cause has ended
// Days differ more than seven of them show.
constexpr double kMoreThanSeen = 1.5;

std::int64_t ms_of(WallTime time) {
  return time.time_since_epoch().count();
}

std::int64_t sum_of(const ScoreCounts& counts) {
  std::int64_t sum = 0;
  for (const std::int64_t count : counts) sum += count;
  return sum;
}

Shares shares_of(const ScoreCounts& counts) {
  Shares shares{};
  const auto all = static_cast<double>(std::max<std::int64_t>(1, sum_of(counts)));
  for (std::size_t bin = 0; bin < kScoreBins; ++bin) shares[bin] = static_cast<double>(counts[bin]) / all;
  return shares;
}

// Neighbouring bins, joined.
struct Cell {
  double observed = 0, reference = 0;  // shares
};

std::vector<Cell> joined_bins(const ScoreShares& observed, const ScoreShares& reference) {
  const double size = std::min(observed.size, reference.size);
  std::vector<Cell> cells;
  Cell cell;
  for (std::size_t bin = 0; bin < kScoreBins; ++bin) {
    cell.observed += observed.share[bin];
    cell.reference += reference.share[bin];
    // Of both together, since what was never seen before counts most.
    if (size * (cell.observed + cell.reference) / 2 < kLeastPerBin) continue;
    cells.push_back(cell);
    cell = {};
  }
  if (cells.empty()) return {};
  cells.back().observed += cell.observed;
  cells.back().reference += cell.reference;
  return cells;
}

// The G statistic of two samples, as standard deviations of a normal value: Wilson and Hilferty's
// approximation of the chi-squared distribution.
double deviations(double g, double freedom) {
  return (std::cbrt(g / freedom) - (1 - 2 / (9 * freedom))) / std::sqrt(2 / (9 * freedom));
}

// How many independent frames an interval of 90 % for a rate comes from.
double size_from(double rate, const Interval& interval) {
  const double error = std::max(1e-6, (interval.high - interval.low) / (2 * 1.645));
  const double kept = std::clamp(rate, 0.02, 0.98);
  return kept * (1 - kept) / (error * error);
}

// The shares of events and other frames that explain an observation best: the most likely mixture, by the EM
// algorithm.
Shares best_mixture(const Shares& observed, const Shares& a, const Shares& b, double& part) {
  constexpr int kRounds = 200;
  part = 0.5;
  for (int round = 0; round < kRounds; ++round) {
    double next = 0;
    for (std::size_t bin = 0; bin < kScoreBins; ++bin) {
      const double both = part * a[bin] + (1 - part) * b[bin];
      if (both > 0) next += observed[bin] * part * a[bin] / both;
    }
    part = next;
  }
  Shares mixture{};
  for (std::size_t bin = 0; bin < kScoreBins; ++bin) mixture[bin] = part * a[bin] + (1 - part) * b[bin];
  return mixture;
}

ScoreShares pooled(const std::vector<ScoreDay>& days, std::size_t without) {
  ScoreCounts counts{};
  ScoreShares shares;
  for (std::size_t i = 0; i < days.size(); ++i) {
    if (i == without) continue;
    for (std::size_t bin = 0; bin < kScoreBins; ++bin) counts[bin] += days[i].counts()[bin];
    shares.size += days[i].shares().size;
  }
  shares.share = shares_of(counts);
  return shares;
}

template <typename Values>
void read_values(const JsonField& field, Values& values) {
  if (field.size() != values.size())
    field.fail(fmt::format("expected {} values, got {}", values.size(), field.size()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if constexpr (std::is_floating_point_v<typename Values::value_type>) {
      values[i] = field.at(i).number(0, 1e18);
    } else {
      values[i] = field.at(i).integer(0, std::int64_t{1} << 53);
    }
  }
}

Json sum_json(const Cusum& sum) {
  return {{"sum", sum.sum}, {"alarm", sum.alarm}};
}

Cusum read_sum(const JsonField& field) {
  return {field["sum"].number(0, kMemory), field["alarm"].boolean()};
}

}  // namespace

double divergence(const ScoreShares& observed, const ScoreShares& reference, int fitted) {
  const std::vector<Cell> cells = joined_bins(observed, reference);
  const double freedom = static_cast<double>(cells.size()) - 1 - fitted;
  if (freedom < 1) return 0;
  const double n = observed.size, m = reference.size;
  const double least_p = 0.5 / n, least_q = 0.5 / m;
  double psi = 0, g = 0;
  for (const Cell& cell : cells) {
    const double p = std::max(cell.observed, least_p), q = std::max(cell.reference, least_q);
    psi += (p - q) * std::log(p / q);
    const double both = std::isinf(m) ? q : (n * p + m * q) / (n + m);
    g += 2 * n * p * std::log(p / both);
    if (!std::isinf(m)) g += 2 * m * q * std::log(q / both);
  }
  if (deviations(std::max(g, 0.0), freedom) < kChance) return 0;
  return std::max(0.0, psi - freedom * (1 / n + 1 / m));
}

void Cusum::add(double value, double allowance) {
  sum = std::clamp(sum + value - allowance, 0.0, kMemory);
  if (sum >= kLimit) alarm = true;
  if (sum == 0) alarm = false;
}

// ---- One day ----

void ScoreDay::add(const ScoreCounts& scores, std::int64_t positive, WallTime at) {
  const std::int64_t block = ms_of(at) / kBlockMs;
  if (empty()) day_ = ms_of(at) / kDayMs;
  if (block != block_) close();
  block_ = block;
  for (std::size_t bin = 0; bin < kScoreBins; ++bin) block_counts_[bin] += scores[bin];
  block_scores_ += sum_of(scores);
  positive_ += positive;
}

void ScoreDay::close() {
  if (block_scores_ == 0) return;
  const Shares shares = shares_of(block_counts_);
  for (std::size_t bin = 0; bin < kScoreBins; ++bin) {
    counts_[bin] += block_counts_[bin];
    if (blocks_ > 0) steps_[bin] += (shares[bin] - last_[bin]) * (shares[bin] - last_[bin]);
  }
  last_ = shares;
  ++blocks_;
  block_counts_ = {};
  block_scores_ = 0;
}

ScoreShares ScoreDay::shares() const {
  const auto all = static_cast<double>(sum_of(counts_));
  ScoreShares shares{shares_of(counts_), all};
  if (blocks_ < 2) return {shares.share, std::min(all, 1.0)};
  double spread = 0, independent = 0;
  for (std::size_t bin = 0; bin < kScoreBins; ++bin) {
    spread += steps_[bin] / (2.0 * (blocks_ - 1) * blocks_);
    independent += shares.share[bin] * (1 - shares.share[bin]);
  }
  if (spread > 0) shares.size = std::min(all, independent / spread);
  return shares;
}

double ScoreDay::positive_rate() const {
  const std::int64_t all = sum_of(counts_);
  return all == 0 ? 0 : static_cast<double>(positive_) / static_cast<double>(all);
}

Json ScoreDay::to_json() const {
  return {{"day", day_},       {"block", block_},   {"block_counts", block_counts_},
          {"blocks", blocks_}, {"counts", counts_}, {"positive", positive_},
          {"last", last_},     {"steps", steps_}};
}

ScoreDay ScoreDay::from_json(const JsonField& field) {
  constexpr std::int64_t kMost = std::int64_t{1} << 53;
  ScoreDay day;
  day.day_ = field["day"].integer(0, kMost);
  day.block_ = field["block"].integer(0, kMost);
  read_values(field["block_counts"], day.block_counts_);
  day.block_scores_ = sum_of(day.block_counts_);
  day.blocks_ = static_cast<int>(field["blocks"].integer(0, 1000));
  read_values(field["counts"], day.counts_);
  day.positive_ = field["positive"].integer(0, kMost);
  read_values(field["last"], day.last_);
  read_values(field["steps"], day.steps_);
  return day;
}

// ---- All days ----

ScoreDrift::ScoreDrift(const AnswerQuality& promised, bool packages_threshold)
    : table_(promised.scores),
      positive_size_(size_from(promised.tpr, promised.tpr_interval)),
      negative_size_(size_from(promised.fpr, promised.fpr_interval)),
      packages_threshold_(packages_threshold) {
  result_.promised_rate = {std::min(promised.fpr_interval.low, promised.tpr_interval.low),
                           std::max(promised.tpr_interval.high, promised.fpr_interval.high)};
}

void ScoreDrift::add(const ScoreCounts& scores, std::int64_t positive, WallTime at) {
  if (sum_of(scores) == 0) return;
  const std::int64_t day = ms_of(at) / kDayMs;
  if (started_ < 0) started_ = day;
  if (!today_.empty() && day > today_.day()) end_day();  // a clock that goes back ends nothing
  today_.add(scores, positive, at);
}

void ScoreDrift::end_day() {
  today_.close();
  const ScoreDay day = std::exchange(today_, {});
  if (day.day() == started_ || day.blocks() < kLeastBlocks) return;
  result_.positive_rate = day.positive_rate();
  if (result_.learning) {
    learn(day);
  } else if (10 * day.blocks() >= 8 * usual_blocks_) {  // else it lacks hours that the others have
    compare(day);
  }
}

void ScoreDrift::learn(const ScoreDay& day) {
  const auto all = std::numeric_limits<std::size_t>::max();
  if (const auto value = from_validation(day)) validation_sum_.add(*value, kAllowance);
  first_days_.push_back(day);
  if (first_days_.size() < kFirstDays) return;
  reference_ = pooled(first_days_, all);
  allowance_ = kAllowance;
  std::vector<int> blocks;
  for (std::size_t i = 0; i < first_days_.size(); ++i) {
    blocks.push_back(first_days_[i].blocks());
    allowance_ =
        std::max(allowance_, kMoreThanSeen * divergence(first_days_[i].shares(), pooled(first_days_, i)));
  }
  std::ranges::sort(blocks);
  usual_blocks_ = blocks[blocks.size() / 2];
  first_days_.clear();
  result_.learning = false;
}

void ScoreDrift::compare(const ScoreDay& day) {
  ++result_.days;
  result_.from_first_days = divergence(day.shares(), reference_);
  first_days_sum_.add(*result_.from_first_days, allowance_);
  result_.from_validation = from_validation(day);
  if (result_.from_validation) validation_sum_.add(*result_.from_validation, kAllowance);
  rate_sum_.add(from_rate(day), kAllowance);
}

ScoreDrift::Finding ScoreDrift::finding() const {
  if (validation_sum_.alarm) return Finding::validation;
  if (rate_sum_.alarm) return Finding::rate;
  return first_days_sum_.alarm ? Finding::first_days : Finding::none;
}

// Against the mixture of events and other frames that fits best: how often events come is the camera's
// matter, and not promised.
std::optional<double> ScoreDrift::from_validation(const ScoreDay& day) const {
  if (!table_) return std::nullopt;
  const ScoreShares observed = day.shares();
  double part = 0;
  ScoreShares expected;
  expected.share =
      best_mixture(observed.share, shares_of(table_->positive), shares_of(table_->negative), part);
  expected.size = 1 / (part * part / positive_size_ + (1 - part) * (1 - part) / negative_size_);
  if (joined_bins(observed, expected).size() < 3) return std::nullopt;
  return divergence(observed, expected, 1);
}

// Whatever the share of events, a rate of positive frames lies between those of frames without and with them.
double ScoreDrift::from_rate(const ScoreDay& day) const {
  if (!packages_threshold_) return 0;
  const double rate = day.positive_rate();
  const double nearest = std::clamp(rate, result_.promised_rate.low, result_.promised_rate.high);
  ScoreShares observed, promised;
  observed.share[0] = 1 - rate;
  observed.share[kScoreBins - 1] = rate;
  observed.size = day.shares().size;
  promised.share[0] = 1 - nearest;
  promised.share[kScoreBins - 1] = nearest;
  promised.size = std::numeric_limits<double>::infinity();
  return divergence(observed, promised);
}

Json ScoreDrift::to_json() const {
  Json json{{"today", today_.to_json()},
            {"started", started_},
            {"learning", result_.learning},
            {"days", result_.days},
            {"first_days_sum", sum_json(first_days_sum_)},
            {"validation_sum", sum_json(validation_sum_)},
            {"rate_sum", sum_json(rate_sum_)}};
  if (result_.learning) {
    json["first_days"] = Json::array();
    for (const ScoreDay& day : first_days_) json["first_days"].push_back(day.to_json());
  } else {
    json["reference"] = {{"share", reference_.share},
                         {"size", reference_.size},
                         {"allowance", allowance_},
                         {"blocks", usual_blocks_}};
  }
  return json;
}

void ScoreDrift::restore(const JsonField& field) {
  today_ = ScoreDay::from_json(field["today"]);
  started_ = field["started"].integer(-1, std::int64_t{1} << 53);
  result_.learning = field["learning"].boolean();
  result_.days = static_cast<int>(field["days"].integer(0, 1'000'000));
  first_days_sum_ = read_sum(field["first_days_sum"]);
  validation_sum_ = read_sum(field["validation_sum"]);
  rate_sum_ = read_sum(field["rate_sum"]);
  if (result_.learning) {
    const JsonField days = field["first_days"];
    if (days.size() >= kFirstDays)
      days.fail(fmt::format("expected fewer than {} days, got {}", kFirstDays, days.size()));
    for (std::size_t i = 0; i < days.size(); ++i) first_days_.push_back(ScoreDay::from_json(days.at(i)));
  } else {
    const JsonField reference = field["reference"];
    read_values(reference["share"], reference_.share);
    reference_.size = reference["size"].number(0, 1e18);
    allowance_ = reference["allowance"].number(0, 1e6);
    usual_blocks_ = static_cast<int>(reference["blocks"].integer(0, 1000));
  }
}

}  // namespace mainstream
