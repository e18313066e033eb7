// The apps of a run and their common base: read, verified, and put in the terms of one stem.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "mainstream/base.hpp"
#include "mainstream/event.hpp"
#include "mainstream/package.hpp"
#include "mainstream/runner.hpp"

namespace mainstream {

struct MixedApp {
  MPackage package;
  std::vector<std::size_t> positive;  // indices of the classes that make an event
  std::vector<std::size_t> usable;    // candidates that the mode may choose from
  // By candidate of the package: its branchpoint as an index into AppMix::branchpoints.
  std::vector<std::size_t> branchpoint;

  [[nodiscard]] const std::string& name() const { return package.manifest().app; }
  [[nodiscard]] const Candidate& candidate(std::size_t index) const {
    return package.manifest().candidates[index];
  }
};

// What one app is set to.
struct Setting {
  std::size_t candidate = 0;  // index into the package's
  double fps = 0;
  // The stem's is what the candidate was measured at; for others' sake it may be more exact.
  PrecisionPair precisions;
  bool operator==(const Setting&) const = default;
};

struct AppMix {
  Base base;
  Mode mode = Mode::mainstream;
  std::vector<MixedApp> apps;
  std::vector<std::string> branchpoints;  // tensors where usable candidates begin, in the base's order
  std::vector<Precision> precisions;      // to choose from (useful_precisions)

  // What a candidate may run with; f32 first. Without sharing the whole network has one precision.
  [[nodiscard]] std::vector<PrecisionPair> precisions_of(const Candidate& candidate) const;

  // From now on only the candidates of settings[app] may be used, in f32 or as set.
  void use_only(const std::vector<Setting>& settings);

  [[nodiscard]] EventRule event_rule(std::size_t app, double stream_fps) const;
};

// Throws usage for two packages of one app, and what readers of bases and packages throw.
[[nodiscard]] AppMix read_mix(const std::filesystem::path& base,
                              const std::vector<std::filesystem::path>& packages, Mode mode);

}  // namespace mainstream
