// The options for how a picture becomes a network's input.
#pragma once

#include <string>
#include "command.hpp"

#include "mainstream/input_spec.hpp"

namespace mainstream {

// The options' texts; empty where not given.
struct InputOptions {
  std::string mean, scale, channels, resize;
};

// The defaults that the help names are those of InputSpec.
void add_input_options(Command command, InputOptions& options);

// `input` with the given options in place of its own values. Throws usage.
[[nodiscard]] InputSpec with_options(InputSpec input, const InputOptions& options);

}  // namespace mainstream
