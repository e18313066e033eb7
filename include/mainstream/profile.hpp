// Costs of a base's layers on this machine, for the scheduler.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mainstream/base.hpp"
#include "mainstream/engine.hpp"

namespace mainstream {

// Measured times of a base's layers, on an otherwise idle engine. A convolution's time includes the layers
// fused with it, so single layers are a guide; sums between branchpoints are exact measurements.
struct Profile {
  std::string base_id;
  std::string processor;  // its name, from the system
  int threads = 0;
  NumberType number_type = NumberType::f32;
  std::vector<double> layer_ms;  // one per layer up to the features
  // One run of the whole stem, input to features, measured by itself. The sum of layer_ms is within a few
  // percent of its median; p90 far above the median means that other work disturbed the machine.
  Timing stem;
  // Other milliseconds per frame measured here for this base's apps (planning.hpp):
  std::map<std::string, double> scale_ms;  // to scale a picture of this size, "768x576", to the base's input
  std::map<std::string, double> own_ms;    // to run an app's own network behind the stem, by its structure

  // Milliseconds of layers [first, end).
  [[nodiscard]] double range_ms(std::int64_t first, std::int64_t end) const;
};

// Measures for about `duration` after compiling. Throws unsupported for a number type that the processor
// lacks, and usage for int8 if the base has no ranges.
[[nodiscard]] Profile profile_base(const Engine& engine, const Base& base,
                                   NumberType number_type = NumberType::f32,
                                   std::chrono::milliseconds duration = std::chrono::milliseconds(2000));

// The number types other than f32 that calibration approved of for this base and this processor supports, the
// most exact first.
[[nodiscard]] std::vector<NumberType> offered_number_types(const Base& base);

// ---- Kept between runs ----------------------------------------------------------------------------- A
// profile is valid for one base, number type, processor, number of threads and engine version; the file's
// name is their hash.

// $XDG_CACHE_HOME/mainstream, else ~/.cache/mainstream; a folder for temporary files if neither exists.
[[nodiscard]] std::filesystem::path cache_folder();

// Reads the profile from the cache, or else measures and stores it. Measures again if the file cannot be
// read, and logs a warning if it cannot be written.
[[nodiscard]] Profile cached_profile(const Engine& engine, const Base& base,
                                     NumberType number_type = NumberType::f32,
                                     const std::filesystem::path& folder = cache_folder(),
                                     std::chrono::milliseconds duration = std::chrono::milliseconds(2000));

// The profile in the cache; nothing if there is none that can be used.
[[nodiscard]] std::optional<Profile> find_profile(const Engine& engine, const Base& base,
                                                  NumberType number_type = NumberType::f32,
                                                  const std::filesystem::path& folder = cache_folder());

// Measures again in any case, and stores the profile.
[[nodiscard]] Profile fresh_profile(const Engine& engine, const Base& base,
                                    NumberType number_type = NumberType::f32,
                                    const std::filesystem::path& folder = cache_folder(),
                                    std::chrono::milliseconds duration = std::chrono::milliseconds(2000));

// Stores a profile to which times were added; logs a warning if it cannot be written.
void keep_profile(const Engine& engine, const Base& base, const Profile& profile,
                  const std::filesystem::path& folder = cache_folder());

void write_profile(const Profile& profile, const std::filesystem::path& path);
[[nodiscard]] Profile read_profile(const std::filesystem::path& path);  // throws unreadable or untrusted

}  // namespace mainstream
