// What the experiments with tenants have in common: each of several mixes of each size is scheduled with each
// method under each budget, and replayed. Charts and tables show means over the mixes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "eval/experiment.hpp"
#include "eval/tenants.hpp"

namespace mainstream {

// The apps' packages with all candidates, and those with tails alone, if there are any. Both have the same
// apps in the same order, on the same stream.
struct TenantPools {
  const TenantPool& all;
  const TenantPool* tails_only = nullptr;

  [[nodiscard]] const TenantPool* of(const Method& method) const {
    return method.tails_only ? tails_only : &all;
  }
};

// A budget of 1 is what one whole base at the stream's rate takes, so that alone it just fits.
[[nodiscard]] double whole_base_cost(const TenantPool& pool);

struct TenantGrid {
  std::vector<std::size_t> tenants;  // sizes of mixes
  std::vector<double> shares;        // budgets, in whole bases at the stream's rate
  std::vector<TenantMethod> methods;
  std::size_t mixes = 3;  // of each size
  std::uint64_t seed = 1;

  [[nodiscard]] std::size_t cells() const { return tenants.size() * shares.size() * methods.size() * mixes; }
  // The same for all methods and budgets.
  [[nodiscard]] TenantMix mix(std::size_t pool, std::size_t size, std::size_t number) const;
};

struct TenantPoint {
  std::size_t tenants = 0, mix = 0;
  double share = 0;
  std::string method;
  TenantOutcome outcome;
};

// Fills in the cells; methods whose pool is missing are left out.
[[nodiscard]] std::vector<TenantPoint> measure_grid(ExperimentResults& results, const TenantPools& pools,
                                                    const TenantGrid& grid);

// A figure of an outcome, as charts show it: "event F1", "busy time, ms/s".
struct TenantFigure {
  std::string name;   // "f1": ending of the chart's file name
  std::string label;  // of the axis
  std::function<double(const TenantOutcome&)> value;
  bool share = false;  // from 0 to 1
};
[[nodiscard]] const std::vector<TenantFigure>& tenant_figures();  // f1, recall, precision, fps, busy
[[nodiscard]] const TenantFigure& tenant_figure(const std::string& name);

using TenantAxis = std::function<double(const TenantPoint&)>;
[[nodiscard]] double tenants_axis(const TenantPoint& point);
[[nodiscard]] double share_axis(const TenantPoint& point);  // percent

// Lines of the named methods over the axis: the mean over mixes with its standard error.
[[nodiscard]] Plot tenant_plot(const std::vector<TenantPoint>& points,
                               const std::vector<std::string>& methods, const TenantFigure& figure,
                               const TenantAxis& axis, const Plot& frame);
// One row for each value of the axis, one column for each method: mean and, from two mixes on, standard
// error.
[[nodiscard]] Rows tenant_table(const std::vector<TenantPoint>& points,
                                const std::vector<std::string>& methods, const TenantFigure& figure,
                                const TenantAxis& axis, const std::string& axis_name);
// One row for each point, with all figures.
[[nodiscard]] Rows tenant_rows(const std::vector<TenantPoint>& points);

}  // namespace mainstream
