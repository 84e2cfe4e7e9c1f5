#include "rift/train/event_file.h"

#include <array>
#include <bit>

#include "rift/base/little_endian.h"
#include "rift/base/protobuf.h"

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

// Numbers of the fields in event.proto and summary.proto.
constexpr uint32_t kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5;
constexpr uint32_t kValue = 1;
constexpr uint32_t kTag = 1, kSimpleValue = 2;

std::string record(std::string_view bytes) {
  std::string out;
  append_little_endian(out, static_cast<uint64_t>(bytes.size()));
  append_little_endian(out, masked_crc(out));
  out += bytes;
  append_little_endian(out, masked_crc(bytes));
  return out;
}

std::string version_record() {
  protobuf::Writer event;
  event.bytes(kFileVersion, "brain.Event:2");
  return record(event.message());
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
  protobuf::Writer summary;
  for (const auto& [name, number] : scalars) {
    protobuf::Writer value;
    value.bytes(kTag, name);
    value.f32(kSimpleValue, static_cast<float>(number));
    summary.bytes(kValue, value.message());
  }
  protobuf::Writer event;
  event.f64(kWallTime, static_cast<double>(step));
  event.number(kStep, step);
  event.bytes(kSummary, summary.message());
  return record(event.message());
}

EventFile::EventFile(const fs::path& directory) : file_(file_in(directory)) { file_.append_bytes(version_record()); }

void EventFile::add(int64_t step, const Scalars& scalars) { file_.append_bytes(scalar_record(step, scalars)); }

}  // namespace rift::train
