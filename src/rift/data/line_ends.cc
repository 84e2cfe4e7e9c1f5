#include "rift/data/line_ends.h"

#include <fstream>
#include <vector>

namespace rift::data {

namespace {

enum class LineEnd { kNone, kLf, kCrLf, kCr };

/// Sees a file byte by byte; true at the line that ends in another way than the first.
class LineEnds {
 public:
  bool see(char c) {
    if (pending_cr_) {
      pending_cr_ = false;
      if (c == '\n') return end_line(LineEnd::kCrLf);
      if (end_line(LineEnd::kCr)) return true;
    }
    if (c == '"') quoted_ = !quoted_;
    pending_cr_ = c == '\r';
    return c == '\n' && end_line(LineEnd::kLf);
  }
  bool see_end() { return pending_cr_ && end_line(LineEnd::kCr); }
  int64_t line() const { return line_; }

 private:
  bool end_line(LineEnd end) {
    if (!quoted_) {
      if (first_ == LineEnd::kNone) first_ = end;
      if (end != first_) return true;
    }
    ++line_;
    return false;
  }
  LineEnd first_ = LineEnd::kNone;
  bool quoted_ = false;
  bool pending_cr_ = false;
  int64_t line_ = 1;
};

}  // namespace

std::optional<int64_t> find_odd_line_end(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::vector<char> buffer(size_t{1} << 16);
  LineEnds ends;
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    for (std::streamsize i = 0; i < in.gcount(); ++i) {
      if (ends.see(buffer[static_cast<size_t>(i)])) return ends.line();
    }
  }
  return ends.see_end() ? std::optional(ends.line()) : std::nullopt;
}

}  // namespace rift::data
