#include "core/cpus.hpp"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <string>

namespace mainstream {
namespace {

constexpr double kNoLimit = std::numeric_limits<double>::infinity();

// Version 2 has both numbers in one file, "max 100000" when there is no limit.
double quota_v2(const std::filesystem::path& folder) {
  std::ifstream file(folder / "cpu.max");
  std::string quota;
  double period = 0;
  file >> quota >> period;
  const double allowed = std::strtod(quota.c_str(), nullptr);  // 0 for "max"
  return allowed > 0 && period > 0 ? allowed / period : kNoLimit;
}

// Version 1 has one file for each, -1 when there is no limit.
double quota_v1(const std::filesystem::path& folder) {
  double quota = -1;
  double period = 0;
  std::ifstream(folder / "cpu.cfs_quota_us") >> quota;
  std::ifstream(folder / "cpu.cfs_period_us") >> period;
  return quota > 0 && period > 0 ? quota / period : kNoLimit;
}

// Whether a line of /proc/self/cgroup, "4:cpu,cpuacct:/box", names the controller.
bool lists(const std::string& controllers, const std::string& controller) {
  return ("," + controllers + ",").find("," + controller + ",") != std::string::npos;
}

// The tightest limit of the group and its parents.
template <typename Quota>
double tightest(const std::filesystem::path& hierarchy, std::string group, Quota quota) {
  double limit = quota(hierarchy);
  for (; group.size() > 1; group.erase(group.rfind('/')))
    limit = std::min(limit, quota(hierarchy / group.substr(1)));
  return limit;
}

double cgroup_quota(const std::filesystem::path& root) {
  const std::filesystem::path mounted = root / "sys/fs/cgroup";
  double limit = kNoLimit;
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (second == std::string::npos || line.substr(second + 1, 1) != "/") continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty()) limit = std::min(limit, tightest(mounted, group, quota_v2));
    if (lists(controllers, "cpu")) limit = std::min(limit, tightest(mounted / "cpu", group, quota_v1));
  }
  return limit;
}

}  // namespace

double usable_cpu_time(const std::filesystem::path& root) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  const double affinity = sched_getaffinity(0, sizeof mask, &mask) == 0 ? CPU_COUNT(&mask) : 1;
  return std::min(affinity, cgroup_quota(root));
}

int usable_cpus(const std::filesystem::path& root) {
  return std::max(1, static_cast<int>(std::ceil(usable_cpu_time(root))));
}

}  // namespace mainstream
