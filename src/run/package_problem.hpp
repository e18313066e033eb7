// M-Packages in the scheduler's terms.
#pragma once

#include <span>
#include <vector>

#include "mainstream/base.hpp"
#include "mainstream/engine.hpp"
#include "mainstream/package.hpp"
#include "mainstream/profile.hpp"
#include "mainstream/scheduler.hpp"

namespace mainstream {

// The app's name, its events, and its candidates in the manifest's order with their quality: what was
// measured, tempered by the model, and not falling from a more frozen candidate to a less frozen one. How
// many layers are frozen and what a head costs is left to the caller.
[[nodiscard]] Problem::App describe_app(const Manifest& manifest);

// Every whole frame rate that a stream can give, and its own.
[[nodiscard]] std::vector<double> stream_rates(double stream_fps);

// Apps of one base on one stream, with the costs of a profile in milliseconds per second. Measures the heads.
// The packages were verified against the base.
[[nodiscard]] Problem problem_from_packages(const Engine& engine, const Base& base, const Profile& profile,
                                            std::span<const MPackage> packages, double stream_fps,
                                            double budget);

}  // namespace mainstream
