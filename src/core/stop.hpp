// Ctrl-C, SIGTERM and a closed terminal as a stop token, so that work ends cleanly.
#pragma once

#include <functional>
#include <stop_token>

namespace mainstream {

// The first call installs the handlers. The token is stopped by the first SIGINT, SIGTERM or SIGHUP (unless
// that was ignored at the start, as nohup does); a second signal ends the program at once. From then on,
// writing to a pipe without a reader fails with an error instead of ending the program. Call it from main
// before other threads start.
//
// With `on_hangup`, which counts in the first call alone, SIGHUP calls that instead, in a thread of its own,
// and stops nothing.
[[nodiscard]] std::stop_token stop_on_signal(std::function<void()> on_hangup = {});

// The same for pipes and sockets without a reader, of the calling thread alone: for threads of libraries.
void block_sigpipe();

}  // namespace mainstream
