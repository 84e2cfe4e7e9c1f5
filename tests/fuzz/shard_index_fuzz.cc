#include <cstddef>
#include <cstdint>

#include "rift/base/error.h"
#include "rift/checkpoint/format/sharded.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace rift;
  try {
    const auto index = checkpoint::format::parse_shard_index({reinterpret_cast<const char*>(data), size}, "fuzz");
    for (const auto& [tensor, file] : index.weight_map) {
      if (index.files.at(file).find('/') != std::string::npos) RIFT_FAIL(Code::kBug, "a path as a file name");
    }
  } catch (const Error& error) {
    if (error.code() != Code::kArtefact) throw;
  }
  return 0;
}
