#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rift/base/files.h"

namespace rift::train {

/// CRC-32C (Castagnoli), as iSCSI (RFC 3720, B.4) has it: of "123456789" it is 0xE3069283.
uint32_t crc32c(std::string_view bytes);

/// Name and value of one figure of a step.
using Scalars = std::vector<std::pair<std::string, double>>;

/// A TFRecord of TensorBoard's Event {wall_time, step, summary {value {tag, simple_value}}}: length, masked CRC-32C of
/// the length, bytes, masked CRC-32C of the bytes. wall_time is the step, no clock's: the same run has the same bytes.
std::string scalar_record(int64_t step, const Scalars& scalars);

/// A file of events that TensorBoard reads: <directory>/events.out.tfevents.0.rift, begun anew. The directory is made.
/// Each step reaches the file before add() returns. Throws kEnvironment.
class EventFile {
 public:
  explicit EventFile(const std::filesystem::path& directory);
  void add(int64_t step, const Scalars& scalars);

 private:
  LineWriter file_;
};

}  // namespace rift::train
