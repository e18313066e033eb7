#include "core/cpus.hpp"

#include <sched.h>

#include "core/file.hpp"
#include "core/testing.hpp"

namespace mainstream {
namespace {

cpu_set_t affinity() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  EXPECT_EQ(sched_getaffinity(0, sizeof mask, &mask), 0);
  return mask;
}

// A machine's proc and sys, as far as groups go.
class Machine {
 public:
  void write(const std::string& path, const std::string& content) const {
    std::filesystem::create_directories((folder_ / path).parent_path());
    write_file(folder_ / path, content);
  }
  [[nodiscard]] int usable() const { return usable_cpus(folder_.path()); }
  [[nodiscard]] double time() const { return usable_cpu_time(folder_.path()); }

 private:
  TestFolder folder_;
};

TEST(CpusTest, FollowsTheAffinityMask) {
  const cpu_set_t before = affinity();
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
    if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
  }
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(usable_cpus(), 1);
  EXPECT_EQ(Machine().usable(), 1);
  sched_setaffinity(0, sizeof before, &before);
  EXPECT_EQ(Machine().usable(), CPU_COUNT(&before)) << "no group limits it";
}

TEST(CpusTest, FollowsTheQuotaOfItsGroup) {
  const Machine machine;
  machine.write("proc/self/cgroup", "0::/box/inner\n");
  machine.write("sys/fs/cgroup/box/inner/cpu.max", "50000 100000\n");
  EXPECT_EQ(machine.usable(), 1) << "half a processor is one thread";
  machine.write("sys/fs/cgroup/box/inner/cpu.max", "max 100000\n");
  EXPECT_EQ(machine.usable(), Machine().usable());
  machine.write("sys/fs/cgroup/box/inner/cpu.max", "100000000 100000\n");
  EXPECT_EQ(machine.usable(), Machine().usable()) << "a quota beyond the processors adds none";
}

TEST(CpusTest, RoundsAQuotaUp) {
  if (Machine().usable() < 2) GTEST_SKIP() << "one processor";
  const Machine machine;
  machine.write("proc/self/cgroup", "0::/\n");
  machine.write("sys/fs/cgroup/cpu.max", "110000 100000\n");
  EXPECT_EQ(machine.usable(), 2);
  EXPECT_DOUBLE_EQ(machine.time(), 1.1);
}

TEST(CpusTest, FollowsTheTightestGroupAbove) {
  const Machine machine;
  machine.write("proc/self/cgroup", "0::/box/inner\n");
  machine.write("sys/fs/cgroup/box/inner/cpu.max", "max 100000\n");
  machine.write("sys/fs/cgroup/box/cpu.max", "100000 100000\n");
  EXPECT_EQ(machine.usable(), 1);
}

TEST(CpusTest, KnowsTheFirstVersionOfGroups) {
  const Machine machine;
  machine.write("proc/self/cgroup", "5:memory:/box\n4:cpu,cpuacct:/box\n");
  machine.write("sys/fs/cgroup/cpu/box/cpu.cfs_period_us", "100000\n");
  machine.write("sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "100000\n");
  EXPECT_EQ(machine.usable(), 1);
  machine.write("sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(machine.usable(), Machine().usable());
}

TEST(CpusTest, TakesNothingFromFilesItCannotRead) {
  const Machine machine;
  machine.write("proc/self/cgroup", "nonsense\n0::\n::\n0::/box\n");
  machine.write("sys/fs/cgroup/box/cpu.max", "many 100000\n");
  EXPECT_EQ(machine.usable(), Machine().usable());
}

}  // namespace
}  // namespace mainstream
