#include "rift/data/gzip_check.h"

#include <zlib.h>

#include <fstream>
#include <vector>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"

namespace rift::data {

namespace {

class Inflater {
 public:
  Inflater() { RIFT_CHECK(inflateInit2(&stream_, kGzipOnly) == Z_OK); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }

  /// False when the bytes are no whole gzip, whatever follows.
  bool take(char* bytes, size_t count) {
    stream_.next_in = reinterpret_cast<Bytef*>(bytes);
    stream_.avail_in = static_cast<uInt>(count);
    while (stream_.avail_in > 0) {
      between_members_ = false;
      stream_.next_out = out_.data();
      stream_.avail_out = static_cast<uInt>(out_.size());
      const int state = inflate(&stream_, Z_NO_FLUSH);
      if (state == Z_STREAM_END) {
        between_members_ = true;
        inflateReset(&stream_);
      } else if (state != Z_OK) {
        return false;
      }
    }
    return true;
  }
  bool whole() const { return between_members_; }

 private:
  static constexpr int kGzipOnly = 16 + MAX_WBITS;
  z_stream stream_{};
  std::vector<Bytef> out_ = std::vector<Bytef>(size_t{1} << 18);
  bool between_members_ = false;
};

}  // namespace

void require_whole_gzip(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return;
  std::vector<char> buffer(size_t{1} << 18);
  Inflater inflater;
  bool good = true;
  bool gzip = true;
  for (bool first = true; good && in; first = false) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    const auto count = static_cast<size_t>(in.gcount());
    if (first) gzip = count > 1 && buffer[0] == '\x1f' && buffer[1] == '\x8b';
    good = gzip && inflater.take(buffer.data(), count);
    throw_if_interrupted();
  }
  RIFT_REQUIRE(gzip, Code::kData, "{}: the file is no gzip, whatever its name says; take .gz off its name", file);
  RIFT_REQUIRE(good && inflater.whole(), Code::kData,
               "{}: the file is damaged or cut short: its checksum or its end is not as gzip wrote it, or other bytes "
               "follow its end; fetch it again, or unpack it and pack it anew",
               file);
}

}  // namespace rift::data
