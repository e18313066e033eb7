// Stretches of streams that a person records, to mark in them what an app is to find. Each has a folder
// `recordings/ID` of the state directory (docs/formats.md, "Recordings").
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/mutex.hpp"
#include "mainstream/event.hpp"
#include "mainstream/media.hpp"

namespace mainstream {

struct StreamRecording {
  std::string id, stream;
  WallTime started{};
  double fps = 0;           // at which the video plays; times.csv has the frames' own times
  std::int64_t frames = 0;  // so far
  std::int64_t lost = 0;    // frames that came while it was behind
  std::uint64_t bytes = 0;
  bool going_on = false;
  std::string fault;                 // why it ended early
  std::chrono::milliseconds age{0};  // of the state directory (Store::age), when it began
};

// All members may be called from any thread.
class StreamRecordings {
 public:
  static constexpr int kMost = 20;                                     // recordings that are kept
  static constexpr int kMostSeconds = 600;                             // of one
  static constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;  // of one

  // The time of the state directory, which no clock's jump moves.
  using Age = std::function<std::chrono::milliseconds()>;

  // Removes what a crash left unfinished.
  StreamRecordings(std::filesystem::path folder, Age age);
  ~StreamRecordings();  // ends those that go on

  // Begins one of what comes of a stream; gives its id. Throws usage: one of this stream goes on already, too
  // many are kept, a length or rate that is none; storage when the folder cannot be written.
  std::string start(const std::string& stream, double fps, int seconds);
  // A frame of a stream, as it comes. Never waits.
  void take(const std::string& stream, const VideoFrame& frame);
  // Ends one that goes on, and waits until it is written. False: there is none.
  bool stop(const std::string& id);
  // False: there is none. Ends it first. Throws usage while a training runs on it, storage.
  bool remove(const std::string& id);
  // Removes those that are older than max_age, and then the oldest until all of them need no more than
  // max_bytes; 0: no limit. Those that go on or are trained on stay.
  void keep_within(std::chrono::milliseconds max_age, std::uint64_t max_bytes);

  [[nodiscard]] std::vector<StreamRecording> list() const;  // the newest first
  [[nodiscard]] std::optional<StreamRecording> find(const std::string& id) const;
  // Of which stream it is; does not look at its files, as find() does for their size.
  [[nodiscard]] std::optional<std::string> stream_of(const std::string& id) const;
  // A frame as JPEG, at most 640 pixels wide or high.
  [[nodiscard]] std::optional<std::string> frame(const std::string& id, std::int64_t index) const;
  // The file of the video, of one that is over.
  [[nodiscard]] std::optional<std::filesystem::path> video(const std::string& id) const;

  // Labels of all frames; empty before the first mark.
  [[nodiscard]] Labels labels(const std::string& id) const;
  // Replaces them; without an app there are none. Throws usage for a name or a length that does not fit, and
  // for a recording that goes on.
  void set_labels(const std::string& id, const Labels& labels);
  [[nodiscard]] std::filesystem::path labels_file(const std::string& id) const;
  // Where its files are; for an id that find() knows.
  [[nodiscard]] std::filesystem::path folder(const std::string& id) const { return folder_ / id; }

 private:
  class Writer;

  // Without the bytes of one that is over.
  [[nodiscard]] std::optional<StreamRecording> known(const std::string& id) const;
  [[nodiscard]] std::optional<StreamRecording> read(const std::string& id) const;

  const std::filesystem::path folder_;
  const Age age_;
  mutable Mutex mutex_;
  std::map<std::string, std::shared_ptr<Writer>> writers_ GUARDED_BY(mutex_);  // by stream
};

}  // namespace mainstream
