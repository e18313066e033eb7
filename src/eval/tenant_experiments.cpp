#include "eval/tenant_experiments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "eval/statistics.hpp"
#include "event/replay.hpp"

namespace mainstream {
namespace {

using Names = std::vector<std::string>;

constexpr const char* kTailsOnly = "tails only";  // their methods' names begin with it

// Mainstream and its baselines, with all candidates.
std::vector<TenantMethod> methods_of_modes() {
  std::vector<TenantMethod> all;
  for (const Method& method : methods()) {
    if (!method.tails_only) all.push_back({method});
  }
  return all;
}

// The same with packages of tails alone.
std::vector<TenantMethod> tails_of_modes() {
  std::vector<TenantMethod> all = methods_of_modes();
  for (TenantMethod& method : all) {
    method.name = fmt::format("{}: {}", kTailsOnly, method.name);
    method.tails_only = true;
  }
  return all;
}

// What Mainstream has beyond the paper's system, one after the other; "mainstream" itself and its line with
// tails alone are in the lists above.
std::vector<TenantMethod> steps() {
  const auto step = [](const char* name, bool tails_only, Algorithm algorithm, bool f32_only) {
    return TenantMethod{{name, Mode::mainstream, tails_only}, algorithm, f32_only, {}};
  };
  TenantMethod votes = step("votes chosen", false, Algorithm::automatic, false);
  votes.votes.assign(std::begin(kVotesGrid), std::end(kVotesGrid));
  TenantMethod tables = step("measured tables", false, Algorithm::automatic, false);
  tables.measured = true;
  return {step("tails only, f32, greedy", true, Algorithm::greedy, true),
          step("tails only, f32", true, Algorithm::automatic, true),
          step("f32, greedy", false, Algorithm::greedy, true),
          step("f32", false, Algorithm::automatic, true),
          votes,
          tables};
}

Names names_of(const std::vector<TenantMethod>& list) {
  Names names;
  for (const TenantMethod& method : list) names.push_back(method.name);
  return names;
}

// Without those whose pool or clip is missing.
std::vector<TenantMethod> possible(std::vector<TenantMethod> list, const TenantPools& pools) {
  std::erase_if(list, [&](const TenantMethod& method) {
    const TenantPool* pool = pools.of(method);
    return pool == nullptr || (method.measured && pool->clip == nullptr);
  });
  return list;
}

TenantGrid grid_of(const TenantOptions& options, std::vector<TenantMethod> list) {
  return {.tenants = options.tenants,
          .shares = options.shares,
          .methods = std::move(list),
          .mixes = options.mixes,
          .seed = options.seed};
}

Plot over_apps(const std::string& title) {
  return {.title = title, .x_label = "number of apps", .y_label = "", .series = {}};
}

std::string runs_text(const TenantOptions& options, const TenantPools& pools) {
  return fmt::format(
      "{} random mixes of each size, of {} apps; each schedule replayed from recorded scores, "
      "mean over all phases",
      options.mixes, pools.all.trained.mix.apps.size());
}

std::string budget_text(const TenantPools& pools, double share) {
  return fmt::format(
      "The budget is {:.1f} ms/s: {:g} times what one whole base takes at the stream's {:g} "
      "frames per second.",
      share * whole_base_cost(pools.all), share, pools.all.trained.scores.fps);
}

// Without sections.
ExperimentReport report_of(const std::string& title, const TenantOptions& options, const TenantPools& pools,
                           const std::vector<TenantPoint>& points) {
  return {.title = title,
          .runs = runs_text(options, pools),
          .spread = "standard error over mixes",
          .sections = {},
          .figures = tenant_rows(points)};
}

// One chart for each figure.
ExperimentReport::Section section_over_apps(const std::vector<TenantPoint>& points, const Names& lines,
                                            const std::string& heading, const std::string& name) {
  ExperimentReport::Section section{.heading = heading, .text = {}, .charts = {}, .table = {}};
  for (const TenantFigure& figure : tenant_figures())
    section.charts.push_back(
        {name + figure.name, tenant_plot(points, lines, figure, tenants_axis, over_apps(heading))});
  section.table = tenant_table(points, lines, tenant_figure("f1"), tenants_axis, "apps");
  return section;
}

// ---- Prediction ------------------------------------------------------------------------------------

struct Prediction {
  std::vector<double> predicted, measured;
  [[nodiscard]] std::vector<std::string> row(const std::string& name) const;
};

std::vector<std::string> Prediction::row(const std::string& name) const {
  std::vector<double> off, size;
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    off.push_back(predicted[i] - measured[i]);
    size.push_back(std::abs(off.back()));
  }
  const auto ranks = rank_correlation(predicted, measured);
  return {name, std::to_string(off.size()), fmt::format("{:.3f}", mean(size)),
          fmt::format("{:+.3f}", mean(off)), ranks ? fmt::format("{:.2f}", *ranks) : "-"};
}

// Of whole mixes and of single apps.
std::pair<Prediction, Prediction> prediction_of(const std::vector<TenantPoint>& points,
                                                const std::string& method) {
  std::pair<Prediction, Prediction> both;
  for (const TenantPoint& point : points) {
    if (!point.outcome.feasible || (!method.empty() && point.method != method)) continue;
    both.first.predicted.push_back(point.outcome.mean(&TenantOutcome::App::predicted_f1));
    both.first.measured.push_back(point.outcome.mean(&TenantOutcome::App::f1));
    for (const TenantOutcome::App& app : point.outcome.apps) {
      both.second.predicted.push_back(app.predicted_f1);
      both.second.measured.push_back(app.f1);
    }
  }
  return both;
}

ExperimentReport::Section prediction_section(const std::vector<TenantPoint>& points, const Names& lines) {
  ExperimentReport::Section section{
      .heading = "Predicted and measured",
      .text = {"Error: mean distance of the scheduler's F1 from the measured one; off: the mean of the "
               "difference, above 0 where too much was promised; ranks: Spearman's correlation. Over mixes, "
               "then over single apps. Mixes that no schedule fits are left out."},
      .charts = {},
      .table = {{"method", "mixes", "error", "off", "ranks", "apps", "error", "off", "ranks"}}};
  Plot plot{.title = "Predicted and measured F1 of mixes",
            .x_label = "predicted F1",
            .y_label = "measured F1",
            .series = {{"equal", {{0, 0}, {1, 1}}, PlotSeries::Style::lines, 0}},
            .y_range = {{0, 1}},
            .x_range = {{0, 1}}};
  PlotSeries all_candidates{"exits and tails", {}, PlotSeries::Style::marks, 1},
      tails{"tails only", {}, PlotSeries::Style::marks, 2};
  Names all = lines;
  all.emplace_back();
  for (const std::string& method : all) {
    const auto [mixes, apps] = prediction_of(points, method);
    if (mixes.predicted.empty()) continue;
    std::vector<std::string> row = mixes.row(method.empty() ? "all" : method);
    const std::vector<std::string> of_apps = apps.row("");
    row.insert(row.end(), of_apps.begin() + 1, of_apps.end());
    section.table.push_back(std::move(row));
    if (method.empty()) continue;
    PlotSeries& series = method.starts_with(kTailsOnly) ? tails : all_candidates;
    for (std::size_t i = 0; i < mixes.predicted.size(); ++i)
      series.points.emplace_back(mixes.predicted[i], mixes.measured[i]);
  }
  for (PlotSeries* series : {&all_candidates, &tails}) {
    if (!series->points.empty()) plot.series.push_back(std::move(*series));
  }
  section.charts = {{"prediction", std::move(plot)}};
  return section;
}

// ---- Real runs -------------------------------------------------------------------------------------

struct NamedRun {
  std::size_t tenants = 0;
  std::string method;
  RealRun run;
};

ExperimentReport::Section real_section(const std::vector<NamedRun>& runs) {
  ExperimentReport::Section section{
      .heading = "Real runs",
      .text = {},
      .charts = {},
      .table = {{"apps, method", "F1 of the run", "same frames", "planned frames", "all phases", "predicted",
                 "fps planned", "fps reached", "ms/s planned", "ms/s busy", "put off"}}};
  double worst = 0, worst_planned = 0;
  for (const auto& [tenants, method, run] : runs) {
    const std::string name = fmt::format("{}, {}", tenants, method);
    if (!run.reason.empty()) {
      section.table.push_back({name, "no schedule fits", "", "", "", "", "", "", "", "", ""});
      continue;
    }
    worst = std::max(worst, std::abs(run.f1 - run.same_frames_f1));
    worst_planned = std::max(worst_planned, std::abs(run.f1 - run.replayed_f1));
    section.table.push_back({name, fmt::format("{:.3f}", run.f1), fmt::format("{:.3f}", run.same_frames_f1),
                             fmt::format("{:.3f}", run.replayed_f1), fmt::format("{:.3f}", run.any_phase_f1),
                             fmt::format("{:.3f}", run.predicted_f1), fmt::format("{:.2f}", run.planned_fps),
                             fmt::format("{:.2f}", run.reached_fps),
                             fmt::format("{:.1f}", run.planned_ms_per_s),
                             fmt::format("{:.1f}", run.busy_ms_per_s), fmt::format("{}", run.put_off)});
  }
  section.text = {fmt::format(
      "The first mix of each size, really run on the stream at pace all, with events scored as "
      "`mainstream score` does. Beside it the same settings, replayed from recorded scores: on the "
      "frames that the run analysed (differs by {:.3f} at most); on those that were planned (by "
      "{:.3f}); and as the mean over all frames at which the selection can begin, as everywhere "
      "else in this report. Put off: frames that the budget did not allow when they were due, "
      "which shifts the selection; there are many where the machine is busy with other work.",
      worst, worst_planned)};
  return section;
}

std::vector<NamedRun> run_all_really(ExperimentResults& results, const TenantPools& pools,
                                     const TenantGrid& grid, const std::vector<std::size_t>& sizes,
                                     const std::vector<TenantMethod>& list, const RealRunOptions& options) {
  std::vector<NamedRun> runs;
  const std::size_t apps = pools.all.trained.mix.apps.size();
  const double budget = grid.shares.front() * whole_base_cost(pools.all);
  for (const std::size_t size : sizes) {
    for (const TenantMethod& method : list) {
      const std::string name = fmt::format("{} apps really run, {}", size, method.name);
      const Json cell = results.cell(name, [&] {
        return to_json(run_really(*pools.of(method), grid.mix(apps, size, 0), method.mode, budget, options));
      });
      runs.push_back({size, method.name, real_run_from(JsonField(cell, name))});
    }
  }
  return runs;
}

// ---- Voting ----------------------------------------------------------------------------------------

std::vector<TenantMethod> voting_methods() {
  std::vector<TenantMethod> list;
  for (const int votes : {1, 3, 5, 7}) {
    const std::string name = votes == 1 ? "1 vote" : fmt::format("{} votes", votes);
    list.push_back({{name, Mode::mainstream, false}, Algorithm::automatic, false, {votes}});
  }
  list.push_back({{"chosen", Mode::mainstream, false},
                  Algorithm::automatic,
                  false,
                  {std::begin(kVotesGrid), std::end(kVotesGrid)}});
  return list;
}

}  // namespace

ExperimentFiles run_tenants(const ExperimentSetup& setup, const TenantPools& pools,
                            const TenantOptions& options, const std::vector<std::size_t>& real,
                            const RealRunOptions& run) {
  const std::vector<TenantMethod> modes = methods_of_modes(), tails = possible(tails_of_modes(), pools),
                                  more = possible(steps(), pools);
  std::vector<TenantMethod> all = modes, run_list = modes;
  all.insert(all.end(), tails.begin(), tails.end());
  all.insert(all.end(), more.begin(), more.end());
  if (!tails.empty()) run_list.push_back(tails.front());  // Mainstream
  const TenantGrid grid = grid_of(options, all);
  std::vector<std::size_t> sizes = real;
  std::erase_if(sizes, [&](std::size_t size) { return size > pools.all.trained.mix.apps.size(); });
  ExperimentResults results(setup, grid.cells() + sizes.size() * run_list.size());
  const std::vector<TenantPoint> points = measure_grid(results, pools, grid);
  const std::vector<NamedRun> runs = run_all_really(results, pools, grid, sizes, run_list, run);

  ExperimentReport report = report_of("Tenants: apps that share one machine", options, pools, points);
  report.sections.push_back(section_over_apps(points, names_of(modes), "Exits and tails", ""));
  report.sections.back().text = {budget_text(pools, options.shares.front())};
  if (!tails.empty())
    report.sections.push_back(section_over_apps(points, names_of(tails), "Tails only", "tails-"));
  Names step_names = names_of(more);
  if (!tails.empty())
    step_names.insert(step_names.begin() + 2, fmt::format("{}: {}", kTailsOnly, kMainstream));
  step_names.insert(std::ranges::find(step_names, std::string("votes chosen")), kMainstream);
  report.sections.push_back(
      {.heading = "What each step brings",
       .text = {"From the paper's system (tails only, greedy, f32) to ours: the better solver, exits beside "
                "tails, other number types where the base offers them, votes as a choice under the quality "
                "model, and tables of F1 by rate and votes, measured on another composed stream, in place of "
                "that model."},
       .charts = {{"steps", tenant_plot(points, step_names, tenant_figure("f1"), tenants_axis,
                                        over_apps("From the paper's system to ours"))}},
       .table = tenant_table(points, step_names, tenant_figure("f1"), tenants_axis, "apps")});
  report.sections.push_back(prediction_section(points, names_of(all)));
  if (!runs.empty()) report.sections.push_back(real_section(runs));
  return results.write(report);
}

ExperimentFiles run_budget(const ExperimentSetup& setup, const TenantPools& pools,
                           const TenantOptions& options) {
  std::vector<TenantMethod> list = methods_of_modes();
  for (const TenantMethod& method : possible(tails_of_modes(), pools)) {
    if (method.mode == Mode::mainstream) list.push_back(method);
  }
  const TenantGrid grid = grid_of(options, list);
  ExperimentResults results(setup, grid.cells());
  const std::vector<TenantPoint> points = measure_grid(results, pools, grid);
  ExperimentReport report =
      report_of("Budget: event F1 over what the machine has to give", options, pools, points);
  for (const std::size_t tenants : options.tenants) {
    std::vector<TenantPoint> some;
    for (const TenantPoint& point : points) {
      if (point.tenants == tenants) some.push_back(point);
    }
    const Plot frame{.title = fmt::format("{} apps", tenants),
                     .x_label = "budget, percent of one whole base at the stream's rate",
                     .y_label = "",
                     .series = {},
                     .logarithmic_x = true};
    report.sections.push_back(
        {.heading = frame.title,
         .text = {},
         .charts = {{fmt::format("{}-apps", tenants),
                     tenant_plot(some, names_of(list), tenant_figure("f1"), share_axis, frame)}},
         .table = tenant_table(some, names_of(list), tenant_figure("f1"), share_axis, "budget, %")});
  }
  return results.write(report);
}

ExperimentFiles run_voting(const ExperimentSetup& setup, const TenantPools& pools,
                           const TenantOptions& options) {
  const std::vector<TenantMethod> list = voting_methods();
  const TenantGrid grid = grid_of(options, list);
  ExperimentResults results(setup, grid.cells());
  const std::vector<TenantPoint> points = measure_grid(results, pools, grid);
  ExperimentReport report =
      report_of("Voting: positive frames in a row that make a detection", options, pools, points);
  report.sections.push_back(section_over_apps(points, names_of(list), "Mainstream with votes", ""));
  report.sections.back().text = {budget_text(pools, options.shares.front()),
                                 "Chosen: the scheduler picks the votes of each app."};
  report.sections.push_back(prediction_section(points, names_of(list)));
  return results.write(report);
}

}  // namespace mainstream
