#include "rift/hub/git_blob.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace rift::hub {
namespace {

uint32_t big_endian_word(const uint8_t* bytes) {
  return static_cast<uint32_t>(bytes[0]) << 24 | static_cast<uint32_t>(bytes[1]) << 16 |
         static_cast<uint32_t>(bytes[2]) << 8 | bytes[3];
}

/// Of round `t`: the function of b, c, d, and its constant.
uint32_t mixed(size_t t, uint32_t b, uint32_t c, uint32_t d) {
  if (t < 20) return ((b & c) | (~b & d)) + 0x5A827999;
  if (t < 40) return (b ^ c ^ d) + 0x6ED9EBA1;
  if (t < 60) return ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDC;
  return (b ^ c ^ d) + 0xCA62C1D6;
}

}  // namespace

void Sha1::block(const uint8_t* data) {
  std::array<uint32_t, 80> w;
  for (size_t t = 0; t < 16; ++t) w[t] = big_endian_word(data + 4 * t);
  for (size_t t = 16; t < 80; ++t) w[t] = std::rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
  auto [a, b, c, d, e] = state_;
  for (size_t t = 0; t < 80; ++t) {
    const uint32_t next = std::rotl(a, 5) + mixed(t, b, c, d) + e + w[t];
    e = d, d = c, c = std::rotl(b, 30), b = a, a = next;
  }
  const std::array<uint32_t, 5> sum = {a, b, c, d, e};
  for (size_t i = 0; i < sum.size(); ++i) state_[i] += sum[i];
}

void Sha1::update(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t held = total_bytes_ % 64;
    const size_t taken = std::min(bytes.size(), 64 - held);
    std::memcpy(buffer_.data() + held, bytes.data(), taken);
    total_bytes_ += taken;
    bytes.remove_prefix(taken);
    if (held + taken == 64) block(buffer_.data());
  }
}

std::string Sha1::finish_hex() {
  const uint64_t bits = total_bytes_ * 8;
  const size_t held = total_bytes_ % 64;
  std::string tail((held < 56 ? 56 : 120) - held, '\0');
  tail[0] = '\x80';
  for (size_t i = 0; i < 8; ++i) tail += static_cast<char>(bits >> (56 - 8 * i));
  update(tail);
  std::string hex;
  for (const uint32_t word : state_) hex += fmt::format("{:08x}", word);
  return hex;
}

std::string git_blob_head(int64_t size_bytes) { return fmt::format("blob {}", size_bytes) + '\0'; }

}  // namespace rift::hub
