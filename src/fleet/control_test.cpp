// Against a real broker, with a client in a node's place.
#include "fleet/control.hpp"

#include "sink/mqtt_testing.hpp"

namespace mainstream {
namespace {

using testing::HasSubstr;
using Progress = NodeReport::Progress;

class FleetControlTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kBroker)) GTEST_SKIP() << kBroker << " is not installed";
    broker_.emplace();
    node_.emplace(broker_->port());
    MqttBroker place;
    place.host = "127.0.0.1";
    place.port = broker_->port();
    control_.emplace(place, kPatience);
  }

  [[nodiscard]] NodeView view() const { return control_->nodes()["one"]; }
  [[nodiscard]] bool comes_to(std::int64_t version, Outcome outcome) const {
    return soon([&] { return outcome_of(view(), version) == outcome; });
  }
  void report(std::int64_t version, std::int64_t wanted, Progress progress) {
    NodeReport report;
    report.node = "one";
    report.time = wall_now();
    report.version = version;
    report.wanted = wanted;
    report.progress = progress;
    node_->send(topics_.reported(), to_json(report), true);
  }

  const FleetTopics topics_{"one"};
  std::optional<TestBroker> broker_;
  std::optional<Listener> node_;
  std::optional<FleetControl> control_;
};

TEST_F(FleetControlTest, GivesAStateAgainThatTheNodeRefused) {
  DesiredState state;
  state.config = "[schedule]\nbudget = 300\n";
  EXPECT_EQ(control_->give("one", state), 1);
  ASSERT_TRUE(soon([&] { return view().desired.has_value(); }));
  EXPECT_EQ(control_->give("one", state), 1) << "the node has not said anything yet";
  report(0, 1, Progress::refused);
  ASSERT_TRUE(comes_to(1, Outcome::refused));
  EXPECT_EQ(control_->give("one", state), 2);
  ASSERT_TRUE(soon([&] { return view().desired->version == 2; }));
  EXPECT_EQ(outcome_of(view(), 2), Outcome::waiting);
  EXPECT_EQ(control_->give("one", state), 2) << "the node has not said anything of it yet";
  report(2, 2, Progress::applied);
  ASSERT_TRUE(comes_to(2, Outcome::applied));
  EXPECT_EQ(control_->give("one", state), 2);
}

TEST_F(FleetControlTest, TellsWhatIsUnreadableWhateverElseComes) {
  node_->send(topics_.reported(), R"({"format":1})", true);
  node_->send(topics_.online(), "online", true);
  ASSERT_TRUE(soon([&] { return view().online; }));
  EXPECT_THAT(view().unreadable, HasSubstr("reported"));
  node_->send(topics_.desired(), "[]", true);
  ASSERT_TRUE(soon([&] { return view().unreadable.starts_with("desired: expected an object"); }));
  EXPECT_THAT(view().unreadable, HasSubstr("; reported"));
  report(0, 0, Progress::own);
  ASSERT_TRUE(soon([&] { return view().report.has_value(); }));
  EXPECT_THAT(view().unreadable, HasSubstr("desired"));
  EXPECT_THAT(view().unreadable, testing::Not(HasSubstr("reported")));
  EXPECT_EQ(control_->give("one", {}), 1);
  ASSERT_TRUE(soon([&] { return view().desired.has_value(); }));
  EXPECT_EQ(view().unreadable, "");
}

}  // namespace
}  // namespace mainstream
