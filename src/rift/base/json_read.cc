#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "rift/base/error.h"
#include "rift/base/json.h"
#include "rift/base/json_numbers.h"

namespace rift {
namespace {

/// Walks the text for nlohmann's lexer and tells how far it has come, which its events do not.
class ReadPosition {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  ReadPosition(const char* at, const char** reached) : at_(at), reached_(reached) {}
  reference operator*() const { return *at_; }
  ReadPosition& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  ReadPosition operator++(int) {
    const ReadPosition before = *this;
    ++*this;
    return before;
  }
  bool operator==(const ReadPosition& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  const char** reached_;
};

/// Whole numbers beyond int64.
enum class LargeNumbers : uint8_t { kRefused, kDoubles };

/// Builds a Json from nlohmann's events with a stack of our own, so that depth, counts and duplicates are ours to
/// refuse. No message holds a value: what is parsed may be a customer's row.
class Builder {
 public:
  Builder(std::string_view text, std::string_view source, const JsonLimits& limits, LargeNumbers large)
      : text_(text), source_(source), limits_(limits), large_(large), reached_(text.data()), counted_(text.data()) {}

  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  ReadPosition begin() { return {text_.data(), &reached_}; }
  ReadPosition end() { return {text_.data() + text_.size(), &reached_}; }

  bool null() { return add(Json(), line()); }
  bool boolean(bool value) { return add(Json(value), line()); }
  bool number_integer(number_integer_t value) { return add(Json(static_cast<int64_t>(value)), line_of_number()); }
  bool number_unsigned(number_unsigned_t value) {
    if (value > static_cast<uint64_t>(INT64_MAX)) {
      if (large_ == LargeNumbers::kDoubles) return add(Json(static_cast<double>(value)), line_of_number());
      fail("whole number beyond 64 bits", line_of_number());
    }
    return add(Json(static_cast<int64_t>(value)), line_of_number());
  }
  // nlohmann hands whole numbers beyond 64 bits over as floats; `written` tells them apart.
  bool number_float(number_float_t value, const string_t& written) {
    if (large_ == LargeNumbers::kRefused && written.find_first_of(".eE") == std::string::npos) {
      fail("whole number beyond 64 bits", line_of_number());
    }
    return add(Json(value), line_of_number());
  }
  bool string(string_t& value) { return add(Json(std::move(value)), line()); }
  bool binary(binary_t&) { return false; }
  bool start_object(size_t) { return open(Json::object()); }
  bool start_array(size_t) { return open(Json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(string_t& value) {
    Frame& frame = stack_.back();
    if (frame.json.size() > kKeysScanned) {
      if (frame.keys.empty())
        for (const auto& member : frame.json.as_object()) frame.keys.insert(member.key);
      if (!frame.keys.insert(value).second) fail(fmt::format("key '{}' stands twice", shorten(value)), line());
    } else if (frame.json.contains(value)) {
      fail(fmt::format("key '{}' stands twice", shorten(value)), line());
    }
    frame.key = std::move(value);
    return true;
  }

  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) {
    constexpr int kNumberOverflow = 406;
    if (error.id == kNumberOverflow) fail("number beyond the range of a double", line_of_number());
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - invalid
    // literal; last read: '...'; expected ..."
    std::string reason = error.what();
    if (const size_t colon = reason.find(": "); colon != std::string::npos) reason = reason.substr(colon + 2);
    if (const size_t read = reason.find("; last read"); read != std::string::npos) reason = reason.substr(0, read);
    fail(reason, line());
  }

  Json take() { return std::move(root_); }

 private:
  static constexpr size_t kKeysScanned = 16;  // above it a set finds duplicates
  struct Frame {
    Json json;
    std::string key;
    std::set<std::string> keys;
  };

  bool add(Json value, int line) {
    value.set_line(line);
    return place(std::move(value));
  }
  bool place(Json value) {
    if (++values_ > limits_.max_values) fail(fmt::format("more than {} values", limits_.max_values), line());
    if (stack_.empty()) {
      root_ = std::move(value);
    } else {
      Frame& frame = stack_.back();
      if (frame.json.is_array())
        frame.json.push_back(std::move(value));
      else
        frame.json.as_object().push_back({std::move(frame.key), std::move(value)});
    }
    return true;
  }
  bool open(Json container) {
    if (static_cast<int>(stack_.size()) >= limits_.max_depth)
      fail(fmt::format("nested deeper than {} levels", limits_.max_depth), line());
    container.set_line(line());
    stack_.push_back({std::move(container), {}, {}});
    return true;
  }
  bool close() {
    Json done = std::move(stack_.back().json);
    stack_.pop_back();
    return place(std::move(done));
  }

  // No token but white space holds a line break, so the line of what was read last is that of its last byte ...
  int line() { return line_at(reached_); }
  // ... and a number is known to end only when the byte behind it has been read.
  int line_of_number() { return line_at(std::max(counted_, reached_ - 1)); }
  int line_at(const char* at) {
    line_ += static_cast<int>(std::count(counted_, at, '\n'));
    counted_ = at;
    return line_;
  }

  [[noreturn]] void fail(std::string_view reason, int line) const {
    RIFT_FAIL(Code::kArtefact, "{}: line {}: {}", source_, line, reason);
  }

  std::string_view text_;
  std::string_view source_;
  const JsonLimits& limits_;
  LargeNumbers large_;
  Json root_;
  std::vector<Frame> stack_;
  int64_t values_ = 0;
  const char* reached_;  // behind the last byte that the lexer took
  const char* counted_;  // lines before this byte are in line_
  int line_ = 1;
};

Json parse(std::string_view text, std::string_view source, const JsonLimits& limits, LargeNumbers large) {
  RIFT_REQUIRE(static_cast<int64_t>(text.size()) <= limits.max_bytes, Code::kArtefact,
               "{}: {} bytes of JSON, at most {} are read", source, text.size(), limits.max_bytes);
  // nlohmann takes a NUL byte for the end of its input, whatever stands behind it.
  RIFT_REQUIRE(text.find('\0') == std::string_view::npos, Code::kArtefact, "{}: a NUL byte, which JSON cannot hold",
               source);
  Builder builder(text, source, limits, large);
  nlohmann::json::sax_parse(builder.begin(), builder.end(), &builder);
  return builder.take();
}

}  // namespace

Json parse_json(std::string_view text, std::string_view source, const JsonLimits& limits) {
  return parse(text, source, limits, LargeNumbers::kRefused);
}

Json parse_json_with_large_numbers(std::string_view text, std::string_view source, const JsonLimits& limits) {
  return parse(text, source, limits, LargeNumbers::kDoubles);
}

}  // namespace rift
