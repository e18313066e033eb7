#include "train/torch/device.hpp"

#include <ATen/Context.h>
#include <fmt/format.h>

#include <regex>

#include "core/text.hpp"
#include "mainstream/error.hpp"

namespace mainstream {

c10::Device device_named(const std::string& name) {
  static const std::regex known("cpu|cuda(:[0-9]{1,2})?");
  if (!std::regex_match(name, known)) {
    throw Error(ErrorKind::usage,
                fmt::format("unknown device {}; expected cpu, cuda, or cuda:NUMBER", in_quotes(name)));
  }
  const c10::Device device(name);
  if (device.is_cpu()) return device;
  if (!at::hasCUDA()) {
    throw Error(ErrorKind::usage,
                fmt::format("device {}: this libtorch has no CUDA device; expected cpu", name));
  }
  const std::size_t devices = at::getNumGPUs();
  if (device.has_index() && static_cast<std::size_t>(device.index()) >= devices) {
    throw Error(ErrorKind::usage, fmt::format("device {}: this machine has {} CUDA devices", name, devices));
  }
  return device;
}

}  // namespace mainstream
