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

// Where it stands in the list, in which it must be: what problems and schedules call it.
[[nodiscard]] int index_of(std::span<const Precision> precisions, Precision precision);

// The precisions that a candidate may run with, of those in the list: f32 first, then what it was measured
// at.
[[nodiscard]] std::vector<PrecisionPair> precisions_of(const Candidate& candidate,
                                                       std::span<const Precision> precisions);

// Those that are worth knowing the costs of: offered by the base, computed by the processor, and run with by
// some candidate. From the most exact, which is f32, to the least.
[[nodiscard]] std::vector<Precision> useful_precisions(const Base& base,
                                                       const std::vector<const Manifest*>& manifests);

// The app's name, its events, and its candidates in the manifest's order, each with all its precisions_of
// (indices into the list) and with what was measured of it, which is to be pooled with the mix's
// (pool_estimates). tpr and fpr are not better than in f32. What a head costs is left to the caller.
[[nodiscard]] Problem::App describe_app(const Manifest& manifest, std::span<const Precision> precisions);

// Every whole frame rate that a stream can give, and its own.
[[nodiscard]] std::vector<double> stream_rates(double stream_fps);

// Apps of one base on one stream, with the costs of profiles in milliseconds per second: one for each of the
// precisions to choose from, the most exact first. Measures the heads. The packages were verified against the
// base.
[[nodiscard]] Problem problem_from_packages(const Engine& engine, const Base& base,
                                            std::span<const Profile> profiles,
                                            std::span<const MPackage> packages, double stream_fps,
                                            double budget);

}  // namespace mainstream
