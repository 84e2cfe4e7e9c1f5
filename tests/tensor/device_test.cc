#include "rift/tensor/device.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "rift/base/error.h"
#include "rift/base/threads.h"

namespace rift::tensor {
namespace {

Code code_of(std::string_view name) {
  try {
    parse_device(name);
  } catch (const Error& error) {
    return error.code();
  }
  return Code::kBug;
}

TEST(Device, CpuIsTheCpu) { EXPECT_TRUE(parse_device("cpu").is_cpu()); }

TEST(Device, UnknownWordsAreConfigurationErrors) {
  for (const char* name : {"", "gpu", "CPU", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda:99999999999"}) {
    EXPECT_EQ(code_of(name), Code::kConfig) << name;
  }
}

TEST(Device, CudaIsRefusedWithAReasonOrNamesAGpu) {
  for (const char* name : {"cuda", "cuda:0"}) {
    try {
      const c10::Device device = parse_device(name);
      EXPECT_TRUE(device.is_cuda());
      EXPECT_EQ(device.index(), 0);
    } catch (const Error& error) {
      EXPECT_TRUE(error.code() == Code::kUnsupported || error.code() == Code::kEnvironment) << error.message();
      EXPECT_NE(error.message().find("--device"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace rift::tensor
