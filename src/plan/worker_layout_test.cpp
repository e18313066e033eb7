#include "core/file.hpp"
#include "core/testing.hpp"
#include "mainstream/planning.hpp"
#include "package/testing.hpp"

namespace mainstream {
namespace {

Mix mix_of(std::size_t stems) {
  Mix mix;
  for (std::size_t i = 0; i < stems; ++i) {
    Mix::Stem& stem = mix.stems.emplace_back();
    stem.stream = "stream" + std::to_string(i);
    stem.base = tiny_base();
  }
  return mix;
}

TEST(WorkerLayoutTest, WorkersAndThreadsFillTheProcessorsAsFarAsThereAreStems) {
  const auto layouts = [](std::size_t stems, int cpus) {
    std::vector<std::pair<int, int>> pairs;
    for (const auto& [layout, frames] : measure_worker_layouts(mix_of(stems), cpus)) {
      pairs.emplace_back(layout.workers, layout.threads);
      EXPECT_GT(frames, 0);
    }
    return pairs;
  };
  using Pairs = std::vector<std::pair<int, int>>;
  EXPECT_EQ(layouts(3, 4), (Pairs{{3, 1}, {2, 2}, {1, 4}}));
  EXPECT_EQ(layouts(1, 2), (Pairs{{1, 1}, {1, 2}}));
}

TEST(WorkerLayoutTest, IsMeasuredOnceForAMachineAndItsBases) {
  const TestFolder folder;
  const WorkerLayout layout = best_worker_layout(mix_of(2), 2, folder.path());
  EXPECT_TRUE(layout == (WorkerLayout{2, 1}) || layout == (WorkerLayout{1, 2}));
  ASSERT_EQ(folder.names().size(), 1U);
  const std::filesystem::path file = folder / folder.names().front();
  write_file(file, R"({"workers": 1, "threads": 2})");
  EXPECT_EQ(best_worker_layout(mix_of(5), 2, folder.path()), (WorkerLayout{1, 2}))
      << "more stems than processors";
  write_file(file, R"({"workers": 3, "threads": 2})");
  EXPECT_LE(best_worker_layout(mix_of(2), 2, folder.path()).workers, 2)
      << "what is out of range is measured again";
}

TEST(WorkerLayoutTest, OneProcessorNeedsNoMeasurement) {
  const TestFolder folder;
  EXPECT_EQ(best_worker_layout(mix_of(3), 1, folder.path()), (WorkerLayout{1, 1}));
  EXPECT_TRUE(folder.names().empty());
}

}  // namespace
}  // namespace mainstream
