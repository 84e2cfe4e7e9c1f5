#include "fuzz/gguf_model_fuzz.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rift::fuzz::read_gguf_model({reinterpret_cast<const char*>(data), size});
  return 0;
}
