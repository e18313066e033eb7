// Training of exits on the node's machine: `mainstream-train`, where it is installed beside this program, as
// a child process that yields to the analysis.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include <sys/types.h>

#include "core/mutex.hpp"
#include "node/doubts.hpp"

namespace mainstream {

// Where the trainer is, if it is installed with this program.
[[nodiscard]] std::filesystem::path trainer_beside_this();

struct TrainingState {
  enum class Phase { none, running, done, failed };
  Phase phase = Phase::none;
  std::string app;
  std::string log;  // the end of what the trainer says
};

[[nodiscard]] const char* to_string(TrainingState::Phase phase) noexcept;

// Whether a trainer runs in the folder of a recording, also one that outlived a crash of its node.
[[nodiscard]] bool is_trained_on(const std::filesystem::path& recording);

// One training at a time, in the folder of a recording: from its video.mkv and labels.csv to trained.mpkg and
// unseen.json. What the trainer says is in training.log, whether it was done in training.json. Thread-safe.
class TrainerProcess {
 public:
  // Without a path: beside this program.
  explicit TrainerProcess(std::filesystem::path trainer = {});
  ~TrainerProcess();  // ends one that runs
  TrainerProcess(const TrainerProcess&) = delete;
  TrainerProcess& operator=(const TrainerProcess&) = delete;

  [[nodiscard]] bool is_installed() const;
  // Throws usage: one runs already, the trainer is not installed, or nothing of this app is marked; storage
  // when its log cannot be written; failed when it cannot be started.
  void start(const std::filesystem::path& recording, const std::filesystem::path& base,
             const std::string& app);
  [[nodiscard]] TrainingState state(const std::filesystem::path& recording);
  // Of a training that is done: what models that had not seen a frame answer to it. Throws untrusted.
  [[nodiscard]] std::optional<UnseenAnswers> unseen(const std::filesystem::path& recording);

 private:
  struct Child {
    pid_t process = 0;
    std::filesystem::path recording;
    std::string app;
  };
  // Notes the end of one that is over.
  void look() REQUIRES(mutex_);
  // Of the child, which was waited for. An end that cannot be written is logged.
  void note_end(int status) REQUIRES(mutex_);

  const std::filesystem::path trainer_;
  Mutex mutex_;
  std::optional<Child> child_ GUARDED_BY(mutex_);
};

}  // namespace mainstream
