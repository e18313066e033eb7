// Checks a problem before anything else uses it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "mainstream/scheduler.hpp"

namespace mainstream {
namespace {

constexpr double kMaxCost = 1e15, kMaxFps = 1e6, kMaxLengthMs = 1e9;
constexpr int kMaxVotes = 1000, kMaxLevels = 1000;
// Options in the search tables of one stem; they take hundreds of megabytes then.
constexpr double kMaxSettings = 1e7;

[[noreturn]] void fail(const std::string& field, const std::string& what) {
  throw Error(ErrorKind::untrusted, fmt::format("{} {}", field, what));
}

void check_range(const std::string& field, double value, double low, double high) {
  if (!(value >= low && value <= high)) {  // true for NaN, too
    fail(field, fmt::format("is {}, expected a number from {} to {}", value, low, high));
  }
}

void check_positive(const std::string& field, double value, double high) {
  if (!(value > 0 && value <= high))
    fail(field, fmt::format("is {}, expected a number above 0 and at most {}", value, high));
}

// Fields have the names that they have in a problem file; a single stream or base without a name is not
// mentioned.
void check_stem(const Problem::Stem& stem) {
  const std::string at = stem.stream.empty() ? "" : fmt::format("stream {}: ", in_quotes(stem.stream));
  check_positive(at + "stream_fps", stem.stream_fps, kMaxFps);
  if (!(stem.limit > 0)) fail(at + "limit", fmt::format("is {}, expected a number above 0", stem.limit));
  if (stem.fps_options.empty()) fail(at + "fps_options", "is empty, expected at least one frame rate");
  for (std::size_t i = 0; i < stem.fps_options.size(); ++i) {
    const std::string field = fmt::format("{}fps_options[{}]", at, i);
    const double fps = stem.fps_options[i];
    check_positive(field, fps, kMaxFps);
    if (fps > stem.stream_fps) {
      fail(field, fmt::format("is {}, above the stream's {} frames per second", fps, stem.stream_fps));
    }
    if (i > 0 && fps <= stem.fps_options[i - 1]) {
      fail(field, fmt::format("is {} after {}, frame rates must rise", fps, stem.fps_options[i - 1]));
    }
  }
}

void check_layer_costs(const Problem::Stem& stem) {
  const std::string at = stem.base.empty() ? "" : fmt::format("base {}: ", in_quotes(stem.base));
  if (stem.layer_costs.empty()) fail(at + "layer_costs", "is missing");
  std::set<std::string> names;
  for (const Problem::LayerCosts& layers : stem.layer_costs) {
    if (!names.insert(layers.number_type).second) {
      fail(at + "layer_costs",
           fmt::format("has {} twice, expected each number type once", in_quotes(layers.number_type)));
    }
    const std::string field = stem.layer_costs.size() == 1
                                  ? at + "layer_costs"
                                  : fmt::format("{}layer_costs of {}", at, layers.number_type);
    if (layers.costs.empty()) fail(field, "is empty, expected at least one layer");
    if (layers.costs.size() != stem.layer_costs[0].costs.size()) {
      fail(field, fmt::format("has {} layers, expected {} as {} has", layers.costs.size(),
                              stem.layer_costs[0].costs.size(), stem.layer_costs[0].number_type));
    }
    for (std::size_t i = 0; i < layers.costs.size(); ++i) {
      check_range(fmt::format("{}[{}]", field, i), layers.costs[i], 0, kMaxCost);
    }
  }
}

template <typename Point>
void check_place(const std::string& at, const Point& point, const Problem::Stem& stem) {
  check_range(at + ".frozen", point.frozen, 0, static_cast<double>(stem.layer_costs[0].costs.size()));
  if (point.own_cost) check_range(at + ".own_cost", *point.own_cost, 0, kMaxCost);
  check_range(at + ".head_cost", point.head_cost, 0, kMaxCost);
  const auto last = static_cast<double>(stem.layer_costs.size()) - 1;
  check_range(at + ".stem_precision", point.stem_type, 0, last);
  check_range(at + ".tail_precision", point.tail_type, 0, last);
}

// One row of a candidate's table.
void check_measured(const std::string& at, const std::vector<Problem::MeasuredQuality>& rows, std::size_t i) {
  const std::string field = fmt::format("{}.measured[{}]", at, i);
  const Problem::MeasuredQuality& row = rows[i];
  check_positive(field + ".fps", row.fps, kMaxFps);
  check_range(field + ".votes", row.votes, 1, kMaxVotes);
  if (i > 0 && row.fps < rows[i - 1].fps) {
    fail(field + ".fps", fmt::format("is {} after {}; it must rise", row.fps, rows[i - 1].fps));
  }
  if (i > 0 && row.fps == rows[i - 1].fps && row.votes <= rows[i - 1].votes) {
    fail(field, fmt::format("has {} votes after {} at {} fps; fps must rise, and votes where it does not",
                            row.votes, rows[i - 1].votes, row.fps));
  }
  check_range(field + ".recall", row.quality.recall, 0, 1);
  check_range(field + ".precision", row.quality.precision, 0, 1);
  check_range(field + ".f1", row.quality.f1, 0, 1);
  check_range(field + ".f1_error", row.f1_error, 0, 1);
}

void check_candidate(const std::string& at, const Problem::Candidate& candidate, const Problem::Stem& stem) {
  check_place(at, candidate, stem);
  check_range(at + ".tpr", candidate.tpr, 0, 1);
  check_range(at + ".fpr", candidate.fpr, 0, 1);
  check_range(at + ".levels", candidate.levels, 1, kMaxLevels);
  for (std::size_t i = 0; i < candidate.measured.size(); ++i) check_measured(at, candidate.measured, i);
}

[[noreturn]] void fail_twice(const std::string& at, const Problem::Candidate& candidate) {
  if (!candidate.id.empty()) fail(at + ".id", fmt::format("{} is a duplicate", in_quotes(candidate.id)));
  fail(at + ".frozen",
       fmt::format("{} is a duplicate; candidates with the same frozen count need ids", candidate.frozen));
}

void check_candidates(const std::string& at, const Problem::App& app, const Problem::Stem& stem) {
  check_positive(at + ".event_length_ms", app.events.length_ms, kMaxLengthMs);
  check_range(at + ".event_frequency", app.events.frequency, 0, 1);
  check_range(at + ".correlation", app.events.correlation, 0, 1);
  check_range(at + ".x_vote", app.events.votes, 1, kMaxVotes);
  std::map<std::string, std::size_t> by_id;
  std::set<std::tuple<std::string, int, int>> seen;
  for (std::size_t i = 0; i < app.candidates.size(); ++i) {
    const std::string field = fmt::format("{}.candidates[{}]", at, i);
    const Problem::Candidate& candidate = app.candidates[i];
    check_candidate(field, candidate, stem);
    const std::string id = candidate_id(candidate);
    if (!seen.emplace(id, candidate.stem_type, candidate.tail_type).second) fail_twice(field, candidate);
    const Problem::Candidate& first = app.candidates[by_id.emplace(id, i).first->second];
    if (first.frozen != candidate.frozen || first.kind != candidate.kind ||
        first.levels != candidate.levels) {
      fail(field, fmt::format("differs from another entry of {} in frozen, kind or levels; entries with one "
                              "id may differ only in number types",
                              in_quotes(id)));
    }
  }
}

void check_options(const std::string& at, const Problem::App& app, const Problem::Stem& stem) {
  std::map<std::string, int> by_id;
  std::set<std::tuple<std::string, double, int, int>> seen;
  for (std::size_t i = 0; i < app.options.size(); ++i) {
    const std::string field = fmt::format("{}.options[{}]", at, i);
    const Problem::Option& option = app.options[i];
    check_place(field, option, stem);
    check_positive(field + ".fps", option.fps, kMaxFps);
    if (option.fps > stem.stream_fps) {
      fail(field + ".fps",
           fmt::format("is {}, above the stream's {} frames per second", option.fps, stem.stream_fps));
    }
    check_range(field + ".f1", option.f1, 0, 1);
    if (option.recall) check_range(field + ".recall", *option.recall, 0, 1);
    if (option.precision) check_range(field + ".precision", *option.precision, 0, 1);
    check_range(field + ".votes", option.votes, 1, kMaxVotes);
    const std::string id = candidate_id(option);
    if (!seen.emplace(id, option.fps, option.stem_type, option.tail_type).second) {
      fail(field, fmt::format("repeats candidate {} at {} fps", id, option.fps));
    }
    if (!by_id.emplace(id, option.frozen).second && by_id[id] != option.frozen) {
      fail(field + ".frozen",
           fmt::format("is {}, and {} elsewhere for candidate {}", option.frozen, by_id[id], id));
    }
  }
}

void check_limits(const std::string& at, const Problem::App& app) {
  check_positive(at + ".weight", app.weight, 1e6);
  if (app.min_fps) check_range(at + ".min_fps", *app.min_fps, 0, kMaxFps);
  if (app.max_fps) check_positive(at + ".max_fps", *app.max_fps, kMaxFps);
  if (app.min_f1) check_range(at + ".min_f1", *app.min_f1, 0, 1);
  if (app.fixed_fps) check_positive(at + ".fixed_fps", *app.fixed_fps, kMaxFps);
  if (app.fixed_frozen) check_range(at + ".fixed_frozen", *app.fixed_frozen, 0, 1e9);
  if (app.fixed_candidate && app.fixed_candidate->empty()) fail(at + ".fixed_candidate", "is empty");
}

// The most entries of one app for the same place: each needs a search table of its own.
double most_in_one_place(const Problem::App& app) {
  std::map<std::tuple<int, int, double>, double> counts;
  double most = 0;
  const auto count = [&](const auto& point, double fps) {
    most = std::max(most, ++counts[{point.frozen, point.stem_type, fps}]);
  };
  for (const Problem::Candidate& candidate : app.candidates) count(candidate, 0);
  for (const Problem::Option& option : app.options) count(option, option.fps);
  return most;
}

// Options bring frame rates of their own, so a small file can ask for very large tables.
void check_size(const Problem& problem, std::size_t s) {
  const Problem::Stem& stem = problem.stems[s];
  std::set<int> frozen;
  std::set<double> rates(stem.fps_options.begin(), stem.fps_options.end());
  double apps = 0, tables = 1;
  for (const Problem::App& app : problem.apps) {
    if (app.stem != s) continue;
    ++apps;
    tables = std::max(tables, most_in_one_place(app));
    for (const Problem::Candidate& candidate : app.candidates) frozen.insert(candidate.frozen);
    for (const Problem::Option& option : app.options) {
      frozen.insert(option.frozen);
      rates.insert(option.fps);
    }
  }
  const auto places = static_cast<double>(frozen.size() * stem.layer_costs.size());
  const auto fps = static_cast<double>(rates.size());
  if (apps * places * fps * tables > kMaxSettings) {
    fail("apps",
         fmt::format(
             "need too large tables: {} apps of one stream and base, {} branchpoints and number types, "
             "{} frame rates, up to {} candidates in one place; the product must be at most {}",
             apps, places, fps, tables, kMaxSettings));
  }
}

}  // namespace

void validate(const Problem& problem) {
  check_range("budget", problem.budget, 0, kMaxCost);
  if (problem.stems.empty()) fail("stems", "is empty, expected at least one stream");
  for (const Problem::Stem& stem : problem.stems) {
    check_stem(stem);
    check_layer_costs(stem);
  }
  if (problem.apps.empty()) fail("apps", "is empty, expected at least one app");
  std::set<std::string> ids;
  for (std::size_t i = 0; i < problem.apps.size(); ++i) {
    const Problem::App& app = problem.apps[i];
    const std::string at = fmt::format("apps[{}]", i);
    if (app.id.empty()) fail(at + ".id", "is empty");
    if (!ids.insert(app.id).second) fail(at + ".id", fmt::format("{} is a duplicate", in_quotes(app.id)));
    if (app.stem >= problem.stems.size())
      fail(at + ".stem", fmt::format("is {}, there are {} stems", app.stem, problem.stems.size()));
    if (app.candidates.empty() == app.options.empty()) {
      fail(at, app.options.empty() ? "has neither candidates nor options"
                                   : "has candidates and options, expected one of them");
    }
    check_limits(at, app);
    if (app.options.empty()) {
      check_candidates(at, app, problem.stems[app.stem]);
    } else {
      check_options(at, app, problem.stems[app.stem]);
    }
  }
  for (std::size_t s = 0; s < problem.stems.size(); ++s) check_size(problem, s);
}

}  // namespace mainstream
