#include "train/manifest_start.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <cmath>
#include <set>

#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "package/manifest.hpp"
#include "train/recipe.hpp"
#include "train/torch/device.hpp"

namespace mainstream {
namespace {

void check(bool right, const std::string& message) {
  if (!right) throw Error(ErrorKind::usage, message);
}

}  // namespace

std::string utc_now() {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
}

const char* to_string(CandidateChoice choice) {
  switch (choice) {
    case CandidateChoice::all:
      return "all";
    case CandidateChoice::exits:
      return "exits";
    case CandidateChoice::tails:
      return "tails";
  }
  return "unknown";
}

Manifest start_manifest(const Base& base, const std::string& app, const TrainOptions& options) {
  Manifest manifest;
  manifest.app = app;
  manifest.base_id = base.id;
  manifest.base_name = base.name;
  manifest.input = base.input;
  manifest.created = options.created.empty() ? utc_now() : options.created;
  manifest.trainer_version = MAINSTREAM_VERSION;
  manifest.seed = options.seed;
  return manifest;
}

Hyperparameters exit_hyperparameters(std::size_t folds, std::span<const double> strengths,
                                     std::span<const double> focuses) {
  Hyperparameters all{{"exits", "ridge regression"},
                      {"exit_folds", std::to_string(folds)},
                      {"exit_strengths", fmt::format("{}", fmt::join(strengths, " "))}};
  if (!focuses.empty()) all["exit_focuses"] = fmt::format("{}", fmt::join(focuses, " "));
  return all;
}

Hyperparameters tail_hyperparameters(const TailData& data) {
  return {{"tails", "AdamW from an exit, weights averaged over steps"},
          {"tail_folds", fmt::format("{}", data.folds.size())},
          {"learning_rate", fmt::format("{}", learning_rate_of(data))},
          {"head_factor", fmt::format("{}", recipe::kHeadRate)},
          {"layer_factor", fmt::format("{}", recipe::kRateByLayer)},
          {"weight_decay", fmt::format("{}", TailOptions{}.weight_decay)},
          {"batch", fmt::format("{}", data.learning.batch)},
          {"number_type", to_string(number_type_of(data))},
          {"views", fmt::format("{}", data.options.views)},
          {"epochs", fmt::format("{}", epochs_of(data))}};
}

void check_targets(std::span<const AppTarget> targets) {
  check(!targets.empty(), "no app to train");
  std::set<std::string> apps;
  std::set<std::filesystem::path> packages;
  for (const AppTarget& target : targets) {
    const std::string fault = fault_of_app_name(target.app);
    check(fault.empty(), fmt::format("app {}: {}", in_quotes(target.app), fault));
    check(apps.insert(target.app).second, "duplicate app " + target.app);
    check(packages.insert(target.package).second, "duplicate output " + target.package.string());
  }
}

void check_options(const TrainOptions& options) {
  check(options.branchpoint_count >= 0,
        fmt::format("branchpoints: expected at least 1, or 0 for the default number, got {}",
                    options.branchpoint_count));
  check(options.least_frozen >= 0 && options.least_frozen <= 1,
        fmt::format("least frozen fraction: expected 0 to 1, got {}", options.least_frozen));
  check(options.epochs >= 0 && options.epochs <= 100000,
        fmt::format("epochs: expected 1 to 100000, got {}", options.epochs));
  check(options.views >= 1 && options.views <= 100,
        fmt::format("views: expected 1 to 100, got {}", options.views));
  const double rate = options.learning_rate.value_or(1);
  check(std::isfinite(rate) && rate > 0 && rate <= 1,
        fmt::format("learning rate: expected above 0 and at most 1, got {}", rate));
  (void)device_named(options.device);  // throws for one that is not there, before minutes of work
}

}  // namespace mainstream
