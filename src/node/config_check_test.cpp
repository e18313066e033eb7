#include "node/config_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/cpus.hpp"
#include "run/testing.hpp"

namespace mainstream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ConfigCheckTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { mix_ = new TestMix; }
  static void TearDownTestSuite() {
    delete mix_;
    mix_ = nullptr;
  }

  // A node with a clip and a camera that nobody opens; apps follow.
  [[nodiscard]] static std::string head(const std::string& more = {}) {
    return fmt::format(R"([node]
bases = "base.onnx"
cache = "cache"
{}
[[stream]]
name = "clip"
url = "clip.avi"
[[stream]]
name = "camera"
url = "rtsp://127.0.0.1:1/none"
)",
                       more);
  }
  [[nodiscard]] static std::string app(const std::string& package, const std::string& more) {
    return fmt::format("[[app]]\npackage = \"{}\"\n{}\n", package, more);
  }
  [[nodiscard]] static ConfigCheck check(const std::string& text) {
    const ConfigReading reading = parse_config(text, mix_->folder.path());
    for (const ConfigFault& fault : reading.faults) ADD_FAILURE() << fault.at.line << ": " << fault.what;
    return check_config(reading.config);
  }
  [[nodiscard]] static std::vector<std::string> faults(const std::string& text) {
    std::vector<std::string> all;
    for (const ConfigFault& fault : check(text).faults) {
      all.push_back(fmt::format("{} {}: {}", to_string(fault.kind), fault.at.line, fault.what));
    }
    return all;
  }

  static TestMix* mix_;
};

TestMix* ConfigCheckTest::mix_ = nullptr;

TEST_F(ConfigCheckTest, ForecastsWhatWillRun) {
  const ConfigCheck result =
      check(head() + app("a.mpkg", "stream = [\"clip\", \"camera\"]\nmin_fps = 10") +
            app("b.mpkg", "name = \"left half\"\nstream = \"clip\"\nregion = [0, 0, 0.5, 1]") +
            app("c.mpkg", "stream = \"clip\"\nenabled = false") + "[schedule]\nbudget = 900\n");
  ASSERT_THAT(result.faults, IsEmpty()) << result.faults.front().what;
  const NodeForecast& forecast = result.forecast.value();
  ASSERT_EQ(forecast.apps.size(), 3U) << "a on two streams, and b";
  EXPECT_EQ(forecast.apps[1].name + " on " + forecast.apps[1].stream, "a on camera");
  EXPECT_EQ(forecast.apps[2].name, "left half");
  ASSERT_EQ(forecast.mix.stems.size(), 3U) << "the region has a stem of its own";
  EXPECT_EQ(forecast.mix.stems[0].fps, kClipFps) << "as the clip states";
  EXPECT_EQ(forecast.mix.stems[1].fps, 15) << "nobody asks the camera";
  EXPECT_EQ(forecast.mix.stems[2].width, 64) << "half of the clip's 128";
  EXPECT_GE(forecast.plan.settings[0].fps, 10);
  EXPECT_LE(forecast.plan.schedule.cost, 900);
  EXPECT_THAT(forecast.guessed, ElementsAre(mix_->base_path())) << "nothing is measured";
  EXPECT_THAT(result.notes, ElementsAre(HasSubstr("stream camera: planned with 15 fps")));
  EXPECT_FALSE(std::filesystem::exists(mix_->folder / "cache"));
  EXPECT_FALSE(std::filesystem::exists(mix_->folder / "state"));
}

TEST_F(ConfigCheckTest, OnlyACameraHasASubstream) {
  const auto with = [](const std::string& url, const std::string& substream) {
    return faults(
        fmt::format("[node]\nbases = \"base.onnx\"\ncache = \"cache\"\n[[stream]]\nname = \"s\"\nurl = "
                    "\"{}\"\nsubstream = \"{}\"\n",
                    url, substream) +
        app("a.mpkg", "stream = \"s\""));
  };
  EXPECT_THAT(with("rtsp://127.0.0.1:1/main", "rtsp://127.0.0.1:1/sub"), IsEmpty());
  EXPECT_THAT(with("clip.avi", "rtsp://127.0.0.1:1/sub"),
              ElementsAre(HasSubstr("7: only a camera has a substream, and url names none")));
  EXPECT_THAT(with("rtsp://127.0.0.1:1/main", "clip.avi"),
              ElementsAre(HasSubstr("7: expected a url, got a path")));
}

TEST_F(ConfigCheckTest, UsesCachedCosts) {
  const Engine engine({.threads = 1});
  (void)known_costs(engine, mix_->mix(), mix_->folder / "known");
  const std::string apps = app("a.mpkg", "stream = \"clip\"");
  const ConfigReading reading = parse_config(head("threads = 1") + apps, mix_->folder.path());
  NodeConfig config = reading.config;
  config.node.cache = mix_->folder / "known";
  const ConfigCheck result = check_config(config);
  ASSERT_TRUE(result.forecast);
  EXPECT_THAT(result.forecast->guessed, IsEmpty());
}

TEST_F(ConfigCheckTest, FindsAllThatIsMissing) {
  write_file(mix_->folder / "broken.mpkg", "no package");
  write_base(make_base(12), mix_->folder / "other.onnx");
  EXPECT_THAT(faults(head() + "credentials = \"none.txt\"\n" + app("none.mpkg", "stream = \"clip\"") +
                     app("broken.mpkg", "stream = \"clip\"") +
                     "[[sink]]\ntype = \"webhook\"\nurl = \"http://localhost/\"\nsecret = \"key\"\n"),
              ElementsAre(HasSubstr("unreadable 11: "), HasSubstr("unreadable 13: "),
                          HasSubstr("untrusted 16: "), HasSubstr("unreadable 21: ")));
  const std::string other = R"([node]
bases = ["other.onnx"]
[[stream]]
name = "clip"
url = "gone.avi"
)";
  EXPECT_THAT(faults(other + app("a.mpkg", "stream = \"clip\"")),
              ElementsAre(HasSubstr("unreadable 5: "), HasSubstr("a.mpkg: was made for base")));
  EXPECT_THAT(faults(head("state = \"clip.avi/state\"") + app("a.mpkg", "stream = \"clip\"")),
              ElementsAre(testing::StartsWith("storage 4: ")));
}

TEST_F(ConfigCheckTest, NamesOfPackagesMayClash) {
  EXPECT_THAT(faults(head() + app("a.mpkg", "stream = \"clip\"") + app("a.mpkg", "stream = \"camera\"")),
              ElementsAre(HasSubstr("the app \"a\" stands twice; give one of them another name")));
  EXPECT_THAT(
      faults(head() + app("a.mpkg", "stream = \"clip\"") + app("b.mpkg", "name = \"a\"\nstream = \"clip\"")),
      ElementsAre(HasSubstr("the app \"a\" stands twice")));
}

TEST_F(ConfigCheckTest, SaysThatNoScheduleFits) {
  EXPECT_THAT(
      faults(head() + app("a.mpkg", "stream = \"clip\"\nmin_fps = 20") + "[schedule]\nbudget = 0.001\n"),
      ElementsAre(testing::StartsWith("infeasible 16: no schedule fits: ")));
  const ConfigCheck idle = check(head() + app("a.mpkg", "stream = \"clip\"\nenabled = false"));
  EXPECT_THAT(idle.faults, IsEmpty()) << "someone may enable it while the node runs";
  EXPECT_THAT(idle.notes, testing::Contains("no app is enabled"));
}

TEST_F(ConfigCheckTest, RefusesNothingBecauseDecodingMightTakeLong) {
  const ConfigCheck one = check(head() + app("a.mpkg", "stream = \"camera\"\nmin_fps = 15"));
  ASSERT_TRUE(one.forecast);
  // As many as the processors can analyse, but not decode at the cost that is assumed.
  const double cost = one.forecast->plan.schedule.cost;
  const int many = static_cast<int>(std::max(12 * usable_cpu_time(), std::ceil(150 / cost)));
  ASSERT_LT(many * cost, 900 * usable_cpu_time()) << "the test's base is small";
  ASSERT_LE(many, 900) << cost;
  std::string text = "[node]\nbases = \"base.onnx\"\ncache = \"cache\"\n";
  for (int s = 0; s < many; ++s) {
    text += fmt::format("[[stream]]\nname = \"c{}\"\nurl = \"rtsp://127.0.0.1:1/none\"\n", s);
    text += app("a.mpkg", fmt::format("name = \"a{0}\"\nstream = \"c{0}\"\nmin_fps = 15", s));
  }
  const ConfigCheck all = check(text);
  EXPECT_THAT(all.faults, IsEmpty());
  EXPECT_THAT(all.notes, testing::Contains(HasSubstr("planned without it")));
}

}  // namespace
}  // namespace mainstream
