#include "fuzz/peft_config_fuzz.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rift::fuzz::read_adapter_config({reinterpret_cast<const char*>(data), size});
  return 0;
}
