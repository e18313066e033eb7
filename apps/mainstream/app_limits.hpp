// What is asked for single apps on the command line.
#pragma once

#include <string>

#include "mainstream/scheduler.hpp"

namespace mainstream {

// "APP:FIELD=VALUE[,FIELD=VALUE..]", with the names that these fields have in a problem's file. Throws
// usage, naming what is wrong.
void apply_limit(const std::string& text, Problem& problem);

}  // namespace mainstream
