#include "rift/train/event_file.h"

#include <array>
#include <bit>

namespace rift::train {
namespace {

namespace fs = std::filesystem;

constexpr std::array<uint32_t, 256> crc_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < table.size(); ++i) {
    uint32_t rest = i;
    for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1) ^ ((rest & 1) != 0 ? 0x82F63B78u : 0u);
    table[i] = rest;
  }
  return table;
}

/// TFRecord's checksum of bytes that may hold checksums themselves.
uint32_t masked_crc(std::string_view bytes) { return std::rotr(crc32c(bytes), 15) + 0xA282EAD8u; }

template <class Unsigned>
void put_fixed(std::string& out, Unsigned value) {
  for (size_t i = 0; i < sizeof value; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

void put_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7F) | 0x80);
  out += static_cast<char>(value);
}

enum class Wire : uint64_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

void put_tag(std::string& out, uint64_t field, Wire wire) { put_varint(out, field << 3 | static_cast<uint64_t>(wire)); }

void put_bytes(std::string& out, uint64_t field, std::string_view bytes) {
  put_tag(out, field, Wire::kBytes);
  put_varint(out, bytes.size());
  out += bytes;
}

// Numbers of the fields in event.proto and summary.proto.
constexpr uint64_t kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5;
constexpr uint64_t kValue = 1;
constexpr uint64_t kTag = 1, kSimpleValue = 2;

std::string record(std::string_view bytes) {
  std::string out;
  put_fixed(out, static_cast<uint64_t>(bytes.size()));
  put_fixed(out, masked_crc(out));
  out += bytes;
  put_fixed(out, masked_crc(bytes));
  return out;
}

std::string version_record() {
  std::string event;
  put_bytes(event, kFileVersion, "brain.Event:2");
  return record(event);
}

fs::path file_in(const fs::path& directory) {
  require_writable_directory(directory);
  return directory / "events.out.tfevents.0.rift";
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  static constexpr auto kTable = crc_table();
  uint32_t crc = ~0u;
  for (const char c : bytes) crc = (crc >> 8) ^ kTable[(crc ^ static_cast<unsigned char>(c)) & 0xFF];
  return ~crc;
}

std::string scalar_record(int64_t step, const Scalars& scalars) {
  std::string summary;
  for (const auto& [name, number] : scalars) {
    std::string value;
    put_bytes(value, kTag, name);
    put_tag(value, kSimpleValue, Wire::kFixed32);
    put_fixed(value, std::bit_cast<uint32_t>(static_cast<float>(number)));
    put_bytes(summary, kValue, value);
  }
  std::string event;
  put_tag(event, kWallTime, Wire::kFixed64);
  put_fixed(event, std::bit_cast<uint64_t>(static_cast<double>(step)));
  put_tag(event, kStep, Wire::kVarint);
  put_varint(event, static_cast<uint64_t>(step));
  put_bytes(event, kSummary, summary);
  return record(event);
}

EventFile::EventFile(const fs::path& directory) : file_(file_in(directory)) { file_.append_bytes(version_record()); }

void EventFile::add(int64_t step, const Scalars& scalars) { file_.append_bytes(scalar_record(step, scalars)); }

}  // namespace rift::train
