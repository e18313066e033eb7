// --number-type
#pragma once

#include "command.hpp"

#include <string>

#include "mainstream/number_type.hpp"

namespace mainstream {

// Reads into `number_type`, which keeps its value where the option is not given.
void add_number_type_option(Command command, NumberType& number_type);

}  // namespace mainstream
