#include "eval/tenant_grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "eval/statistics.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

std::string point_name(std::size_t tenants, std::size_t mix, double share, const std::string& method) {
  return fmt::format("{} apps, mix {}, budget {:g} %, {}", tenants, mix + 1, 100 * share, method);
}

// By value of the axis, the figure of all mixes.
std::map<double, std::vector<double>> values_of(const std::vector<TenantPoint>& points,
                                                const std::string& method, const TenantFigure& figure,
                                                const TenantAxis& axis) {
  std::map<double, std::vector<double>> values;
  for (const TenantPoint& point : points) {
    if (point.method == method) values[axis(point)].push_back(figure.value(point.outcome));
  }
  return values;
}

}  // namespace

double whole_base_cost(const TenantPool& pool) {
  return whole_bases_cost(pool.trained.mix, pool.trained.costs) /
         static_cast<double>(pool.trained.mix.apps.size());
}

TenantMix TenantGrid::mix(std::size_t pool, std::size_t size, std::size_t number) const {
  return draw_mix(pool, size, seed + 1000 * size + number);
}

std::vector<TenantPoint> measure_grid(ExperimentResults& results, const TenantPools& pools,
                                      const TenantGrid& grid) {
  const double whole = whole_base_cost(pools.all);
  const std::size_t apps = pools.all.trained.mix.apps.size();
  std::vector<TenantPoint> points;
  for (const TenantMethod& method : grid.methods) {
    const TenantPool* pool = pools.of(method);
    if (pool == nullptr) continue;
    const TenantPlanner planner(*pool, method);
    for (const std::size_t tenants : grid.tenants) {
      for (std::size_t number = 0; number < grid.mixes; ++number) {
        const TenantMix mix = grid.mix(apps, tenants, number);
        for (const double share : grid.shares) {
          const std::string name = point_name(tenants, number, share, method.name);
          const Json cell = results.cell(name, [&] { return to_json(planner.replay(mix, share * whole)); });
          points.push_back({tenants, number, share, method.name, outcome_from(JsonField(cell, name))});
        }
      }
    }
  }
  return points;
}

const std::vector<TenantFigure>& tenant_figures() {
  using App = TenantOutcome::App;
  const auto mean_of = [](double App::*figure) {
    return [figure](const TenantOutcome& outcome) { return outcome.mean(figure); };
  };
  static const std::vector<TenantFigure> figures{
      {"f1", "mean event F1", mean_of(&App::f1), true},
      {"recall", "mean event recall", mean_of(&App::recall), true},
      {"precision", "mean event precision", mean_of(&App::precision), true},
      {"fps", "mean frames per second and app", mean_of(&App::fps)},
      {"busy", "planned busy time, ms/s",
       [](const TenantOutcome& outcome) { return outcome.busy_ms_per_s; }}};
  return figures;
}

const TenantFigure& tenant_figure(const std::string& name) {
  const auto found = std::ranges::find(tenant_figures(), name, &TenantFigure::name);
  if (found == tenant_figures().end()) throw Error(ErrorKind::usage, "no figure " + name);
  return *found;
}

double tenants_axis(const TenantPoint& point) {
  return static_cast<double>(point.tenants);
}
double share_axis(const TenantPoint& point) {
  return 100 * point.share;
}

Plot tenant_plot(const std::vector<TenantPoint>& points, const std::vector<std::string>& methods,
                 const TenantFigure& figure, const TenantAxis& axis, const Plot& frame) {
  Plot plot = frame;
  plot.y_label = figure.label;
  if (figure.share) plot.y_range = {{0, 1}};
  int colour = 0;
  for (const std::string& method : methods) {
    PlotSeries series{method, {}, PlotSeries::Style::lines, ++colour % 8};
    for (const auto& [x, values] : values_of(points, method, figure, axis)) {
      series.points.emplace_back(x, mean(values));
      series.errors.push_back(standard_error(values));
    }
    if (!series.points.empty()) plot.series.push_back(std::move(series));
  }
  return plot;
}

Rows tenant_table(const std::vector<TenantPoint>& points, const std::vector<std::string>& methods,
                  const TenantFigure& figure, const TenantAxis& axis, const std::string& axis_name) {
  Rows rows{{axis_name}};
  std::map<double, std::vector<std::string>> by_x;
  for (const std::string& method : methods) {
    const auto values = values_of(points, method, figure, axis);
    if (values.empty()) continue;
    rows.front().push_back(method);
    for (const auto& [x, of_mixes] : values) {
      std::string cell = fmt::format("{:.{}f}", mean(of_mixes), figure.share ? 3 : 1);
      if (of_mixes.size() > 1)
        cell += fmt::format(" ± {:.{}f}", standard_error(of_mixes), figure.share ? 3 : 1);
      by_x[x].push_back(std::move(cell));
    }
  }
  for (const auto& [x, cells] : by_x) {
    rows.push_back({fmt::format("{:g}", x)});
    rows.back().insert(rows.back().end(), cells.begin(), cells.end());
  }
  return rows;
}

Rows tenant_rows(const std::vector<TenantPoint>& points) {
  Rows rows{{"apps", "mix", "share", "method", "feasible", "predicted_f1"}};
  for (const TenantFigure& figure : tenant_figures()) rows.front().push_back(figure.name);
  for (const TenantPoint& point : points) {
    rows.push_back({std::to_string(point.tenants), std::to_string(point.mix + 1),
                    fmt::format("{:g}", point.share), point.method, point.outcome.feasible ? "1" : "0",
                    fmt::format("{:.6f}", point.outcome.mean(&TenantOutcome::App::predicted_f1))});
    for (const TenantFigure& figure : tenant_figures())
      rows.back().push_back(fmt::format("{:.6f}", figure.value(point.outcome)));
  }
  return rows;
}

}  // namespace mainstream
