#include "node/verdicts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace mainstream {
namespace {

constexpr auto kRecent = std::chrono::hours(24 * 30);
constexpr std::int64_t kFew = 10;
constexpr double kZ = 1.645;  // 90 %

double f1_of(double jaccard) {
  return 2 * jaccard / (1 + jaccard);
}

}  // namespace

NodeState::Judged judged(std::int64_t right, std::int64_t wrong, std::int64_t missed) {
  const auto n = static_cast<double>(right + wrong + missed);
  const double share = static_cast<double>(right) / n;
  const double spread = kZ * std::sqrt(share * (1 - share) / n + kZ * kZ / (4 * n * n));
  const double middle = share + kZ * kZ / (2 * n), whole = 1 + kZ * kZ / n;
  NodeState::Judged result;
  result.right = right;
  result.wrong = wrong;
  result.missed = missed;
  result.f1 = f1_of(share);
  result.f1_low = f1_of(std::clamp((middle - spread) / whole, 0.0, 1.0));
  result.f1_high = f1_of(std::clamp((middle + spread) / whole, 0.0, 1.0));
  return result;
}

std::map<std::pair<std::string, std::string>, NodeState::Judged> judge_apps(
    StoreReader& reader, WallTime now,
    const std::map<std::pair<std::string, std::string>, std::string>& package_of) {
  struct Counts {
    std::int64_t right = 0, wrong = 0, missed = 0;
    std::optional<WallTime> first{};  // begin of the first judged event of the package
    std::vector<WallTime> missed_at{};
  };
  std::map<std::pair<std::string, std::string>, Counts> counts;
  for (const Verdict& verdict : reader.verdicts()) {
    const std::pair key(verdict.app, verdict.stream);
    const auto package = package_of.find(key);
    if (package == package_of.end() || now - verdict.given > kRecent) continue;
    if (verdict.kind == Verdict::Kind::missed) {
      counts[key].missed_at.push_back(verdict.start);
      continue;
    }
    const auto event = reader.event(verdict.id);
    if (!event || event->package != package->second) continue;
    Counts& of_app = counts[key];
    const bool right = verdict.kind == Verdict::Kind::right;
    if (event->change == EventChange::nearly) {
      of_app.missed += right ? 1 : 0;
    } else {
      ++(right ? of_app.right : of_app.wrong);
    }
    of_app.first = std::min(of_app.first.value_or(verdict.start), verdict.start);
  }
  std::map<std::pair<std::string, std::string>, NodeState::Judged> result;
  for (auto& [key, of_app] : counts) {
    // Only an event tells from when on the package ran.
    for (const WallTime at : of_app.missed_at)
      if (of_app.first && at >= *of_app.first) ++of_app.missed;
    if (of_app.right + of_app.wrong + of_app.missed > 0)
      result[key] = judged(of_app.right, of_app.wrong, of_app.missed);
  }
  return result;
}

std::string verdict_warning(const NodeState::Judged& judged, double expected_f1) {
  if (judged.right + judged.wrong + judged.missed < kFew || judged.f1_high >= expected_f1) return {};
  return fmt::format(
      "verdicts give an F1 of {:.2f} ({:.2f} to {:.2f}), {:.2f} is expected: {} of its events are right, {} "
      "wrong, {} "
      "missed; export them and train it again",
      judged.f1, judged.f1_low, judged.f1_high, expected_f1, judged.right, judged.wrong, judged.missed);
}

}  // namespace mainstream
