// What a base costs on this machine, layer by layer: the scheduler's costs.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "mainstream/base.hpp"
#include "mainstream/engine.hpp"

namespace mainstream {

// Measured times of a base's layers, on an otherwise idle engine. A convolution's time includes what is fused
// with it, so single layers are a guide; sums between branchpoints are what was measured.
struct Profile {
  std::string base_id;
  std::string processor;  // its name, as the system tells it
  int threads = 0;
  NumberType number_type = NumberType::f32;
  std::vector<double> layer_ms;  // one per layer up to the features
  // One run of the whole stem, input to features, measured by itself. The sum of layer_ms is within a few
  // percent of its median; p90 far above the median means that the machine was busy with something else.
  Timing stem;
  // Milliseconds of one frame of what else was measured here for this base's apps (planning.hpp):
  std::map<std::string, double> scale_ms;  // a picture of this size, "768x576", to the base's input
  std::map<std::string, double> own_ms;    // an app's own network behind the stem, by its structure

  // Milliseconds of layers [first, end).
  [[nodiscard]] double range_ms(std::int64_t first, std::int64_t end) const;
};

// Measures for about `duration` after compiling. Throws unsupported for a number type that the processor does
// not have, usage for int8 of a base that has no ranges.
[[nodiscard]] Profile profile_base(const Engine& engine, const Base& base,
                                   NumberType number_type = NumberType::f32,
                                   std::chrono::milliseconds duration = std::chrono::milliseconds(2000));

// Those beside f32 that calibration approved of for this base and that this processor computes in, the most
// exact first.
[[nodiscard]] std::vector<NumberType> offered_number_types(const Base& base);

// ---- Kept between runs -----------------------------------------------------------------------------
// A profile holds for one base, number type, processor, number of threads and version of the engine; the
// file's name says so.

// $XDG_CACHE_HOME/mainstream, else ~/.cache/mainstream; a folder for temporary files where there is neither.
[[nodiscard]] std::filesystem::path cache_folder();

// From the cache, else measured and stored there. A file that cannot be read is measured anew; one that
// cannot be written is a warning in the log.
[[nodiscard]] Profile cached_profile(const Engine& engine, const Base& base,
                                     NumberType number_type = NumberType::f32,
                                     const std::filesystem::path& folder = cache_folder(),
                                     std::chrono::milliseconds duration = std::chrono::milliseconds(2000));

// Measured in any case, and stored.
[[nodiscard]] Profile fresh_profile(const Engine& engine, const Base& base,
                                    NumberType number_type = NumberType::f32,
                                    const std::filesystem::path& folder = cache_folder(),
                                    std::chrono::milliseconds duration = std::chrono::milliseconds(2000));

// Stores what has been added to a profile; what cannot be written is a warning in the log.
void keep_profile(const Engine& engine, const Base& base, const Profile& profile,
                  const std::filesystem::path& folder = cache_folder());

void write_profile(const Profile& profile, const std::filesystem::path& path);
[[nodiscard]] Profile read_profile(const std::filesystem::path& path);  // throws unreadable or untrusted

}  // namespace mainstream
