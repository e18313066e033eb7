#include "node/config.hpp"

#include <chrono>

#include "core/file.hpp"
#include "core/testing.hpp"

namespace mainstream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kValid = R"([node]
name = "yard"
bases = "base.onnx"

[[stream]]
name = "gate"
url = "rtsp://camera:554/1"

[[app]]
name = "crossing"
package = "crossing.mpkg"
stream = "gate"
)";

std::vector<std::string> faults_of(const std::string& text) {
  std::vector<std::string> faults;
  for (const ConfigFault& fault : parse_config(text, "/etc/node").faults)
    faults.push_back(message("n.toml", fault));
  return faults;
}

// The faults of the valid file with more lines at its end, in the last [[app]].
std::vector<std::string> with(const std::string& lines) {
  return faults_of(kValid + lines);
}

TEST(ConfigTest, ReadsAllTables) {
  const ConfigReading reading = parse_config(std::string(kValid) + R"(region = [0.5, 0.0, 0.5, 1]
weight = 2
min_fps = 0.5
threshold = 0.75
votes = 3
merge_gap_s = 1.5
max_length_s = 60
hours = ["mon-fri 07:00-19:00", "sat 08:00-12:00"]
enabled = false
[schedule]
objective = "max-min"
algorithm = "greedy"
budget = 250.5
candidates = "exits"
[[sink]]
type = "jsonl"
path = "/var/log/events.jsonl"
[[sink]]
type = "mqtt"
name = "home"
url = "mqtts://[::1]:8883"
discovery = false
[[sink]]
type = "webhook"
url = "https://example.org/hook"
[retention]
max_age_days = 0
)",
                                             "/etc/node");
  ASSERT_THAT(reading.faults, IsEmpty()) << reading.faults.front().what;
  const NodeConfig& config = reading.config;
  EXPECT_EQ(config.node.name, "yard");
  EXPECT_THAT(config.node.bases, ElementsAre("/etc/node/base.onnx"));
  EXPECT_EQ(config.node.state, "/etc/node/state");
  ASSERT_EQ(config.streams.size(), 1U);
  EXPECT_EQ(config.streams[0].url, "rtsp://camera:554/1");
  EXPECT_EQ(config.streams[0].timeout, std::chrono::seconds(15));
  EXPECT_EQ(config.streams[0].at.line, 5);
  EXPECT_EQ(config.streams[0].of("url").line, 7);
  EXPECT_EQ(config.streams[0].of("fps"), config.streams[0].at) << "where it would stand";
  const AppConfig& app = config.apps.at(0);
  EXPECT_EQ(app.package, "/etc/node/crossing.mpkg");
  EXPECT_EQ(app.region, (Region{0.5, 0, 0.5, 1}));
  EXPECT_EQ(app.merge_gap, std::chrono::milliseconds(1500));
  EXPECT_EQ(app.min_length, std::nullopt);
  EXPECT_EQ(app.votes, 3);
  EXPECT_EQ(app.hours.size(), 2U);
  EXPECT_EQ(config.schedule.objective, Objective::max_min);
  EXPECT_EQ(config.schedule.budget, 250.5);
  EXPECT_EQ(config.schedule.candidates, CandidateKind::exit);
  ASSERT_EQ(config.sinks.size(), 3U);
  EXPECT_EQ(common(config.sinks[0]).name, "jsonl") << "its type";
  EXPECT_FALSE(std::get<MqttSinkConfig>(config.sinks[1]).discovery);
  EXPECT_EQ(config.retention.max_age_days, 0);
  EXPECT_EQ(config.retention.max_size_mb, 4096);
}

TEST(ConfigTest, ReportsAllMistakesInTheirOrder) {
  EXPECT_THAT(
      faults_of(R"([node]
bass = "base.onnx"
workers = 1.5
log = "inf"
[[stream]]
name = "gate/1"
url = "ftp://camera"
fps = "fast"
[[stream]]
name = "yard"
url = "clip.avi"
transport = "tpc"
[[app]]
package = "a.mpkg"
stream = ["yard", "yrad"]
votes = 0
region = [0.5, 0, 0.6, 1]
hours = "always"
[retension]
)"),
      ElementsAre(
          "n.toml:1:2: [node] needs bases = one path or a list of paths",
          "n.toml:2:1: unknown key in [node]: \"bass\"; did you mean \"bases\"?",
          "n.toml:3:11: workers: expected a whole number from 0 to 256, got 1.5",
          "n.toml:4:7: log: expected one of: debug, info, warn, error, off, got \"inf\"; did you mean "
          "\"info\"?",
          "n.toml:6:8: name: \"gate/1\" holds /, expected none of / \\ + # , \" '",
          "n.toml:7:7: url: \"ftp://camera\" is no source; expected a file, a folder of pictures, \"-\" "
          "(standard input), a device (/dev/video0), test:WIDTHxHEIGHT@FPS, or a url with rtsp, rtsps, http, "
          "https, udp or tcp",
          "n.toml:8:7: fps: expected a number from 0 to 1000, got \"fast\"",
          "n.toml:12:13: transport: expected one of: auto, tcp, udp, got \"tpc\"; did you mean \"tcp\"?",
          "n.toml:15:10: there is no stream \"yrad\"; did you mean \"yard\"?",
          "n.toml:16:9: votes: expected a whole number from 1 to 1000, got 0",
          "n.toml:17:10: region: ends outside of the picture: left + width is 1.1, top + height is 1, at "
          "most 1",
          "n.toml:18:9: hours: \"always\" is no time like \"mon-fri 07:00-19:00\", \"sat,sun 08:30-12:00\" "
          "or \"22:00-06:00\"",
          "n.toml:19:2: unknown table \"retension\"; did you mean \"retention\"?"));
}

TEST(ConfigTest, NamesWhatIsMissingOrTwice) {
  EXPECT_THAT(faults_of(""),
              ElementsAre("n.toml: needs a table [node] with bases = [..]",
                          "n.toml: needs at least one [[stream]]", "n.toml: needs at least one [[app]]"));
  EXPECT_THAT(with("[[app]]\nname = \"crossing\"\npackage = \"b.mpkg\"\nstream = \"gate\"\n"),
              ElementsAre("n.toml:14:8: the app \"crossing\" stands twice; first in line 10"));
  EXPECT_THAT(with("[[stream]]\nname = \"gate\"\nurl = \"a.avi\"\n"),
              ElementsAre("n.toml:14:8: the stream \"gate\" stands twice; first in line 6"));
  EXPECT_THAT(with("[[sink]]\ntype = \"stdout\"\n[[sink]]\ntype = \"stdout\"\n"),
              ElementsAre(HasSubstr("the sink \"stdout\" stands twice; first in line 13")));
  EXPECT_THAT(with("[[sink]]\ntype=\"jsonl\"\nname=\"a\"\npath=\"x\"\n[[sink]]\ntype=\"jsonl\"\nname="
                   "\"b\"\npath=\"./x\"\n"),
              ElementsAre(HasSubstr("x\" stands twice; first in line 16")));
  EXPECT_THAT(
      with("[[sink]]\ntype = \"mqtt\"\n"),
      ElementsAre(
          "n.toml:13:1: [[sink]] of type mqtt needs url = mqtt://HOST[:PORT] or mqtts://HOST[:PORT]"));
  EXPECT_THAT(with("[[sink]]\n"),
              ElementsAre("n.toml:13:1: [[sink]] needs type = one of: stdout, jsonl, mqtt, webhook"));
  EXPECT_THAT(with("[[sink]]\ntype = \"mqqt\"\n"),
              ElementsAre(HasSubstr("got \"mqqt\"; did you mean \"mqtt\"?")));
  EXPECT_THAT(with("[serve]\nport = 80000\nadress = \"::1\"\n"),
              ElementsAre(HasSubstr("n.toml:14:8: port: expected a whole number from 0 to 65535, got 80000"),
                          HasSubstr("unknown key in [serve]: \"adress\"; did you mean \"address\"?")));
  EXPECT_THAT(with("min_length_s = 5\nmax_length_s = 4\n"),
              ElementsAre("n.toml:14:16: max_length_s: expected at least min_length_s, 5, got 4"));
}

TEST(ConfigTest, RefusesHostileNamesWhereTheyAreGiven) {
  for (const char* name :
       {"a/b", "..", "a+", "#", "a\\\"b", "it's", "\\u009b31m", "\\u202e", "a\\n", " a", "", "a,b"}) {
    EXPECT_THAT(faults_of(fmt::format("{}[[stream]]\nurl = \"a.avi\"\nname = \"{}\"\n", kValid, name)),
                ElementsAre(testing::StartsWith("n.toml:15:8: name: \"")))
        << name;
  }
}

TEST(ConfigTest, SaysNoPasswords) {
  for (const char* url :
       {"rtsp://user:se cret@camera", "rtsp://user:secret@:554/", "rtsp://user:secret@cam:99999",
        "ftp://user:secret@cam", "http://cam:0/?password=secret"}) {
    const auto faults = with("[[stream]]\nname = \"b\"\nurl = \"" + std::string(url) + "\"\n");
    ASSERT_EQ(faults.size(), 1U) << url;
    EXPECT_THAT(faults[0], testing::Not(HasSubstr("cret"))) << url;
  }
}

TEST(ConfigTest, SurvivesHostileFiles) {
  EXPECT_THAT(faults_of("[node\n"), ElementsAre(testing::StartsWith("n.toml:1:")));
  EXPECT_THAT(faults_of("a = 1\na = 2\n"), ElementsAre(HasSubstr("n.toml:2:5: not TOML")));
  EXPECT_THAT(faults_of("[/1\"\n"), ElementsAre(HasSubstr("not TOML"))) << "toml++ 3.3 aborts on it";
  EXPECT_THAT(faults_of("\xef\xbb\xbe"), ElementsAre(HasSubstr("not TOML")))
      << "toml++ 3.3 calls it unreachable";
  EXPECT_THAT(faults_of("a = \"\xff\"\n"), ElementsAre(HasSubstr("not TOML")));
  EXPECT_THAT(faults_of("a = " + std::string(100'000, '[')), ElementsAre(HasSubstr("not TOML")));
  EXPECT_THAT(faults_of("node = 1\nstream = [1]\napp = {}\nsink = 1979-05-27\n"),
              testing::Contains("n.toml:2:10: stream: expected tables that begin with [[stream]]"));
  const std::string long_name(100'000, 'n');
  for (const std::string& fault : faults_of(long_name + " = 1\n[[stream]]\nname = \"" + long_name + "\"\n")) {
    EXPECT_LT(fault.size(), 600U);
  }
  std::string many = kValid;
  for (int i = 0; i < 50'000; ++i) many += "k" + std::to_string(i) + " = 1\n";
  const double start = processor_seconds();
  const auto faults = faults_of(many);
  EXPECT_EQ(faults.size(), 51U);
  EXPECT_EQ(faults.back(), "n.toml: 49950 more mistakes");
  EXPECT_LT(processor_seconds() - start, 10);
  const TestFolder folder;
  write_file(folder / "big.toml", std::string((1 << 20) + 1, '#'));
  EXPECT_ERROR(untrusted, read_config(folder / "big.toml"), "expected at most 1048576 bytes");
  EXPECT_ERROR(unreadable, read_config(folder / "none.toml"), "none.toml: cannot open");
}

TEST(ConfigTest, TheReferenceInTheDocsIsTheDeclarations) {
  const std::string docs = read_file(std::string(MAINSTREAM_SOURCE_DIR) + "/docs/node.md");
  EXPECT_THAT(docs, HasSubstr(config_reference()))
      << "write the output of mainstream node --reference behind <!-- reference --> in docs/node.md";
}

TEST(ConfigTest, TheExampleIsValid) {
  const ConfigReading reading = read_config(std::string(MAINSTREAM_SOURCE_DIR) + "/data/node.toml");
  for (const ConfigFault& fault : reading.faults) ADD_FAILURE() << message("data/node.toml", fault);
  EXPECT_EQ(reading.config.apps.size(), 4U);
}

}  // namespace
}  // namespace mainstream
