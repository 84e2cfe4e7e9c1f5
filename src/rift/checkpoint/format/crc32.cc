#include "rift/checkpoint/format/crc32.h"

#include <array>

#include "rift/base/little_endian.h"

namespace rift::checkpoint::format {
namespace {

constexpr uint32_t kReflectedPolynomial = 0xEDB88320u;
using Tables = std::array<std::array<uint32_t, 256>, 8>;

/// tables[k][b]: what byte b does to the sum when k more bytes follow it, so that eight bytes are taken at once.
constexpr Tables make_tables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = (sum & 1) != 0 ? sum >> 1 ^ kReflectedPolynomial : sum >> 1;
    tables[0][byte] = sum;
  }
  for (size_t k = 1; k < 8; ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t before = tables[k - 1][byte];
      tables[k][byte] = before >> 8 ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

}  // namespace

uint32_t crc32(std::span<const std::byte> bytes, uint32_t so_far) {
  uint32_t sum = ~so_far;
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    const uint64_t word = little_endian<uint64_t>(bytes.data()) ^ sum;
    sum = 0;
    for (size_t k = 0; k < 8; ++k) sum ^= kTables[7 - k][word >> (8 * k) & 0xFF];
  }
  for (const std::byte byte : bytes) sum = sum >> 8 ^ kTables[0][(sum ^ static_cast<uint32_t>(byte)) & 0xFF];
  return ~sum;
}

}  // namespace rift::checkpoint::format
