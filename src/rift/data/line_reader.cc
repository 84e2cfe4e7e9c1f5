#include "rift/data/line_reader.h"

#include <algorithm>
#include <utility>

#include "rift/base/error.h"
#include "rift/base/utf8.h"

namespace rift::data {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBytesAtATime = size_t{1} << 16;
constexpr size_t kLongestLine = size_t{16} << 20;  // as a line of CSV

}  // namespace

LineReader::LineReader(fs::path file) : path_(std::move(file)) {
  std::error_code ignored;
  RIFT_REQUIRE(fs::is_regular_file(path_, ignored), Code::kArtefact, "{}: no such file", path_.string());
  file_.open(path_, std::ios::binary);
  RIFT_REQUIRE(file_.is_open(), Code::kEnvironment, "{}: cannot be opened; is reading it permitted?", path_.string());
  fill();
  if (bytes_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  size_ = bytes_.size() - at_;
}

bool LineReader::fill() {
  bytes_.resize(kBytesAtATime);
  file_.read(bytes_.data(), static_cast<std::streamsize>(bytes_.size()));
  RIFT_REQUIRE(!file_.bad(), Code::kEnvironment, "{}: reading failed at line {}", path_.string(), line_);
  bytes_.resize(static_cast<size_t>(file_.gcount()));
  at_ = 0;
  return !bytes_.empty();
}

bool LineReader::next(std::string& line) {
  line.clear();
  if (at_ == bytes_.size() && !fill()) return false;
  bool ended = false;
  while (!ended && (at_ < bytes_.size() || fill())) {
    const size_t end = std::min(bytes_.find('\n', at_), bytes_.size());
    line.append(bytes_, at_, end - at_);
    ended = end < bytes_.size();
    at_ = end + (ended ? 1 : 0);
    RIFT_REQUIRE(line.size() <= kLongestLine, Code::kData, "{}: line {}: longer than 16 MB; expected one text a line",
                 path_.string(), line_);
  }
  if (line.ends_with('\r')) line.pop_back();
  RIFT_REQUIRE(!first_invalid_utf8(line), Code::kData,
               "{}: line {}: not UTF-8; convert the file, such as with iconv -f latin1 -t utf-8", path_.string(),
               line_);
  ++line_;
  return true;
}

}  // namespace rift::data
