#include "core/stop.hpp"

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <thread>

namespace mainstream {

namespace {

// The signals that end the program, which is the thread's work from now on.
void wait_for_signals(const sigset_t& signals, const std::stop_source& stop,
                      const std::function<void()>& on_hangup) {
  for (int received = 0; sigwait(&signals, &received) == 0;) {
    if (received == SIGHUP && on_hangup) {
      on_hangup();
    } else if (!stop.request_stop()) {
      ::_exit(128 + received);
    }
  }
}

}  // namespace

std::stop_token stop_on_signal(std::function<void()> on_hangup) {
  // A thread that waits for the signals may call anything, which a signal handler may not.
  static std::stop_source source = [&on_hangup] {
    std::stop_source stop;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    // nohup has it ignored: then the program outlives its terminal.
    struct sigaction hangup {};
    if (::sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler != SIG_IGN) {
      sigaddset(&signals, SIGHUP);
    }
    std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is an error of writing, not the end
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::thread([signals, stop, on_hangup] { wait_for_signals(signals, stop, on_hangup); }).detach();
    return stop;
  }();
  return source.get_token();
}

void block_sigpipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace mainstream
