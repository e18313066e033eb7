// --precision
#pragma once

#include <CLI/CLI.hpp>

#include <string>

#include "mainstream/precision.hpp"

namespace mainstream {

// Reads into `precision`, which keeps its value where the option is not given.
void add_precision_option(CLI::App& command, Precision& precision);

}  // namespace mainstream
