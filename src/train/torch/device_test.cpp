#include "train/torch/device.hpp"

#include <ATen/Context.h>
#include <gtest/gtest.h>

#include "core/testing.hpp"

namespace mainstream {
namespace {

TEST(DeviceTest, KnowsTheProcessor) {
  EXPECT_TRUE(device_named("cpu").is_cpu());
}

TEST(DeviceTest, RefusesOtherNames) {
  for (const char* name : {"", "gpu", "CUDA", "cuda:", "cuda:-1", "cuda:1x", "cuda:12345", "mps"}) {
    SCOPED_TRACE(name);
    EXPECT_ERROR(usage, (void)device_named(name), "expected cpu, cuda, or cuda:NUMBER");
  }
}

TEST(DeviceTest, RefusesADeviceThatIsNotThere) {
  if (at::hasCUDA()) {
    EXPECT_ERROR(usage, (void)device_named("cuda:99"), "this machine has");
  } else {
    EXPECT_ERROR(usage, (void)device_named("cuda"), "expected cpu");
  }
}

}  // namespace
}  // namespace mainstream
