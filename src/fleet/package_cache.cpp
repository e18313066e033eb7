#include "fleet/package_cache.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "package/sha256.hpp"

namespace mainstream {
namespace {

namespace fs = std::filesystem;

// Empty for a file that is not there.
std::string hash_of_file(const fs::path& path) {
  try {
    return sha256_of_file(path);
  } catch (const Error&) {
    return {};
  }
}

std::uint64_t sum_of_bytes(const std::vector<DesiredPackage>& packages) {
  std::uint64_t sum = 0;
  for (const DesiredPackage& package : packages) sum += package.bytes;  // 1000 of 2^40 at most
  return sum;
}

void make_private_folder_of(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (error) {
    throw Error(ErrorKind::storage,
                fmt::format("{}: cannot make the folder: {}", folder.string(), error.message()));
  }
}

}  // namespace

PackageCache::PackageCache(fs::path folder, fs::path ca_file, std::uint64_t most_bytes)
    : folder_(std::move(folder)), most_bytes_(most_bytes), client_({std::move(ca_file), {}, 0}) {}

fs::path PackageCache::path_of(const DesiredPackage& package) const {
  return folder_ / package_file_name(package.sha256);
}

Download PackageCache::fetch(const std::vector<DesiredPackage>& packages, const std::stop_token& stop,
                             const std::function<void(double)>& progress) {
  const std::uint64_t sum = sum_of_bytes(packages);
  if (sum > most_bytes_) {
    return {fmt::format("the packages need {} bytes, max_packages_mb allows {}", sum, most_bytes_), false};
  }
  make_private_folder_of(folder_);
  std::uint64_t done = 0;
  for (const DesiredPackage& package : packages) {
    const auto tell = [&](std::uint64_t bytes) {
      if (progress) progress(static_cast<double>(done + bytes) / static_cast<double>(sum));
    };
    Download one = fetch_one(package, stop, tell);
    if (stop.stop_requested()) throw Error(ErrorKind::failed, "stopped");
    if (!one.error.empty()) {
      one.error = fmt::format("package {}: {}", in_quotes(package.name), one.error);
      return one;
    }
    done += package.bytes;
    tell(0);
  }
  return {};
}

Download PackageCache::fetch_one(const DesiredPackage& package, const std::stop_token& stop,
                                 const std::function<void(std::uint64_t)>& progress) {
  const fs::path whole = path_of(package);
  if (hash_of_file(whole) == package.sha256) return {};
  fs::path part = whole;
  part += ".part";
  Download download = client_.download(package.url, part, package.bytes, stop, progress);
  if (!download.error.empty()) return download;
  if (const std::string hash = hash_of_file(part); hash != package.sha256) {
    std::error_code ignored;
    fs::remove(part, ignored);
    return {fmt::format("expected the sha256 {}, got {}", package.sha256, hash), false};
  }
  std::error_code error;
  fs::rename(part, whole, error);  // what it holds is on the disk already
  if (error)
    throw Error(ErrorKind::storage, fmt::format("{}: cannot rename: {}", part.string(), error.message()));
  return {};
}

void PackageCache::keep_only(const std::vector<DesiredPackage>& packages) const noexcept {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder_, ignored)) {
    const bool is_needed = std::ranges::any_of(
        packages, [&](const DesiredPackage& package) { return entry.path() == path_of(package); });
    if (!is_needed) fs::remove(entry.path(), ignored);
  }
}

}  // namespace mainstream
