// A fleet on one machine: three nodes, and two brokers with a bridge between them that breaks.
#include <fmt/format.h>

#include <atomic>
#include <memory>

#include "cli_testing.hpp"
#include "core/child_testing.hpp"
#include "core/json.hpp"
#include "core/mutex.hpp"
#include "fleet/messages.hpp"
#include "mainstream/store.hpp"
#include "net/mqtt_client.hpp"
#include "run/testing.hpp"

namespace mainstream {
namespace {

using testing::HasSubstr;

constexpr const char* kMosquitto = "/usr/sbin/mosquitto";

// Who takes the fleet's events: asks for ranges, and acknowledges.
class Receiver {
 public:
  explicit Receiver(int port)
      : client_(broker_at(port), std::nullopt, {FleetTopics("+").events("central")},
                {[] {},
                 [this](const std::string&, std::string_view payload, bool) {
                   const MutexLock lock(mutex_);
                   answers_.push_back(Json::parse(payload));
                 }}) {
    EXPECT_TRUE(client_.wait_connected(within(kPatience)));
  }

  static MqttBroker broker_at(int port) {
    MqttBroker broker;
    broker.host = "127.0.0.1";
    broker.port = port;
    return broker;
  }

  // The answer; nothing if none comes.
  Json ask(const std::string& node, Json request) {
    const std::string id = fmt::format("r-{}", ++asked_);
    request["receiver"] = "central";
    request["id"] = id;
    EXPECT_TRUE(client_.publish({FleetTopics(node).get(), request.dump()}));
    Json found;
    (void)soon([&] {
      const MutexLock lock(mutex_);
      for (const Json& answer : answers_)
        if (answer["id"] == id) found = answer;
      return !found.is_null();
    });
    return found;
  }

  void say(const std::string& topic, const std::string& payload, bool retain) {
    EXPECT_TRUE(client_.publish({topic, payload, retain}));
  }

 private:
  int asked_ = 0;
  Mutex mutex_;
  std::vector<Json> answers_ GUARDED_BY(mutex_);
  MqttClient client_;
};

class FleetCommandTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kMosquitto)) GTEST_SKIP() << kMosquitto << " is not installed";
    std::filesystem::copy_file(mix_.folder / "a.mpkg", folder_ / "a.mpkg");
    std::filesystem::copy_file(mix_.folder / "b.mpkg", folder_ / "b.mpkg");
    write_fleet();
    write_work("");
  }

  void write_fleet() const {
    std::string text = fmt::format(
        "[broker]\nurl = \"mqtt://127.0.0.1:{}\"\n[packages]\nfolder = \"packages\"\n"
        "url = \"http://127.0.0.1:{}/\"\n",
        central_port_, files_port_);
    for (const char* node : {"one", "two", "three"})
      text += fmt::format("[[node]]\nname = \"{}\"\nconfig = \"work.toml\"\n", node);
    write_file(fleet_file(), text);
  }
  // What all nodes shall do.
  void write_work(const std::string& more) const {
    write_file(
        folder_ / "work.toml",
        fmt::format("[schedule]\nbudget = 300\n[[stream]]\nname = \"gate\"\nurl = \"{}\"\nloop = true\n"
                    "[[app]]\nname = \"first\"\npackage = \"a.mpkg\"\nstream = \"gate\"\n{}",
                    mix_.clip().string(), more));
  }
  [[nodiscard]] std::filesystem::path fleet_file() const { return folder_ / "fleet.toml"; }

  std::unique_ptr<ChildProcess> broker(const std::string& name, int port, const std::string& more) const {
    std::filesystem::create_directories(folder_ / name);
    write_file(folder_ / (name + ".conf"),
               fmt::format("listener {} 127.0.0.1\nallow_anonymous true\nuser root\npersistence true\n"
                           "persistence_location {}/\n{}",
                           port, (folder_ / name).string(), more));
    auto child = std::make_unique<ChildProcess>(
        std::vector<std::string>{kMosquitto, "-c", (folder_ / (name + ".conf")).string()}, kMuted);
    EXPECT_TRUE(soon([&] { return accepts_connections(port); })) << "the broker does not start";
    return child;
  }
  void start_central() { central_ = broker("central", central_port_, ""); }
  void start_link() {
    link_ = python_server("net/testdata/link.py", link_port_, {std::to_string(central_port_)});
  }
  // As in docs/fleet.md.
  void start_edge() {
    edge_ =
        broker("edge", edge_port_,
               fmt::format("connection central\naddress 127.0.0.1:{}\nremote_clientid edge\n"
                           "cleansession false\nrestart_timeout 1\n"
                           "topic mainstream/fleet/+/desired in 1\ntopic mainstream/fleet/+/get in 1\n"
                           "topic mainstream/fleet/+/reported out 1\ntopic mainstream/fleet/+/online out 1\n"
                           "topic mainstream/fleet/+/events/# out 1\n",
                           link_port_));
  }
  std::unique_ptr<ChildProcess> node(const std::string& name, int port) const {
    std::filesystem::create_directories(folder_ / name);
    write_file(config_of(name),
               fmt::format("[node]\nname = \"{}\"\nbases = \"{}\"\ncache = \"{}\"\nworkers = 1\nthreads = 1\n"
                           "[fleet]\nurl = \"mqtt://127.0.0.1:{}\"\nreport_s = 1\n",
                           name, mix_.base_path().string(), (folder_ / "known").string(), port));
    return std::make_unique<ChildProcess>(
        std::vector<std::string>{MAINSTREAM_PROGRAM, "node", config_of(name).string()},
        ChildFiles{"/dev/null", log_of(name)});
  }
  [[nodiscard]] std::filesystem::path config_of(const std::string& name) const {
    return folder_ / name / "node.toml";
  }
  [[nodiscard]] std::filesystem::path log_of(const std::string& name) const { return folder_ / name / "log"; }
  [[nodiscard]] std::string logs() const {
    std::string all;
    for (const char* name : {"one", "two", "three"})
      if (std::filesystem::exists(log_of(name))) all += read_file(log_of(name));
    return all;
  }

  void start_all() {
    files_ = python_server("net/testdata/file_server.py", files_port_,
                           {(folder_ / "packages").string(), (folder_ / "fetched").string()});
    start_central();
    start_link();
    start_edge();
    nodes_["one"] = node("one", central_port_);
    nodes_["two"] = node("two", edge_port_);
    nodes_["three"] = node("three", edge_port_);
  }

  [[nodiscard]] CliResult apply(double wait_s) const {
    return run_cli(fmt::format("--quiet fleet apply {} --wait {}", fleet_file().string(), wait_s));
  }
  // What the nodes reported, by node; waits until all are as wanted.
  template <typename Condition>
  [[nodiscard]] bool all_come(const Condition& condition) const {
    return soon([&] {
      const CliResult status = run_cli("fleet status --json " + fleet_file().string());
      if (status.out.empty()) return false;
      const Json nodes = Json::parse(status.out);
      return std::ranges::all_of(nodes,
                                 [&](const Json& one) { return !one["report"].is_null() && condition(one); });
    });
  }
  [[nodiscard]] Json status_of(const std::string& name) const {
    const CliResult answer = run_cli("node " + config_of(name).string() + " status --json");
    return answer.exit_code == 0 ? Json::parse(answer.out) : Json();
  }
  [[nodiscard]] std::vector<std::string> packages_of(const std::string& name) const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / name / "state/fleet/packages"))
      names.push_back(entry.path().extension());
    return names;
  }

  const TestMix mix_;
  TestFolder folder_;
  const int central_port_ = free_port(), edge_port_ = free_port(), link_port_ = free_port(),
            files_port_ = free_port();
  std::unique_ptr<ChildProcess> files_, central_, link_, edge_;
  std::map<std::string, std::unique_ptr<ChildProcess>> nodes_;
};

const std::string kSecondApp = "[[app]]\nname = \"second\"\npackage = \"b.mpkg\"\nstream = \"gate\"\n";

TEST_F(FleetCommandTest, RefusesWhatIsWrongBeforeAnyNodeHearsOfIt) {
  write_work("vots = 1\n");
  const CliResult wrong = apply(1);
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err,
              HasSubstr("work.toml:11:1: unknown key in [[app]]: \"vots\"; did you mean \"votes\"?"));
  write_work("[[app]]\npackage = \"none.mpkg\"\nstream = \"gate\"\n");
  expect_refused(apply(1), 3, "none.mpkg");
  write_work("");
  expect_refused(run_cli("fleet status " + fleet_file().string()), 1, "mqtt 127.0.0.1:");
  EXPECT_EQ(run_cli("fleet status nowhere.toml").exit_code, 3);
}

TEST_F(FleetCommandTest, FollowsItsStateThroughACutAndBack) {
  start_all();
  ASSERT_TRUE(all_come([](const Json& one) { return one["online"] && one["report"]["progress"] == "own"; }))
      << logs();
  const CliResult first = apply(60);
  EXPECT_EQ(first.exit_code, 0) << first.err << first.out << logs();
  EXPECT_THAT(first.out, HasSubstr("two    yes     applied        1      1"));
  ASSERT_TRUE(all_come([](const Json& one) {
    return one["report"]["streams_up"] == 1 && one["report"]["apps_running"] == 1 &&
           one["report"]["events"] > 0;
  })) << logs();
  EXPECT_EQ(run_cli("fleet status " + fleet_file().string()).exit_code, 0);
  EXPECT_EQ(apply(5).exit_code, 0) << "what is in force already is not given again";

  // The edge is cut off: its nodes go on as they are, and hear nothing.
  link_->end(SIGKILL);
  write_work(kSecondApp);
  const CliResult cut = apply(6);
  EXPECT_EQ(cut.exit_code, 1);
  EXPECT_THAT(cut.err, HasSubstr("1 of 3 nodes run what they shall; 0 refused it"));
  EXPECT_EQ(status_of("one")["apps"].size(), 2U);
  const Json alone = status_of("two");
  EXPECT_EQ(alone["apps"].size(), 1U);
  EXPECT_GT(alone["events"], 0);
  start_link();
  ASSERT_TRUE(all_come([](const Json& one) {
    return one["report"]["version"] == 2 && one["report"]["apps_running"] == 2;
  })) << logs();
  EXPECT_EQ(packages_of("three"), (std::vector<std::string>{".mpkg", ".mpkg"}));

  // What the nodes have seen meanwhile is asked for, over the bridge, until nothing is missing.
  Receiver receiver(central_port_);
  std::int64_t after = 0;
  for (bool more = true; more;) {
    const Json answer = receiver.ask("two", {{"after", after}, {"limit", 3}});
    ASSERT_FALSE(answer.is_null()) << "no answer";
    for (const Json& event : answer["events"]) EXPECT_EQ(event["sequence"], ++after);
    EXPECT_EQ(answer["last"], after);
    more = answer["more"] && after < 20;
  }
  EXPECT_GT(after, 3);
  receiver.say(FleetTopics("two").get(), Json({{"receiver", "central"}, {"acknowledged", after}}).dump(),
               false);
  EXPECT_TRUE(soon([&] {
    const Json nodes = Json::parse(run_cli("fleet status --json " + fleet_file().string()).out);
    return nodes[1]["report"]["acknowledged"].value("central", std::int64_t{0}) == after;
  }));
}

TEST_F(FleetCommandTest, RefusesAStateAsAWholeAndRemembersTheOldOne) {
  start_all();
  write_work(kSecondApp);
  const CliResult first = apply(60);
  ASSERT_EQ(first.exit_code, 0) << first.err << first.out << logs();

  // A package for another base is found out by the nodes alone.
  const TestMix other(4);
  std::filesystem::copy_file(other.folder / "c.mpkg", folder_ / "c.mpkg");
  write_work("[[app]]\nname = \"third\"\npackage = \"c.mpkg\"\nstream = \"gate\"\n");
  const CliResult refused = apply(60);
  EXPECT_EQ(refused.exit_code, 1) << logs();
  EXPECT_THAT(refused.err, HasSubstr("0 of 3 nodes run what they shall; 3 refused it"));
  EXPECT_THAT(refused.out, HasSubstr("version 2:13:11: "));
  EXPECT_THAT(refused.out, HasSubstr("which is not among [node] bases"));
  EXPECT_EQ(status_of("three")["apps"].size(), 2U) << "as before";
  EXPECT_TRUE(soon([&] { return packages_of("one").size() == 2; })) << "what was refused is not kept";

  // Somebody who can publish, but not speak.
  Receiver stranger(central_port_);
  stranger.say(FleetTopics("one").desired(), "{\"version\":9}", true);
  ASSERT_TRUE(soon([&] { return logs().find("desired: ") != std::string::npos; })) << logs();
  EXPECT_EQ(status_of("one")["apps"].size(), 2U);

  // Without its broker a node begins with the state that was in force last.
  EXPECT_EQ(nodes_["one"]->end(), 0);
  central_->end();
  nodes_["one"] = node("one", central_port_);
  ASSERT_TRUE(soon([&] {
    const Json now = status_of("one");
    return !now.is_null() && now["apps"].size() == 2 && now["events"] > 0;
  })) << logs();
  const CliResult check = run_cli("node " + config_of("one").string() + " check");
  EXPECT_EQ(check.exit_code, 0) << check.err;
  EXPECT_THAT(check.err, HasSubstr("with version 1 of the fleet's state"));
}

}  // namespace
}  // namespace mainstream
