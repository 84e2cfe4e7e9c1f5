#include "rift/checkpoint/format/torch_zip.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "rift/base/error.h"
#include "rift/base/little_endian.h"
#include "rift/checkpoint/format/crc32.h"
#include "rift/checkpoint/format/name_text.h"

namespace rift::checkpoint::format {
namespace {

constexpr uint32_t kLocalSignature = 0x04034B50;
constexpr uint32_t kDescriptorSignature = 0x08074B50;
constexpr uint32_t kEntrySignature = 0x02014B50;
constexpr uint32_t kEndSignature = 0x06054B50;
constexpr uint32_t kEnd64Signature = 0x06064B50;
constexpr uint32_t kLocatorSignature = 0x07064B50;
constexpr int64_t kLocalBytes = 30;
constexpr size_t kEntryBytes = 46;
constexpr int64_t kEndBytes = 22;
constexpr int64_t kEnd64Bytes = 56;
constexpr int64_t kLocatorBytes = 20;
constexpr uint16_t kEncrypted = 1 << 0 | 1 << 6 | 1 << 13;
constexpr uint16_t kHasDescriptor = 1 << 3;                              // sizes and CRC stand behind the data
constexpr uint16_t kKnownFlags = kEncrypted | kHasDescriptor | 1 << 11;  // 11: the name is UTF-8
constexpr uint16_t kZip64Field = 1;
constexpr uint32_t kInZip64 = 0xFFFFFFFF;  // "see the 64-bit field"
constexpr uint16_t kInZip64Count = 0xFFFF;
constexpr uint32_t kLinkMode = 0xA;  // upper four bits of a Unix mode

template <class... Args>
void require(bool holds, const ByteSource& source, fmt::format_string<Args...> what, Args&&... args) {
  RIFT_REQUIRE(holds, Code::kArtefact, "{}: {}", source.name(), fmt::format(what, std::forward<Args>(args)...));
}

template <size_t N>
std::array<std::byte, N> read_array(const ByteSource& source, int64_t offset) {
  std::array<std::byte, N> bytes;
  source.read(offset, bytes);
  return bytes;
}

/// Where the directory lies.
struct Directory {
  uint64_t records = 0;
  uint64_t size_bytes = 0;
  uint64_t begin = 0;
};

/// The 64-bit end record before the end record, which torch always writes. A number that both hold must be the same.
Directory read_end64(const ByteSource& source, const Directory& narrow) {
  const int64_t locator_begin = source.size_bytes() - kEndBytes - kLocatorBytes;
  const auto locator = read_array<kLocatorBytes>(source, locator_begin);
  const int64_t record_begin = locator_begin - kEnd64Bytes;
  const bool placed = little_endian<uint32_t>(&locator[4]) == 0 && little_endian<uint32_t>(&locator[16]) == 1 &&
                      little_endian<uint64_t>(&locator[8]) == static_cast<uint64_t>(record_begin);
  require(placed, source, "ZIP: the 64-bit end record is not where its locator says");
  const auto bytes = read_array<kEnd64Bytes>(source, record_begin);
  const bool plain = little_endian<uint32_t>(&bytes[0]) == kEnd64Signature &&
                     little_endian<uint64_t>(&bytes[4]) == static_cast<uint64_t>(kEnd64Bytes) - 12 &&
                     little_endian<uint32_t>(&bytes[16]) == 0 && little_endian<uint32_t>(&bytes[20]) == 0 &&
                     little_endian<uint64_t>(&bytes[24]) == little_endian<uint64_t>(&bytes[32]);
  require(plain, source, "ZIP: expected a 64-bit end record of one disk and {} bytes", kEnd64Bytes);
  const Directory wide = {little_endian<uint64_t>(&bytes[32]), little_endian<uint64_t>(&bytes[40]),
                          little_endian<uint64_t>(&bytes[48])};
  const bool agrees = (narrow.records == wide.records || narrow.records == kInZip64Count) &&
                      (narrow.size_bytes == wide.size_bytes || narrow.size_bytes == kInZip64) &&
                      (narrow.begin == wide.begin || narrow.begin == kInZip64);
  require(agrees, source, "ZIP: the end record and the 64-bit end record say different things");
  return wide;
}

Directory find_directory(const ByteSource& source, const ZipLimits& limits) {
  require(source.size_bytes() >= kEndBytes, source,
          "ZIP: expected at least {} bytes, got {}; it is cut, fetch it again", kEndBytes, source.size_bytes());
  const auto bytes = read_array<kEndBytes>(source, source.size_bytes() - kEndBytes);
  require(little_endian<uint32_t>(&bytes[0]) == kEndSignature && little_endian<uint16_t>(&bytes[20]) == 0, source,
          "ZIP: the file does not end with an end record; it is cut or something is appended, fetch it again");
  const bool one_disk = little_endian<uint16_t>(&bytes[4]) == 0 && little_endian<uint16_t>(&bytes[6]) == 0 &&
                        little_endian<uint16_t>(&bytes[8]) == little_endian<uint16_t>(&bytes[10]);
  require(one_disk, source, "ZIP: expected an archive of one disk");
  Directory directory = {little_endian<uint16_t>(&bytes[10]), little_endian<uint32_t>(&bytes[12]),
                         little_endian<uint32_t>(&bytes[16])};
  int64_t end = source.size_bytes() - kEndBytes;
  if (end >= kLocatorBytes + kEnd64Bytes &&
      little_endian<uint32_t>(read_array<4>(source, end - kLocatorBytes).data()) == kLocatorSignature) {
    directory = read_end64(source, directory);
    end -= kLocatorBytes + kEnd64Bytes;
  }
  require(directory.begin <= static_cast<uint64_t>(end) &&
              directory.size_bytes == static_cast<uint64_t>(end) - directory.begin,
          source, "ZIP: the directory should fill the {} bytes before the end record, it has {} at byte {}", end,
          directory.size_bytes, directory.begin);
  require(directory.records <= static_cast<uint64_t>(limits.max_records), source, "ZIP: {} records, the limit is {}",
          directory.records, limits.max_records);
  require(directory.size_bytes <= static_cast<uint64_t>(limits.max_directory_bytes), source,
          "ZIP: the directory has {} bytes, the limit is {}", directory.size_bytes, limits.max_directory_bytes);
  return directory;
}

/// Sizes of a header, those that are kInZip64 replaced from its extra fields.
struct Sizes {
  uint64_t compressed = 0;
  uint64_t plain = 0;
  uint64_t header_begin = 0;  // entries only
};

/// In the directory the 64-bit field holds the numbers that need it and no other; before a record torch repeats the
/// offset there.
enum class WideField { kExact, kMayHoldMore };

/// False when the fields do not fill `extra`, or the 64-bit field is there twice, lacks a number or has one too many.
bool resolve_zip64(std::span<const std::byte> extra, WideField holds, Sizes& sizes) {
  bool seen = false;
  while (!extra.empty()) {
    if (extra.size() < 4) return false;
    const auto id = little_endian<uint16_t>(extra.data());
    const auto size = little_endian<uint16_t>(extra.data() + 2);
    extra = extra.subspan(4);
    if (size > extra.size()) return false;
    if (id == kZip64Field) {
      if (seen) return false;
      seen = true;
      size_t at = 0;
      for (uint64_t* number : {&sizes.plain, &sizes.compressed, &sizes.header_begin}) {
        if (*number != kInZip64) continue;
        if (at + 8 > size) return false;
        *number = little_endian<uint64_t>(extra.data() + at);
        at += 8;
      }
      if (holds == WideField::kExact && at != size) return false;  // which number counts is for the reader to guess
    }
    extra = extra.subspan(size);
  }
  return true;
}

/// A record as the directory states it.
struct Entry {
  std::string name;
  uint16_t flags = 0;
  uint32_t crc32 = 0;
  int64_t size_bytes = 0;
  int64_t header_begin = 0;
};

/// Reads the directory; every complaint names the file and the record.
class DirectoryReader {
 public:
  DirectoryReader(const ByteSource& source, const ZipLimits& limits)
      : source_(source), limits_(limits), directory_(find_directory(source, limits)) {}

  std::vector<ZipRecord> read() {
    std::vector<std::byte> bytes(directory_.size_bytes);
    source_.read(static_cast<int64_t>(directory_.begin), bytes);
    std::span<const std::byte> rest(bytes);
    std::vector<Entry> entries;
    for (uint64_t i = 0; i < directory_.records; ++i) entries.push_back(take_entry(rest));
    require(rest.empty(), source_, "ZIP: {} bytes of the directory belong to no record", rest.size());
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return a.header_begin < b.header_begin; });
    std::vector<ZipRecord> records;
    int64_t position = 0;
    for (const Entry& entry : entries) {
      require(entry.header_begin == position, source_,
              "ZIP: record '{}': expected to begin at byte {}, begins at {}; {}", entry.name, position,
              entry.header_begin,
              entry.header_begin < position ? "it overlaps the record before" : "there is a hole before it");
      records.push_back(locate(entry, position));
    }
    require(position == static_cast<int64_t>(directory_.begin), source_,
            "ZIP: the records end at byte {}, the directory begins at {}", position, directory_.begin);
    return records;
  }

 private:
  Entry take_entry(std::span<const std::byte>& rest) {
    require(rest.size() >= kEntryBytes && little_endian<uint32_t>(rest.data()) == kEntrySignature, source_,
            "ZIP: expected {} records in the directory, it ends sooner", directory_.records);
    const std::byte* head = rest.data();
    const size_t name_bytes = little_endian<uint16_t>(head + 28);
    const size_t extra_bytes = little_endian<uint16_t>(head + 30);
    const size_t comment_bytes = little_endian<uint16_t>(head + 32);
    require(rest.size() - kEntryBytes >= name_bytes + extra_bytes && comment_bytes == 0, source_,
            "ZIP: a record of the directory is cut or has a comment");
    Entry entry;
    entry.name.assign(reinterpret_cast<const char*>(head + kEntryBytes), name_bytes);
    check_name(entry.name);
    entry.flags = little_endian<uint16_t>(head + 8);
    check_storing(entry, little_endian<uint16_t>(head + 10));
    entry.crc32 = little_endian<uint32_t>(head + 16);
    const bool plain = little_endian<uint16_t>(head + 34) == 0 && little_endian<uint32_t>(head + 38) >> 28 != kLinkMode;
    require(plain, source_, "ZIP: record '{}': expected a plain file of this archive", entry.name);
    Sizes sizes = {little_endian<uint32_t>(head + 20), little_endian<uint32_t>(head + 24),
                   little_endian<uint32_t>(head + 42)};
    const bool whole = resolve_zip64(rest.subspan(kEntryBytes + name_bytes, extra_bytes), WideField::kExact, sizes);
    const auto file_bytes = static_cast<uint64_t>(source_.size_bytes());
    require(whole && sizes.compressed == sizes.plain && sizes.plain <= file_bytes && sizes.header_begin <= file_bytes,
            source_, "ZIP: record '{}': its sizes contradict each other or the file's {} bytes", entry.name,
            file_bytes);
    entry.size_bytes = static_cast<int64_t>(sizes.plain);
    entry.header_begin = static_cast<int64_t>(sizes.header_begin);
    rest = rest.subspan(kEntryBytes + name_bytes + extra_bytes);
    return entry;
  }

  void check_name(const std::string& name) {
    const bool fits = !name.empty() && static_cast<int64_t>(name.size()) <= limits_.max_name_bytes;
    require(fits && is_printable_ascii(name), source_, "ZIP: record '{}': expected a name of 1 to {} printable bytes",
            shown_name(name), limits_.max_name_bytes);
    bool inside = name.find('\\') == std::string::npos;
    for (size_t at = 0; at <= name.size();) {  // no empty part: neither "/x" nor "x//y" nor "x/"
      const size_t slash = std::min(name.find('/', at), name.size());
      const std::string_view part = std::string_view(name).substr(at, slash - at);
      inside = inside && !part.empty() && part != "." && part != "..";
      at = slash + 1;
    }
    require(inside, source_, "ZIP: record '{}': expected the name of a file inside the archive", name);
    require(names_.insert(name).second, source_, "ZIP: two records are called '{}'", name);
  }

  void check_storing(const Entry& entry, uint16_t method) const {
    RIFT_REQUIRE((entry.flags & kEncrypted) == 0, Code::kUnsupported,
                 "{}: ZIP: record '{}' is encrypted, which rift does not read", source_.name(), entry.name);
    RIFT_REQUIRE(
        method == 0, Code::kUnsupported,
        "{}: ZIP: record '{}' is compressed (method {}), as TorchScript programs are and what torch.save writes is "
        "not; save the model's state_dict() with torch.save",
        source_.name(), entry.name, method);
    require((entry.flags & ~kKnownFlags) == 0, source_, "ZIP: record '{}': unknown flags {:#06x}", entry.name,
            entry.flags);
  }

  /// Checks the header before the record (and the descriptor behind it) against the directory and moves `position`
  /// behind both.
  ZipRecord locate(const Entry& entry, int64_t& position) const {
    const auto limit = static_cast<int64_t>(directory_.begin);
    const auto need = [&](int64_t bytes) {
      require(bytes <= limit - position, source_, "ZIP: record '{}' runs into the directory", entry.name);
    };
    need(kLocalBytes);
    const auto head = read_array<kLocalBytes>(source_, position);
    const int64_t name_bytes = little_endian<uint16_t>(&head[26]);
    const int64_t extra_bytes = little_endian<uint16_t>(&head[28]);
    position += kLocalBytes;
    need(name_bytes + extra_bytes);
    std::vector<std::byte> tail(static_cast<size_t>(name_bytes + extra_bytes));
    source_.read(position, tail);
    position += name_bytes + extra_bytes;
    const std::string_view name(reinterpret_cast<const char*>(tail.data()), static_cast<size_t>(name_bytes));
    const bool same = little_endian<uint32_t>(&head[0]) == kLocalSignature && name == entry.name &&
                      little_endian<uint16_t>(&head[6]) == entry.flags && little_endian<uint16_t>(&head[8]) == 0;
    require(same && same_sizes(entry, head, std::span(tail).subspan(name.size())), source_,
            "ZIP: record '{}': the header before it and the directory say different things", entry.name);
    need(entry.size_bytes);
    ZipRecord record = {entry.name, position, position + entry.size_bytes, entry.crc32};
    position = record.end;
    if ((entry.flags & kHasDescriptor) != 0) position += descriptor_bytes(entry, limit - position, record.end);
    return record;
  }

  static bool same_sizes(const Entry& entry, const std::array<std::byte, kLocalBytes>& head,
                         std::span<const std::byte> extra) {
    const auto crc = little_endian<uint32_t>(&head[14]);
    Sizes sizes = {little_endian<uint32_t>(&head[18]), little_endian<uint32_t>(&head[22]), 0};
    if (!resolve_zip64(extra, WideField::kMayHoldMore, sizes)) return false;
    if ((entry.flags & kHasDescriptor) != 0 && crc == 0 && sizes.compressed == 0 && sizes.plain == 0) return true;
    const auto size = static_cast<uint64_t>(entry.size_bytes);
    return crc == entry.crc32 && sizes.compressed == size && sizes.plain == size;
  }

  /// Size of the descriptor behind the data: signature, CRC, two sizes of 8 or of 4 bytes each.
  int64_t descriptor_bytes(const Entry& entry, int64_t available, int64_t begin) const {
    std::array<std::byte, 24> bytes{};
    const auto held = static_cast<size_t>(std::min<int64_t>(available, bytes.size()));
    source_.read(begin, std::span(bytes).first(held));
    const auto size = static_cast<uint64_t>(entry.size_bytes);
    const bool begins = held >= 16 && little_endian<uint32_t>(&bytes[0]) == kDescriptorSignature &&
                        little_endian<uint32_t>(&bytes[4]) == entry.crc32;
    if (begins && held == 24 && little_endian<uint64_t>(&bytes[8]) == size &&
        little_endian<uint64_t>(&bytes[16]) == size) {
      return 24;
    }
    require(begins && little_endian<uint32_t>(&bytes[8]) == size && little_endian<uint32_t>(&bytes[12]) == size,
            source_, "ZIP: record '{}': the descriptor behind it and the directory say different things", entry.name);
    return 16;
  }

  const ByteSource& source_;
  const ZipLimits& limits_;
  Directory directory_;
  std::unordered_set<std::string> names_;
};

}  // namespace

std::vector<ZipRecord> read_torch_zip(const ByteSource& source, const ZipLimits& limits) {
  return DirectoryReader(source, limits).read();
}

void check_crc32(const ByteSource& source, const ZipRecord& record) {
  std::vector<std::byte> buffer(static_cast<size_t>(std::min<int64_t>(record.size_bytes(), int64_t{1} << 20)));
  uint32_t sum = 0;
  for (int64_t at = record.begin; at < record.end;) {
    const auto part = std::span(buffer).first(
        static_cast<size_t>(std::min<int64_t>(record.end - at, static_cast<int64_t>(buffer.size()))));
    source.read(at, part);
    sum = crc32(part, sum);
    at += static_cast<int64_t>(part.size());
  }
  require(sum == record.crc32, source,
          "ZIP: record '{}': its CRC-32 is {:08x}, the archive states {:08x}; it is damaged, fetch it again",
          record.name, sum, record.crc32);
}

}  // namespace rift::checkpoint::format
