#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace rift::hub {

/// SHA-1 (FIPS 180-4), streaming: the name that git gives a file, no proof against someone who forges one.
class Sha1 {
 public:
  void update(std::string_view bytes);
  std::string finish_hex();  // 40 lower-case hex digits; may be called once

 private:
  void block(const uint8_t* data);
  std::array<uint32_t, 5> state_ = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  std::array<uint8_t, 64> buffer_{};
  uint64_t total_bytes_ = 0;
};

/// What git hashes before a file's own bytes. Source: "Git Objects" of the book Pro Git.
std::string git_blob_head(int64_t size_bytes);  // "blob 12" and a zero byte

}  // namespace rift::hub
