// --number-type
#pragma once

#include <CLI/CLI.hpp>

#include <string>

#include "mainstream/number_type.hpp"

namespace mainstream {

// Reads into `number_type`, which keeps its value where the option is not given.
void add_number_type_option(CLI::App& command, NumberType& number_type);

}  // namespace mainstream
