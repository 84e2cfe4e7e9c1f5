#include "rift/base/sha256.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <vector>

#include "rift/base/error.h"
#include "rift/base/posix_file.h"
#include "rift/base/sha256_blocks.h"
#include "rift/base/sha256_rounds.h"

namespace rift {
namespace sha256 {
namespace {

uint32_t big_endian_word(const uint8_t* bytes) {
  return static_cast<uint32_t>(bytes[0]) << 24 | static_cast<uint32_t>(bytes[1]) << 16 |
         static_cast<uint32_t>(bytes[2]) << 8 | bytes[3];
}

void block_portable(State& state, const uint8_t* data) {
  std::array<uint32_t, 64> w;
  for (size_t i = 0; i < 16; ++i) w[i] = big_endian_word(data + 4 * i);
  for (size_t i = 16; i < 64; ++i) {
    const uint32_t s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
    const uint32_t s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (size_t i = 0; i < 64; ++i) {
    const uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + kRound[i] + w[i];
    const uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  const std::array<uint32_t, 8> sum = {a, b, c, d, e, f, g, h};
  for (size_t i = 0; i < 8; ++i) state[i] += sum[i];
}

}  // namespace

void blocks_portable(State& state, const uint8_t* data, size_t count) {
  for (; count > 0; --count, data += 64) block_portable(state, data);
}

}  // namespace sha256

Sha256::Sha256()
    : state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19} {}

void Sha256::blocks(const uint8_t* data, size_t count) {
  static const auto function = sha256::has_instructions() ? sha256::blocks_with_instructions : sha256::blocks_portable;
  function(state_, data, count);
}

void Sha256::update(std::span<const std::byte> bytes) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  size_t size = bytes.size();
  if (size == 0) return;
  const size_t held = total_bytes_ % 64;
  total_bytes_ += size;
  if (held > 0) {
    const size_t taken = std::min(size, 64 - held);
    std::memcpy(buffer_.data() + held, data, taken);
    data += taken, size -= taken;
    if (held + taken < 64) return;
    blocks(buffer_.data(), 1);
  }
  blocks(data, size / 64);
  if (size % 64 > 0) std::memcpy(buffer_.data(), data + size / 64 * 64, size % 64);
}

void Sha256::update(std::string_view text) { update(std::as_bytes(std::span(text.data(), text.size()))); }

std::array<uint8_t, 32> Sha256::finish() {
  const uint64_t bits = total_bytes_ * 8;
  std::array<uint8_t, 72> tail{0x80};
  const size_t held = total_bytes_ % 64;
  const size_t zeros = (held < 56 ? 56 : 120) - held;  // includes the 0x80
  for (size_t i = 0; i < 8; ++i) tail[zeros + i] = static_cast<uint8_t>(bits >> (56 - 8 * i));
  update(std::as_bytes(std::span(tail).first(zeros + 8)));
  std::array<uint8_t, 32> digest;
  for (size_t i = 0; i < 32; ++i) digest[i] = static_cast<uint8_t>(state_[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

std::string Sha256::finish_hex() {
  std::string hex;
  for (const uint8_t byte : finish()) fmt::format_to(std::back_inserter(hex), "{:02x}", byte);
  return hex;
}

std::string sha256_hex(std::string_view text) {
  Sha256 hash;
  hash.update(text);
  return hash.finish_hex();
}

std::string sha256_file(const std::filesystem::path& path) {
  const posix::Descriptor fd(path, O_RDONLY);
  const int reason = errno;
  RIFT_REQUIRE(fd.is_open(), Code::kArtefact, "{}: cannot be opened to take its SHA-256: {}", path.string(),
               std::strerror(reason));
  Sha256 hash;
  std::vector<std::byte> buffer(size_t{1} << 20);
  while (true) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    RIFT_REQUIRE(got >= 0, errno == EISDIR ? Code::kArtefact : Code::kEnvironment, "{}: cannot be read: {}",
                 path.string(), std::strerror(errno));
    if (got == 0) return hash.finish_hex();
    hash.update(std::span(buffer.data(), static_cast<size_t>(got)));
  }
}

}  // namespace rift
