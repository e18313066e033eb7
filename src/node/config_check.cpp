#include "node/config_check.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>

#include "core/cpus.hpp"
#include "core/text.hpp"
#include "mainstream/base.hpp"
#include "mainstream/error.hpp"
#include "mainstream/media.hpp"
#include "mainstream/mqtt.hpp"
#include "media/source_address.hpp"
#include "node/source_form.hpp"

namespace mainstream {
namespace {

// Of a camera that nobody may ask: for the forecast alone.
constexpr double kAssumedFps = 15;
constexpr int kAssumedWidth = 1280, kAssumedHeight = 720;
// Core-milliseconds per second that a forecast leaves to decoding one stream, and to the rest of the node.
constexpr double kAssumedDecoding = 100, kRestOfNode = 50, kLeastForecastBudget = 100;

class ConfigChecker {
 public:
  explicit ConfigChecker(const NodeConfig& config) : config_(config) {}

  ConfigCheck check() {
    check_places();
    read_bases();
    for (const StreamConfig& stream : config_.streams) check_stream(stream);
    for (const AppConfig& app : config_.apps) check_app(app);
    check_sinks();
    if (config_.fleet) check_fleet(*config_.fleet);
    if (result_.faults.empty()) schedule();
    std::ranges::stable_sort(result_.faults, {}, &ConfigFault::at);
    return std::move(result_);
  }

 private:
  struct OpenBase {
    std::filesystem::path path;
    Base base;
  };
  struct StreamPicture {
    double fps = kAssumedFps;
    int width = kAssumedWidth, height = kAssumedHeight;
  };

  void fault(ErrorKind kind, Place at, std::string what) {
    result_.faults.push_back({kind, at, std::move(what)});
  }
  void note(std::string text) { result_.notes.push_back(std::move(text)); }

  // Runs a step; its error becomes a fault at this place.
  template <typename Step>
  void at(Place place, const Step& step) {
    try {
      step();
    } catch (const Error& error) {
      fault(error.kind(), place, error.what());
    }
  }

  // That a folder is there, or can be made.
  void check_folder(const std::filesystem::path& folder, Place place) {
    std::filesystem::path there = std::filesystem::absolute(folder);
    while (!std::filesystem::exists(there) && there.has_relative_path()) there = there.parent_path();
    if (!std::filesystem::is_directory(there)) {
      fault(ErrorKind::storage, place, fmt::format("{}: expected a folder, got a file", there.string()));
    } else if (::access(there.c_str(), W_OK | X_OK) != 0) {
      fault(ErrorKind::storage, place, fmt::format("{}: cannot write into this folder", there.string()));
    }
  }

  void check_file(const std::filesystem::path& file, Place place) {
    if (file.empty() || ::access(file.c_str(), R_OK) == 0) return;
    fault(ErrorKind::unreadable, place,
          fmt::format("{}: cannot be read: {}", file.string(), std::strerror(errno)));
  }

  void check_places() {
    check_folder(config_.node.state, config_.node.of("state"));
    if (!config_.node.cache.empty()) check_folder(config_.node.cache, config_.node.of("cache"));
  }

  void read_bases() {
    for (const std::filesystem::path& path : config_.node.bases) {
      at(config_.node.of("bases"), [&] {
        OpenBase open{path, read_base(path)};
        const auto twin =
            std::ranges::find(bases_, open.base.id, [](const OpenBase& other) { return other.base.id; });
        if (twin != bases_.end()) {
          throw Error(ErrorKind::usage, fmt::format("{} and {} are the same base; leave one out",
                                                    twin->path.string(), path.string()));
        }
        bases_.push_back(std::move(open));
      });
    }
  }

  // Looks into files; a camera is not asked.
  void check_stream(const StreamConfig& stream) {
    StreamPicture& picture = pictures_[stream.name];
    check_file(stream.credentials, stream.of("credentials"));
    using Kind = SourceAddress::Kind;
    const SourceAddress address = parse_source(stream.url);
    const bool is_known =
        address.kind == Kind::file || address.kind == Kind::pictures || address.kind == Kind::test;
    if (is_known) {
      at(stream.of("url"), [&] {
        const VideoInfo info = VideoReader(stream.url, stream).info();
        picture = {info.fps, info.width, info.height};
      });
    }
    if (!stream.substream.empty()) {
      at(stream.of("substream"), [&] {
        if (is_path(stream.substream)) throw Error(ErrorKind::usage, "expected a url, got a path");
        if (!address.live && address.kind != Kind::http)
          throw Error(ErrorKind::usage, "only a camera has a substream, and url names none");
      });
    }
    if (stream.fps > 0) picture.fps = stream.fps;
    if (picture.fps <= 0) picture.fps = kAssumedFps;
    if (stream.fps <= 0 && !is_known) {
      note(fmt::format("stream {}: planned with {} fps; its own rate is known when the node runs",
                       stream.name, picture.fps));
    }
  }

  void check_app(const AppConfig& app) {
    result_.app_names.emplace_back();
    at(app.of("package"), [&] {
      const MPackage package = MPackage::open(app.package);
      const std::string name = app.name.empty() ? package.manifest().app : app.name;
      result_.app_names.back() = name;
      if (app.name.empty()) check_packages_name(app, name);
      const auto base = std::ranges::find(bases_, package.manifest().base_id,
                                          [](const OpenBase& open) { return open.base.id; });
      if (base == bases_.end()) {
        // A base that could not be read was told of already.
        if (bases_.size() < config_.node.bases.size()) return;
        throw Error(ErrorKind::untrusted,
                    fmt::format("{}: was made for base {} (id {}), which is not among [node] bases",
                                app.package.string(), in_quotes(package.manifest().base_name),
                                package.manifest().base_id));
      }
      package.verify(base->base);
      check_answers(package, base->base);
      if (app.enabled)
        placed_.push_back({&app, name, static_cast<std::size_t>(base - bases_.begin()), package});
    });
  }

  void check_packages_name(const AppConfig& app, const std::string& name) {
    if (const std::string wrong = name_fault(name); !wrong.empty()) {
      throw Error(ErrorKind::usage, fmt::format("{}: its app's name {} {}; give the app a name here",
                                                app.package.string(), in_quotes(name), wrong));
    }
    for (const AppConfig& other : config_.apps) {
      if (other.name == name)
        throw Error(ErrorKind::usage, fmt::format("the app {} stands twice", in_quotes(name)));
    }
    if (!names_from_packages_.insert(name).second) {
      throw Error(ErrorKind::usage,
                  fmt::format("the app {} stands twice; give one of them another name", in_quotes(name)));
    }
  }

  void check_sinks() {
    for (const AnySinkConfig& sink : config_.sinks) {
      if (const auto* jsonl = std::get_if<JsonlSinkConfig>(&sink)) {
        if (std::filesystem::is_directory(jsonl->path)) {
          fault(ErrorKind::usage, jsonl->of("path"),
                fmt::format("{} is a folder, expected a file", jsonl->path.string()));
        } else {
          check_folder(std::filesystem::absolute(jsonl->path).parent_path(), jsonl->of("path"));
        }
      } else if (const auto* mqtt = std::get_if<MqttSinkConfig>(&sink)) {
        check_file(mqtt->credentials, mqtt->of("credentials"));
        check_file(mqtt->ca, mqtt->of("ca"));
        at(mqtt->of("url"), [&] { check_topics(); });
      } else if (const auto* webhook = std::get_if<WebhookSinkConfig>(&sink)) {
        check_file(webhook->secret, webhook->of("secret"));
        check_file(webhook->ca, webhook->of("ca"));
      }
    }
  }

  void check_fleet(const FleetConfig& fleet) {
    check_file(fleet.credentials, fleet.of("credentials"));
    check_file(fleet.ca, fleet.of("ca"));
    at(fleet.of("url"), [&] { check_topic_name("node", config_.node.name); });
  }

  // Names become parts of MQTT's topics.
  void check_topics() const {
    check_topic_name("node", config_.node.name);
    for (const StreamConfig& stream : config_.streams) check_topic_name("stream", stream.name);
    for (const std::string& app : result_.app_names)
      if (!app.empty()) check_topic_name("app", app);
  }

  // ---- The forecast ----

  // An app to run, and the index of its base.
  struct Placed {
    const AppConfig* app;
    std::string name;
    std::size_t base;
    MPackage package;
  };

  void schedule() {
    if (placed_.empty()) return note("no app is enabled");
    NodeForecast forecast;
    forecast.mix.only = config_.schedule.candidates;
    for (const Placed& placed : placed_) {
      at(placed.app->of("package"), [&] { place(placed, forecast); });
    }
    if (!result_.faults.empty()) return;
    forecast.mix.limit_number_types(config_.node.number_type);
    forecast.budget = budget();
    at(config_.schedule.of("budget"), [&] { solve_for(forecast); });
    if (result_.faults.empty()) result_.forecast = std::move(forecast);
  }

  // On each of its streams, the app joins the stem of its base and region, or makes it.
  void place(const Placed& placed, NodeForecast& forecast) {
    for (const std::string& stream : placed.app->streams) {
      const auto key = std::tuple(stream, placed.base, placed.app->region);
      const auto [stem, is_new] = stems_.emplace(key, forecast.mix.stems.size());
      if (is_new) {
        const StreamPicture& picture = pictures_[stream];
        const Region& region = placed.app->region;
        forecast.mix.stems.push_back({.stream = stream,
                                      .fps = picture.fps,
                                      .width = std::max(1, static_cast<int>(picture.width * region.width)),
                                      .height = std::max(1, static_cast<int>(picture.height * region.height)),
                                      .base = bases_[placed.base].base,
                                      .number_types = {},
                                      .branchpoints = {}});
      }
      forecast.mix.add_app(placed.package, stem->second, placed.name);
      forecast.mix.apps.back().weight = placed.app->weight;
      forecast.mix.apps.back().min_fps = placed.app->min_fps;
      forecast.apps.push_back({placed.name, stream, bases_[placed.base].path});
    }
  }

  double budget() {
    if (config_.schedule.budget) return *config_.schedule.budget;
    const double cores = usable_cpu_time();
    const double decoding = kAssumedDecoding * static_cast<double>(config_.streams.size());
    const double budget = std::max(kLeastForecastBudget, 1000 * cores - decoding - kRestOfNode);
    note(
        fmt::format("budget auto: planned with {:.0f} ms/s: {:.6g} cores, less {:.0f} for decoding and "
                    "{:.0f} for the rest",
                    budget, cores, decoding, kRestOfNode));
    return budget;
  }

  void solve_for(NodeForecast& forecast) {
    const ScheduleConfig& wanted = config_.schedule;
    const Engine engine({.threads = std::max(1, config_.node.threads)});
    const EstimatedCosts estimate = estimated_costs(
        engine, forecast.mix, config_.node.cache.empty() ? cache_folder() : config_.node.cache);
    for (std::size_t s = 0; s < forecast.mix.stems.size(); ++s) {
      if (estimate.measured[s]) continue;
      const auto base = std::ranges::find(bases_, forecast.mix.stems[s].base.id,
                                          [](const OpenBase& open) { return open.base.id; });
      if (std::ranges::find(forecast.guessed, base->path) == forecast.guessed.end()) {
        forecast.guessed.push_back(base->path);
      }
    }
    const Planner planner(forecast.mix, {wanted.mode, wanted.algorithm, wanted.objective});
    forecast.plan = planner.solve(estimate.costs, forecast.budget);
    if (!forecast.plan.schedule.feasible && !wanted.budget) {
      // What decoding takes is a guess here, and nothing to refuse a configuration for: the node measures it.
      forecast.budget = 1000 * usable_cpu_time() - kRestOfNode;
      forecast.plan = planner.solve(estimate.costs, forecast.budget);
      if (forecast.plan.schedule.feasible) {
        note(
            "no schedule fits if decoding takes that much: planned without it; the node measures what it "
            "takes");
      }
    }
    const Schedule& schedule = forecast.plan.schedule;
    if (!schedule.feasible) throw Error(ErrorKind::infeasible, "no schedule fits: " + schedule.reason);
  }

  const NodeConfig& config_;
  ConfigCheck result_;
  std::vector<OpenBase> bases_;
  std::map<std::string, StreamPicture> pictures_;  // by stream
  std::vector<Placed> placed_;
  std::set<std::string> names_from_packages_;
  std::map<std::tuple<std::string, std::size_t, Region>, std::size_t> stems_;
};

}  // namespace

ConfigCheck check_config(const NodeConfig& config) {
  return ConfigChecker(config).check();
}

CheckedConfig check_config_text(std::string_view text, const std::filesystem::path& folder) {
  ConfigReading reading = parse_config(text, folder);
  CheckedConfig result{std::move(reading.config), {}};
  if (reading.faults.empty()) {
    result.check = check_config(result.config);
  } else {
    result.check.faults = std::move(reading.faults);
  }
  return result;
}

}  // namespace mainstream
