#include "run/near_miss.hpp"

#include <cmath>
#include <utility>

namespace mainstream {
namespace {

constexpr double kOddsOfThreshold = 0.25;
constexpr MediaTime kMargin = std::chrono::seconds(1);

double odds(double probability) {
  return probability / (1 - probability);
}

}  // namespace

bool NearMiss::wants(float score, float threshold) const {
  const std::optional<Found>& kept = newest_ ? newest_ : best_;
  if (!std::isfinite(score) || (kept && score <= kept->record.peak_score)) return false;
  return odds(score) >= kOddsOfThreshold * odds(threshold);
}

void NearMiss::event_at(MediaTime start, MediaTime end) {
  const auto has = [&](const std::optional<Found>& found) {
    return found && found->at >= start - kMargin && found->at <= end + kMargin;
  };
  if (has(newest_)) newest_.reset();
  if (has(best_)) best_.reset();
}

void NearMiss::settle() {
  if (newest_) best_ = std::exchange(newest_, std::nullopt);
}

std::optional<NearMiss::Found> NearMiss::take(MediaTime now) {
  if (!begin_) begin_ = now;
  if (newest_ && now - newest_->at > kMargin) settle();
  if (now - *begin_ < kEvery) return std::nullopt;
  begin_ = now;
  return std::exchange(best_, std::nullopt);
}

std::optional<NearMiss::Found> NearMiss::finish() {
  settle();
  begin_.reset();
  return std::exchange(best_, std::nullopt);
}

}  // namespace mainstream
