#include "trainer_program.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "core/file.hpp"
#include "core/terminal.hpp"
#include "mainstream/error.hpp"
#include "node/training.hpp"
#include "package/sha256.hpp"

namespace mainstream {
namespace {

constexpr int kCannotStart = 127;  // as in a shell

std::filesystem::path trainer_path() {
  auto path = trainer_beside_this();
  if (std::filesystem::exists(path)) return path;
  throw Error(ErrorKind::failed,
              fmt::format("{} is missing: this installation was built without the trainer", path.string()));
}

// The argument vector for exec, with pointers into `words`.
std::vector<char*> arguments_of(std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  return arguments;
}

[[noreturn]] void fail(const std::filesystem::path& path, int error) {
  throw Error(ErrorKind::failed, fmt::format("{}: cannot start: {}", path.string(), std::strerror(error)));
}

std::vector<std::string> with_name(const std::filesystem::path& path, std::vector<std::string> words) {
  if (is_quiet()) words.insert(words.begin(), "--quiet");
  words.insert(words.begin(), path.filename());
  return words;
}

}  // namespace

std::string trainer_sha256() {
  return sha256_of_file(trainer_path());
}

void run_trainer(const std::vector<std::string>& arguments) {
  const auto path = trainer_path();
  std::vector<std::string> words = with_name(path, arguments);
  const std::vector<char*> pointers = arguments_of(words);
  const pid_t parent = ::getpid(), child = ::fork();
  if (child < 0) fail(path, errno);
  if (child == 0) {
    // A parent that is killed stops its training, too.
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() == parent) ::execv(path.c_str(), pointers.data());
    ::_exit(kCannotStart);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) fail(path, errno);
  }
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (code == kCannotStart) throw Error(ErrorKind::failed, path.string() + ": cannot start");
  if (code != 0) throw Error(ErrorKind::failed, fmt::format("training ended with exit code {}", code));
}

void become_trainer(const std::vector<std::string>& arguments) {
  const auto path = trainer_path();
  std::vector<std::string> words = with_name(path, arguments);
  ::execv(path.c_str(), arguments_of(words).data());
  fail(path, errno);
}

}  // namespace mainstream
