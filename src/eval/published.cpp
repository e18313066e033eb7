// The authors' workloads, scheduled by our algorithms beside what the authors published.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>
#include <map>

#include "core/file.hpp"
#include "eval/atc18.hpp"
#include "eval/experiment.hpp"
#include "eval/statistics.hpp"
#include "mainstream/error.hpp"
#include "mainstream/problem_json.hpp"

namespace mainstream {
namespace {

constexpr int kWorkloads = 100;
constexpr auto kTimeLimit = std::chrono::seconds(10);  // for optimal to prove its schedule
// Their max-sharing freezes 84 of 85 layers, the last of which is fully connected with random weights. Behind
// 81 there are all of the convolutions.
constexpr int kLastConvolution = 81;

// A way to schedule a workload.
struct Approach {
  const char* name;   // in tables and charts
  const char* field;  // in files
  Algorithm algorithm;
  int colour;
};
constexpr std::array kApproaches{Approach{"optimal", "optimal", Algorithm::optimal, 1},
                                 Approach{"fast", "fast", Algorithm::fast, 7},
                                 Approach{"greedy", "greedy", Algorithm::greedy, 2},
                                 Approach{"best fixed", "fixed", Algorithm::fixed, 3},
                                 Approach{"all at layer 81", "layer_81", Algorithm::optimal, 6},
                                 Approach{"max-sharing", "max_sharing", Algorithm::max_sharing, 4},
                                 Approach{"no-sharing", "no_sharing", Algorithm::no_sharing, 0}};

bool is_search(const Approach& approach) {
  return &approach < kApproaches.data() + 3;
}

// What one approach found for the workloads of one budget and number of apps.
struct Outcome {
  std::vector<double> f1;  // mean over the apps, by workload; 0 where no schedule fits
  std::vector<double> ms;  // processor time to solve: other work on the machine does not count
  int proven = 0;          // proven within the time limit
};

struct Point {
  double budget = 0;
  int apps = 0;
  std::map<std::string, Outcome> outcomes;  // by field

  [[nodiscard]] double f1(const char* field) const { return mean(outcomes.at(field).f1); }
  [[nodiscard]] const std::vector<double>& ms(const char* field) const { return outcomes.at(field).ms; }
};

// A row of their published means; nothing where they have none.
struct Theirs {
  std::optional<double> greedy, max_sharing, no_sharing, optimal;
};
using TheirMeans = std::map<std::pair<double, int>, Theirs>;  // by budget and apps

std::optional<double> number_in(const std::string& cell, const std::string& where) {
  if (cell.empty()) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc() || end != cell.data() + cell.size() || !(value >= 0 && value < 1e6)) {
    throw Error(ErrorKind::untrusted,
                fmt::format("{}: expected a number from 0 to 1000000, got {}", where, in_quotes(cell)));
  }
  return value;
}

TheirMeans read_means(const std::filesystem::path& path) {
  const Rows rows = parse_csv(read_file(path), path.string());
  const auto column = [&](const char* name) {
    const auto& header = rows.front();
    const auto found = std::ranges::find(header, name);
    if (found != header.end()) return static_cast<std::size_t>(found - header.begin());
    throw Error(ErrorKind::untrusted, fmt::format("{}: no column {}", path.string(), name));
  };
  if (rows.empty()) throw Error(ErrorKind::untrusted, fmt::format("{}: no header", path.string()));
  TheirMeans means;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const auto value = [&](const char* name) {
      return number_in(rows[i][column(name)], fmt::format("{}: row {}, {}", path.string(), i + 1, name));
    };
    const int apps = static_cast<int>(value("apps").value_or(0));
    means[{value("budget").value_or(0), apps}] = {value("mainstream_f1"), value("max_sharing_f1"),
                                                  value("no_sharing_f1"), value("optimum_f1")};
  }
  return means;
}

Problem read_curves(const std::filesystem::path& path) {
  Problem curves = read_problem(path);
  if (curves.stems.size() != 1)
    throw Error(ErrorKind::untrusted,
                fmt::format("{}: expected one stream, got {}", path.string(), curves.stems.size()));
  return curves;
}

Problem problem_for(const Approach& approach, const Problem& curves, const Atc18Workload& workload,
                    double budget) {
  if (approach.algorithm == Algorithm::no_sharing) return atc18_problem_alone(curves, workload, budget);
  Problem problem = atc18_problem(curves, workload, budget);
  if (std::string_view(approach.field) == "layer_81") {
    for (Problem::App& app : problem.apps) app.fixed_frozen = kLastConvolution;
  }
  return problem;
}

void solve_one(const Approach& approach, const Problem& problem, Outcome& outcome) {
  const std::clock_t begin = std::clock();
  SolveOptions options;
  options.algorithm = approach.algorithm;
  options.stop = stop_after(kTimeLimit);
  const Schedule schedule = solve(problem, options);
  outcome.ms.push_back(1000.0 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
  outcome.f1.push_back(schedule.feasible ? schedule.mean_f1 : 0);
  outcome.proven += schedule.proven ? 1 : 0;
}

Json measure(const Problem& curves, double budget, int apps) {
  Json cell;
  const std::vector<Atc18Workload> workloads = atc18_workloads(apps, kWorkloads);
  for (const Approach& approach : kApproaches) {
    Outcome outcome;
    for (const Atc18Workload& workload : workloads)
      solve_one(approach, problem_for(approach, curves, workload, budget), outcome);
    cell[approach.field] = {{"f1", outcome.f1}, {"ms", outcome.ms}, {"proven", outcome.proven}};
  }
  return cell;
}

std::vector<double> numbers(const JsonField& field, double most) {
  std::vector<double> values;
  for (std::size_t i = 0; i < field.size(); ++i) values.push_back(field.at(i).number(0, most));
  return values;
}

Point point_of(const JsonField& cell, double budget, int apps) {
  Point point{budget, apps, {}};
  for (const Approach& approach : kApproaches) {
    const JsonField field = cell[approach.field];
    Outcome& outcome = point.outcomes[approach.field];
    outcome.f1 = numbers(field["f1"], 1);
    outcome.ms = numbers(field["ms"], 1e9);
    outcome.proven = static_cast<int>(field["proven"].integer(0, kWorkloads));
    if (outcome.f1.size() != kWorkloads || outcome.ms.size() != kWorkloads)
      field.fail(fmt::format("expected {} workloads", kWorkloads));
  }
  return point;
}

// ---- The report ----------------------------------------------------------------------------------

std::string percent_more(double value, double than) {
  return than > 0 ? fmt::format("{:+.2f} %", 100 * (value / than - 1)) : "";
}

std::string digits(const std::optional<double>& value) {
  return value ? fmt::format("{:.4f}", *value) : "";
}

class PublishedReport {
 public:
  PublishedReport(std::vector<Point> points, TheirMeans theirs)
      : points_(std::move(points)), theirs_(std::move(theirs)) {
    for (const Point& point : points_) {
      if (budgets_.empty() || budgets_.back() != point.budget) budgets_.push_back(point.budget);
    }
  }

  [[nodiscard]] ExperimentReport report() const {
    ExperimentReport report;
    report.title = "The published workloads";
    report.runs = fmt::format(
        "{} workloads for each of {} budgets and numbers of apps; each scheduled once by "
        "each algorithm, one thread",
        kWorkloads, points_.size());
    report.spread = "± is the standard error over workloads of the paired difference";
    report.sections = {summary(), f1(), depth(), times()};
    report.figures = figures();
    return report;
  }

 private:
  [[nodiscard]] Theirs theirs(const Point& point) const {
    const auto found = theirs_.find({point.budget, point.apps});
    return found == theirs_.end() ? Theirs{} : found->second;
  }

  // ---- What must hold

  struct Checks {
    std::vector<double> greedy, optimal;   // relative differences to theirs, by point
    double longest_ms = 0, most_lost = 0;  // most_lost: of fast against optimal, relative, by workload
    int proven = 0, workloads = 0, below = 0;

    [[nodiscard]] std::vector<std::string> row(const std::string& name) const {
      const auto least = [](const std::vector<double>& values) {
        return values.empty() ? "" : fmt::format("{:+.2f} %", 100 * *std::ranges::min_element(values));
      };
      const auto average = [](const std::vector<double>& values) {
        return values.empty() ? "" : fmt::format("{:+.2f} %", 100 * mean(values));
      };
      return {name,
              average(greedy),
              least(greedy),
              average(optimal),
              least(optimal),
              fmt::format("{} of {}", proven, workloads),
              fmt::format("{:.2f} s", longest_ms / 1000),
              fmt::format("{:.3f} %", 100 * most_lost),
              fmt::format("{}", below)};
    }
  };

  void check(const Point& point, Checks& checks) const {
    const Theirs their = theirs(point);
    if (their.greedy) checks.greedy.push_back(point.f1("greedy") / *their.greedy - 1);
    if (their.optimal) checks.optimal.push_back(point.f1("optimal") / *their.optimal - 1);
    const Outcome& optimal = point.outcomes.at("optimal");
    checks.longest_ms = std::max(checks.longest_ms, *std::ranges::max_element(optimal.ms));
    checks.proven += optimal.proven;
    checks.workloads += kWorkloads;
    for (std::size_t w = 0; w < optimal.f1.size(); ++w) {
      if (optimal.f1[w] > 0)
        checks.most_lost = std::max(checks.most_lost, 1 - point.outcomes.at("fast").f1[w] / optimal.f1[w]);
      checks.below += std::ranges::any_of(kApproaches, [&](const Approach& approach) {
        return approach.algorithm != Algorithm::no_sharing &&
               point.outcomes.at(approach.field).f1[w] > optimal.f1[w] + 1e-9;
      });
    }
  }

  [[nodiscard]] ExperimentReport::Section summary() const {
    Rows rows{{"budget", "greedy to theirs", "worst", "optimal to theirs", "least", "proven in 10 s",
               "longest", "fast loses at most", "below a baseline"}};
    Checks all;
    for (const double budget : budgets_) {
      Checks checks;
      for (const Point& point : points_) {
        if (point.budget != budget) continue;
        check(point, checks);
        check(point, all);
      }
      rows.push_back(checks.row(fmt::format("{:g}", budget)));
    }
    rows.push_back(all.row("all"));
    return {
        .heading = "In short",
        .text = {"Mean F1 of our greedy beside their greedy, and of our optimum beside theirs where they "
                 "ran it: mean and least over the numbers of apps. How many workloads optimal proved, and "
                 "the longest that it took. The most that fast loses against optimal in a workload. In how "
                 "many workloads some algorithm that shares found more than optimal."},
        .charts = {},
        .table = std::move(rows)};
  }

  // ---- F1

  template <typename Value>
  void add_line(Plot& plot, double budget, const std::string& name, int colour, PlotSeries::Style style,
                const Value& value) const {
    PlotSeries series{name, {}, style, colour};
    for (const Point& point : points_) {
      if (point.budget != budget) continue;
      if (const std::optional<double> y = value(point)) series.points.emplace_back(point.apps, *y);
    }
    plot.series.push_back(std::move(series));
  }

  [[nodiscard]] Plot f1_plot(double budget) const {
    Plot plot{.title = fmt::format("Mean event F1 of the published workloads, budget {:g}", budget),
              .x_label = "apps",
              .y_label = "mean F1",
              .series = {},
              .y_range = {{0, 1}}};
    for (const Approach& approach : kApproaches) {
      if (approach.algorithm == Algorithm::fast) continue;  // on the line of optimal
      add_line(plot, budget, approach.name, approach.colour, PlotSeries::Style::lines,
               [&](const Point& point) { return std::optional(point.f1(approach.field)); });
    }
    add_line(plot, budget, "theirs: greedy", 5, PlotSeries::Style::marks,
             [&](const Point& point) { return theirs(point).greedy; });
    add_line(plot, budget, "theirs: optimal", 7, PlotSeries::Style::marks,
             [&](const Point& point) { return theirs(point).optimal; });
    return plot;
  }

  [[nodiscard]] ExperimentReport::Section f1() const {
    ExperimentReport::Section section{
        .heading = "F1 over apps",
        .text = {"Means over the workloads. best fixed: the best single branchpoint for all apps of a "
                 "workload. max-sharing: all apps behind layer 84, whose weights are random in their "
                 "implementation. no-sharing: every app alone, also at 0.1 to 0.9 frames per second, which "
                 "theirs did without."},
        .charts = {},
        .table = {{"budget", "apps", "optimal", "fast", "greedy", "best fixed", "layer 81", "max-sharing",
                   "no-sharing", "their optimal", "their greedy", "their max-sharing", "their no-sharing"}}};
    for (const double budget : budgets_)
      section.charts.push_back({fmt::format("f1-at-{:g}", budget), f1_plot(budget)});
    for (const Point& point : points_) {
      auto& row = section.table.emplace_back(
          std::vector{fmt::format("{:g}", point.budget), std::to_string(point.apps)});
      for (const Approach& approach : kApproaches) row.push_back(digits(point.f1(approach.field)));
      const Theirs their = theirs(point);
      for (const auto& value : {their.optimal, their.greedy, their.max_sharing, their.no_sharing})
        row.push_back(digits(value));
    }
    return section;
  }

  // ---- Where depth pays

  // "+5.12 % ± 0.31": of means, with the error of the paired difference.
  static std::string gain(const Point& point, const char* over) {
    const std::vector<double>&ours = point.outcomes.at("optimal").f1, &other = point.outcomes.at(over).f1;
    std::vector<double> difference;
    for (std::size_t w = 0; w < ours.size(); ++w) difference.push_back(ours[w] - other[w]);
    const double centre = mean(other);
    if (centre <= 0) return "";
    return fmt::format("{:+.2f} % ± {:.2f}", 100 * mean(difference) / centre,
                       100 * standard_error(difference) / centre);
  }

  [[nodiscard]] ExperimentReport::Section depth() const {
    ExperimentReport::Section section{
        .heading = "Where choosing the depth pays",
        .text = {"How much more F1 optimal finds than all apps at layer 81, than the best single branchpoint "
                 "of each workload, and than max-sharing; and how much more their greedy has than all apps "
                 "at layer 81 scheduled optimally."},
        .charts = {},
        .table = {{"budget", "apps", "over layer 81", "over best fixed", "over max-sharing",
                   "their greedy over layer 81"}}};
    Plot plot{.title = "What choosing the depth of each app adds to all apps at layer 81",
              .x_label = "apps",
              .y_label = "percent more F1",
              .series = {}};
    int colour = 0;
    for (const double budget : budgets_) {
      add_line(plot, budget, fmt::format("budget {:g}", budget), ++colour, PlotSeries::Style::lines,
               [&](const Point& point) {
                 return std::optional(100 * (point.f1("optimal") / point.f1("layer_81") - 1));
               });
    }
    section.charts.push_back({"depth", std::move(plot)});
    for (const Point& point : points_) {
      const auto their = theirs(point).greedy;
      section.table.push_back({fmt::format("{:g}", point.budget), std::to_string(point.apps),
                               gain(point, "layer_81"), gain(point, "fixed"), gain(point, "max_sharing"),
                               their ? percent_more(*their, point.f1("layer_81")) : ""});
    }
    return section;
  }

  // ---- Times

  // All budgets together.
  [[nodiscard]] std::map<int, std::vector<double>> times_of(const char* field) const {
    std::map<int, std::vector<double>> by_apps;
    for (const Point& point : points_) {
      auto& all = by_apps[point.apps];
      all.insert(all.end(), point.ms(field).begin(), point.ms(field).end());
    }
    return by_apps;
  }

  [[nodiscard]] ExperimentReport::Section times() const {
    ExperimentReport::Section section{
        .heading = "Time over apps",
        .text = {"Milliseconds of one processor to solve one workload, over all budgets: mean and longest. "
                 "The authors state "
                 "the time of their optimum for 2 and for 10 apps: 0.4 s and 19.6 hours, on their machine."},
        .charts = {},
        .table = {{"apps", "optimal, ms", "longest", "fast, ms", "longest", "greedy, ms", "longest"}}};
    Plot plot{
        .title = "Time to schedule one workload",
        .x_label = "apps",
        .y_label = "milliseconds",
        .series = {{"theirs: optimal", {{2, 400}, {10, 19.6 * 3600 * 1000}}, PlotSeries::Style::lines, 5}},
        .logarithmic_y = true};
    std::map<int, std::vector<std::string>> rows;
    for (const Approach& approach : kApproaches) {
      if (!is_search(approach)) continue;
      PlotSeries average{approach.name, {}, PlotSeries::Style::lines, approach.colour};
      PlotSeries longest{
          fmt::format("{}, longest", approach.name), {}, PlotSeries::Style::marks, approach.colour};
      for (const auto& [apps, ms] : times_of(approach.field)) {
        average.points.emplace_back(apps, mean(ms));
        longest.points.emplace_back(apps, *std::ranges::max_element(ms));
        if (rows[apps].empty()) rows[apps].push_back(std::to_string(apps));
        rows[apps].push_back(fmt::format("{:.2f}", average.points.back().second));
        rows[apps].push_back(fmt::format("{:.2f}", longest.points.back().second));
      }
      plot.series.push_back(std::move(average));
      plot.series.push_back(std::move(longest));
    }
    section.charts.push_back({"time", std::move(plot)});
    for (auto& [apps, row] : rows) section.table.push_back(std::move(row));
    return section;
  }

  [[nodiscard]] Rows figures() const {
    Rows rows{{"budget", "apps"}};
    for (const Approach& approach : kApproaches) {
      for (const char* what : {"f1", "mean_ms", "longest_ms"})
        rows.front().push_back(fmt::format("{}_{}", approach.field, what));
    }
    for (const char* name : {"optimal_proven", "their_optimal_f1", "their_greedy_f1", "their_max_sharing_f1",
                             "their_no_sharing_f1"})
      rows.front().push_back(name);
    for (const Point& point : points_) {
      auto& row =
          rows.emplace_back(std::vector{fmt::format("{:g}", point.budget), std::to_string(point.apps)});
      for (const Approach& approach : kApproaches) {
        const std::vector<double>& ms = point.ms(approach.field);
        row.push_back(fmt::format("{:.6f}", point.f1(approach.field)));
        row.push_back(fmt::format("{:.3f}", mean(ms)));
        row.push_back(fmt::format("{:.3f}", *std::ranges::max_element(ms)));
      }
      row.push_back(std::to_string(point.outcomes.at("optimal").proven));
      const Theirs their = theirs(point);
      for (const auto& value : {their.optimal, their.greedy, their.max_sharing, their.no_sharing})
        row.push_back(digits(value));
    }
    return rows;
  }

  const std::vector<Point> points_;  // by budget, then apps
  const TheirMeans theirs_;
  std::vector<double> budgets_;
};

}  // namespace

ExperimentFiles run_published(const PublishedOptions& options, const ExperimentSetup& setup) {
  const Problem curves = read_curves(options.curves);
  TheirMeans theirs = read_means(options.means);
  const auto cells = options.budgets.size() * static_cast<std::size_t>(options.most_apps);
  ExperimentResults results(with_contents(setup, {options.curves, options.means}), cells);
  std::vector<Point> points;
  for (const double budget : options.budgets) {
    for (int apps = 1; apps <= options.most_apps; ++apps) {
      const std::string name = fmt::format("budget {:g}, {} apps", budget, apps);
      const Json cell = results.cell(name, [&] { return measure(curves, budget, apps); });
      points.push_back(point_of(JsonField(cell, name), budget, apps));
    }
  }
  return results.write(PublishedReport(std::move(points), std::move(theirs)).report());
}

}  // namespace mainstream
