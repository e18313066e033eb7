// Against a real broker.
#include <fmt/format.h>

#include <atomic>
#include <set>

#include "core/json.hpp"
#include "mainstream/mqtt.hpp"
#include "sink/mqtt_testing.hpp"

namespace mainstream {
namespace {

using namespace std::chrono_literals;

class BrokerTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kBroker)) GTEST_SKIP() << kBroker << " is not installed";
    // It keeps sessions over a restart, and stays the user who runs the test.
    more_ = fmt::format(
        "allow_anonymous true\nmax_queued_messages 0\npersistence true\npersistence_location {}/\nuser "
        "root\n",
        folder_.path().string());
  }

  void start_broker() {
    write_file(folder_ / "broker.conf", fmt::format("listener {} 127.0.0.1\n{}", port_, more_));
    broker_ = std::make_unique<ChildProcess>(
        std::vector<std::string>{kBroker, "-c", (folder_ / "broker.conf").string()},
        ChildFiles{"/dev/null", "/dev/null"});
    ASSERT_TRUE(soon([&] { return accepts_connections(port_); })) << "the broker does not start";
  }

  [[nodiscard]] MqttOptions options() const {
    MqttOptions options;
    options.host = "127.0.0.1";
    options.port = port_;
    options.node = "shop";
    options.first_pause = 20ms;
    options.longest_pause = 100ms;
    return options;
  }

  TestFolder folder_;
  const int port_ = free_port();
  std::string more_;
  std::unique_ptr<ChildProcess> broker_;
};

class MqttTest : public BrokerTest {
 protected:
  void start(MqttOptions options) {
    auto sink = std::make_unique<MqttSink>(std::move(options), store_.directory());
    sink_ = sink.get();
    runner_ = std::make_unique<SinkRunner>(store_, std::move(sink), quick("mqtt"));
  }

  static std::vector<std::int64_t> sequences_of(const std::vector<std::string>& payloads) {
    std::vector<std::int64_t> sequences;
    for (const std::string& payload : payloads) sequences.push_back(Json::parse(payload)["sequence"]);
    return sequences;
  }

  Store store_{store_in(folder_ / "state")};
  std::unique_ptr<SinkRunner> runner_;
  MqttSink* sink_ = nullptr;
};

TEST_F(MqttTest, PublishesEventsStatesAndSnapshots) {
  start_broker();
  const Listener listener(port_);
  start(options());
  sink_->set_apps({{"near-road", "gate"}});
  sink_->set_stream_status("gate", "online");
  sink_->set_stats("{\"apps\":1}");
  EXPECT_TRUE(soon([&] { return listener.last("mainstream/shop/gate/near-road/state") == "OFF"; }));
  EXPECT_TRUE(soon([&] { return listener.last("mainstream/shop/stats") == "{\"apps\":1}"; }));
  EXPECT_EQ(listener.last("mainstream/shop/available"), "online");
  EXPECT_EQ(listener.last("mainstream/shop/gate/status"), "online");

  const std::string id = store_.new_event_id();
  store_.put(record(id, EventChange::begun));
  EXPECT_TRUE(soon([&] { return listener.last("mainstream/shop/gate/near-road/state") == "ON"; }));
  store_.put(record(id, EventChange::ended), "a \xFF picture");
  EXPECT_TRUE(soon([&] { return listener.last("mainstream/shop/gate/near-road/state") == "OFF"; }));
  EXPECT_TRUE(
      soon([&] { return listener.last("mainstream/shop/gate/near-road/snapshot") == "a \xFF picture"; }));

  const auto events = listener.on("mainstream/shop/events");
  ASSERT_EQ(events.size(), 2U);
  const Json first = Json::parse(events[0]), second = Json::parse(events[1]);
  EXPECT_EQ(first["type"], "new");
  EXPECT_EQ(first["before"], first["after"]);
  EXPECT_EQ(second["type"], "end");
  EXPECT_EQ(second["id"], id);
  EXPECT_EQ(second["sequence"], 2);
  EXPECT_EQ(second["before"]["end_frame"], 12);
  EXPECT_EQ(second["after"]["end_frame"], 30);
  EXPECT_EQ(Json::parse(listener.last("mainstream/shop/gate/near-road/event"))["event_type"], "end");

  runner_.reset();
  EXPECT_TRUE(soon([&] { return listener.last("mainstream/shop/available") == "offline"; }));
}

TEST_F(MqttTest, WarningsHaveATopicOfTheirOwn) {
  start_broker();
  const Listener listener(port_);
  start(options());
  sink_->set_apps({{"near-road", "gate"}});
  EventRecord warning = record(store_.new_event_id(), EventChange::warned);
  warning.app.clear();
  warning.warning = "the picture is blurred: clean the lens";
  store_.put(warning);
  EXPECT_TRUE(soon([&] { return !listener.on("mainstream/shop/warnings").empty(); }));
  const Json told = Json::parse(listener.last("mainstream/shop/warnings"));
  EXPECT_EQ(told["warning"], warning.warning);
  EXPECT_EQ(told["stream"], "gate");
  EXPECT_TRUE(caught_up(store_, *runner_));
  EXPECT_TRUE(listener.on("mainstream/shop/events").empty());
}

TEST_F(MqttTest, NothingIsLostWhenTheBrokerStopsAndStarts) {
  start_broker();
  const Listener listener(port_);
  start(options());
  std::atomic<bool> enough{false};
  std::thread writing([&] {
    for (int i = 0; i < 300 && !enough; ++i) {
      put_event(store_);
      std::this_thread::sleep_for(3ms);
    }
  });
  for (int round = 0; round < 2; ++round) {
    std::this_thread::sleep_for(150ms);
    (void)broker_->end();
    std::this_thread::sleep_for(200ms);
    start_broker();
  }
  writing.join();
  ASSERT_TRUE(store_.flush(within(kPatience)));
  EXPECT_TRUE(caught_up(store_, *runner_)) << runner_->state().last_error;
  const auto received = [&] { return sequences_of(listener.on("mainstream/shop/events")); };
  const auto distinct = [&] {
    const auto all = received();
    return std::set<std::int64_t>(all.begin(), all.end());
  };
  EXPECT_TRUE(soon([&] { return distinct().size() == 600; }));
  EXPECT_EQ(*distinct().begin(), 1);
  EXPECT_EQ(*distinct().rbegin(), 600);
  EXPECT_LT(received().size(), 600U + 2U * 200U) << "only what was on its way comes twice";
}

TEST_F(MqttTest, CatchesUpWithWhatHappenedBeforeTheBrokerWasThere) {
  start(options());
  for (int i = 0; i < 250; ++i) put_event(store_);
  EXPECT_TRUE(soon([&] { return runner_->state().failures > 0; }));
  EXPECT_FALSE(runner_->state().up);
  EXPECT_THAT(runner_->state().last_error, testing::HasSubstr("Connection refused"));
  start_broker();
  const Listener listener(port_, {"mainstream/shop/events", "mainstream/shop/gate/near-road/state"});
  EXPECT_TRUE(caught_up(store_, *runner_)) << runner_->state().last_error;
  EXPECT_TRUE(soon([&] { return listener.last("mainstream/shop/gate/near-road/state") == "OFF"; }));
  EXPECT_THAT(listener.on("mainstream/shop/gate/near-road/state"), testing::Not(testing::Contains("ON")))
      << "no lights of last night";
}

// The node is forked before this process has other threads.
TEST_F(BrokerTest, TheLastWillTellsOfANodeThatIsGone) {
  start_broker();
  const pid_t child = ::fork();
  if (child == 0) {
    const TestFolder folder;
    const Store store(store_in(folder.path()));
    const MqttSink sink(options(), folder.path());
    for (;;) ::pause();
  }
  const Listener listener(port_);
  EXPECT_TRUE(soon([&] { return listener.last("mainstream/shop/available") == "online"; }));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(soon([&] { return listener.last("mainstream/shop/available") == "offline"; }));
}

TEST_F(MqttTest, HomeAssistantFindsAppsAndIsToldAgainWhenItComesBack) {
  start_broker();
  Listener home_assistant(port_);
  start(options());
  const std::string config = "homeassistant/device/shop/config";
  sink_->set_apps({{"near-road", "gate"}, {"crowd", "gate"}});
  EXPECT_TRUE(soon([&] { return home_assistant.last(config).find("crowd") != std::string::npos; }));
  const std::size_t before = home_assistant.on(config).size();
  home_assistant.send("homeassistant/status", "online");
  EXPECT_TRUE(soon([&] { return home_assistant.on(config).size() == before + 1; }));
  home_assistant.send("homeassistant/status", "offline");
  sink_->set_apps({{"near-road", "gate"}});
  EXPECT_TRUE(soon([&] { return home_assistant.on(config).size() == before + 2; }));
  EXPECT_EQ(Json::parse(home_assistant.last(config))["components"]["mainstream/shop/gate/crowd/state"],
            Json({{"platform", "binary_sensor"}}));
  EXPECT_TRUE(soon([&] { return home_assistant.last("mainstream/shop/gate/crowd/state").empty(); }));
}

TEST_F(MqttTest, TheNodeStaysOnlineWhenAnotherConnectionOfItEnds) {
  start_broker();
  const Listener listener(port_);
  const std::string available = "mainstream/shop/available";
  start(options());
  ASSERT_TRUE(soon([&] { return listener.on(available).size() == 1; }));
  {
    const MqttSink replaced(options(), store_.directory());
    ASSERT_TRUE(soon([&] { return listener.on(available).size() == 2; }));
  }
  EXPECT_TRUE(soon([&] { return listener.on(available).size() == 4; }));
  EXPECT_THAT(listener.on(available), testing::ElementsAre("online", "online", "offline", "online"));
  runner_.reset();
  EXPECT_TRUE(soon([&] { return listener.on(available).size() == 5; }));
  EXPECT_EQ(listener.last(available), "offline");
}

// What comes to a connection behind its goodbye resets it, and a broker then sends the last will, too.
TEST_F(MqttTest, AConnectionTellsOnceThatItEnds) {
  start_broker();
  Listener listener(port_);
  const std::jthread busy([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      listener.send("homeassistant/status", "offline");
      std::this_thread::sleep_for(1ms);
    }
  });
  const auto ended = [&] {
    const std::vector<std::string> all = listener.on("mainstream/shop/available");
    return std::ranges::count(all, "offline");
  };
  constexpr int kConnections = 10;
  bool had_time = true;
  for (int i = 1; i <= kConnections; ++i) {
    std::optional<MqttSink> sink(std::in_place, options(), store_.directory());
    ASSERT_TRUE(soon([&] { return sink->connected(); }));
    const auto begin = std::chrono::steady_clock::now();
    sink.reset();
    had_time = had_time && std::chrono::steady_clock::now() - begin < 400ms;
    ASSERT_TRUE(soon([&] { return ended() >= i; }));
  }
  if (!had_time) GTEST_SKIP() << "this machine is too busy: the broker may have taken a connection for lost";
  EXPECT_EQ(ended(), kConnections);
}

TEST_F(MqttTest, TheStatusOfAStreamIsToldWhenItChanges) {
  start_broker();
  const Listener listener(port_);
  start(options());
  ASSERT_TRUE(soon([&] { return listener.last("mainstream/shop/available") == "online"; }));
  for (int i = 0; i < 5; ++i) sink_->set_stream_status("gate", "online");
  sink_->set_stream_status("gate", "offline");
  EXPECT_TRUE(soon([&] { return listener.last("mainstream/shop/gate/status") == "offline"; }));
  EXPECT_THAT(listener.on("mainstream/shop/gate/status"), testing::ElementsAre("online", "offline"));
}

TEST_F(MqttTest, WhatWasNotAcknowledgedDoesNotReplaceANewerState) {
  start_broker();
  start(options());
  ASSERT_TRUE(soon([&] { return sink_->connected(); }));
  broker_->signal(SIGSTOP);
  sink_->set_stream_status("gate", "offline");
  (void)broker_->end(SIGKILL);
  ASSERT_TRUE(soon([&] { return !sink_->connected(); }));
  sink_->set_stream_status("gate", "online");
  start_broker();
  put_event(store_);
  EXPECT_TRUE(caught_up(store_, *runner_)) << runner_->state().last_error;
  const Listener listener(port_);
  EXPECT_TRUE(soon([&] { return listener.last("mainstream/shop/gate/status") == "online"; }));
}

TEST_F(MqttTest, TheStatusOfAStreamThatIsGoneIsRemoved) {
  start_broker();
  Listener listener(port_);
  const std::string gate = "mainstream/shop/gate/status", yard = "mainstream/shop/yard/status";
  start(options());
  ASSERT_TRUE(soon([&] { return listener.last("mainstream/shop/available") == "online"; }));
  for (const char* stream : {"gate", "yard"}) sink_->set_stream_status(stream, "online");
  EXPECT_TRUE(soon([&] { return listener.last(yard) == "online"; }));
  sink_->set_streams({"gate"});
  EXPECT_TRUE(soon([&] { return listener.last(yard).empty(); }));
  listener.send("homeassistant/status", "online");
  EXPECT_TRUE(soon([&] { return listener.on(gate).size() == 2; })) << "all states are sent again";
  EXPECT_EQ(listener.last(yard), "");
  sink_->set_stream_status("yard", "online");
  EXPECT_TRUE(soon([&] { return listener.last(yard) == "online"; })) << "it is back";
}

TEST_F(MqttTest, AnAppThatGoesWithAnOpenEventStaysForgotten) {
  start_broker();
  Listener listener(port_);
  const std::string state = "mainstream/shop/gate/near-road/state",
                    snapshot = "mainstream/shop/gate/near-road/snapshot",
                    config = "homeassistant/device/shop/config";
  start(options());
  sink_->set_apps({{"near-road", "gate"}});
  const std::string id = store_.new_event_id();
  store_.put(record(id, EventChange::begun));
  EXPECT_TRUE(soon([&] { return listener.last(state) == "ON"; }));
  sink_->set_apps({});
  store_.put(record(id, EventChange::ended), "a picture");
  EXPECT_TRUE(caught_up(store_, *runner_));
  put_event(store_, "other");
  EXPECT_TRUE(soon([&] { return listener.last("mainstream/shop/gate/other/state") == "OFF"; }));
  EXPECT_EQ(listener.last(state), "");
  EXPECT_EQ(listener.last(snapshot), "");
  EXPECT_EQ(Json::parse(listener.last("mainstream/shop/gate/near-road/event"))["event_type"], "end");

  sink_->set_apps({{"near-road", "gate"}});
  put_event(store_, "near-road", "another picture");
  EXPECT_TRUE(soon([&] { return listener.last(snapshot) == "another picture"; }));
  const std::size_t told = listener.on(config).size();
  listener.send("homeassistant/status", "online");
  EXPECT_TRUE(soon([&] { return listener.on(config).size() > told; }));
  put_event(store_, "other", "the last picture");
  EXPECT_TRUE(
      soon([&] { return listener.last("mainstream/shop/gate/other/snapshot") == "the last picture"; }));
  EXPECT_EQ(listener.last(snapshot), "another picture") << "it is back";
}

TEST_F(MqttTest, CommandsReachTheNodeAndWrongOnesDoNot) {
  start_broker();
  Listener listener(port_);
  Mutex mutex;
  std::vector<std::string> commands;
  MqttOptions with_commands = options();
  with_commands.on_enable = [&](const std::string& app, bool enabled) {
    const MutexLock lock(mutex);
    commands.push_back(app + (enabled ? " on" : " off"));
  };
  listener.send("mainstream/shop/near-road/enabled/set", "ON", true);  // kept by the broker: not a command
  ASSERT_TRUE(soon([&] { return listener.last("mainstream/shop/near-road/enabled/set") == "ON"; }));
  start(with_commands);
  sink_->set_apps({{"near-road", "gate"}});
  EXPECT_TRUE(soon([&] { return listener.last("mainstream/shop/near-road/enabled/state") == "ON"; }));
  for (const char* payload : {"maybe", "", "ON\n"})
    listener.send("mainstream/shop/near-road/enabled/set", payload);
  listener.send("mainstream/shop/stranger/enabled/set", "OFF");
  listener.send("mainstream/shop/near-road/enabled/set", "OFF");
  const auto seen = [&] {
    const MutexLock lock(mutex);
    return commands;
  };
  EXPECT_TRUE(soon([&] { return !seen().empty(); }));
  EXPECT_THAT(seen(), testing::ElementsAre("near-road off"));
  sink_->set_app_enabled("near-road", false);
  EXPECT_TRUE(soon([&] { return listener.last("mainstream/shop/near-road/enabled/state") == "OFF"; }));
  runner_.reset();  // which may call on_enable
}

TEST_F(MqttTest, UserAndPasswordComeFromAFile) {
  ASSERT_EQ(
      std::system(("mosquitto_passwd -b -c " + (folder_ / "passwords").string() + " node 'a:b'").c_str()), 0);
  more_ =
      fmt::format("allow_anonymous false\npassword_file {}\nuser root\n", (folder_ / "passwords").string());
  start_broker();
  start(options());
  put_event(store_);
  EXPECT_TRUE(soon([&] { return runner_->state().last_error.find("not authorised") != std::string::npos; }))
      << runner_->state().last_error;
  runner_.reset();

  write_file(folder_ / "credentials", "node:a:b\n");
  MqttOptions known = options();
  known.credentials_file = folder_ / "credentials";
  start(known);
  EXPECT_TRUE(caught_up(store_, *runner_)) << runner_->state().last_error;
  EXPECT_EQ(runner_->state().delivered, 2U);

  write_file(folder_ / "credentials", "no colon\n");
  EXPECT_ERROR(untrusted, MqttSink(known, store_.directory()), "credentials: expected user:password");
}

TEST_F(MqttTest, TlsChecksTheBrokersCertificate) {
  const std::string files = folder_.path().string();
  const std::string make = "cd " + files +
                           " && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 "
                           "-addext subjectAltName=IP:127.0.0.1"
                           " -keyout key.pem -out cert.pem 2> /dev/null";
  if (std::system(make.c_str()) != 0) GTEST_SKIP() << "openssl cannot make a certificate";
  more_ = fmt::format("allow_anonymous true\ncertfile {0}/cert.pem\nkeyfile {0}/key.pem\nuser root\n", files);
  start_broker();
  MqttOptions secure = options();
  secure.tls = true;
  start(secure);
  put_event(store_);
  EXPECT_TRUE(soon([&] { return runner_->state().failures > 1; }));
  EXPECT_EQ(runner_->state().delivered, 0U) << "the system does not know this certificate";
  EXPECT_THAT(runner_->state().last_error, testing::HasSubstr("certificate is not trusted"));
  runner_.reset();
  secure.ca_file = folder_ / "cert.pem";
  start(secure);
  EXPECT_TRUE(caught_up(store_, *runner_)) << runner_->state().last_error;
}

TEST_F(MqttTest, TlsProvesWhoBothAre) {
  const std::string files = folder_.path().string();
  const auto make = [&](const std::string& name, const std::string& alternative) {
    const std::string command =
        "cd " + files +
        " && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=" + name +
        " -addext subjectAltName=" + alternative + " -keyout " + name + ".key -out " + name +
        ".pem 2> /dev/null";
    return std::system(command.c_str()) == 0;
  };
  if (!make("broker", "IP:127.0.0.1") || !make("other", "DNS:elsewhere.example") || !make("shop", "DNS:shop"))
    GTEST_SKIP() << "openssl cannot make a certificate";
  const auto broker_with = [&](const std::string& name) {
    more_ = fmt::format(
        "allow_anonymous true\ncertfile {0}/{1}.pem\nkeyfile {0}/{1}.key\ncafile {0}/shop.pem\n"
        "require_certificate true\nuser root\n",
        files, name);
    start_broker();
  };
  MqttOptions secure = options();
  secure.tls = true;
  secure.ca_file = folder_ / "other.pem";
  secure.cert_file = folder_ / "shop.pem";
  secure.key_file = folder_ / "shop.key";
  broker_with("other");
  start(secure);
  put_event(store_);
  EXPECT_TRUE(soon([&] { return runner_->state().failures > 0; }));
  EXPECT_EQ(runner_->state().delivered, 0U) << "the broker's certificate is for another name";
  runner_.reset();
  broker_.reset();

  broker_with("broker");
  MqttOptions unknown = secure;
  unknown.ca_file = folder_ / "broker.pem";
  secure.ca_file = folder_ / "broker.pem";
  unknown.cert_file.clear();
  unknown.key_file.clear();
  start(unknown);
  EXPECT_TRUE(soon([&] { return runner_->state().failures > 0; }));
  EXPECT_EQ(runner_->state().delivered, 0U) << "the broker asks who the client is";
  runner_.reset();
  start(secure);
  EXPECT_TRUE(caught_up(store_, *runner_)) << runner_->state().last_error;
  EXPECT_EQ(runner_->state().delivered, 2U);
}

TEST_F(MqttTest, ABrokerThatHangsHoldsUpNoEnd) {
  start_broker();
  start(options());
  put_event(store_);
  EXPECT_TRUE(caught_up(store_, *runner_));
  broker_->signal(SIGSTOP);
  put_event(store_);
  std::this_thread::sleep_for(100ms);
  const auto begin = std::chrono::steady_clock::now();
  runner_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s) << "for an acknowledgement it waits 10 s";
  broker_->signal(SIGCONT);
}

TEST_F(MqttTest, ARecordThatFitsNoTopicIsSkipped) {
  start_broker();
  const Listener listener(port_);
  start(options());
  put_event(store_, "a/b");
  put_event(store_);
  EXPECT_TRUE(caught_up(store_, *runner_));
  EXPECT_EQ(runner_->state().skipped, 2U);
  EXPECT_TRUE(soon([&] { return listener.on("mainstream/shop/events").size() == 2; }));
}

TEST_F(MqttTest, OptionsAreChecked) {
  MqttOptions wrong = options();
  wrong.node = "a/b";
  EXPECT_ERROR(usage, MqttSink(wrong, store_.directory()), "node name: expected no /");
  wrong = options();
  wrong.port = 70'000;
  EXPECT_ERROR(usage, MqttSink(wrong, store_.directory()),
               "mqtt: expected a port from 1 to 65535, got 70000");
  wrong = options();
  wrong.host = "";
  EXPECT_ERROR(usage, MqttSink(wrong, store_.directory()), "mqtt: expected a host");
  wrong = options();
  wrong.tls = true;
  wrong.ca_file = "/none";
  EXPECT_ERROR(usage, MqttSink(wrong, store_.directory()), "mqtt: certificates");
}

}  // namespace
}  // namespace mainstream
