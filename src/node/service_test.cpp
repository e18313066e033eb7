// A node in operation against a real broker, and by its hours.
#include "node/service.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cmath>
#include <ctime>
#include <fstream>
#include <random>
#include <thread>

#include "core/json.hpp"
#include "core/log.hpp"
#include "node/drift_watch.hpp"
#include "run/testing.hpp"
#include "sink/mqtt_testing.hpp"

namespace mainstream {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class ServiceTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    mix_ = new TestMix;
    keep_rough_costs(mix_->base, mix_->folder / "cache");
  }
  static void TearDownTestSuite() {
    delete mix_;
    set_log_level("info");
  }
  ~ServiceTest() override { stop(); }

  // Of node "yard" with stream "gate", app "near" on it, and these tables.
  [[nodiscard]] CheckedConfig config(const std::string& more) const {
    const std::string text = fmt::format(
        "[node]\nname = \"yard\"\nbases = \"base.onnx\"\ncache = \"cache\"\nstate = \"{}\"\nworkers = 1\n"
        "threads = 1\nlog = \"off\"\n[[stream]]\nname = \"gate\"\nurl = \"clip.avi\"\nloop = true\n"
        "[[app]]\nname = \"near\"\npackage = \"a.mpkg\"\nstream = \"gate\"\n{}",
        (folder_ / "state").string(), more);
    CheckedConfig checked = check_config_text(text, mix_->folder.path());
    for (const ConfigFault& fault : checked.check.faults) ADD_FAILURE() << message("config", fault);
    return checked;
  }
  void start(
      const std::string& more, const std::function<std::time_t()>& now = [] { return std::time(nullptr); }) {
    CheckedConfig checked = config(more);
    set_log_level("off");
    service_ = std::make_unique<NodeService>(std::move(checked), now);
    thread_ = std::jthread(
        [this](const std::stop_token& stopping) { service_->run(stopping, [this] { ++ticks_; }); });
  }
  void stop() {
    thread_ = {};
    service_.reset();
  }
  // Whether an app runs, and why not.
  [[nodiscard]] bool runs(const std::string& app) const {
    for (const NodeState::App& one : service_->state().node.apps)
      if (one.id == app_id(app, "gate")) return one.planned;
    return false;
  }
  [[nodiscard]] ServiceState::App app(const std::string& name) const {
    for (const ServiceState::App& one : service_->state().apps)
      if (one.name == name) return one;
    return {};
  }

  // Scores of whole days up to today: `usual` ones alike, then `other` ones.
  void remember_scores(const NodeState::App& app, int usual, int other) const {
    std::filesystem::remove_all(folder_ / "state/drift");
    NodeSetup setup;
    setup.streams = {{.name = app.stream, .source = mix_->clip().string()}};
    setup.apps = {{.id = app.id, .stream = app.stream, .package = mix_->packages()[0]}};
    const AnswerQuality* promised =
        mix_->manifests.at("a").candidate(app.setting.candidate).quality(app.setting.number_types);
    DriftWatch watch(folder_ / "state/drift", {});
    std::mt19937 random(1);
    const WallTime today = std::chrono::floor<std::chrono::days>(wall_now());
    for (WallTime time = today - std::chrono::days(usual + other); time < today; time += 10min) {
      std::normal_distribution<double> logit(time < today - std::chrono::days(other) ? -2 : 1);
      DriftWatch::Scores scores{.app = app.id,
                                .stream = app.stream,
                                .package = app.package,
                                .variant = app.setting.candidate + " " + to_string(app.setting.number_types),
                                .promised = promised};
      for (int i = 0; i < 60; ++i) ++scores.counts[score_bin(1 / (1 + std::exp(-logit(random))))];
      watch.follow(setup, time);
      watch.add(scores, time);
    }
  }

  static TestMix* mix_;
  TestFolder folder_;
  std::unique_ptr<NodeService> service_;
  std::atomic<int> ticks_ = 0;  // looks at hours, sinks and plans that are over
  std::jthread thread_;         // ends before the service
};

TestMix* ServiceTest::mix_ = nullptr;

// Home Assistant's part: it reads the discovery, follows the topics that it names, comes back, and toggles.
TEST_F(ServiceTest, HomeAssistantFindsAndTogglesAnApp) {
  if (!std::filesystem::exists(kBroker)) GTEST_SKIP() << kBroker << " is not installed";
  const TestBroker broker;
  Listener home_assistant(broker.port());
  start(fmt::format("[[sink]]\ntype = \"mqtt\"\nurl = \"mqtt://127.0.0.1:{}\"\n", broker.port()));
  const std::string discovery = "homeassistant/device/yard/config";
  ASSERT_TRUE(soon([&] { return !home_assistant.on(discovery).empty(); }));
  const Json device = Json::parse(home_assistant.last(discovery));
  Json sensor, on_off;
  for (const auto& component : device["components"].items()) {
    if (component.value()["platform"] == "binary_sensor") sensor = component.value();
    if (component.value()["platform"] == "switch") on_off = component.value();
  }
  ASSERT_FALSE(sensor.is_null()) << device;
  ASSERT_FALSE(on_off.is_null()) << device;
  const std::string state = sensor["state_topic"], set = on_off["command_topic"], is = on_off["state_topic"];
  EXPECT_TRUE(soon([&] { return home_assistant.last(state) == "ON"; })) << "an event begins";
  EXPECT_TRUE(soon([&] { return home_assistant.last("mainstream/yard/available") == "online"; }));
  EXPECT_TRUE(soon([&] { return home_assistant.last("mainstream/yard/gate/status") == "online"; }));
  EXPECT_EQ(home_assistant.last(is), "ON");

  home_assistant.send(set, "OFF");
  EXPECT_TRUE(soon([&] { return home_assistant.last(is) == "OFF"; }));
  EXPECT_FALSE(runs("near"));
  EXPECT_FALSE(app("near").enabled);
  EXPECT_TRUE(soon([&] { return home_assistant.last(state) == "OFF"; })) << "its event is closed";

  const std::size_t told = home_assistant.on(discovery).size();
  home_assistant.send("homeassistant/status", "online");
  EXPECT_TRUE(soon([&] { return home_assistant.on(discovery).size() > told; }))
      << "told again after a restart";
  EXPECT_EQ(Json::parse(home_assistant.last(discovery)), device);

  home_assistant.send(set, "ON");
  EXPECT_TRUE(soon([&] { return home_assistant.last(is) == "ON"; }));
  EXPECT_TRUE(soon([&] { return runs("near"); }));
  home_assistant.send("mainstream/yard/nobody/enabled/set", "OFF");
  // The document of `mainstream node CONFIG status`.
  const auto runs_by_stats = [&] {
    const std::string stats = home_assistant.last("mainstream/yard/stats");
    return stats.find("\"apps\":[{\"app\":\"near\",\"stream\":\"gate\"") != std::string::npos &&
           stats.find("\"apps\":[{\"name\":\"near\",\"enabled\":true") != std::string::npos;
  };
  EXPECT_TRUE(soon(runs_by_stats)) << home_assistant.last("mainstream/yard/stats");
  stop();
  EXPECT_TRUE(soon([&] { return home_assistant.last("mainstream/yard/available") == "offline"; }));
}

TEST_F(ServiceTest, AChangeLeavesTheNodeOnlineAndNothingOfAStreamThatIsGone) {
  if (!std::filesystem::exists(kBroker)) GTEST_SKIP() << kBroker << " is not installed";
  const TestBroker broker;
  const Listener listener(broker.port());
  const std::string available = "mainstream/yard/available", roof = "mainstream/yard/roof/status";
  const std::string sink =
      fmt::format("[[sink]]\ntype = \"mqtt\"\nurl = \"mqtt://127.0.0.1:{}\"\n", broker.port());
  start("[[stream]]\nname = \"roof\"\nurl = \"clip.avi\"\nloop = true\n" + sink);
  EXPECT_TRUE(soon([&] { return !listener.on(roof).empty(); }));
  service_->apply(config(sink));
  EXPECT_TRUE(soon([&] { return listener.last(roof).empty(); }));
  service_->apply(config(sink + "discovery = false\n"));
  const auto ended = [&] { return std::ranges::count(listener.on(available), "offline") == 1; };
  EXPECT_TRUE(soon(ended)) << "the sink that was replaced";
  EXPECT_TRUE(soon([&] { return listener.last(available) == "online"; }));
}

// What the node remembers of eleven days like each other, and of yesterday, on which scores were others: days
// pass before the node starts, the comparison and all that follows is the node's own.
TEST_F(ServiceTest, AWarningOfDriftReachesTheSinks) {
  if (!std::filesystem::exists(kBroker)) GTEST_SKIP() << kBroker << " is not installed";
  const TestBroker broker;
  Listener listener(broker.port());
  const std::filesystem::path lines = folder_ / "events.jsonl";
  const std::string sinks = fmt::format(
      "[[sink]]\ntype = \"jsonl\"\npath = \"{}\"\n[[sink]]\ntype = \"mqtt\"\nurl = "
      "\"mqtt://127.0.0.1:{}\"\n",
      lines.string(), broker.port());
  start(sinks);
  ASSERT_TRUE(soon([&] { return runs("near"); }));
  const NodeState::App near = service_->state().node.apps.at(0);
  stop();
  remember_scores(near, 11, 1);

  start(sinks);
  const auto warning = [&] {
    for (const std::string& payload : listener.on("mainstream/yard/warnings"))
      if (payload.find("scores") != std::string::npos) return payload;
    return std::string();
  };
  ASSERT_TRUE(soon([&] { return !warning().empty(); }));
  EXPECT_THAT(warning(), HasSubstr("its scores are not those of its first days here"));
  EXPECT_THAT(warning(), HasSubstr("look at the camera's picture and at the last events"));
  EXPECT_THAT(warning(), HasSubstr("remove " + (folder_ / "state/drift/gate.json").string()));
  EXPECT_TRUE(soon([&] {
    return std::filesystem::exists(lines) &&
           read_file(lines).find("not those of its first days") != std::string::npos;
  }));
  std::ifstream file(lines);
  for (std::string line; std::getline(file, line);) {
    const Json record = Json::parse(line);
    if (record["type"] != "warning") continue;
    EXPECT_EQ(record["app"], "near");
    EXPECT_EQ(record["stream"], "gate");
    EXPECT_EQ(record["warning"], Json::parse(warning())["warning"]);
  }
  EXPECT_TRUE(soon([&] { return !service_->state().node.apps.at(0).scores.warning.empty(); }));
}

// A moment of local time on a Wednesday.
std::time_t wednesday(int hour, int minute) {
  std::tm local{};
  local.tm_year = 124;
  local.tm_mon = 4;
  local.tm_mday = 15;
  local.tm_hour = hour;
  local.tm_min = minute;
  local.tm_isdst = -1;
  return std::mktime(&local);
}

TEST_F(ServiceTest, AppsRunWithinTheirHours) {
  std::atomic<std::time_t> now = wednesday(18, 59);
  start(
      "hours = \"mon-fri 07:00-19:00\"\n[[app]]\nname = \"night\"\npackage = \"b.mpkg\"\nstream = \"gate\"\n"
      "hours = [\"19:00-07:00\"]\n",
      [&] { return now.load(); });
  EXPECT_TRUE(soon([&] { return runs("near"); }));
  EXPECT_FALSE(runs("night"));
  EXPECT_FALSE(app("night").in_hours);
  EXPECT_TRUE(app("night").enabled);

  now = wednesday(19, 0);
  EXPECT_TRUE(soon([&] { return runs("night") && !runs("near"); }));
  EXPECT_TRUE(soon([&] { return app("night").in_hours && !app("near").in_hours; }));
  // What is turned off stays off in its hours.
  service_->set_enabled("near", false);
  now = wednesday(12, 0);
  EXPECT_TRUE(soon([&] { return !runs("night"); }));
  EXPECT_FALSE(runs("near"));
  EXPECT_TRUE(soon([&] { return app("near").in_hours; }));
  service_->set_enabled("near", true);
  EXPECT_TRUE(soon([&] { return runs("near"); }));
  stop();  // before `now` is gone
}

TEST_F(ServiceTest, APackageThatIsGoneHindersNoOtherApp) {
  const std::filesystem::path package = folder_ / "kept.mpkg";
  std::filesystem::copy_file(mix_->packages()[1], package);
  std::atomic<std::time_t> now = wednesday(18, 59);
  start(fmt::format("hours = \"mon-fri 07:00-19:00\"\n[[app]]\nname = \"kept\"\npackage = \"{}\"\n"
                    "stream = \"gate\"\n",
                    package.string()),
        [&] { return now.load(); });
  EXPECT_TRUE(soon([&] { return runs("near") && runs("kept"); }));
  std::filesystem::remove(package);
  now = wednesday(19, 0);
  EXPECT_TRUE(soon([&] { return !app("near").in_hours; }));
  EXPECT_FALSE(runs("near"));
  EXPECT_TRUE(soon([&] { return runs("kept"); }));
  service_->set_enabled("near", false);
  EXPECT_FALSE(app("near").enabled);
  // Who begins needs its file.
  service_->set_enabled("kept", false);
  EXPECT_ERROR(unreadable, service_->set_enabled("kept", true), "kept.mpkg");
  EXPECT_FALSE(app("kept").enabled);
  stop();
}

TEST_F(ServiceTest, WhatCannotBeginLetsOthersEndAndIsNotTriedEachSecond) {
  const std::filesystem::path package = folder_ / "late.mpkg";
  std::filesystem::copy_file(mix_->packages()[1], package);
  std::atomic<std::time_t> now = wednesday(18, 59);
  std::atomic<int> looks = 0;  // at the clock
  start(fmt::format("hours = \"mon-fri 07:00-19:00\"\n[[app]]\nname = \"late\"\npackage = \"{}\"\n"
                    "stream = \"gate\"\nhours = \"19:00-07:00\"\n",
                    package.string()),
        [&] {
          ++looks;
          return now.load();
        });
  EXPECT_TRUE(soon([&] { return runs("near"); }));
  std::filesystem::remove(package);
  now = wednesday(19, 0);
  EXPECT_TRUE(soon([&] { return app("late").in_hours && !app("near").in_hours; }));
  EXPECT_FALSE(runs("near"));
  EXPECT_FALSE(runs("late"));
  // Two seconds, where the machine has time.
  const int looks_before = looks, ticks_before = ticks_;
  EXPECT_TRUE(soon([&] { return ticks_ >= ticks_before + 8; }));
  EXPECT_EQ(looks, looks_before);
  service_->set_enabled("near", false);
  EXPECT_FALSE(app("near").enabled) << "whatever cannot begin";
  stop();
}

}  // namespace
}  // namespace mainstream
