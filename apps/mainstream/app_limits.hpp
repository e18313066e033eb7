// What is asked for single apps on the command line.
#pragma once

#include <string>

#include "mainstream/scheduler.hpp"

namespace mainstream {

// "APP:FIELD=VALUE[,FIELD=VALUE..]", with fields min_fps, max_fps, min_f1, fps, frozen and weight. Throws
// usage, naming what is wrong.
void apply_limit(const std::string& text, Problem& problem);

}  // namespace mainstream
