#include <cstddef>
#include <cstdint>

#include "fuzz/torch_file_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rift::fuzz::read_torch_pickle({reinterpret_cast<const char*>(data), size});
  return 0;
}
