#include "core/stop.hpp"

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <thread>

namespace mainstream {

std::stop_token stop_on_signal() {
  // A thread that waits for the signals may call anything, which a signal handler may not.
  static std::stop_source source = [] {
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
    std::thread([signals, stop]() mutable {
      int received = 0;
      sigwait(&signals, &received);
      stop.request_stop();
      sigwait(&signals, &received);
      ::_exit(128 + received);
    }).detach();
    return stop;
  }();
  return source.get_token();
}

}  // namespace mainstream
