#include "run/cadence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "mainstream/error.hpp"

namespace mainstream {
namespace {

// Steps like 1/3 never add up to exactly 1.
constexpr double kRounding = 1e-9;

}  // namespace

Cadence::Cadence(std::span<const double> fps, double stream_fps) {
  std::map<double, std::vector<std::size_t>, std::greater<>> by_rate;
  for (std::size_t app = 0; app < fps.size(); ++app) {
    if (!(fps[app] > 0)) {
      throw Error(ErrorKind::usage,
                  fmt::format("app {}: expected a frame rate above 0, got {}", app, fps[app]));
    }
    by_rate[std::min(fps[app], stream_fps)].push_back(app);
  }
  double above = by_rate.empty() ? stream_fps : by_rate.begin()->first;
  period_ = 1 / above;
  // The nearest frame to a grid point is less than half a frame away from it.
  tolerance_ = 0.5 / stream_fps;
  for (auto& [rate, apps] : by_rate) {
    // The phase begins so that the first frame is everybody's.
    levels_.push_back(
        {.rate = rate, .step = rate / above, .phase = 1 - rate / above, .apps = std::move(apps)});
    above = rate;
  }
}

bool Cadence::due(MediaTime time) const {
  return !started_ || seconds(time) >= next_ - tolerance_ - kRounding;
}

std::span<const std::size_t> Cadence::take(MediaTime time) {
  last_ = seconds(time);
  // On time, the grid goes on from its own point; more than a period late, it begins anew here.
  next_ = started_ ? std::max(next_ + period_, last_) : last_ + period_;
  started_ = true;
  taken_.clear();
  for (Level& level : levels_) {
    level.phase += level.step;
    if (level.phase < 1 - kRounding) break;
    level.phase -= 1;
    taken_.insert(taken_.end(), level.apps.begin(), level.apps.end());
  }
  std::sort(taken_.begin(), taken_.end());
  return taken_;
}

void Cadence::follow(const Cadence& previous) {
  if (!previous.started_) return;
  started_ = true;
  last_ = previous.last_;
  next_ = last_ + period_;
  if (period_ != previous.period_) return;
  next_ = previous.next_;
  for (std::size_t i = 0; i < std::min(levels_.size(), previous.levels_.size()); ++i) {
    if (levels_[i].rate != previous.levels_[i].rate) break;
    levels_[i].phase = previous.levels_[i].phase;
  }
}

}  // namespace mainstream
