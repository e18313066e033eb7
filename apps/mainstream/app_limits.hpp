// Limits of single apps on the command line.
#pragma once

#include <string>

#include "mainstream/scheduler.hpp"

namespace mainstream {

// "APP:FIELD=VALUE[,FIELD=VALUE..]", with the field names of a problem's file. Throws usage.
void apply_limit(const std::string& text, Problem& problem);

}  // namespace mainstream
