#include <cstddef>
#include <cstdint>

#include "fuzz/tokenizer_files_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rift::fuzz::read_files_beside({reinterpret_cast<const char*>(data), size});
  return 0;
}
