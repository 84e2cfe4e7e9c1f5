#include <cstddef>
#include <cstdint>

#include "fuzz/text_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rift::fuzz::read_yaml({reinterpret_cast<const char*>(data), size});
  return 0;
}
