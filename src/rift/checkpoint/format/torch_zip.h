#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rift/checkpoint/format/byte_source.h"

/// The ZIP archives that torch.save writes: every record stored as it is (no compression), one after the other from
/// the first byte of the file, then the directory and the end record, nothing else.
/// Source: PKWARE APPNOTE.TXT 6.3.9 sections 4.3 to 4.5; what torch's own writer (miniz) makes of it.
namespace rift::checkpoint::format {

/// One record: bytes [begin, end) of the file.
struct ZipRecord {
  std::string name;  // printable ASCII, relative, without "..", unique
  int64_t begin = 0;
  int64_t end = 0;
  uint32_t crc32 = 0;
  int64_t size_bytes() const { return end - begin; }
};

/// Bounds on files that nobody vouches for; every breach is an Error(kArtefact) naming the file and the limit.
struct ZipLimits {
  int64_t max_records = 10'000;
  int64_t max_name_bytes = 512;
  int64_t max_directory_bytes = int64_t{16} << 20;
};

/// Checks the whole directory against the headers before the records and the size of the file: sizes, names and
/// methods agree, records neither overlap nor leave a hole, nothing stands before or behind them. Records in order of
/// their bytes. Throws kArtefact; kUnsupported for compressed or encrypted records.
std::vector<ZipRecord> read_torch_zip(const ByteSource& source, const ZipLimits& limits = {});

/// Throws kArtefact when the record's bytes do not have the CRC-32 that the archive states.
void check_crc32(const ByteSource& source, const ZipRecord& record);

}  // namespace rift::checkpoint::format
