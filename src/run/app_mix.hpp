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

struct AppMix {
  Base base;
  Mode mode = Mode::mainstream;
  std::vector<MixedApp> apps;
  std::vector<std::string> branchpoints;  // tensors where usable candidates begin, in the base's order

  // From now on only candidates[app] may be used.
  void use_only(const std::vector<std::size_t>& candidates);

  [[nodiscard]] EventRule event_rule(std::size_t app, double stream_fps) const;
};

// Throws usage for two packages of one app, and what readers of bases and packages throw.
[[nodiscard]] AppMix read_mix(const std::filesystem::path& base,
                              const std::vector<std::filesystem::path>& packages, Mode mode);

}  // namespace mainstream
