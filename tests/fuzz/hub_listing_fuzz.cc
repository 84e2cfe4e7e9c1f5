#include "fuzz/hub_listing_fuzz.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rift::fuzz::read_hub_listing({reinterpret_cast<const char*>(data), size});
  return 0;
}
