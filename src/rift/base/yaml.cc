#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <vector>

#include "rift/base/error.h"
#include "rift/base/json.h"
#include "rift/base/utf8.h"
#include "rift/base/yaml_scalar.h"

namespace rift {
namespace {

constexpr int kMaxDepth = 64;
constexpr size_t kMaxBytes = size_t{8} << 20;

/// yaml-cpp gives the escapes \N and \_ as the bytes 85 and A0 alone; they are U+0085 and U+00A0. All other text is
/// well-formed, since the file is.
std::string with_whole_characters(const std::string& text) {
  if (!first_invalid_utf8(text)) return text;
  std::string whole;
  for (size_t at = 0; at < text.size();) {
    const size_t bytes = utf8_sequence_bytes(text, at);
    if (bytes == 0) whole += '\xC2';
    whole.append(text, at, std::max<size_t>(bytes, 1));
    at += std::max<size_t>(bytes, 1);
  }
  return whole;
}

/// Builds a Json from yaml-cpp's events, so that what it would resolve by itself (aliases, tags, scalar types, a key
/// that stands twice) is ours to decide, and every value knows its line.
class Builder : public YAML::EventHandler {
 public:
  Builder(std::string_view text, std::string_view source) : text_(text), source_(source) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) fail(mark, "one document is read, a second starts here");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse(mark, anchor, "?");
    if (waits_for_key()) fail(mark, "a key must be a text");
    add(Json(), mark);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override { refuse(mark, anchor, "?"); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& read) override {
    const bool quoted = tag == "!";
    const std::string text = quoted ? with_whole_characters(read) : read;
    refuse(mark, anchor, quoted ? "?" : tag);
    if (quoted) require_closing_quote(mark);
    if (waits_for_key()) return key(mark, text);
    if (quoted) return add(Json(text), mark);
    Json json = yaml_plain_scalar(text);
    json.set_written(text);
    add(std::move(json), mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Json::array());
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Json::object());
  }
  void OnMapEnd() override { close(); }

  Json take() { return std::move(root_); }

 private:
  struct Frame {
    Json json;
    std::string key;
    bool has_key = false;
    int key_line = 0;
    std::set<std::string> keys;
  };

  bool waits_for_key() const { return !stack_.empty() && stack_.back().json.is_object() && !stack_.back().has_key; }

  void key(const YAML::Mark& mark, const std::string& text) {
    Frame& frame = stack_.back();
    if (!frame.keys.insert(text).second) fail(mark, fmt::format("key '{}' stands twice", shorten(text)));
    frame.key = text;
    frame.has_key = true;
    frame.key_line = mark.line + 1;
  }

  void add(Json value, const YAML::Mark& mark) {
    value.set_line(mark.line + 1);
    place(std::move(value));
  }

  void place(Json value) {
    if (stack_.empty()) {
      root_ = std::move(value);
      return;
    }
    Frame& frame = stack_.back();
    if (frame.json.is_array()) {
      frame.json.push_back(std::move(value));
    } else {
      // A value that is not written has the mark of what follows it: its key tells the reader where to look.
      if (value.is_null()) value.set_line(frame.key_line);
      frame.json.as_object().push_back({std::move(frame.key), std::move(value)});
      frame.has_key = false;
    }
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Json container) {
    refuse(mark, anchor, tag);
    if (waits_for_key()) fail(mark, "a key must be a text");
    if (static_cast<int>(stack_.size()) >= kMaxDepth)
      fail(mark, fmt::format("nested deeper than {} levels", kMaxDepth));
    container.set_line(mark.line + 1);
    stack_.push_back({std::move(container), {}, false, 0, {}});
  }

  void close() {
    Json done = std::move(stack_.back().json);
    stack_.pop_back();
    place(std::move(done));
  }

  // Aliases can blow a small file up to gigabytes, tags name types of other programs; no configuration needs either.
  void refuse(const YAML::Mark& mark, YAML::anchor_t anchor, std::string_view tag) const {
    if (anchor != 0) fail(mark, "anchors and aliases are not read; write the value out");
    if (tag != "?" && !tag.empty()) fail(mark, fmt::format("tag '{}' is not read; leave it out", shorten(tag)));
  }

  // yaml-cpp lets the end of the file close a quote and swallows the lines before it.
  void require_closing_quote(const YAML::Mark& mark) const {
    const auto start = static_cast<size_t>(mark.pos);
    const char quote = start < text_.size() ? text_[start] : '\0';
    if (quote == '|' || quote == '>') return;  // a block ends with its indentation
    if (quote == '!') refuse(mark, 0, "!");    // "! text"
    RIFT_CHECK(quote == '\'' || quote == '"');
    for (size_t at = start + 1; at < text_.size(); ++at) {
      if (quote == '"' && text_[at] == '\\') {
        ++at;
      } else if (text_[at] == quote) {
        const bool doubled = quote == '\'' && at + 1 < text_.size() && text_[at + 1] == quote;
        if (!doubled) return;
        ++at;
      }
    }
    fail(mark, "the quote that begins here is not closed");
  }

  [[noreturn]] void fail(const YAML::Mark& mark, std::string_view reason) const {
    RIFT_FAIL(Code::kConfig, "{}:{}: {}", source_, mark.line + 1, reason);
  }

  std::string_view text_;
  std::string_view source_;
  Json root_;
  std::vector<Frame> stack_;
  int documents_ = 0;
};

void require_plain_utf8(std::string_view text, std::string_view source) {
  const auto line_of = [&](size_t at) {
    return 1 + std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(at), '\n');
  };
  if (const auto bad = first_invalid_utf8(text))
    RIFT_FAIL(Code::kConfig, "{}:{}: expected UTF-8, got another encoding; save the file as UTF-8", source,
              line_of(*bad));
  // yaml-cpp would take the text for UTF-16.
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos)
    RIFT_FAIL(Code::kConfig, "{}:{}: a NUL byte, which YAML cannot hold", source, line_of(nul));
}

}  // namespace

Json parse_yaml(std::string_view text, std::string_view source) {
  RIFT_REQUIRE(text.size() <= kMaxBytes, Code::kConfig, "{}: {} bytes of YAML, at most {} are read", source,
               text.size(), kMaxBytes);
  require_plain_utf8(text, source);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    Builder builder(text, source);
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.take();
  } catch (const YAML::Exception& error) {
    RIFT_FAIL(Code::kConfig,
              "{}:{}: this is no YAML ({}); look at the indentation, made of spaces, of this line and the one above",
              source, error.mark.line + 1, error.msg);
  }
}

}  // namespace rift
