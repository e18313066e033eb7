// Packages that a fleet gave to this node: SHA256.mpkg in a folder of its state directory, fetched from where
// the fleet says, taken only if size and hash are right, and removed when no state needs them any more.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "fleet/messages.hpp"
#include "net/http_client.hpp"

namespace mainstream {

class PackageCache {
 public:
  // `ca_file`: certificates that https trusts; empty: the system's. Nothing is made before the first fetch.
  PackageCache(std::filesystem::path folder, std::filesystem::path ca_file, std::uint64_t most_bytes);

  [[nodiscard]] std::filesystem::path path_of(const DesiredPackage& package) const;

  // Fetches those that are not there yet; a download that broke off goes on. Tells the share of all bytes
  // that is there. Throws storage when the folder cannot be written, failed when a stop was asked for.
  [[nodiscard]] Download fetch(const std::vector<DesiredPackage>& packages, const std::stop_token& stop,
                               const std::function<void(double share)>& progress = {});

  // Removes all others, and downloads that broke off. What cannot be removed stays.
  void keep_only(const std::vector<DesiredPackage>& packages) const noexcept;

 private:
  [[nodiscard]] Download fetch_one(const DesiredPackage& package, const std::stop_token& stop,
                                   const std::function<void(std::uint64_t)>& progress);

  const std::filesystem::path folder_;
  const std::uint64_t most_bytes_;
  HttpClient client_;
};

}  // namespace mainstream
