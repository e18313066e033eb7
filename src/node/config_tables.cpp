// Every key of the configuration: its name, what it takes, its default and its help.
#include "node/config_tables.hpp"

#include <algorithm>

#include "node/source_form.hpp"

namespace mainstream {
namespace {

constexpr double kDaySeconds = 24 * 3600;

std::string any_text(std::string_view text) {
  return path_fault(text);
}

std::string webhook_fault(std::string_view url) {
  return url_fault(url, {"http", "https"});
}

Key<AppConfig> region_key() {
  const Takes takes{Takes::Type::list, 0, 1, {}, "[left, top, width, height], each from 0 to 1"};
  const auto read = [takes](const TomlValue& value, const std::filesystem::path&, AppConfig& app) {
    const auto* list = value.as<TomlValue::List>();
    if (list == nullptr || list->size() != 4) return mismatch(takes, value);
    std::array<double, 4> numbers{};
    for (std::size_t i = 0; i < 4; ++i) {
      const auto number = number_in((*list)[i], takes);
      if (!number) return mismatch(takes, (*list)[i]);
      numbers[i] = *number;
    }
    app.region = {numbers[0], numbers[1], numbers[2], numbers[3]};
    constexpr double kRounding = 1e-9;
    const auto& [left, top, width, height] = numbers;
    if (width <= 0 || height <= 0) return fmt::format("is empty: {} wide, {} high", width, height);
    if (left + width > 1 + kRounding || top + height > 1 + kRounding) {
      return fmt::format(
          "ends outside of the picture: left + width is {:.6g}, top + height is {:.6g}, at most 1",
          left + width, top + height);
    }
    return std::string();
  };
  return {{"region", takes,
           "The part of the picture that the app looks at, in parts of its width and height. Apps "
           "with one region share their stem.",
           "[0, 0, 1, 1]", false},
          read};
}

Key<ScheduleConfig> budget_key() {
  const Takes takes{Takes::Type::number, 0, 1e6, {}, {}};
  const auto read = [takes](const TomlValue& value, const std::filesystem::path&, ScheduleConfig& schedule) {
    schedule.budget.reset();
    if (const auto* text = value.as<std::string>(); text != nullptr && *text == "auto") return std::string();
    schedule.budget = number_in(value, takes);
    if (schedule.budget && *schedule.budget > 0) return std::string();
    return fmt::format("expected \"auto\" or a number above 0 and at most 1000000, got {}", described(value));
  };
  const Takes shown{Takes::Type::text, 0, takes.high, {}, "\"auto\", or a number above 0"};
  return {{"budget", shown,
           "Most core-milliseconds per second for decoding, scaling and networks together; two cores "
           "have 2000. auto: what the machine gives, which the node finds out.",
           "\"auto\"", false},
          read};
}

template <typename Sink>
Keys<Sink> sink_keys(const Keys<Sink>& own) {
  Keys<Sink> keys{text<Sink>("type", &SinkConfig::type, "\"stdout\", \"jsonl\", \"mqtt\" or \"webhook\"",
                             any_text, "Which sink this is.")
                      .is_required(),
                  text<Sink>("name", &SinkConfig::name, "a name", name_fault,
                             "Unique in the node: the node remembers by it how far the sink has come.")
                      .with_default("the type")};
  keys.insert(keys.end(), own.begin(), own.end());
  return keys;
}

}  // namespace

std::string mqtt_fault(std::string_view url) {
  if (std::string fault = url_fault(url, {"mqtt", "mqtts"}); !fault.empty()) return fault;
  const std::string_view rest = url.substr(url.find("://") + 3);
  if (rest.find('@') != std::string_view::npos) return "names a user, which belongs into a credentials file";
  return rest.find_first_of("/?#") == std::string_view::npos ? "" : "goes on behind HOST[:PORT]";
}

const std::vector<std::string_view>& sink_types() {
  static const std::vector<std::string_view> types{"stdout", "jsonl", "mqtt", "webhook"};
  return types;
}

const Keys<MachineConfig>& machine_keys() {
  using Machine = MachineConfig;
  static const Keys<Machine> keys{
      text("name", &Machine::name, "a name", name_fault, "Its name in topics and messages.")
          .with_default("the host's name"),
      list<Machine>(
          "bases", "one path or a list of paths",
          [](const std::string& text, const std::filesystem::path& folder, Machine& machine) {
            std::string fault = path_fault(text);
            if (fault.empty()) machine.bases.push_back(folder / text);
            return fault;
          },
          "Prepared bases (`mainstream base prepare`). An app runs on the one that its package was made for.")
          .is_required(),
      path("state", &Machine::state,
           "The folder of what the node remembers: events, snapshots, plans. Made if it is missing; one node "
           "at a time."),
      number("workers", &Machine::workers, 0, 256,
             "Threads that analyse frames. 0: the node measures which layout gives the most."),
      number("threads", &Machine::threads, 0, 256, "Threads of the engine in each worker. 0: likewise."),
      word("number_type", &Machine::number_type,
           {{"f32", NumberType::f32}, {"bf16", NumberType::bf16}, {"int8", NumberType::int8}},
           "The least exact number type that plans may use, where base, packages and processor have it."),
      path("cache", &Machine::cache, "The folder of what was measured on this machine.")
          .with_default("$XDG_CACHE_HOME/mainstream, else ~/.cache/mainstream"),
      word("log", &Machine::log,
           {{"debug", "debug"}, {"info", "info"}, {"warn", "warn"}, {"error", "error"}, {"off", "off"}},
           "The least level of messages that are written."),
      word("log_format", &Machine::json_log, {{"text", false}, {"json", true}},
           "json: each message is a line with an object, for programs."),
  };
  return keys;
}

const Keys<StreamConfig>& stream_keys() {
  using Stream = StreamConfig;
  using Transport = SourceOptions::Transport;
  using std::chrono::milliseconds;
  static const Keys<Stream> keys{
      text("name", &Stream::name, "a name", name_fault, "Unique in the node; in events and topics.")
          .is_required(),
      text("url", &Stream::url, "a url or a path", source_fault,
           "A camera's url, a file or another source (docs/running.md, \"Sources\").")
          .is_required(),
      text("substream", &Stream::substream, "a url", source_fault,
           "The same camera with smaller or fewer pictures. It is played in place of `url` while it has the "
           "frame "
           "rate of the plan and pictures as large as the networks' input."),
      number<Stream, double>(
          "fps", &Stream::fps, 0, 1000,
          "Frames per second: of a file, instead of what it states; of a camera, as expected. 0: as it "
          "states."),
      word<Stream, Transport>(
          "transport", &Stream::transport,
          {{"auto", Transport::automatic}, {"tcp", Transport::tcp}, {"udp", Transport::udp}},
          "Of RTSP. auto: TCP, or UDP where the camera has no TCP."),
      path<Stream>(
          "credentials", &Stream::credentials,
          "A file of lines `HOST[:PORT] USER PASSWORD`, readable by its owner alone, for urls without a "
          "user."),
      number<Stream, milliseconds>(
          "timeout_s", &Stream::timeout, 0.1, 3600,
          "A source that gives no picture for this long counts as lost, and is opened again."),
      number<Stream, milliseconds>(
          "same_picture_s", &Stream::same_picture, 0, kDaySeconds,
          "A camera that shows exactly the same picture for this long is opened again. 0: never."),
      number<Stream, std::int64_t>("max_pixels", &Stream::max_pixels, 1, 1e9,
                                   "Width times height; larger pictures are refused."),
      boolean<Stream>("loop", &Stream::loop, "What has an end begins again there."),
      boolean<Stream>("hardware", &Stream::hardware,
                      "Decode by VA-API where that works, else in software with a warning."),
  };
  return keys;
}

const Keys<AppConfig>& app_keys() {
  using App = AppConfig;
  static const Keys<App> keys{
      text("name", &App::name, "a name", name_fault, "Unique in the node; in events and topics.")
          .with_default("the package's app"),
      path("package", &App::package, "An M-Package (`mainstream train`).").is_required(),
      list<App>(
          "stream", "the name of a stream, or a list of names",
          [](const std::string& text, const std::filesystem::path&, App& app) {
            if (std::ranges::find(app.streams, text) != app.streams.end()) return std::string("stands twice");
            app.streams.push_back(text);
            return std::string();
          },
          "The streams that it watches.")
          .is_required(),
      region_key(),
      boolean("enabled", &App::enabled, "Whether it runs. A disabled app is checked, and costs nothing."),
      number("weight", &App::weight, 1e-3, 1e3,
             "How much its F1 counts in the schedule, beside that of others."),
      number("min_fps", &App::min_fps, 1e-3, 1e3, "The least frame rate that the schedule may give it."),
      number("threshold", &App::threshold, 0, 1,
             "A score at or above it makes a frame positive; else the package's."),
      number("votes", &App::votes, 1, 1000,
             "Positive frames in a row that make a detection; else the schedule's."),
      number("merge_gap_s", &App::merge_gap, 0, kDaySeconds,
             "Detections closer than this are one event; else the package's."),
      number("min_length_s", &App::min_length, 0, kDaySeconds, "Shorter events are dropped."),
      number("max_length_s", &App::max_length, 0.1, 7 * kDaySeconds,
             "A longer event ends, and another begins."),
      list<App>(
          "hours", "hours like \"mon-fri 07:00-19:00\", or a list of them",
          [](const std::string& text, const std::filesystem::path&, App& app) {
            const auto hours = parse_hours(text);
            if (hours) app.hours.push_back(*hours);
            return std::string(
                hours
                    ? ""
                    : "is no time like \"mon-fri 07:00-19:00\", \"sat,sun 08:30-12:00\" or \"22:00-06:00\"");
          },
          "When it watches, in local time.")
          .with_default("always"),
  };
  return keys;
}

const Keys<ScheduleConfig>& schedule_keys() {
  using Wanted = ScheduleConfig;
  static const Keys<Wanted> keys{
      word("objective", &Wanted::objective, {{"mean", Objective::mean}, {"max-min", Objective::max_min}},
           "Whether the mean F1 of all apps counts, or that of the worst."),
      word("algorithm", &Wanted::algorithm,
           {{"auto", Algorithm::automatic},
            {"optimal", Algorithm::optimal},
            {"fast", Algorithm::fast},
            {"greedy", Algorithm::greedy},
            {"fixed", Algorithm::fixed}},
           "How mode mainstream searches."),
      word("mode", &Wanted::mode,
           {{"mainstream", Mode::mainstream},
            {"fixed", Mode::fixed},
            {"max-sharing", Mode::max_sharing},
            {"apart", Mode::apart},
            {"no-sharing", Mode::no_sharing}},
           "What apps share: mainstream, or a baseline to compare with."),
      budget_key(),
      word("candidates", &Wanted::candidates,
           {{"all", std::nullopt}, {"exits", CandidateKind::exit}, {"tails", CandidateKind::tail}},
           "What the packages' apps may run."),
  };
  return keys;
}

const Keys<StdoutSinkConfig>& stdout_sink_keys() {
  static const Keys<StdoutSinkConfig> keys = sink_keys<StdoutSinkConfig>({});
  return keys;
}

const Keys<JsonlSinkConfig>& jsonl_sink_keys() {
  using Jsonl = JsonlSinkConfig;
  static const Keys<Jsonl> keys = sink_keys<Jsonl>({
      path("path", &Jsonl::path, "The file, one line of JSON for each event.").is_required(),
      number("max_size_mb", &Jsonl::max_size_mb, 1, 1e6, "A larger file is put aside, and a new one begun."),
      number("keep", &Jsonl::keep, 0, 1000, "How many files put aside are kept."),
  });
  return keys;
}

const Keys<MqttSinkConfig>& mqtt_sink_keys() {
  using Mqtt = MqttSinkConfig;
  static const Keys<Mqtt> keys = sink_keys<Mqtt>(
      broker_keys<Mqtt>({boolean("discovery", &Mqtt::discovery, "Announce apps to Home Assistant.")}));
  return keys;
}

const Keys<WebhookSinkConfig>& webhook_sink_keys() {
  using Webhook = WebhookSinkConfig;
  static const Keys<Webhook> keys = sink_keys<Webhook>({
      text("url", &Webhook::url, "http://HOST[:PORT]/PATH or https://..", webhook_fault,
           "Where events are posted.")
          .is_required(),
      path("secret", &Webhook::secret, "A file with the key that signs each post (HMAC)."),
      path("ca", &Webhook::ca, "Certificates that https trusts (PEM).").with_default("the system's"),
      number("timeout_s", &Webhook::timeout, 0.1, 600,
             "A post without an answer for this long is tried again."),
  });
  return keys;
}

const Keys<RetentionConfig>& retention_keys() {
  using Retention = RetentionConfig;
  static const Keys<Retention> keys{
      number("max_age_days", &Retention::max_age_days, 0, 36500,
             "Older events, snapshots and recordings are removed. 0: never."),
      number(
          "max_size_mb", &Retention::max_size_mb, 0, 1e9,
          "The oldest are removed until database and snapshots need no more; of recordings, too, which are "
          "counted apart. 0: no limit."),
  };
  return keys;
}

const Keys<ServeConfig>& serve_keys() {
  using Serve = ServeConfig;
  static const Keys<Serve> keys{
      text("address", &Serve::address, "an address like 127.0.0.1 or ::1", any_text,
           "Where it listens. Any other than a loopback address needs tokens, and is HTTPS."),
      number("port", &Serve::port, 0, 65535, "0: any free one, which the log tells."),
      path("certificate", &Serve::certificate,
           "A certificate (PEM). With it, it is HTTPS. Without it, the node makes one where it needs "
           "one (docs/api.md)."),
      path("key", &Serve::key, "The certificate's key (PEM)."),
      path("tokens", &Serve::tokens,
           "A file of lines `SHA256 ROLE NAME [on STREAM, ..]`, readable by its owner alone (docs/api.md). "
           "Without it, "
           "who can connect may do all."),
      list<Serve>(
          "names", "a name or a list of names",
          [](const std::string& text, const std::filesystem::path&, Serve& serve) {
            std::string fault = name_fault(text);
            if (fault.empty()) serve.names.push_back(text);
            return fault;
          },
          "Names by which clients call it, beside its address: \"gate.local\"."),
  };
  return keys;
}

const Keys<FleetConfig>& fleet_keys() {
  using Fleet = FleetConfig;
  static const Keys<Fleet> keys = broker_keys<Fleet>({
      number("max_packages_mb", &Fleet::max_packages_mb, 1, 1e6,
             "Most space for the packages of one state; a state that needs more is refused."),
      number("report_s", &Fleet::report, 1, 3600, "The node reports at least this often."),
  });
  return keys;
}

}  // namespace mainstream
