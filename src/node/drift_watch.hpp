// Watches for months whether streams and apps are still what they were.
//
// docs/node.md, "Drift", tells what is compared with what.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/mutex.hpp"
#include "mainstream/media.hpp"
#include "mainstream/node.hpp"
#include "node/picture_drift.hpp"
#include "node/score_drift.hpp"

namespace mainstream {

// All members may be called from any thread. What was learned is kept in one file for each stream, written
// every hour and at the end; where a file is removed, its stream and the apps on it are learned anew.
class DriftWatch {
 public:
  using Warn = std::function<void(const NodeWarning&)>;
  // An empty `folder` keeps nothing.
  DriftWatch(std::filesystem::path folder, Warn warn);
  ~DriftWatch();  // saves
  DriftWatch(const DriftWatch&) = delete;
  DriftWatch& operator=(const DriftWatch&) = delete;

  // A frame of a stream has come. Looks at one each ten seconds: most calls return at once.
  void see(const std::string& stream, const Picture& picture, WallTime now);

  // Scores of an app since the last call.
  struct Scores {
    std::string app, stream;
    std::string package;  // sha256
    std::string variant;  // candidate and number types: each has scores of its own
    const AnswerQuality* promised = nullptr;
    bool packages_threshold = true;  // it runs with the package's
    ScoreCounts counts{};
    std::int64_t positive = 0;
  };
  void add(const Scores& scores, WallTime now);

  // Compares what is due, warns, saves, and forgets what is in the setup no more. About once a second.
  void follow(const NodeSetup& setup, WallTime now);

  [[nodiscard]] NodeState::Picture picture(const std::string& stream) const;
  [[nodiscard]] NodeState::Scores scores(const std::string& app) const;

 private:
  struct App {
    std::string package, variant;                // that run now
    std::map<std::string, ScoreDrift> variants;  // of the package
    std::map<std::string, Json> kept;            // what the file has of variants that did not run yet
    ScoreDrift::Finding told = ScoreDrift::Finding::none;
    std::string warning;
  };
  struct Stream {
    std::string source;  // without its password
    WallTime looked{};
    std::int64_t block = 0;
    SceneMedian pictures;
    PictureDrift drift;
    PictureFinding told = PictureFinding::learning;
    std::string warning;
    std::map<std::string, App> apps;
    bool saved = false;  // its file was there
  };

  [[nodiscard]] ScoreDrift& drift_of(App& app, const Scores& scores) REQUIRES(mutex_);
  void take_streams(const NodeSetup& setup, WallTime now) REQUIRES(mutex_);
  void compare(const std::string& name, Stream& stream, WallTime now, std::vector<NodeWarning>& warnings)
      REQUIRES(mutex_);
  void read(const std::string& name, Stream& stream) REQUIRES(mutex_);
  void save(WallTime now) REQUIRES(mutex_);
  void tell_picture(const std::string& name, Stream& stream, std::vector<NodeWarning>& warnings)
      REQUIRES(mutex_);
  void tell_scores(const std::string& stream, const std::string& name, App& app,
                   std::vector<NodeWarning>& warnings) REQUIRES(mutex_);
  [[nodiscard]] std::filesystem::path file_of(const std::string& stream) const;
  [[nodiscard]] std::string how_to_accept(const std::string& stream) const;

  const std::filesystem::path folder_;
  const Warn warn_;
  mutable Mutex mutex_;
  std::map<std::string, Stream> streams_ GUARDED_BY(mutex_);
  WallTime saved_at_ GUARDED_BY(mutex_){}, looked_for_files_ GUARDED_BY(mutex_){};
  bool cannot_save_ GUARDED_BY(mutex_) = false;
};

}  // namespace mainstream
