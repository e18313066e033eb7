#include "experiment_testing.hpp"

namespace mainstream {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kDemo =
    "demo --base base.onnx --video clip.avi --labels labels.csv --training-frames 30 --candidates exits -o "
    "out ";

TEST(DemoCommandTest, AppsAreTrainedAtTheRateThatTheyRunAt) {
  const NotedTraining demo;
  (void)demo.run(kDemo);
  EXPECT_THAT(demo.calls(), Not(HasSubstr("--fps")));  // the clip's own, for both
  (void)demo.run(std::string(kDemo) + "--stream-fps 12");
  EXPECT_THAT(demo.calls(), HasSubstr("--fps 12\n"));
}

TEST(DemoCommandTest, PackagesOfAnotherClipOrRateAreTrainedAgain) {
  const NotedTraining demo;
  (void)demo.run(kDemo);
  EXPECT_EQ(demo.trainings(), 1);
  (void)demo.run(kDemo);
  EXPECT_EQ(demo.trainings(), 1) << "it is trained already";
  (void)demo.run(std::string(kDemo) + "--stream-fps 12");
  EXPECT_EQ(demo.trainings(), 2);
  (void)demo.run(kDemo);
  EXPECT_EQ(demo.trainings(), 3);
  demo.append("clip.avi", "more");
  (void)demo.run(kDemo);
  EXPECT_EQ(demo.trainings(), 4);
}

}  // namespace
}  // namespace mainstream
