#include "node/training.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

#include "core/file.hpp"
#include "core/json.hpp"
#include "core/log.hpp"
#include "core/output.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "mainstream/event.hpp"

namespace mainstream {
namespace {

constexpr const char *kUnseen = "unseen.json", *kLog = "training.log";
constexpr int kNice = 10;  // the analysis comes first
constexpr std::size_t kShownLog = 4'000;
constexpr std::uint64_t kMostLog = 16 << 20;

// An empty log. Whoever has it open, which is the trainer to its end, holds a lock on it.
Descriptor open_log(const std::filesystem::path& path) {
  Descriptor log(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
  if (!log.is_open())
    throw Error(ErrorKind::storage, fmt::format("{}: cannot write: {}", path.string(), std::strerror(errno)));
  (void)::flock(log.get(), LOCK_EX | LOCK_NB);  // where a file system has no locks, none is looked for
  return log;
}

// Standard output and errors go to the log. Returns the process.
pid_t spawn(std::vector<std::string> words, const Descriptor& log) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, log.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  pid_t process = 0;
  const int error =
      ::posix_spawn(&process, words.front().c_str(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    throw Error(ErrorKind::failed, fmt::format("{}: cannot start: {}", words.front(), std::strerror(error)));
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(process), kNice);
  return process;
}

// What the trainer said last of a recording, with its files named as they are within it: who asks need not
// know where the node keeps them.
std::string end_of_log(const std::filesystem::path& recording) {
  const std::filesystem::path log = recording / kLog;
  if (!exists(log)) return {};
  std::string text = read_file(log, kMostLog);
  const std::string folder = recording.string() + "/";
  for (std::size_t at = 0; (at = text.find(folder, at)) != std::string::npos;) text.erase(at, folder.size());
  if (text.size() > kShownLog) {
    text.erase(0, text.size() - kShownLog);
    text.erase(0, text.find('\n') + 1);
  }
  return text;
}

}  // namespace

std::filesystem::path trainer_beside_this() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "mainstream-train";
}

const char* to_string(TrainingState::Phase phase) noexcept {
  constexpr std::array kWords = {"none", "running", "done", "failed"};
  return kWords[static_cast<std::size_t>(phase)];
}

bool is_trained_on(const std::filesystem::path& recording) {
  const Descriptor log(::open((recording / kLog).c_str(), O_RDONLY | O_CLOEXEC));
  return log.is_open() && ::flock(log.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

TrainerProcess::TrainerProcess(std::filesystem::path trainer)
    : trainer_(trainer.empty() ? trainer_beside_this() : std::move(trainer)) {}

TrainerProcess::~TrainerProcess() {
  const MutexLock lock(mutex_);
  look();
  if (!child_) return;
  ::kill(child_->process, SIGTERM);
  int status = 0;
  while (::waitpid(child_->process, &status, 0) < 0 && errno == EINTR) {
  }
  note_end(status);
}

bool TrainerProcess::is_installed() const {
  return ::access(trainer_.c_str(), X_OK) == 0;
}

void TrainerProcess::start(const std::filesystem::path& recording, const std::filesystem::path& base,
                           const std::string& app) {
  if (!is_installed()) {
    throw Error(ErrorKind::usage,
                "the trainer is not installed on this machine; save video and labels instead");
  }
  if (!exists(recording / "labels.csv") || !read_labels(recording / "labels.csv").apps.contains(app)) {
    throw Error(ErrorKind::usage, "nothing is marked for the app " + in_quotes(app));
  }
  const MutexLock lock(mutex_);
  look();
  // Whose it is may be none of the caller's business.
  if (child_ || is_trained_on(recording)) throw Error(ErrorKind::usage, "a training runs already");
  std::filesystem::remove(recording / "trained.mpkg");
  std::filesystem::remove(recording / "training.json");
  std::filesystem::remove(recording / kUnseen);
  std::vector<std::string> words = {trainer_.string(),
                                    "train",
                                    "--base=" + base.string(),
                                    "--video=" + (recording / "video.mkv").string(),
                                    "--labels=" + (recording / "labels.csv").string(),
                                    "--app=" + app,
                                    "--candidates=exits",
                                    "--unseen=" + (recording / kUnseen).string(),
                                    "--output=" + (recording / "trained.mpkg").string()};
  child_ = Child{spawn(std::move(words), open_log(recording / kLog)), recording, app};
}

TrainingState TrainerProcess::state(const std::filesystem::path& recording) {
  TrainingState state;
  {
    const MutexLock lock(mutex_);
    look();
    if (child_ && child_->recording == recording) {
      state.phase = TrainingState::Phase::running;
      state.app = child_->app;
    }
  }
  state.log = end_of_log(recording);
  const std::filesystem::path file = recording / "training.json";
  if (state.phase == TrainingState::Phase::running || !exists(file)) return state;
  const JsonField field = read_json(read_file(file, kMostLog), file.string());
  state.app = field["app"].text();
  state.phase = field["done"].boolean() ? TrainingState::Phase::done : TrainingState::Phase::failed;
  return state;
}

std::optional<UnseenAnswers> TrainerProcess::unseen(const std::filesystem::path& recording) {
  if (state(recording).phase != TrainingState::Phase::done || !exists(recording / kUnseen))
    return std::nullopt;
  return read_unseen(recording / kUnseen);
}

void TrainerProcess::look() {
  int status = 0;
  if (child_ && ::waitpid(child_->process, &status, WNOHANG) == child_->process) note_end(status);
}

void TrainerProcess::note_end(int status) {
  // Forgotten first, whatever fails below: its number may be another process's from now on.
  const Child child = *std::exchange(child_, std::nullopt);
  const bool done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  try {
    write_file(child.recording / "training.json", json_text({{"app", child.app}, {"done", done}}));
  } catch (const std::exception& error) {
    module_log("node").error("how the training of {} ended cannot be kept: {}", child.app, error.what());
  }
}

}  // namespace mainstream
