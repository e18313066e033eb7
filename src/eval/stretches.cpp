#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "core/text.hpp"
#include "eval/stream_composer.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

void check_lengths(const char* option, const std::pair<double, double>& lengths) {
  if (lengths.first > 0 && lengths.first <= lengths.second && lengths.second <= 1e7) return;
  throw Error(ErrorKind::usage,
              fmt::format("{}: expected a shortest and a longest length in milliseconds, got {} {}", option,
                          lengths.first, lengths.second));
}

void check_above_zero(const char* option, double value, double most) {
  if (value > 0 && value <= most) return;
  throw Error(ErrorKind::usage,
              fmt::format("{}: expected above 0 and at most {}, got {}", option, most, value));
}

void check_options(const std::vector<std::string>& classes, const ComposeOptions& options) {
  check_lengths("--event-ms", options.event_ms);
  check_lengths("--other-ms", options.other_ms);
  check_above_zero("--fps", options.fps, 1000);
  check_above_zero("--seconds", options.seconds, 1e6);
  check_above_zero("--hold-ms", options.hold_ms, 1e7);
  if (options.apps.empty()) throw Error(ErrorKind::usage, "--app: expected at least one class");
  for (const std::string& app : options.apps) {
    if (std::ranges::find(classes, app) == classes.end()) {
      throw Error(ErrorKind::usage,
                  fmt::format("--app: the pictures have no class \"{}\", expected one of: {}", app,
                              joined(classes, ", ")));
    }
  }
}

bool is_app(const std::string& shown, const ComposeOptions& options) {
  return std::ranges::find(options.apps, shown) != options.apps.end();
}

// By class, its share of the time.
std::vector<double> shares_of(const std::vector<std::string>& classes, const ComposeOptions& options) {
  const auto all = static_cast<double>(classes.size()), apps = static_cast<double>(options.apps.size());
  const double frequency = options.frequency.value_or(1 / all);
  const double rest = 1 - frequency * apps;
  if (!(frequency > 0) || rest < -1e-9 || (all == apps && rest > 1e-9)) {
    throw Error(
        ErrorKind::usage,
        fmt::format(
            "--frequency: {} apps of {} classes share the time, so expected {} {:.4g} for each, got {}", apps,
            all, all == apps ? "just" : "above 0 and at most", 1 / apps, frequency));
  }
  std::vector<double> shares;
  for (const std::string& shown : classes)
    shares.push_back(is_app(shown, options) ? frequency : std::max(0.0, rest) / (all - apps));
  return shares;
}

// Swaps stretches until no event touches one of the same app.
void part_events(std::vector<std::size_t>& order, const std::vector<bool>& apps, std::mt19937_64& random) {
  const auto touches = [&](std::size_t i) {
    const auto same = [&](std::size_t j) { return j < order.size() && order[j] == order[i]; };
    return apps[order[i]] && (same(i - 1) || same(i + 1));
  };
  std::uniform_int_distribution<std::size_t> any(0, order.size() - 1);
  for (std::size_t tries = 0, i = 0; i < order.size(); ++i) {
    while (touches(i)) {
      if (++tries > 1000 * order.size()) {
        throw Error(ErrorKind::usage,
                    "--frequency: one app has so many events that they touch; lower it, or "
                    "make --event-ms longer or --other-ms shorter");
      }
      const std::size_t j = any(random);
      std::swap(order[i], order[j]);
      if (touches(j)) std::swap(order[i], order[j]);
    }
  }
}

}  // namespace

std::vector<Stretch> draw_stretches(const std::vector<std::string>& classes, const ComposeOptions& options) {
  check_options(classes, options);
  const std::vector<double> shares = shares_of(classes, options);
  std::mt19937_64 random(options.seed);
  std::vector<std::size_t> order;
  std::vector<bool> apps;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    apps.push_back(is_app(classes[c], options));
    const auto& [shortest, longest] = apps[c] ? options.event_ms : options.other_ms;
    const double count = shares[c] * options.seconds * 2000 / (shortest + longest);
    order.insert(order.end(), static_cast<std::size_t>(std::max<double>(apps[c] ? 1 : 0, std::round(count))),
                 c);
  }
  std::ranges::shuffle(order, random);
  part_events(order, apps, random);
  std::vector<Stretch> stretches;
  std::int64_t frame = 0;
  for (const std::size_t shown : order) {
    const auto& [shortest, longest] = apps[shown] ? options.event_ms : options.other_ms;
    const double ms = std::uniform_real_distribution<>(shortest, longest)(random);
    const auto frames = std::max<std::int64_t>(1, std::llround(ms * options.fps / 1000));
    stretches.push_back({shown, {frame, frame + frames - 1}});
    frame += frames;
  }
  return stretches;
}

Labels labels_of(const std::vector<Stretch>& stretches, const std::vector<std::string>& classes,
                 const ComposeOptions& options) {
  Labels labels;
  labels.frames = stretches.back().frames.last + 1;
  for (const std::string& app : options.apps)
    labels.apps[app].resize(static_cast<std::size_t>(labels.frames));
  for (const Stretch& stretch : stretches) {
    const auto app = labels.apps.find(classes[stretch.shown]);
    if (app == labels.apps.end()) continue;
    for (std::int64_t frame = stretch.frames.first; frame <= stretch.frames.last; ++frame)
      app->second[static_cast<std::size_t>(frame)] = true;
  }
  return labels;
}

}  // namespace mainstream
