// Ctrl-C and SIGTERM as a stop token, so that work ends cleanly.
#pragma once

#include <stop_token>

namespace mainstream {

// The first call installs the handlers. The token is stopped by the first SIGINT or SIGTERM; a second signal
// ends the program at once. Call it from main before other threads start.
[[nodiscard]] std::stop_token stop_on_signal();

}  // namespace mainstream
