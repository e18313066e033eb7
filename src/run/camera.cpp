// Camera: the decoder thread, its pace, its counts, and what it does when its source is lost.
#include "run/camera.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <random>
#include <utility>
#include <vector>

#include "core/log.hpp"
#include "media/pixels.hpp"
#include "media/url.hpp"

namespace mainstream {
namespace {

using Phase = CameraState::Phase;
using std::chrono::system_clock;

// Frames decoded ahead of an analysis that wants all of them: enough to keep both threads busy.
constexpr std::size_t kDecodedAhead = 4, kDecodedAheadBytes = std::size_t{64} << 20;
constexpr int kSampleFrames = 10;
// A file may state that its next frame is an hour away; a stop should not wait for it.
constexpr auto kLongestSleep = std::chrono::milliseconds(50);
// A camera that restarts takes half a minute or so, and asking it costs nearly nothing.
constexpr Clock::Duration kFirstWait = std::chrono::milliseconds(500),
                          kLongestWait = std::chrono::seconds(30);
// A connection that lasted shorter counts as one more failure.
constexpr auto kStable = std::chrono::seconds(10);
// To measure a rate: so many frames, or those of this time.
constexpr int kRateFrames = 16;
constexpr MediaTime kRateTime = std::chrono::seconds(2);
// What is found out of a rate varies from connection to connection; by less than this share it is the same.
constexpr double kSameRate = 0.1;
constexpr double kSurelyWaited = 0.02;  // seconds: longer than a thread is kept waiting for a processor
constexpr std::chrono::seconds kBetweenSizes{10};  // that are told
// Between two changes of the source, and after a substream that failed.
constexpr std::chrono::minutes kBetweenSwitches{1}, kAfterFailure{10};

double thread_cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

MediaTime from_seconds(double seconds) {
  return MediaTime(std::llround(seconds * 1e6));
}

// From the times of a live source's next frames; 0 when they do not tell.
double measured_fps(FrameSource& source) {
  std::optional<MediaTime> first;
  for (int frames = 0; auto frame = source.next(); ++frames) {
    if (!first) first = frame->time;
    const MediaTime passed = frame->time - *first;
    if (frames >= kRateFrames || (frames >= 1 && passed >= kRateTime)) {
      return passed > MediaTime{} ? frames / seconds(passed) : 0;
    }
  }
  return 0;
}

}  // namespace

Camera::Camera(Options options, Clock& clock, std::stop_token stop)
    : options_(std::move(options)),
      shown_(without_password(options_.source)),
      clock_(clock),
      stopped_from_outside_(std::move(stop), RequestStop{stop_}),
      queue_(options_.pace == Pace::live ? 1 : kDecodedAhead,
             options_.pace == Pace::live ? WhenFull::drop_oldest : WhenFull::wait, kDecodedAheadBytes),
      backoff_(kFirstWait, kLongestWait,
               options_.jitter_seed ? *options_.jitter_seed : std::random_device{}()) {
  {
    const MutexLock lock(mutex_);
    state_.since = clock_.now();
    fps_ = options_.input.fps;
  }
  if (!options_.patient) connect();
}

Camera::~Camera() {
  stop();
}

double Camera::fps() const {
  const MutexLock lock(mutex_);
  return fps_;
}

VideoInfo Camera::info() const {
  const MutexLock lock(mutex_);
  return state_.info.value_or(VideoInfo{});
}

CameraState Camera::state() const {
  const MutexLock lock(mutex_);
  return state_;
}

CameraSample Camera::sample() const {
  const std::optional<VideoInfo> source = state().info;
  if (!source || source->live || !source->rereadable) {
    const int width = std::max(source ? source->width : 0, 16);
    const int height = std::max(source ? source->height : 0, 16);
    const std::vector<std::uint8_t> grey(static_cast<std::size_t>(3) * width * height, 127);
    return {picture_from_rgb(width, height, grey), std::nullopt};
  }
  const auto reader = options_.open(options_.source, options_.input, stop_.get_token());
  const double start = thread_cpu_ms();
  std::optional<VideoFrame> frame;
  int decoded = 0;
  while (decoded < kSampleFrames) {
    auto next = reader->next();
    if (!next) break;
    frame = std::move(next);
    ++decoded;
  }
  if (!frame) throw Error(ErrorKind::failed, shown_ + ": stopped");
  return {frame->picture, (thread_cpu_ms() - start) / decoded};
}

std::int64_t Camera::expected_frames() const {
  const std::int64_t stated = info().frames;
  if (stated == 0) return 0;
  std::int64_t last = options_.frames.last;
  if (!options_.input.loop) last = std::min(last, stated - 1);
  std::int64_t frames = std::numeric_limits<std::int64_t>::max();
  if (last < frames) frames = last - options_.frames.first + 1;
  if (options_.duration_s) {
    frames = std::min(frames, static_cast<std::int64_t>(std::ceil(*options_.duration_s * fps())));
  }
  return frames == std::numeric_limits<std::int64_t>::max() ? 0 : frames;
}

std::vector<DecodingWay> Camera::decoding() const {
  const MutexLock lock(mutex_);
  return ways_;
}

void Camera::need(const CameraNeed& need) {
  const MutexLock lock(mutex_);
  need_ = need;
}

void Camera::start() {
  thread_ = std::jthread([this] { decode(); });
}

std::optional<CameraFrame> Camera::next() {
  return queue_.pop();
}

void Camera::stop() {
  stop_.request_stop();
  queue_.close();
}

std::exception_ptr Camera::failure() const {
  const MutexLock lock(mutex_);
  return failure_;
}

CameraCounts Camera::counts() const {
  const MutexLock lock(mutex_);
  CameraCounts counts = counts_;
  counts.dropped = static_cast<std::int64_t>(queue_.dropped());
  return counts;
}

void Camera::connect() {
  const Clock::Time opened_at = clock_.now();
  auto source = options_.open(options_.source, options_.input, stop_.get_token());
  const VideoInfo info = source->info();
  const double known = fps();
  double rate = options_.input.fps > 0 ? options_.input.fps : info.fps;
  if (rate <= 0 && info.live && (known <= 0 || was_stable_)) rate = measured_fps(*source);
  if (rate <= 0 || std::abs(rate - known) < kSameRate * known) rate = known;
  if (stop_.stop_requested()) throw Error(ErrorKind::failed, shown_ + ": stopped while opening");
  check(info, rate);
  source_ = std::move(source);
  spared_.begin(false, false);
  index_by_time_ = options_.input.skip_nonref;
  note_connection(info, rate, opened_at);
}

void Camera::check(const VideoInfo& info, double fps) const {
  if (fps <= 0) {
    throw Error(
        info.live ? ErrorKind::unreadable : ErrorKind::usage,
        fmt::format("{}: states no frame rate; give one (--stream-fps, or fps of a node's stream)", shown_));
  }
  if (options_.frames.first > 0 && info.live) {
    throw Error(
        ErrorKind::usage,
        fmt::format("{}: only a file has a part to choose (--frames), this is a live source", shown_));
  }
  if (info.frames > 0 && !options_.input.loop && options_.frames.first >= info.frames) {
    throw Error(ErrorKind::usage, fmt::format("{}: expected frames within 0..{}, got {}..{}", shown_,
                                              info.frames - 1, options_.frames.first, options_.frames.last));
  }
}

void Camera::note_connection(const VideoInfo& info, double fps, Clock::Time opened_at) {
  connected_ = true;
  connected_at_ = clock_.now();
  first_of_connection_ = true;
  catching_up_.reset();
  if (info.live && !info.in_bursts && options_.pace == Pace::live) catching_up_ = CatchingUp{opened_at};
  const MutexLock lock(mutex_);
  const auto log = module_log("run");
  if (state_.info && (state_.info->width != info.width || state_.info->height != info.height)) {
    log.info("{}: is {} x {} now, was {} x {}", shown_, info.width, info.height, state_.info->width,
             state_.info->height);
  }
  if (state_.info && fps_ != fps)
    log.info("{}: has {:.6g} frames per second now, had {:.6g}", shown_, fps, fps_);
  if (state_.phase == Phase::down) {
    if (state_.info) ++state_.reconnects;
    log.info("{}: is up again after {:.1f} s", shown_,
             std::chrono::duration<double>(connected_at_ - state_.since).count());
  }
  fps_ = fps;
  state_.info = info;
  state_.leaves_out = state_.on_substream = false;
  if (state_.phase != Phase::up) state_.since = connected_at_;
  state_.phase = Phase::up;
  state_.next_try.reset();
}

void Camera::decode() {
  std::exception_ptr failure;
  try {
    follow_source();
  } catch (...) {
    failure = std::current_exception();
  }
  {
    const MutexLock lock(mutex_);
    failure_ = failure;
    state_.phase = Phase::ended;
    state_.since = clock_.now();
    state_.next_try.reset();
  }
  queue_.close();
}

void Camera::follow_source() {
  while (!stop_.stop_requested()) {
    std::string reason;
    try {
      if (!source_) connect();
      if (options_.connected) options_.connected();
      if (!deliver_all()) return;
      const VideoInfo source = info();
      if (source.live && options_.pace == Pace::live) {
        reason = shown_ + ": the stream ended";
      } else if (options_.input.loop && !source.live && source.rereadable) {
        undecodable_before_ += source_->undecodable();
        source_.reset();
        continue;
      } else {
        break;
      }
    } catch (const Error& error) {
      if (stop_.stop_requested()) return;
      if (!tries_again(error)) throw;
      reason = error.what();
    }
    lose(reason);
  }
  if (!first_time_ && !stop_.stop_requested()) {
    throw Error(ErrorKind::usage, fmt::format("{}: ends before frame {}", shown_, options_.frames.first));
  }
}

// What is wrong with the options stays wrong.
bool Camera::tries_again(const Error& error) const {
  if (error.kind() == ErrorKind::usage) return false;
  if (!connected_) return options_.patient;
  const bool loops = options_.patient && options_.input.loop;
  return (info().live || loops) && options_.pace == Pace::live;
}

void Camera::lose(const std::string& reason) {
  const Clock::Time now = clock_.now();
  was_stable_ = source_ && now - connected_at_ >= kStable;
  if (source_) undecodable_before_ += source_->undecodable();
  if (was_stable_) backoff_.reset();
  if (spared_.on_substream()) no_switch_before_ = now + kAfterFailure;
  source_.reset();
  const Clock::Time next_try = now + backoff_.next();
  {
    const MutexLock lock(mutex_);
    const bool news = state_.phase != Phase::down || state_.reason != reason;
    module_log("run").log(news ? LogLevel::warn : LogLevel::debug, "{}; tries again in {:.1f} s", reason,
                          std::chrono::duration<double>(next_try - now).count());
    if (state_.phase != Phase::down) state_.since = now;
    state_.phase = Phase::down;
    state_.reason = reason;
    state_.next_try = next_try;
  }
  wait_until(next_try);
}

// False when no more frames are wanted.
bool Camera::deliver_all() {
  while (auto frame = decode_next()) {
    if (catching_up_) continue;
    const Clock::Time now = clock_.now();
    place(*frame, now);
    if (info().live && !spared_.on_substream()) note_size(frame->picture, now);
    if (info().live) watch_picture(frame->picture, now);
    if (frame->index < options_.frames.first) continue;
    if (frame->index > options_.frames.last || !deliver(std::move(*frame), now)) return false;
    spare();
  }
  return !stop_.stop_requested();
}

std::optional<VideoFrame> Camera::decode_next() {
  const Clock::Time asked = clock_.now();
  const double start = thread_cpu_ms();
  auto frame = source_->next();
  const double decoding_ms = thread_cpu_ms() - start;
  if (frame) {
    if (catching_up_) catch_up(frame->time, asked, decoding_ms);
    spared_.decoded(decoding_ms, frame->time);
  }
  const MutexLock lock(mutex_);
  counts_.undecodable = undecodable_before_ + source_->undecodable();
  if (frame) counts_.decode_ms.add(decoding_ms);
  return frame;
}

// What came while the camera was opened, and while apps were prepared, is buffered somewhere: such a frame
// takes as long as it is decoded, and a new one as long as the step from the frame before it. The rate may be
// higher or lower than the known one, and where frames are timed by their arrival, the step is not known. And
// no frame is older than the connection.
void Camera::catch_up(MediaTime time, Clock::Time asked, double decoding_ms) {
  const Clock::Time now = clock_.now();
  double step = 1 / fps();
  if (catching_up_->last && time > *catching_up_->last && !source_->timed_by_arrival())
    step = std::min(step, seconds(time - *catching_up_->last));
  const double took = std::chrono::duration<double>(now - asked).count(), decoding = decoding_ms / 1e3;
  const bool came_now = source_->timed_by_arrival() ? took - decoding > std::min(0.5 * step, kSurelyWaited)
                                                    : took > (step + decoding) / 2;
  const bool is_new = came_now || time >= now - catching_up_->opened_at;
  catching_up_->last = time;
  if (is_new) catching_up_.reset();
}

// ---- What is not needed ----

void Camera::spare() {
  if (options_.pace != Pace::live) return;
  const CameraNeed need = [&] {
    const MutexLock lock(mutex_);
    return need_;
  }();
  if (!spared_.on_substream()) {
    const VideoInfo stream = info();
    spared_.set_stream(fps(), spares_frames() ? source_->needed_share() : 1, stream.width * stream.height);
    leave_out(need);
  }
  const bool has_substream = !options_.substream.empty() && info().live;
  if (has_substream) follow_substream(need);
  const bool on_substream = spared_.on_substream();
  std::vector<DecodingWay> ways =
      spared_.ways(need, has_substream && (on_substream || clock_.now() >= no_switch_before_));
  const MutexLock lock(mutex_);
  state_.leaves_out = spared_.leaves_out();
  state_.on_substream = on_substream;
  ways_ = std::move(ways);
}

// A file whose times are those of its frames' numbers would run too fast.
bool Camera::spares_frames() const {
  return info().live || options_.input.fps <= 0;
}

void Camera::leave_out(const CameraNeed& need) {
  const bool leave_out = spared_.may_leave_out(need);
  if (leave_out == spared_.leaves_out()) return;
  module_log("run").debug("{}: decodes {} frames: {:.3g} per second are needed, {:.3g} of {:.3g} come",
                          shown_, leave_out ? "only the needed" : "all", need.fps, spared_.kept_fps(), fps());
  spared_.begin(leave_out, false);
  index_by_time_ = true;
  source_->leave_out_unneeded(leave_out);
}

// The other source is opened beside the one that plays, and takes over between two frames.
void Camera::follow_substream(const CameraNeed& need) {
  if (other_.valid()) {
    if (other_.wait_for(std::chrono::seconds(0)) == std::future_status::ready) take_other_source(need);
    return;
  }
  const bool on_substream = spared_.on_substream();
  if (clock_.now() < no_switch_before_ || spared_.substream_suffices(need) == on_substream) return;
  other_opened_at_ = clock_.now();
  other_ =
      std::async(std::launch::async, [this, source = on_substream ? options_.source : options_.substream] {
        SourceOptions input = options_.input;
        input.fps = 0;
        return options_.open(source, input, stop_.get_token());
      });
}

void Camera::take_other_source(const CameraNeed& need) {
  const bool on_substream = spared_.on_substream();
  const char* other = on_substream ? "stream" : "substream";
  try {
    auto source = other_.get();
    if (!on_substream) spared_.set_substream(source->info());
    no_switch_before_ = clock_.now() + kBetweenSwitches;
    if (!on_substream && !spared_.substream_suffices(need)) return;
    undecodable_before_ += source_->undecodable();
    source_ = std::move(source);
    spared_.begin(false, !on_substream);
    first_of_connection_ = index_by_time_ = true;
    catching_up_ = CatchingUp{other_opened_at_};
    connected_at_ = clock_.now();
    module_log("run").info(
        "{}: takes its {} ({} x {} at {:.3g} fps): {:.3g} fps of at least {:.0f} x {:.0f} are "
        "needed",
        shown_, other, source_->info().width, source_->info().height, source_->info().fps, need.fps,
        need.width, need.height);
  } catch (const Error& error) {
    no_switch_before_ = clock_.now() + (on_substream ? kBetweenSwitches : kAfterFailure);
    module_log("run").warn("{}: its {} cannot be used: {}", shown_, other, error.what());
  }
}

// ---- Times and pictures ----

// From a frame's place in its connection to that in the camera's stream.
void Camera::place(VideoFrame& frame, Clock::Time now) {
  const bool live = info().live;
  const bool by_time = index_by_time_ && !first_of_connection_;
  if (std::exchange(first_of_connection_, false)) {
    numbered_from_.reset();
    if (last_) {
      const double rate = fps();
      const MediaTime step = from_seconds(1 / rate);
      const MediaTime away = std::chrono::duration_cast<MediaTime>(now - last_->arrived);
      const MediaTime gap = live ? std::max(step, away) : step;
      const auto frames = static_cast<std::int64_t>(std::llround(seconds(gap) * rate));
      time_offset_ = last_->time + gap - frame.time;
      index_offset_ = last_->index + std::max<std::int64_t>(1, frames) - frame.index;
    } else if (live) {  // measuring a rate takes frames
      time_offset_ = -frame.time;
      index_offset_ = -frame.index;
    }
  }
  frame.time += time_offset_;
  frame.index += index_offset_;
  if (by_time && last_) {
    if (!numbered_from_) numbered_from_ = last_;
    const auto passed = std::llround(seconds(frame.time - numbered_from_->time) * fps());
    frame.index = std::max<std::int64_t>(last_->index + 1, numbered_from_->index + passed);
  }
  last_ = Placed{frame.index, frame.time, now};
  const MutexLock lock(mutex_);
  state_.last_frame = now;
}

// Some cameras change their format without a new connection; what changes all the time is told now and then.
void Camera::note_size(const Picture& picture, Clock::Time now) {
  if (now < no_size_before_) return;
  {
    const MutexLock lock(mutex_);
    VideoInfo& known = *state_.info;
    if (known.width == picture.width() && known.height == picture.height()) return;
    module_log("run").info("{}: is {} x {} now, was {} x {}", shown_, picture.width(), picture.height(),
                           known.width, known.height);
    known.width = picture.width();
    known.height = picture.height();
  }
  no_size_before_ = now + kBetweenSizes;
  if (options_.connected) options_.connected();
}

// A camera whose sensor or encoder hangs goes on sending. If opening it again does not help, it may look at
// something that does not change.
void Camera::watch_picture(const Picture& picture, Clock::Time now) {
  const std::uint64_t seen = fingerprint(picture);
  const bool same = std::exchange(fingerprint_, seen) == seen;
  Clock::Time since = now;
  {
    const MutexLock lock(mutex_);
    if (!same) state_.same_picture.reset();
    if (same && !state_.same_picture) state_.same_picture = now;
    if (same) since = *state_.same_picture;
  }
  if (!same) reopened_for_same_picture_ = false;
  const auto limit = options_.input.same_picture;
  if (limit.count() <= 0 || now - since < limit || options_.pace != Pace::live) return;
  if (std::exchange(reopened_for_same_picture_, true)) return;
  throw Error(ErrorKind::unreadable, fmt::format("{}: has shown the same picture for {:.0f} s", shown_,
                                                 std::chrono::duration<double>(now - since).count()));
}

// False when the camera's time is over or it was stopped.
bool Camera::deliver(VideoFrame frame, Clock::Time now) {
  const bool live = info().live;
  if (!first_time_) {
    first_time_ = frame.time;
    started_ = now;
    wall_start_ = system_clock::now();
  }
  const MediaTime played = frame.time - *first_time_;
  if (options_.duration_s && seconds(played) >= *options_.duration_s) {
    const MutexLock lock(mutex_);
    counts_.duration_over = true;
    return false;
  }
  if ((!live || info().in_bursts) && options_.pace == Pace::live) hold_back(played);
  system_clock::time_point wall = wall_start_ + played;
  WallClock clock = WallClock::playback;
  if (live) {
    wall = frame.taken.value_or(system_clock::now());
    clock = frame.taken ? WallClock::camera : WallClock::arrival;
  }
  const std::size_t bytes = frame.picture.bytes();
  if (stop_.stop_requested() || !queue_.push({std::move(frame), clock_.now(), wall}, bytes)) return false;
  const MutexLock lock(mutex_);
  ++counts_.delivered;
  state_.wall_clock = clock;
  return true;
}

// Until the frame's time. Bursts that come late move the times of all later frames.
void Camera::hold_back(MediaTime played) {
  wait_until(started_ + played);
  const Clock::Time now = clock_.now();
  if (info().live && now > started_ + played) started_ = now - played;
}

void Camera::wait_until(Clock::Time due) {
  while (!stop_.stop_requested() && clock_.now() < due) {
    clock_.sleep_until(std::min(due, clock_.now() + kLongestSleep));
  }
}

}  // namespace mainstream
