#include "node/drift_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/file.hpp"
#include "core/json.hpp"
#include "core/log.hpp"
#include "mainstream/error.hpp"
#include "media/pixels.hpp"
#include "media/url.hpp"

namespace mainstream {
namespace {

constexpr std::chrono::seconds kBetweenPictures{10}, kBetweenFiles{60};
constexpr std::chrono::minutes kSceneTime{10};
constexpr std::chrono::hours kBetweenSaves{1};
constexpr std::size_t kVariants = 8;  // of one app: a plan changes among few
constexpr std::uint64_t kMostDriftBytes = std::uint64_t{64} << 20;
constexpr int kDriftFormat = 1;

std::string direction(double part, const char* side, const char* more, const char* less) {
  if (std::abs(part) < 0.01) return {};
  return fmt::format("{:.0f} % of its {} {}", 100 * std::abs(part), side, part > 0 ? more : less);
}

std::string moved_text(const PictureDrift::Result& result) {
  if (!result.shift) return "the camera shows another view";
  const std::string across = direction(result.shift->first, "width", "to the right", "to the left");
  const std::string along = direction(result.shift->second, "height", "down", "up");
  return fmt::format("the camera has moved: it looks {}{}{}", across,
                     across.empty() || along.empty() ? "" : " and ", along);
}

std::string what_is_wrong(const PictureDrift::Result& result) {
  switch (result.finding) {
    case PictureFinding::moved:
      return moved_text(result) + "; turn it back";
    case PictureFinding::covered:
      return "a part of the picture has changed for good: look for dirt on the lens, or what stands before "
             "it";
    case PictureFinding::blurred:
      return fmt::format("the picture has {:.0f} % of its sharpness: clean the lens, or focus it",
                         100 * result.sharpness);
    case PictureFinding::dark:
      return "the picture is dark at an hour at which it was not: look at lamps and lens";
    case PictureFinding::learning:
    case PictureFinding::same:
      break;
  }
  return {};
}

std::string what_is_wrong(ScoreDrift::Finding finding, const ScoreDrift::Result& result) {
  switch (finding) {
    case ScoreDrift::Finding::validation:
      return fmt::format(
          "its scores are not those of its package's validation (divergence {:.2f}; 0.1 is small): this "
          "camera "
          "shows other pictures than it was trained with; train it with pictures of this camera",
          result.from_validation.value_or(0));
    case ScoreDrift::Finding::rate:
      return fmt::format(
          "{:.1f} % of its frames are positive, its package promises {:.1f} to {:.1f} %: look at its last "
          "events, "
          "and train it with pictures of this camera",
          100 * result.positive_rate.value_or(0), 100 * result.promised_rate.low,
          100 * result.promised_rate.high);
    case ScoreDrift::Finding::first_days:
      return fmt::format(
          "its scores are not those of its first days here (divergence {:.2f}; 0.1 is small): look at the "
          "camera's picture and at the last events, and train it again if they are wrong",
          result.from_first_days.value_or(0));
    case ScoreDrift::Finding::none:
      break;
  }
  return {};
}

}  // namespace

DriftWatch::DriftWatch(std::filesystem::path folder, Warn warn)
    : folder_(std::move(folder)), warn_(std::move(warn)) {}

DriftWatch::~DriftWatch() {
  const MutexLock lock(mutex_);
  save(saved_at_);
}

std::filesystem::path DriftWatch::file_of(const std::string& stream) const {
  return folder_ / (stream + ".json");
}

std::string DriftWatch::how_to_accept(const std::string& stream) const {
  if (folder_.empty()) return {};
  return fmt::format("; if this is how it should be, remove {}, and the node learns anew",
                     file_of(stream).string());
}

// ---- What comes in ----

void DriftWatch::see(const std::string& stream, const Picture& picture, WallTime now) {
  {
    const MutexLock lock(mutex_);
    const auto known = streams_.find(stream);
    if (known == streams_.end()) return;
    WallTime& looked = known->second.looked;
    if (now >= looked && now - looked < kBetweenPictures) return;
    looked = now;
  }
  const std::vector<std::uint8_t> luma = luma_of(picture, SceneMedian::kWidth, SceneMedian::kHeight);
  const MutexLock lock(mutex_);
  const auto known = streams_.find(stream);
  if (known != streams_.end()) known->second.pictures.add(luma, picture.width(), picture.height());
}

void DriftWatch::add(const Scores& scores, WallTime now) {
  const MutexLock lock(mutex_);
  const auto stream = streams_.find(scores.stream);
  if (stream == streams_.end()) return;
  App& app = stream->second.apps[scores.app];
  if (app.package != scores.package) {
    app = {};
    app.package = scores.package;
  }
  app.variant = scores.variant;
  drift_of(app, scores).add(scores.counts, scores.positive, now);
}

ScoreDrift& DriftWatch::drift_of(App& app, const Scores& scores) {
  const auto known = app.variants.find(scores.variant);
  if (known != app.variants.end()) return known->second;
  if (app.variants.size() >= kVariants) app.variants.clear();
  const ScoreDrift fresh(*scores.promised, scores.packages_threshold);
  ScoreDrift drift = fresh;
  if (const auto kept = app.kept.extract(scores.variant); !kept.empty()) {
    try {
      drift.restore(JsonField(kept.mapped(), file_of(scores.stream).string() + ": scores"));
      app.told = drift.finding();
      app.warning = what_is_wrong(app.told, drift.result());
      if (!app.warning.empty()) app.warning += how_to_accept(scores.stream);
    } catch (const Error& error) {
      module_log("node").warn("{}: {}; learns anew", scores.app, error.what());
      drift = fresh;
    }
  }
  return app.variants.emplace(scores.variant, std::move(drift)).first->second;
}

// ---- What is found ----

void DriftWatch::follow(const NodeSetup& setup, WallTime now) {
  std::vector<NodeWarning> warnings;
  {
    const MutexLock lock(mutex_);
    take_streams(setup, now);
    for (auto& [name, stream] : streams_) compare(name, stream, now, warnings);
    if (now - saved_at_ >= kBetweenSaves || now < saved_at_) save(now);
  }
  for (const NodeWarning& warning : warnings) {
    const std::string& who = warning.app.empty() ? warning.stream : warning.app;
    module_log("node").warn("{}: {}", who, warning.text);
    if (warn_) warn_(warning);
  }
}

void DriftWatch::take_streams(const NodeSetup& setup, WallTime now) {
  const bool look_for_files = now - looked_for_files_ >= kBetweenFiles || now < looked_for_files_;
  if (look_for_files) looked_for_files_ = now;
  std::map<std::string, Stream> before = std::exchange(streams_, {});
  for (const NodeStream& one : setup.streams) {
    const std::string source = without_password(one.source);
    const auto known = before.find(one.name);
    Stream& stream = streams_[one.name];
    if (known == before.end() || known->second.source != source) {
      stream.source = source;
      read(one.name, stream);
    } else {
      stream = std::move(known->second);
    }
    std::error_code ignored;
    if (look_for_files && stream.saved && !std::filesystem::exists(file_of(one.name), ignored)) {
      module_log("node").info("{}: {} is gone: learns anew", one.name, file_of(one.name).string());
      stream = {};
      stream.source = source;
    }
    std::set<std::string> apps;
    for (const NodeApp& app : setup.apps)
      if (app.stream == one.name) apps.insert(app.id);
    std::erase_if(stream.apps, [&](const auto& app) { return !apps.contains(app.first); });
  }
}

void DriftWatch::compare(const std::string& name, Stream& stream, WallTime now,
                         std::vector<NodeWarning>& warnings) {
  const std::int64_t block = now.time_since_epoch() / kSceneTime;
  if (std::exchange(stream.block, block) != block) {
    const auto hour = static_cast<int>(now.time_since_epoch() / std::chrono::hours(1) % 24);
    if (const auto scene = stream.pictures.take(hour)) stream.drift.add(*scene);
    tell_picture(name, stream, warnings);
  }
  for (auto& [id, app] : stream.apps) tell_scores(name, id, app, warnings);
}

void DriftWatch::tell_picture(const std::string& name, Stream& stream, std::vector<NodeWarning>& warnings) {
  const PictureDrift::Result& result = stream.drift.result();
  if (std::exchange(stream.told, result.finding) == result.finding) return;
  const bool was_wrong = !stream.warning.empty();
  stream.warning = what_is_wrong(result);
  if (!stream.warning.empty()) stream.warning += how_to_accept(name);
  if (stream.warning.empty() && !was_wrong) return;
  warnings.push_back({name, "", stream.warning.empty() ? "the picture is as before again" : stream.warning});
}

void DriftWatch::tell_scores(const std::string& stream, const std::string& name, App& app,
                             std::vector<NodeWarning>& warnings) {
  const auto drift = app.variants.find(app.variant);
  if (drift == app.variants.end()) return;
  const ScoreDrift::Finding finding = drift->second.finding();
  // Another candidate, which knows nothing yet, proves nothing.
  if (finding == ScoreDrift::Finding::none && drift->second.result().learning) return;
  if (std::exchange(app.told, finding) == finding) return;
  const bool was_wrong = !app.warning.empty();
  app.warning = what_is_wrong(finding, drift->second.result());
  if (!app.warning.empty()) app.warning += how_to_accept(stream);
  if (app.warning.empty() && !was_wrong) return;
  warnings.push_back({stream, name, app.warning.empty() ? "its scores are as before again" : app.warning});
}

NodeState::Picture DriftWatch::picture(const std::string& stream) const {
  const MutexLock lock(mutex_);
  NodeState::Picture state;
  const auto known = streams_.find(stream);
  if (known == streams_.end()) return state;
  const PictureDrift::Result& result = known->second.drift.result();
  state.finding = to_string(result.finding);
  state.likeness = result.likeness;
  state.sharpness = result.sharpness;
  state.warning = known->second.warning;
  return state;
}

NodeState::Scores DriftWatch::scores(const std::string& app) const {
  const MutexLock lock(mutex_);
  NodeState::Scores state;
  for (const auto& [name, stream] : streams_) {
    const auto known = stream.apps.find(app);
    if (known == stream.apps.end()) continue;
    const auto drift = known->second.variants.find(known->second.variant);
    if (drift == known->second.variants.end()) continue;
    const ScoreDrift::Result& result = drift->second.result();
    state.learning = result.learning;
    state.days = result.days;
    state.from_first_days = result.from_first_days;
    state.from_validation = result.from_validation;
    state.positive_rate = result.positive_rate;
    state.promised_low = result.promised_rate.low;
    state.promised_high = result.promised_rate.high;
    state.warning = known->second.warning;
  }
  return state;
}

// ---- What is kept ----

void DriftWatch::save(WallTime now) {
  saved_at_ = now;
  if (folder_.empty()) return;
  try {
    std::filesystem::create_directories(folder_);
    for (auto& [name, stream] : streams_) {
      Json json{{"format", kDriftFormat}, {"source", stream.source}, {"picture", stream.drift.to_json()}};
      json["apps"] = Json::array();
      for (const auto& [id, app] : stream.apps) {
        const auto put = [&, &app_id = id, &one = app](const std::string& variant, Json scores) {
          json["apps"].push_back({{"app", app_id},
                                  {"package", one.package},
                                  {"variant", variant},
                                  {"scores", std::move(scores)}});
        };
        for (const auto& [variant, drift] : app.variants) put(variant, drift.to_json());
        for (const auto& [variant, scores] : app.kept) put(variant, scores);
      }
      write_file(file_of(name), json_text(json) + "\n");
      stream.saved = true;
    }
    cannot_save_ = false;
  } catch (const std::exception& error) {
    if (!std::exchange(cannot_save_, true))
      module_log("node").warn("cannot keep what was learned of pictures and scores: {}", error.what());
  }
}

// A file that is wrong is not trusted: what it holds is learned anew.
void DriftWatch::read(const std::string& name, Stream& stream) {
  const std::filesystem::path file = file_of(name);
  std::error_code ignored;
  if (folder_.empty() || !std::filesystem::exists(file, ignored)) return;
  try {
    const JsonField field = read_json(read_file(file, kMostDriftBytes), file.string());
    (void)field["format"].integer(kDriftFormat, kDriftFormat);
    if (field["source"].text() != stream.source) return;
    Stream kept;
    kept.source = stream.source;
    kept.drift.restore(field["picture"]);
    kept.told = kept.drift.result().finding;
    kept.warning = what_is_wrong(kept.drift.result());
    if (!kept.warning.empty()) kept.warning += how_to_accept(name);
    const JsonField apps = field["apps"];
    for (std::size_t i = 0; i < apps.size(); ++i) {
      const JsonField one = apps.at(i);
      App& app = kept.apps[one["app"].text()];
      app.package = one["package"].text();
      app.kept.emplace(one["variant"].text(), one["scores"].value());
    }
    kept.saved = true;
    stream = std::move(kept);
  } catch (const Error& error) {
    module_log("node").warn("{}; learns anew", error.what());
  }
}

}  // namespace mainstream
