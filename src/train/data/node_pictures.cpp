#include "train/data/node_pictures.hpp"
#include "core/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "core/file.hpp"
#include "core/json.hpp"
#include "event/event_json.hpp"
#include "mainstream/error.hpp"
#include "mainstream/store.hpp"
#include "net/http_client.hpp"
#include "store/state_directory.hpp"
#include "train/stopped.hpp"

namespace mainstream {
namespace {

constexpr auto kOneOccasion = std::chrono::seconds(10);
constexpr std::size_t kPageEvents = 1000;
constexpr std::size_t kMostPages = 1000;
constexpr std::size_t kMostAnswerBytes = std::size_t{16} << 20;
constexpr std::chrono::seconds kAnswerPatience{60};

struct JudgedEvent {
  EventRecord event;
  bool positive = false;
};

// Where a node's events are.
class NodeEvents {
 public:
  virtual ~NodeEvents() = default;
  // Those of the app with a verdict of true or false; counts the others.
  [[nodiscard]] virtual std::vector<JudgedEvent> judged(const std::string& app, NodePictures& counts) = 0;
  [[nodiscard]] virtual std::optional<std::string> snapshot(const std::string& id) = 0;
};

class StoredEvents final : public NodeEvents {
 public:
  explicit StoredEvents(const std::filesystem::path& directory) : reader_(directory) {}

  std::vector<JudgedEvent> judged(const std::string& app, NodePictures& counts) override {
    std::vector<JudgedEvent> found;
    std::set<std::string> judged_ids;
    for (const Verdict& verdict : reader_.verdicts()) {
      if (verdict.app != app) continue;
      if (verdict.kind == Verdict::Kind::missed) {
        ++counts.missed;
        continue;
      }
      judged_ids.insert(verdict.id);
      if (std::optional<EventRecord> event = reader_.event(verdict.id))
        found.push_back({std::move(*event), verdict.kind == Verdict::Kind::right});
      else
        ++counts.pictureless;
    }
    EventQuery query{.app = app, .limit = kPageEvents};
    for (std::vector<EventRecord> page = reader_.events(query); !page.empty(); page = reader_.events(query)) {
      for (const EventRecord& event : page) counts.unjudged += judged_ids.contains(event.id) ? 0 : 1;
      query.below = page.back().id;
    }
    return found;
  }

  std::optional<std::string> snapshot(const std::string& id) override { return reader_.snapshot(id); }

 private:
  StoreReader reader_;
};

class ServedEvents final : public NodeEvents {
 public:
  ServedEvents(std::string url, const NodeAccess& access, const std::stop_token& stop)
      : url_(std::move(url)), stop_(stop), client_({access.ca_file, kAnswerPatience, kMostAnswerBytes}) {
    while (url_.ends_with('/')) url_.pop_back();
    origin_ = origin_of(url_);
    if (access.token.empty()) return;
    if (!is_private(url_)) {
      throw Error(ErrorKind::usage,
                  origin_ + ": others could read the token on the way; expected https, or this machine");
    }
    headers_.push_back("Authorization: Bearer " + access.token);
  }

  std::vector<JudgedEvent> judged(const std::string& app, NodePictures& counts) override {
    counts.knows_missed = false;
    std::vector<JudgedEvent> found;
    take_pages(app, "false", found, counts.unjudged);
    int unjudged_near_misses = 0;  // most of them, as nobody looks at all
    take_pages(app, "true", found, unjudged_near_misses);
    return found;
  }

  std::optional<std::string> snapshot(const std::string& id) override {
    HttpAnswer answer = ask("events/" + id + "/snapshot.jpg");
    if (answer.status == 404) return std::nullopt;
    check(answer);
    return std::move(answer.body);
  }

 private:
  void take_pages(const std::string& app, const char* near_misses, std::vector<JudgedEvent>& found,
                  int& unjudged) {
    std::string below;
    for (std::size_t page = 0; page < kMostPages; ++page) {
      const JsonField root = read_json(
          asked(fmt::format("events?app={}&limit={}&near_misses={}{}", percent_encoded(app), kPageEvents,
                            near_misses, below.empty() ? "" : "&below=" + percent_encoded(below))),
          origin_);
      const JsonField events = root["events"];
      for (std::size_t i = 0; i < events.size(); ++i) take(events.at(i), found, unjudged);
      if (root["next"].is_null()) return;
      below = root["next"].text();
    }
    throw Error(ErrorKind::untrusted,
                fmt::format("{}: expected at most {} pages of events, got more", origin_, kMostPages));
  }

  static void take(const JsonField& field, std::vector<JudgedEvent>& found, int& unjudged) {
    const auto verdict = field.find("verdict");
    const std::string word = verdict && !verdict->value().is_null() ? verdict->text() : "";
    if (word.empty()) {
      ++unjudged;
      return;
    }
    if (word != "true" && word != "false") verdict->fail("expected true or false, got " + in_quotes(word));
    EventRecord event = parse_event_line(json_text(field.value()), field.path());
    if (!is_event_id(event.id)) field["id"].fail("is no id of an event");
    found.push_back({std::move(event), word == "true"});
  }

  HttpAnswer ask(const std::string& path) {
    try {
      return client_.get(url_ + "/api/v1/" + path, headers_, stop_);
    } catch (const Error& error) {
      throw_if(stop_);
      throw Error(ErrorKind::unreadable, error.what());
    }
  }
  std::string asked(const std::string& path) {
    HttpAnswer answer = ask(path);
    check(answer);
    return std::move(answer.body);
  }
  void check(const HttpAnswer& answer) const {
    if (answer.status == 200 && !answer.cut) return;
    const char* hint = answer.status == 401 || answer.status == 403
                           ? "; MAINSTREAM_TOKEN or --token-file gives a token of the node"
                           : "";
    throw Error(ErrorKind::unreadable,
                answer.cut
                    ? fmt::format("{}: an answer has more than {} bytes", origin_, kMostAnswerBytes)
                    : fmt::format("{}: expected an answer of 200, got {}{}", origin_, answer.status, hint));
  }

  std::string url_, origin_;
  const std::stop_token stop_;
  std::vector<std::string> headers_;
  HttpClient client_;
};

std::unique_ptr<NodeEvents> events_at(const std::string& place, const NodeAccess& access,
                                      const std::stop_token& stop) {
  if (place.starts_with("http://") || place.starts_with("https://"))
    return std::make_unique<ServedEvents>(place, access, stop);
  return std::make_unique<StoredEvents>(place);
}

}  // namespace

std::vector<std::string> occasions_of(std::span<const EventRecord> events) {
  std::vector<std::size_t> order(events.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) {
    return std::tuple(events[i].stream, events[i].start_time, events[i].id);
  });
  std::vector<std::string> occasions(events.size());
  std::string stream, name;
  WallTime end{};
  for (const std::size_t i : order) {
    const EventRecord& event = events[i];
    if (name.empty() || event.stream != stream || event.start_time - end >= kOneOccasion) {
      stream = event.stream;
      name = event.id;  // of its first event
      end = event.end_time;
    }
    end = std::max(end, event.end_time);
    occasions[i] = name;
  }
  return occasions;
}

NodePictures read_node_pictures(const std::string& place, const std::string& app, const NodeAccess& access,
                                const std::filesystem::path& folder, const std::stop_token& stop) {
  const std::unique_ptr<NodeEvents> node = events_at(place, access, stop);
  NodePictures found;
  std::vector<JudgedEvent> judged = node->judged(app, found);
  std::ranges::sort(judged, {}, [](const JudgedEvent& one) { return one.event.id; });
  std::vector<EventRecord> events;
  for (const JudgedEvent& one : judged) events.push_back(one.event);
  const std::vector<std::string> occasions = occasions_of(events);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    throw Error(ErrorKind::storage,
                fmt::format("{}: cannot make the folder: {}", folder.string(), error.message()));
  for (std::size_t i = 0; i < judged.size(); ++i) {
    throw_if(stop);
    const EventRecord& event = events[i];
    const std::optional<std::string> jpeg = event.snapshot ? node->snapshot(event.id) : std::nullopt;
    if (!jpeg) {
      ++found.pictureless;
      continue;
    }
    const std::filesystem::path path = folder / (event.id + ".jpg");
    write_file(path, *jpeg);
    const Region region = event.answered_by ? event.answered_by->region : Region{};
    found.pictures.push_back({path, judged[i].positive, region, occasions[i]});
  }
  return found;
}

}  // namespace mainstream
