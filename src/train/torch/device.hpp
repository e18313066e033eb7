// Where libtorch computes.
#pragma once

#include <c10/core/Device.h>

#include <string>

namespace mainstream {

// The device of this name: "cpu", "cuda" or "cuda:1". Throws usage for another name, and for a device that
// this libtorch or this machine does not have.
[[nodiscard]] c10::Device device_named(const std::string& name);

}  // namespace mainstream
