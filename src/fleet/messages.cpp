#include "fleet/messages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "core/json.hpp"
#include "core/text.hpp"
#include "event/event_json.hpp"
#include "mainstream/error.hpp"
#include "net/http_client.hpp"
#include "node/config_key.hpp"
#include "package/sha256.hpp"

namespace mainstream {
namespace {

constexpr std::int64_t kFormat = 1;
constexpr std::int64_t kMostVersion = std::int64_t{1} << 53;  // what every JSON reader takes
constexpr std::int64_t kMostPackageBytes = std::int64_t{1} << 40;
constexpr std::size_t kMostPackages = 1000;
constexpr std::size_t kMostReportBytes = std::size_t{64} << 10;
constexpr std::size_t kMostRequestBytes = 4096;
constexpr double kAnyNumber = 1e18;
constexpr std::string_view kRoot = "mainstream/fleet/";

constexpr std::array kProgressWords = {"own", "fetching", "waiting", "applying", "applied", "refused"};

JsonField fleet_message(std::string_view text, const char* what, std::size_t most) {
  if (text.size() > most) {
    throw Error(ErrorKind::untrusted,
                fmt::format("{}: expected at most {} bytes, got {}", what, most, text.size()));
  }
  JsonField root = read_json(text, what);
  if (!root.is_object()) root.fail("expected an object");
  return root;
}

void check_format(const JsonField& root) {
  if (const std::int64_t format = root["format"].integer(0, kMostVersion); format != kFormat)
    root["format"].fail(fmt::format("expected {}, got {}", kFormat, format));
}

std::string fitting_text(const JsonField& field, const std::string& fault) {
  std::string text = field.text();
  if (!fault.empty()) field.fail(fmt::format("{} {}", in_quotes(without_secrets(text)), fault));
  return text;
}

DesiredPackage package_from(const JsonField& field) {
  field.allow_only({"name", "sha256", "bytes", "url"});
  DesiredPackage package;
  package.name = fitting_text(field["name"], path_fault(field["name"].text()));
  package.sha256 = field["sha256"].text();
  if (!is_sha256(package.sha256)) field["sha256"].fail("expected 64 lower-case hexadecimal digits");
  package.bytes = static_cast<std::uint64_t>(field["bytes"].integer(1, kMostPackageBytes));
  package.url = fitting_text(field["url"], package_url_fault(field["url"].text()));
  return package;
}

int count_from(const JsonField& root, const char* key) {
  return static_cast<int>(root[key].integer(0, 1'000'000));
}

NodeReport::Progress progress_from(const JsonField& field) {
  const std::string word = field.text();
  const auto known = std::ranges::find(kProgressWords, word);
  if (known == kProgressWords.end())
    field.fail(fmt::format("expected one of: {}; got {}", joined(kProgressWords, ", "), in_quotes(word)));
  return static_cast<NodeReport::Progress>(known - kProgressWords.begin());
}

}  // namespace

std::string node_in_topic(std::string_view topic) {
  if (!topic.starts_with(kRoot)) return {};
  topic.remove_prefix(kRoot.size());
  return std::string(topic.substr(0, topic.find('/')));
}

std::string to_json(const DesiredState& state) {
  Json packages = Json::array();
  for (const DesiredPackage& package : state.packages) {
    packages.push_back(
        {{"name", package.name}, {"sha256", package.sha256}, {"bytes", package.bytes}, {"url", package.url}});
  }
  return json_text({{"format", kFormat},
                    {"version", state.version},
                    {"packages", std::move(packages)},
                    {"config", state.config}});
}

DesiredState parse_desired(std::string_view text) {
  const JsonField root = fleet_message(text, "desired", kMostDesiredBytes);
  root.allow_only({"format", "version", "packages", "config"});
  check_format(root);
  DesiredState state;
  state.version = root["version"].integer(1, kMostVersion);
  state.config = root["config"].text();
  const JsonField packages = root["packages"];
  if (packages.size() > kMostPackages)
    packages.fail(fmt::format("expected at most {} packages, got {}", kMostPackages, packages.size()));
  std::set<std::string> names;
  for (std::size_t i = 0; i < packages.size(); ++i) {
    state.packages.push_back(package_from(packages.at(i)));
    const std::string& name = state.packages.back().name;
    if (!names.insert(name).second) packages.at(i)["name"].fail(in_quotes(name) + " stands twice");
  }
  return state;
}

const char* to_string(NodeReport::Progress progress) noexcept {
  return kProgressWords[static_cast<std::size_t>(progress)];
}

std::string to_json(const NodeReport& report) {
  Json json{{"format", kFormat},
            {"node", report.node},
            {"program", report.program},
            {"time", to_string(report.time)},
            {"every_s", report.every.count()},
            {"version", report.version},
            {"wanted", report.wanted},
            {"progress", to_string(report.progress)},
            {"why", report.why},
            {"fetched", report.fetched},
            {"streams", report.streams},
            {"streams_up", report.streams_up},
            {"apps", report.apps},
            {"apps_running", report.apps_running},
            {"troubles", report.troubles},
            {"cost", report.cost},
            {"budget", report.budget},
            {"mean_f1", report.mean_f1},
            {"events", report.events},
            {"last_sequence", report.last_sequence},
            {"acknowledged", Json::object()}};
  for (const auto& [receiver, sequence] : report.acknowledged) json["acknowledged"][receiver] = sequence;
  return json_text(json);
}

NodeReport parse_report(std::string_view text) {
  const JsonField root = fleet_message(text, "reported", kMostReportBytes);
  check_format(root);  // fields of a newer program are passed over: it still tells what this one knows
  NodeReport report;
  report.node = root["node"].text();
  report.program = root["program"].text();
  report.time = parse_time(root["time"]);
  report.every = std::chrono::seconds(root["every_s"].integer(1, 86'400));
  report.version = root["version"].integer(0, kMostVersion);
  report.wanted = root["wanted"].integer(0, kMostVersion);
  report.progress = progress_from(root["progress"]);
  report.why = root["why"].text();
  report.fetched = root["fetched"].number(0, 1);
  report.streams = count_from(root, "streams");
  report.streams_up = count_from(root, "streams_up");
  report.apps = count_from(root, "apps");
  report.apps_running = count_from(root, "apps_running");
  const JsonField troubles = root["troubles"];
  for (std::size_t i = 0; i < troubles.size(); ++i) report.troubles.push_back(troubles.at(i).text());
  report.cost = root["cost"].number(-kAnyNumber, kAnyNumber);
  report.budget = root["budget"].number(-kAnyNumber, kAnyNumber);
  report.mean_f1 = root["mean_f1"].number(0, 1);
  report.events = root["events"].integer(0, kMostVersion);
  report.last_sequence = root["last_sequence"].integer(0, kMostVersion);
  root["acknowledged"].for_each([&](const std::string& receiver, const JsonField& sequence) {
    report.acknowledged[receiver] = sequence.integer(0, kMostVersion);
  });
  return report;
}

RangeRequest parse_range_request(std::string_view text) {
  const JsonField root = fleet_message(text, "get", kMostRequestBytes);
  root.allow_only({"receiver", "id", "after", "limit", "acknowledged"});
  RangeRequest request;
  request.receiver = fitting_text(root["receiver"], name_fault(root["receiver"].text()));
  if (const auto id = root.find("id")) request.id = fitting_text(*id, name_fault(id->text()));
  if (const auto limit = root.find("limit")) {
    request.limit = static_cast<int>(limit->integer(0, kMostInRange));
    request.after = root["after"].integer(0, kMostVersion);
  }
  if (const auto acknowledged = root.find("acknowledged"))
    request.acknowledged = acknowledged->integer(0, kMostVersion);
  return request;
}

std::string range_answer(const RangeRequest& request, const std::vector<EventRecord>& records,
                         std::int64_t last_sequence) {
  std::string events;
  std::int64_t last = records.empty() ? std::max(request.after, last_sequence) : request.after;
  for (const EventRecord& record : records) {
    const std::string line = to_json_line(record);
    if (!events.empty() && events.size() + line.size() >= kMostRangeBytes) break;
    events += (events.empty() ? "" : ",") + line;
    last = record.sequence;
  }
  return fmt::format(
      R"({{"format":{},"id":{},"after":{},"last":{},"last_sequence":{},"more":{},"events":[{}]}})", kFormat,
      json_text(request.id), request.after, last, last_sequence, last < last_sequence, events);
}

std::string package_url_fault(std::string_view url) {
  if (std::string fault = path_fault(url); !fault.empty()) return fault;
  if (url.find(' ') != std::string_view::npos) return "holds a space, expected %20";
  try {
    if (is_private(std::string(url))) return {};
  } catch (const Error&) {
    return "is no url";
  }
  return "expected https://.., file://.., or http:// to this machine";
}

}  // namespace mainstream
