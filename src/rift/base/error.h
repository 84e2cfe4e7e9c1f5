#pragma once

#include <fmt/format.h>

#include <exception>
#include <string>
#include <string_view>

namespace rift {

/// What went wrong, for whom. ONE table (error.cc) maps a code to its exit status and HTTP status.
enum class Code {
  kBug,          ///< a broken promise of our own code: exit 1, HTTP 500
  kConfig,       ///< run.yaml, an option or a command line is wrong: exit 2, HTTP 400
  kUnsupported,  ///< understood, but this build or model cannot do it: exit 2, HTTP 501
  kData,         ///< the records are wrong: exit 3, HTTP 422
  kArtefact,     ///< a model file or package is missing or corrupt: exit 4, HTTP 424
  kGate,         ///< a stated limit was not met: exit 5, HTTP 409
  kEnvironment,  ///< disk, memory, permission, network: exit 6, HTTP 503
  kInterrupted,  ///< Ctrl-C or SIGTERM: exit 128 + signal, HTTP 503
};

struct CodeInfo {
  std::string_view name;  // as printed and as sent in JSON
  int exit_status;
  int http_status;
};
const CodeInfo& code_info(Code code);

/// The only exception type rift throws on purpose.
///   message: where, what, expected, got, next step. Never a value of a customer's row: column and row number only.
///   where:   source file and line of the throw, for the log; empty when not known.
class Error : public std::exception {
 public:
  Error(Code code, std::string message, std::string where = {})
      : code_(code), message_(std::move(message)), where_(std::move(where)) {}
  Code code() const noexcept { return code_; }
  const std::string& message() const noexcept { return message_; }
  const std::string& where() const noexcept { return where_; }
  int exit_status() const { return code_info(code_).exit_status; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  Code code_;
  std::string message_;
  std::string where_;
};

namespace detail {
[[noreturn]] void throw_error(Code code, const char* file, int line, std::string message);
[[noreturn]] void throw_bug(const char* file, int line, const char* condition);
}  // namespace detail

/// "at most N characters" for names that come from files, so that a message stays readable.
std::string shorten(std::string_view text, size_t max_bytes = 80);

/// What `name` may have been meant for, or empty when nothing is near: the candidate with the smallest name_gap().
template <class Range>
std::string nearest_name(std::string_view name, const Range& candidates);
size_t edit_distance(std::string_view a, std::string_view b);

/// How far a candidate is from a name, for comparisons only; kNoGap when it is not near. Nearest are those within an
/// edit distance of a quarter of the name, then those whose words hold all words of the name or the other way round
/// ("default" and "default payment next month", case aside), then those of which one is a piece of the other, then
/// those within half of the name.
size_t name_gap(std::string_view name, std::string_view candidate);
inline constexpr size_t kNoGap = static_cast<size_t>(-1);

}  // namespace rift

/// The caller's or the data's fault: throws rift::Error with a formatted message.
#define RIFT_REQUIRE(condition, code, ...)                                                                 \
  do {                                                                                                     \
    if (!(condition)) ::rift::detail::throw_error((code), __FILE__, __LINE__, ::fmt::format(__VA_ARGS__)); \
  } while (false)

/// The same without a condition.
#define RIFT_FAIL(code, ...) ::rift::detail::throw_error((code), __FILE__, __LINE__, ::fmt::format(__VA_ARGS__))

/// Our own bug: throws Error(kBug); never aborts.
#define RIFT_CHECK(condition)                                                    \
  do {                                                                           \
    if (!(condition)) ::rift::detail::throw_bug(__FILE__, __LINE__, #condition); \
  } while (false)

template <class Range>
std::string rift::nearest_name(std::string_view name, const Range& candidates) {
  std::string best;
  size_t least = kNoGap;
  for (const auto& candidate : candidates) {
    const size_t gap = name_gap(name, std::string_view(candidate));
    if (gap < least) {
      least = gap;
      best = std::string(candidate);
    }
  }
  return best;
}
