#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "corrupt/owned_bytes.h"
#include "rift/base/little_endian.h"
#include "rift/checkpoint/format/crc32.h"
#include "rift/checkpoint/format/torch_file.h"

/// Files of torch.save made byte by byte, right or wrong.
namespace rift::forge {

/// A record and what its two headers say of it; what is left out is right.
struct ZipPart {
  std::string name;
  std::string data;
  uint16_t flags = 0x0808;  // as torch writes: UTF-8, sizes behind the data
  uint16_t method = 0;
  std::optional<std::string> local_name = {};
  std::optional<uint16_t> local_flags = {};
  std::optional<uint16_t> local_method = {};
  std::optional<uint32_t> crc = {};
  std::optional<uint32_t> size = {};             // in the directory
  std::optional<uint32_t> compressed_size = {};  // in the directory
  std::optional<uint32_t> local_size = {};
  std::optional<uint32_t> offset = {};
  std::string extra = {};        // fields of the directory
  std::string local_extra = {};  // fields of the header before the record
  std::string comment = {};
  uint32_t attributes = 0;
  uint16_t disk = 0;
  std::string gap_before = {};
  std::optional<uint32_t> descriptor_size = {};
};

struct ZipEnd {
  bool zip64 = true;  // as torch writes
  std::optional<uint16_t> records = {};
  std::optional<uint32_t> directory_size = {};
  std::optional<uint32_t> directory_begin = {};
  std::optional<uint64_t> records64 = {};
  std::optional<uint64_t> directory_begin64 = {};
  std::optional<uint64_t> directory_size64 = {};
  std::optional<uint64_t> record64_begin = {};  // in the locator
  std::optional<uint64_t> records_here64 = {};  // on this disk
  uint64_t record64_size = 44;                  // as it states itself
  uint32_t disk64 = 0;
  uint32_t locator_disk = 0;
  uint32_t locator_disks = 1;
  uint16_t disk = 0;
  std::string comment = {};
};

inline void append_u16(std::string& bytes, uint64_t value) {
  append_little_endian(bytes, static_cast<uint16_t>(value));
}
inline void append_u32(std::string& bytes, uint64_t value) {
  append_little_endian(bytes, static_cast<uint32_t>(value));
}

inline void append_record(std::string& file, const ZipPart& part, uint32_t crc) {
  const std::string& name = part.local_name.value_or(part.name);
  const bool later = (part.flags & 8) != 0;
  append_u32(file, 0x04034B50);
  append_u16(file, 20);
  append_u16(file, part.local_flags.value_or(part.flags));
  append_u16(file, part.local_method.value_or(part.method));
  append_u32(file, 0);  // date and time
  append_u32(file, later ? 0 : crc);
  append_u32(file, part.local_size.value_or(later ? 0 : part.data.size()));
  append_u32(file, part.local_size.value_or(later ? 0 : part.data.size()));
  append_u16(file, name.size());
  append_u16(file, part.local_extra.size());
  file += name + part.local_extra + part.data;
  if (!later) return;
  append_u32(file, 0x08074B50);
  append_u32(file, crc);
  append_u32(file, part.descriptor_size.value_or(part.data.size()));
  append_u32(file, part.descriptor_size.value_or(part.data.size()));
}

inline void append_entry(std::string& directory, const ZipPart& part, uint32_t crc, size_t offset) {
  append_u32(directory, 0x02014B50);
  append_u16(directory, 0);
  append_u16(directory, 0);
  append_u16(directory, part.flags);
  append_u16(directory, part.method);
  append_u32(directory, 0);
  append_u32(directory, crc);
  append_u32(directory, part.compressed_size.value_or(part.size.value_or(part.data.size())));
  append_u32(directory, part.size.value_or(part.data.size()));
  append_u16(directory, part.name.size());
  append_u16(directory, part.extra.size());
  append_u16(directory, part.comment.size());
  append_u16(directory, part.disk);
  append_u16(directory, 0);
  append_u32(directory, part.attributes);
  append_u32(directory, part.offset.value_or(offset));
  directory += part.name + part.extra + part.comment;
}

inline std::string zip(const std::vector<ZipPart>& parts, const ZipEnd& end = {}) {
  std::string file, directory;
  for (const ZipPart& part : parts) {
    file += part.gap_before;
    const size_t offset = file.size();
    const uint32_t crc = part.crc.value_or(checkpoint::format::crc32(std::as_bytes(std::span(part.data))));
    append_record(file, part, crc);
    append_entry(directory, part, crc, offset);
  }
  const size_t begin = file.size();
  file += directory;
  if (end.zip64) {
    const size_t record64 = file.size();
    append_u32(file, 0x06064B50);
    append_little_endian(file, end.record64_size);
    append_u32(file, 0);
    append_u32(file, end.disk64);
    append_u32(file, 0);
    append_little_endian(file, end.records_here64.value_or(end.records64.value_or(parts.size())));
    append_little_endian(file, end.records64.value_or(parts.size()));
    append_little_endian(file, end.directory_size64.value_or(directory.size()));
    append_little_endian(file, end.directory_begin64.value_or(begin));
    append_u32(file, 0x07064B50);
    append_u32(file, end.locator_disk);
    append_little_endian(file, end.record64_begin.value_or(record64));
    append_u32(file, end.locator_disks);
  }
  append_u32(file, 0x06054B50);
  append_u16(file, end.disk);
  append_u16(file, end.disk);
  append_u16(file, end.records.value_or(static_cast<uint16_t>(parts.size())));
  append_u16(file, end.records.value_or(static_cast<uint16_t>(parts.size())));
  append_u32(file, end.directory_size.value_or(static_cast<uint32_t>(directory.size())));
  append_u32(file, end.directory_begin.value_or(static_cast<uint32_t>(begin)));
  append_u16(file, end.comment.size());
  return file + end.comment;
}

// ---- pickles: each function gives the instructions that push one value ----

inline std::string text(std::string_view value) {
  std::string bytes = "X";
  append_u32(bytes, value.size());
  return bytes + std::string(value);
}

inline std::string integer(int64_t value) {
  std::string bytes = "\x8a\x08";
  append_little_endian(bytes, value);
  return bytes;
}

inline std::string name(std::string_view module, std::string_view name) {
  return "c" + std::string(module) + "\n" + std::string(name) + "\n";
}

inline std::string tuple(const std::vector<int64_t>& values) {
  std::string bytes = "(";
  for (const int64_t value : values) bytes += integer(value);
  return bytes + "t";
}

inline std::string ordered_dict() { return name("collections", "OrderedDict") + ")R"; }

inline std::string storage(std::string_view type, std::string_view key, int64_t elements) {
  return "(" + text("storage") + name("torch", type) + text(key) + text("cpu") + integer(elements) + "tQ";
}

struct TensorText {
  std::string storage = forge::storage("FloatStorage", "0", 4);
  int64_t offset = 0;
  std::vector<int64_t> sizes = {2, 2};
  std::vector<int64_t> strides = {2, 1};
  std::string requires_grad = "\x89";
  std::string hooks = ordered_dict();
  std::string metadata = {};
};
inline std::string tensor(const TensorText& t = {}) {
  return name("torch._utils", "_rebuild_tensor_v2") + "(" + t.storage + integer(t.offset) + tuple(t.sizes) +
         tuple(t.strides) + t.requires_grad + t.hooks + t.metadata + "tR";
}

/// A whole pickle of one value.
inline std::string pickle(std::string_view value) { return "\x80\x02" + std::string(value) + "."; }

/// A mapping; `entries` are instructions that push key, value, key, value, ...
inline std::string mapping(std::string_view entries) { return "}(" + std::string(entries) + "u"; }

/// Records of a whole file whose storage "0" has four f32: 1, 2, 3, 4.
inline std::vector<ZipPart> parts_with(std::string pickle_bytes) {
  std::string four;
  for (const float value : {1.0f, 2.0f, 3.0f, 4.0f}) append_little_endian(four, value);
  return {{.name = "m/data.pkl", .data = std::move(pickle_bytes)},
          {.name = "m/byteorder", .data = "little"},
          {.name = "m/data/0", .data = four},
          {.name = "m/version", .data = "3\n"}};
}
inline std::vector<ZipPart> good_parts() { return parts_with(pickle(mapping(text("t") + tensor()))); }

inline checkpoint::format::TorchFile open_torch(std::string bytes,
                                                const checkpoint::format::TorchFileLimits& limits = {}) {
  return checkpoint::format::TorchFile(std::make_unique<OwnedBytes>(std::move(bytes), "forged.pt"), limits);
}

/// Opens the file and reads every tensor.
inline std::string torch_verdict(std::string bytes, const checkpoint::format::TorchFileLimits& limits = {}) {
  return verdict_of([&] {
    const auto file = open_torch(std::move(bytes), limits);
    for (const auto& tensor : file.tensors()) {
      std::vector<std::byte> out(static_cast<size_t>(tensor.size_bytes()));
      file.read(tensor, out);
    }
  });
}

/// The same of a file with this pickle value.
inline std::string pickle_verdict(std::string_view value, const checkpoint::format::TorchFileLimits& limits = {}) {
  return torch_verdict(zip(parts_with(pickle(value))), limits);
}

}  // namespace rift::forge
