#include "node/recordings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "core/bounded_queue.hpp"
#include "core/file.hpp"
#include "core/json.hpp"
#include "core/log.hpp"
#include "event/event_json.hpp"
#include "mainstream/error.hpp"
#include "media/pixels.hpp"
#include "media/video_writer.hpp"
#include "node/training.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kWaiting = 16;  // frames
constexpr int kFrameQuality = 75, kFrameSide = 640;
constexpr int kVideoSide = 1280;
constexpr std::int64_t kLookEvery = 64;                         // frames between two looks at sizes
constexpr std::uint64_t kLeastFree = std::uint64_t{512} << 20;  // bytes of the disk that are left alone
constexpr std::uint64_t kMostTableBytes = 1 << 20;

std::filesystem::path frame_file(const std::filesystem::path& folder, std::int64_t index) {
  return folder / "frames" / fmt::format("{:06}.jpg", index);
}

// An id is a file's name too: "20240517-083000-250".
bool is_recording_id(const std::string& id) {
  return !id.empty() && id.size() <= 64 && id.find_first_not_of("0123456789-") == std::string::npos;
}

std::string recording_id(WallTime time) {
  std::string text = to_string(time);  // 2024-05-17T08:30:00.250Z
  std::erase_if(text, [](char c) { return c == '-' || c == ':' || c == 'Z'; });
  std::ranges::replace(text, 'T', '-');
  std::ranges::replace(text, '.', '-');
  return text;
}

StreamRecording parse_recording(std::string_view text) {
  const JsonField field = read_json(text, "recording.json");
  StreamRecording recording;
  recording.stream = field["stream"].text();
  recording.started = parse_time(field["started"]);
  recording.fps = field["fps"].number(0, 1e6);
  recording.frames = field["frames"].integer(0, std::int64_t{1} << 40);
  recording.lost = field["lost"].integer(0, std::int64_t{1} << 40);
  recording.fault = field["fault"].text();
  recording.age = std::chrono::milliseconds(field["age_ms"].integer(0, std::int64_t{1} << 53));
  return recording;
}

std::uint64_t bytes_in(const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, ignored)) {
    if (entry.is_regular_file(ignored)) bytes += entry.file_size(ignored);
  }
  return bytes;
}

int even(int side) {
  return std::max(2, side / 2 * 2);
}

}  // namespace

// One that goes on: a thread of its own writes what waits in a queue.
class StreamRecordings::Writer {
 public:
  Writer(std::filesystem::path folder, StreamRecording recording, int seconds)
      : folder_(std::move(folder)),
        end_(std::chrono::steady_clock::now() + std::chrono::seconds(seconds)),
        recording_(std::move(recording)),
        thread_([this] { write(); }) {}
  ~Writer() { finish(); }

  void take(const VideoFrame& frame) {
    if (!end_if_due()) (void)frames_.push({frame.picture, wall_now()});
  }
  // Also where no frame comes any more.
  bool end_if_due() {
    const bool due = std::chrono::steady_clock::now() > end_;
    if (due) frames_.close();
    return due;
  }
  // Waits until all is written.
  void finish() {
    frames_.close();
    const MutexLock lock(joining_);
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] bool over() const {
    const MutexLock lock(mutex_);
    return !recording_.going_on;
  }
  [[nodiscard]] StreamRecording recording() const {
    const MutexLock lock(mutex_);
    StreamRecording recording = recording_;
    recording.lost = static_cast<std::int64_t>(frames_.dropped());
    return recording;
  }

 private:
  struct Waiting {
    Picture picture;
    WallTime time;
  };

  void write() {
    std::string fault;
    try {
      write_frames();
    } catch (const std::exception& error) {
      fault = error.what();
      module_log("node").error("recording {}: {}", recording().id, fault);
    }
    frames_.close();
    StreamRecording done = recording();
    if (done.fault.empty()) done.fault = fault;
    try {
      if (done.frames == 0 && done.fault.empty()) done.fault = "no picture came";
      const Json json{{"stream", done.stream},     {"started", to_string(done.started)},
                      {"fps", done.fps},           {"frames", done.frames},
                      {"lost", done.lost},         {"fault", done.fault},
                      {"age_ms", done.age.count()}};
      write_file(folder_ / "recording.json", json_text(json));
    } catch (const std::exception& error) {
      done.fault = error.what();
    }
    const MutexLock lock(mutex_);
    recording_ = std::move(done);
    recording_.going_on = false;
  }

  void write_frames() {
    std::filesystem::create_directories(folder_ / "frames");
    std::string times = "frame,time\n";
    std::optional<VideoWriter> video;
    std::int64_t count = 0;
    while (const auto next = frames_.pop()) {
      if (!video)
        video.emplace(folder_ / "video.mkv", width(next->picture), height(next->picture), recording().fps);
      video->add(next->picture);
      const std::vector<std::uint8_t> jpeg = encode_jpeg(next->picture, kFrameQuality, kFrameSide);
      // Not flushed to the disk: a crash removes the recording anyway.
      std::ofstream(frame_file(folder_, count), std::ios::binary)
          .write(reinterpret_cast<const char*>(jpeg.data()), static_cast<std::streamsize>(jpeg.size()));
      times += fmt::format("{},{}\n", count, to_string(next->time));
      ++count;
      if (!note_frame(count)) break;
    }
    if (!video) return;
    video->finish();
    write_file(folder_ / "times.csv", times);
  }

  // False when it must end.
  bool note_frame(std::int64_t count) {
    const bool look = count % kLookEvery == 1;
    const std::uint64_t bytes = look ? bytes_in(folder_) : 0;
    const bool full = look && std::filesystem::space(folder_).available < kLeastFree;
    const MutexLock lock(mutex_);
    recording_.frames = count;
    if (look) recording_.bytes = bytes;
    if (full) recording_.fault = "the disk is nearly full";
    if (bytes > kMostBytes)
      recording_.fault = fmt::format("it would need more than {} MiB", kMostBytes >> 20);
    return recording_.fault.empty();
  }

  // At most kVideoSide on the longer side.
  static int scaled(int side, const Picture& picture) {
    const int longest = std::max(picture.width(), picture.height());
    return even(longest <= kVideoSide ? side : side * kVideoSide / longest);
  }
  static int width(const Picture& picture) { return scaled(picture.width(), picture); }
  static int height(const Picture& picture) { return scaled(picture.height(), picture); }

  const std::filesystem::path folder_;
  const std::chrono::steady_clock::time_point end_;
  BoundedQueue<Waiting> frames_{kWaiting, WhenFull::drop_oldest};
  mutable Mutex mutex_;
  StreamRecording recording_ GUARDED_BY(mutex_);
  Mutex joining_;
  std::jthread thread_;
};

StreamRecordings::StreamRecordings(std::filesystem::path folder, Age age)
    : folder_(std::move(folder)), age_(std::move(age)) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, ignored)) {
    if (is_recording_id(entry.path().filename()) && !exists(entry.path() / "recording.json"))
      std::filesystem::remove_all(entry.path(), ignored);
  }
}

StreamRecordings::~StreamRecordings() = default;

std::string StreamRecordings::start(const std::string& stream, double fps, int seconds) {
  if (seconds < 1 || seconds > kMostSeconds) {
    throw Error(ErrorKind::usage, fmt::format("expected 1 to {} seconds, got {}", kMostSeconds, seconds));
  }
  if (!(fps > 0)) throw Error(ErrorKind::usage, "the frame rate of the stream is not known yet");
  if (list().size() >= kMost) {
    throw Error(ErrorKind::usage,
                fmt::format("{} recordings are kept, which is the most; remove one", kMost));
  }
  const MutexLock lock(mutex_);
  const auto present = writers_.find(stream);
  if (present != writers_.end() && !present->second->over()) {
    throw Error(ErrorKind::usage,
                "a recording of this stream goes on already: " + present->second->recording().id);
  }
  StreamRecording recording;
  recording.started = wall_now();
  recording.id = recording_id(recording.started);
  recording.stream = stream;
  recording.fps = fps;
  recording.going_on = true;
  recording.age = age_();
  const std::filesystem::path folder = folder_ / recording.id;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw Error(ErrorKind::storage, fmt::format("{}: {}", folder.string(), error.message()));
  writers_.insert_or_assign(stream, std::make_shared<Writer>(folder, recording, seconds));
  return recording.id;
}

void StreamRecordings::take(const std::string& stream, const VideoFrame& frame) {
  const MutexLock lock(mutex_);
  const auto writer = writers_.find(stream);
  if (writer != writers_.end()) writer->second->take(frame);
}

bool StreamRecordings::stop(const std::string& id) {
  std::shared_ptr<Writer> found;
  {
    const MutexLock lock(mutex_);
    for (auto& [stream, writer] : writers_)
      if (writer->recording().id == id) found = writer;
  }
  if (!found) return read(id).has_value();
  found->finish();
  const MutexLock lock(mutex_);
  std::erase_if(writers_, [&](const auto& writer) { return writer.second == found; });
  return true;
}

bool StreamRecordings::remove(const std::string& id) {
  if (!is_recording_id(id) || !stop(id)) return false;
  if (is_trained_on(folder_ / id)) {
    throw Error(ErrorKind::usage,
                fmt::format("a training runs on recording {}; remove it when that is over", id));
  }
  std::error_code error;
  std::filesystem::remove_all(folder_ / id, error);
  if (error) throw Error(ErrorKind::storage, fmt::format("{}: {}", (folder_ / id).string(), error.message()));
  return true;
}

void StreamRecordings::keep_within(std::chrono::milliseconds max_age, std::uint64_t max_bytes) {
  std::vector<StreamRecording> recordings = list();
  std::uint64_t bytes = 0;
  for (const StreamRecording& recording : recordings) bytes += recording.bytes;
  const std::chrono::milliseconds now = age_();
  std::ranges::sort(recordings, {}, &StreamRecording::age);
  for (const StreamRecording& recording : recordings) {
    const bool old = max_age.count() > 0 && now - recording.age > max_age;
    const bool too_much = max_bytes > 0 && bytes > max_bytes;
    if (!(old || too_much) || recording.going_on || is_trained_on(folder_ / recording.id)) continue;
    try {
      if (!remove(recording.id)) continue;
    } catch (const Error& error) {
      module_log("node").error("recording {} stays: {}", recording.id, error.what());
      continue;
    }
    bytes -= recording.bytes;
    module_log("node").info("removed recording {} of {}: {}", recording.id, recording.stream,
                            old ? "it was too old" : "all of them needed too much space");
  }
}

std::vector<StreamRecording> StreamRecordings::list() const {
  std::vector<StreamRecording> recordings;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, ignored)) {
    if (auto recording = find(entry.path().filename())) recordings.push_back(std::move(*recording));
  }
  std::ranges::sort(recordings, std::greater(), &StreamRecording::id);
  return recordings;
}

std::optional<StreamRecording> StreamRecordings::find(const std::string& id) const {
  std::optional<StreamRecording> found = known(id);
  if (found && !found->going_on) found->bytes = bytes_in(folder_ / id);
  return found;
}

std::optional<std::string> StreamRecordings::stream_of(const std::string& id) const {
  const std::optional<StreamRecording> found = known(id);
  return found ? std::optional(found->stream) : std::nullopt;
}

std::optional<StreamRecording> StreamRecordings::known(const std::string& id) const {
  {
    const MutexLock lock(mutex_);
    for (const auto& [stream, writer] : writers_) {
      (void)writer->end_if_due();
      if (StreamRecording recording = writer->recording(); recording.id == id && recording.going_on)
        return recording;
    }
  }
  return read(id);
}

std::optional<StreamRecording> StreamRecordings::read(const std::string& id) const {
  const std::filesystem::path folder = folder_ / id;
  if (!is_recording_id(id) || !exists(folder / "recording.json")) return std::nullopt;
  StreamRecording recording;
  try {
    recording = parse_recording(read_file(folder / "recording.json", kMostTableBytes));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::untrusted) throw;
    recording.fault = std::string(error.what()) + "; remove it";  // beside it, others go on
  }
  recording.id = id;
  return recording;
}

std::optional<std::string> StreamRecordings::frame(const std::string& id, std::int64_t index) const {
  const std::filesystem::path file = frame_file(folder_ / id, index);
  if (!is_recording_id(id) || index < 0 || !exists(file)) return std::nullopt;
  return read_file(file);
}

std::optional<std::filesystem::path> StreamRecordings::video(const std::string& id) const {
  const std::filesystem::path file = folder_ / id / "video.mkv";
  return is_recording_id(id) && exists(file) ? std::optional(file) : std::nullopt;
}

std::filesystem::path StreamRecordings::labels_file(const std::string& id) const {
  return folder_ / id / "labels.csv";
}

Labels StreamRecordings::labels(const std::string& id) const {
  const std::optional<StreamRecording> recording = read(id);
  if (!recording || !exists(labels_file(id))) return {{}, recording ? recording->frames : 0};
  return read_labels(labels_file(id));
}

void StreamRecordings::set_labels(const std::string& id, const Labels& labels) {
  const std::optional<StreamRecording> recording = known(id);
  if (!recording) throw Error(ErrorKind::usage, "there is no recording " + id);
  if (recording->going_on) throw Error(ErrorKind::usage, "recording " + id + " goes on; end it first");
  if (labels.frames != recording->frames) {
    throw Error(ErrorKind::usage,
                fmt::format("expected labels of {} frames, got {}", recording->frames, labels.frames));
  }
  if (!labels.apps.empty()) return write_labels(labels_file(id), labels);
  std::error_code ignored;
  std::filesystem::remove(labels_file(id), ignored);
}

}  // namespace mainstream
