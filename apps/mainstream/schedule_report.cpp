#include "schedule_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/text.hpp"
#include "eval/plot.hpp"
#include "text_table.hpp"

namespace mainstream {
namespace {

std::string optional_number(const std::optional<double>& value) {
  return value ? fmt::format("{:.3f}", *value) : "";
}

std::string known_gap(const Schedule& schedule) {
  if (schedule.proven) return "proven optimal";
  if (!schedule.bound) return "distance to the best possible is unknown";
  const bool mean = schedule.objective == Objective::mean;
  const double reached = mean ? schedule.mean_f1 : schedule.min_f1;
  const double gap = *schedule.bound > 0 ? std::max(0.0, 1 - reached / *schedule.bound) : 0;
  if (gap < 1e-5) return fmt::format("less than 0.001 % below the best possible ({:.4f})", *schedule.bound);
  return fmt::format("at most {:.2g} % below the best possible ({:.4f})", 100 * gap, *schedule.bound);
}

const std::string& number_type_name(const Problem& problem, std::size_t stem, int type) {
  return problem.stems[stem].layer_costs[static_cast<std::size_t>(type)].number_type;
}

bool has_number_types(const Problem& problem) {
  return std::ranges::any_of(problem.stems, [](const auto& stem) { return stem.layer_costs.size() > 1; });
}

std::string cost_share(double cost, const Schedule& schedule) {
  return fmt::format("{:.4g} ({:.0f} %)", cost, schedule.cost > 0 ? 100 * cost / schedule.cost : 0);
}

// One stem's part of the tree. Apps leave the stem where their branchpoint is.
class StemTree {
 public:
  StemTree(const Problem& problem, const Schedule& schedule, std::size_t stem)
      : problem_(problem), schedule_(schedule), stem_(stem) {}

  [[nodiscard]] std::string text() {
    const Problem::Stem& stem = problem_.stems[stem_];
    std::vector<std::string> names;
    if (!stem.stream.empty()) names.push_back(stem.stream);
    if (!stem.base.empty()) names.push_back(stem.base);
    text_ = fmt::format("{} ({:.4g} fps)\n", names.empty() ? "stream" : joined(names, ", "), stem.stream_fps);
    add_tails(0);
    for (const Schedule::Segment& segment : schedule_.shared) {
      if (segment.stem != stem_) continue;
      add_line(fmt::format("layers {} to {}, {:.4g} fps{}: {}", segment.first_layer + 1, segment.end_layer,
                           segment.fps, number_type(segment.number_type),
                           cost_share(segment.cost, schedule_)));
      indent_ += "   ";
      add_tails(segment.end_layer, segment.first_layer);
    }
    return text_;
  }

 private:
  void add_line(const std::string& line) { text_ += fmt::format("{}+- {}\n", indent_, line); }

  // The apps whose branchpoint is behind `after` layers, up to `end`.
  void add_tails(int end, int after = -1) {
    for (std::size_t a = 0; a < schedule_.apps.size(); ++a) {
      const Schedule::App& app = schedule_.apps[a];
      if (problem_.apps[a].stem != stem_ || app.choice.frozen > end || app.choice.frozen <= after) continue;
      add_line(fmt::format("{}: {} after layer {}, {:.4g} fps{}: {}", app.id, app.choice.candidate,
                           app.choice.frozen, app.choice.fps, number_type(app.choice.tail_type),
                           cost_share(app.own_cost, schedule_)));
    }
  }

  [[nodiscard]] std::string number_type(int index) const {
    return has_number_types(problem_) ? ", " + number_type_name(problem_, stem_, index) : "";
  }

  const Problem& problem_;
  const Schedule& schedule_;
  std::size_t stem_;
  std::string text_, indent_;
};

std::string losers(const Problem& problem, const std::vector<F1Change>& changes) {
  constexpr std::size_t kMost = 3;
  std::vector<std::string> parts;
  for (const F1Change& change : changes) {
    if (change.after >= change.before || parts.size() == kMost) break;
    parts.push_back(fmt::format("{} {:.3f}", problem.apps[change.app].id, change.after - change.before));
  }
  const auto all = std::ranges::count_if(changes, [](const auto& c) { return c.after < c.before; });
  if (parts.empty()) return "nobody";
  if (all > std::ssize(parts)) parts.push_back(fmt::format("{} more apps", all - std::ssize(parts)));
  return joined(parts, ", ");
}

std::string step_text(const Problem& problem, const Schedule& schedule, std::size_t app,
                      const NextStep& step) {
  std::string text = fmt::format(
      "candidate {} at {:.4g} fps would find {:.3f} instead of {:.3f}, for {:.4g} more per second",
      step.choice.candidate, step.choice.fps, step.f1, schedule.apps[app].f1, step.extra_cost);
  if (!step.taken.feasible) return text + "; no schedule fits it: " + step.taken.reason;
  return text + fmt::format("; taken from {}; mean {:.4f} instead of {:.4f}, worst {:.3f} instead of {:.3f}",
                            losers(problem, step.others), step.taken.mean_f1, schedule.mean_f1,
                            step.taken.min_f1, schedule.min_f1);
}

}  // namespace

std::string schedule_table(const Problem& problem, const Schedule& schedule) {
  const bool number_types = has_number_types(problem);
  std::vector<std::string> header{"app", "candidate", "frozen",    "fps",     "votes",
                                  "F1",  "recall",    "precision", "own cost"};
  if (number_types) header.insert(header.end(), {"stem", "tail"});
  TextTable table(number_types ? "llrrrrrrrll" : "llrrrrrrr", header);
  for (std::size_t a = 0; a < schedule.apps.size(); ++a) {
    const Schedule::App& app = schedule.apps[a];
    std::vector<std::string> row{app.id,
                                 app.choice.candidate,
                                 std::to_string(app.choice.frozen),
                                 fmt::format("{:.4g}", app.choice.fps),
                                 std::to_string(app.choice.votes),
                                 optional_number(app.f1),
                                 optional_number(app.recall),
                                 optional_number(app.precision),
                                 fmt::format("{:.4g}", app.own_cost)};
    if (number_types) {
      const std::size_t stem = problem.apps[a].stem;
      row.push_back(number_type_name(problem, stem, app.choice.stem_type));
      row.push_back(number_type_name(problem, stem, app.choice.tail_type));
    }
    table.add(row);
  }
  return table.text() + fmt::format("mean F1 {:.4f}, worst {:.4f}; cost {:.4g} of {:.4g} per second; {}\n",
                                    schedule.mean_f1, schedule.min_f1, schedule.cost, schedule.budget,
                                    known_gap(schedule));
}

std::string schedule_tree(const Problem& problem, const Schedule& schedule) {
  std::string text;
  for (std::size_t stem = 0; stem < problem.stems.size(); ++stem) {
    text += StemTree(problem, schedule, stem).text();
  }
  return text;
}

std::string steps_text(const Problem& problem, const Schedule& schedule,
                       const std::vector<std::optional<NextStep>>& steps) {
  std::string text;
  for (std::size_t app = 0; app < steps.size(); ++app) {
    text += fmt::format(
        "{}: {}\n", problem.apps[app].id,
        steps[app] ? step_text(problem, schedule, app, *steps[app]) : "has its best setting already");
  }
  if (steps.size() < problem.apps.size()) {
    text +=
        fmt::format("{} more apps: not examined within --time-limit\n", problem.apps.size() - steps.size());
  }
  return text;
}

std::string admission_table(const Problem& problem, const Admission& admission) {
  TextTable table("lrrrlr", {"app", "F1 now", "F1 then", "change", "candidate", "fps"});
  const auto add = [&](std::size_t a, const std::string& now, const std::string& change) {
    const Schedule::App& app = admission.after.apps[a];
    table.add({app.id, now, fmt::format("{:.3f}", app.f1), change, app.choice.candidate,
               fmt::format("{:.4g}", app.choice.fps)});
  };
  for (const F1Change& change : admission.others) {
    add(change.app, fmt::format("{:.3f}", change.before),
        fmt::format("{:+.3f}", change.after - change.before));
  }
  add(problem.apps.size() - 1, "new", "");
  return table.text() + fmt::format(
                            "mean F1 {:.4f} of {} apps now, {:.4f} of {} then; cost {:.4g} now, {:.4g} then, "
                            "of {:.4g} per second; {}\n",
                            admission.before.mean_f1, admission.before.apps.size(), admission.after.mean_f1,
                            admission.after.apps.size(), admission.before.cost, admission.after.cost,
                            problem.budget, known_gap(admission.after));
}

std::string sweep_csv(const std::vector<SweepPoint>& points, const std::string& at) {
  std::string text = at + ",algorithm,feasible,mean_f1,min_f1,cost,bound\n";
  for (const SweepPoint& point : points) {
    const Schedule& schedule = point.schedule;
    text += fmt::format("{:.9g},{},{}", point.at, to_string(point.algorithm), schedule.feasible ? 1 : 0);
    text += schedule.feasible
                ? fmt::format(",{:.9f},{:.9f},{:.9g},", schedule.mean_f1, schedule.min_f1, schedule.cost)
                : ",,,,";
    if (schedule.feasible && schedule.bound) text += fmt::format("{:.9f}", *schedule.bound);
    text += '\n';
  }
  return text;
}

std::string sweep_plot(const std::vector<SweepPoint>& points, const std::string& at, Objective objective) {
  Plot plot;
  const bool mean = objective == Objective::mean;
  plot.title = fmt::format("{} F1 over {}", mean ? "mean" : "worst", at);
  plot.x_label = at;
  plot.y_label = mean ? "mean F1" : "worst F1";
  plot.y_range = {{0, 1}};
  plot.logarithmic_x = at == "budget";
  std::map<Algorithm, PlotSeries> series;
  for (const SweepPoint& point : points) {
    if (!point.schedule.feasible) continue;
    PlotSeries& own = series[point.algorithm];
    own.label = to_string(point.algorithm);
    own.colour = static_cast<int>(point.algorithm) + 1;
    own.points.emplace_back(point.at, mean ? point.schedule.mean_f1 : point.schedule.min_f1);
  }
  for (auto& [algorithm, one] : series) plot.series.push_back(std::move(one));
  return draw_svg(plot);
}

}  // namespace mainstream
