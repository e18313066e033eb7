// A machine that runs plans and counts what it does, for the tests of feedback.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "mainstream/planning.hpp"
#include "run/statistics.hpp"

namespace mainstream {

// Milliseconds like those of a larger network: 26 for the whole stem, and 1, 11 and 25 for tails.
inline Costs large_network(const Mix& mix) {
  const Mix::Stem& stem = mix.stems.front();
  std::vector<double> segments(stem.base.branchpoints.size(), 0.0);
  const std::vector<double> way{2, 14, 10}, tails{25, 11, 1};
  Costs costs{.stems = {}, .own_ms = std::vector<std::map<Costs::Own, double>>(mix.apps.size())};
  for (std::size_t i = 0; i < way.size(); ++i) {
    const Branchpoint& place = stem.base.branchpoints[stem.branchpoints[i]];
    segments[stem.branchpoints[i]] = way[i];
    for (auto& app : costs.own_ms) app[{fmt::format("tail-{}", place.layers), NumberType::f32}] = tails[i];
  }
  costs.stems.push_back({.scale_ms = 1, .segment_ms = {{NumberType::f32, segments}}});
  return costs;
}

inline void scale(Costs& costs, double factor) {
  for (auto& [type, segments] : costs.stems[0].segment_ms)
    for (double& ms : segments) ms *= factor;
  for (auto& app : costs.own_ms)
    for (auto& [own, ms] : app) ms *= factor;
}

// A machine that runs plans: every part costs what `truth` says times `slowness`, frames come at the stream's
// rate, and what does not fit into `capacity` milliseconds per second is lost, all in proportion.
class Machine {
 public:
  Machine(const Mix& mix, Costs truth, double stream_fps)
      : mix_(mix),
        truth_(std::move(truth)),
        stem_ms_(truth_.stems[0].segment_ms.at(NumberType::f32)),
        stream_fps_(stream_fps) {}

  void deploy(std::vector<Setting> settings, int plan) {
    settings_ = std::move(settings);
    statistics_ = {};
    statistics_.plan = plan;
    statistics_.own.resize(settings_.size());
  }

  void pass(double length) {
    if (!statistics_.first) statistics_.first = at(now_);
    now_ += length;
    statistics_.last = at(now_);
    const double wanted = cost_per_second();
    const double share = std::min(1.0, capacity / wanted);
    double stem_fps = 0;
    for (const Setting& setting : settings_) stem_fps = std::max(stem_fps, setting.fps);
    const auto frames = static_cast<std::int64_t>(std::llround(stem_fps * share * length));
    statistics_.analysed += frames;
    statistics_.taken += static_cast<std::int64_t>(std::llround(stream_fps_ * share * length));
    if (share < 1) dropped += static_cast<std::int64_t>(stream_fps_ * (1 - share) * length) + 1;
    statistics_.busy_ms += std::min(wanted, capacity) * length;
    spend(statistics_.scale, truth_.stems[0].scale_ms, frames);
    spend_on_stem(share * length);
    for (std::size_t app = 0; app < settings_.size(); ++app) {
      spend(statistics_.own[app], own_ms(app),
            static_cast<std::int64_t>(std::llround(settings_[app].fps * share * length)));
    }
  }

  [[nodiscard]] double cost_per_second() const {
    double cost = 0, stem_fps = 0;
    std::vector<double> deepest(stem_ms_.size(), 0);
    for (std::size_t app = 0; app < settings_.size(); ++app) {
      cost += settings_[app].fps * own_ms(app);
      stem_fps = std::max(stem_fps, settings_[app].fps);
      for (std::size_t i = 0; i <= place(app); ++i) deepest[i] = std::max(deepest[i], settings_[app].fps);
    }
    for (std::size_t i = 0; i < deepest.size(); ++i) cost += deepest[i] * stem_ms_[i];
    return (cost + stem_fps * truth_.stems[0].scale_ms) * slowness;
  }

  [[nodiscard]] const PlanStatistics& statistics() const { return statistics_; }
  [[nodiscard]] double now() const { return now_; }

  double slowness = 1, capacity = 1000;
  double noise = 0;  // relative, of each window
  std::int64_t dropped = 0;

 private:
  [[nodiscard]] double own_ms(std::size_t app) const {
    return truth_.own_ms[app].at({settings_[app].candidate, settings_[app].number_types.tail});
  }

  [[nodiscard]] std::size_t place(std::size_t app) const {
    return mix_.place(0, mix_.apps[app].manifest().candidate(settings_[app].candidate).branchpoint);
  }

  static MediaTime at(double seconds) { return MediaTime(std::llround(seconds * 1e6)); }

  void spend(Spent& spent, double ms, std::int64_t times) {
    const double factor = std::max(0.1, 1 + noise * normal_(random_));
    spent.ms += ms * slowness * factor * static_cast<double>(times);
    spent.times += times;
  }

  // On each frame the stem runs from one branchpoint in use to the next.
  void spend_on_stem(double length) {
    std::map<std::size_t, double> rates;  // by place in use
    for (std::size_t app = 0; app < settings_.size(); ++app) {
      double& rate = rates[place(app)];
      rate = std::max(rate, settings_[app].fps);
    }
    std::size_t from = 0;
    for (auto use = rates.begin(); use != rates.end(); ++use) {
      double fps = 0, ms = 0;
      for (auto deeper = use; deeper != rates.end(); ++deeper) fps = std::max(fps, deeper->second);
      for (std::size_t i = from + 1; i <= use->first; ++i) ms += stem_ms_[i];
      spend(statistics_.stem[{from, use->first}], ms, static_cast<std::int64_t>(std::llround(fps * length)));
      from = use->first;
    }
  }

  const Mix& mix_;
  const Costs truth_;
  const std::vector<double> stem_ms_;
  const double stream_fps_;
  std::vector<Setting> settings_;
  PlanStatistics statistics_;
  double now_ = 0;
  std::mt19937 random_{1};
  std::normal_distribution<double> normal_;
};

// Several streams of the same apps on one machine, which gives each its share.
class Site {
 public:
  Site(const Mix& mix_of_one, const Costs& truth, double stream_fps, std::size_t streams)
      : apps_(mix_of_one.apps.size()), machines_(streams, Machine(mix_of_one, truth, stream_fps)) {}

  void deploy(const std::vector<Setting>& settings, int plan) {
    for (std::size_t s = 0; s < machines_.size(); ++s) {
      const auto first = settings.begin() + static_cast<std::ptrdiff_t>(s * apps_);
      machines_[s].deploy({first, first + static_cast<std::ptrdiff_t>(apps_)}, plan);
    }
  }

  void pass(double length) {
    const double share = std::min(1.0, capacity / cost_per_second());
    for (Machine& machine : machines_) {
      machine.slowness = slowness;
      machine.noise = noise;
      machine.capacity = share * machine.cost_per_second();
      machine.pass(length);
    }
  }

  [[nodiscard]] double cost_per_second() {
    double cost = 0;
    for (Machine& machine : machines_) {
      machine.slowness = slowness;
      cost += machine.cost_per_second();
    }
    return cost;
  }
  [[nodiscard]] const Machine& stream(std::size_t s) const { return machines_[s]; }
  [[nodiscard]] double now() const { return machines_.front().now(); }

  double slowness = 1, capacity = 2000, noise = 0;

 private:
  const std::size_t apps_;
  std::vector<Machine> machines_;
};

}  // namespace mainstream
