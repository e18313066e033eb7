// A plan made runnable for one stem.
#pragma once

#include <compare>
#include <memory>
#include <string>
#include <vector>

#include "mainstream/event.hpp"
#include "mainstream/planning.hpp"
#include "run/cadence.hpp"
#include "run/pipeline.hpp"

namespace mainstream {

// What makes a stem the same in two mixes.
struct StemKey {
  std::string stream, base;  // the base's id
  Region region;
  auto operator<=>(const StemKey&) const = default;  // NOLINT(modernize-use-nullptr)
};

[[nodiscard]] inline StemKey key_of(const Mix::Stem& stem) {
  return {stem.stream, stem.base.id, stem.region};
}

// The analysis of the stem runs it until the next one.
struct StemPlan {
  struct App {
    std::string id;
    EventRule rule;
    std::string package;  // sha256 of its file, for the events; empty: not known
    Setting setting;
    AnsweredBy answered_by = {};
  };

  int number = 0;         // 0, 1, .. in order of deployment
  std::vector<App> apps;  // those of the stem, in the mix's order
  Cadence cadence;
  std::unique_ptr<Pipeline> pipeline;
};

}  // namespace mainstream
