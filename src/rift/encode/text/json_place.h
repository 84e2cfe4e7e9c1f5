#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "rift/base/error.h"
#include "rift/base/json.h"
#include "rift/encode/text/wordpiece.h"

namespace rift::encode::text {

/// A JSON value together with where it stands, for errors.
class Place {
 public:
  Place(const Json& json, std::string path, std::string_view source)
      : json_(&json), path_(std::move(path)), source_(source) {}

  const Json& json() const { return *json_; }
  bool is_null() const { return json_->is_null(); }
  bool has(std::string_view key) const { return json_->contains(key) && !json_->find(key)->is_null(); }

  Place at(std::string_view key) const {
    require(json_->is_object(), "a mapping");
    const Json* found = json_->find(key);
    RIFT_REQUIRE(found != nullptr, Code::kArtefact, "{}: line {}: {} has no '{}'", source_, json_->line(), shown(),
                 key);
    return {*found, path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key), source_};
  }
  Place at(size_t index) const { return {json_->as_array()[index], fmt::format("{}[{}]", path_, index), source_}; }
  size_t items() const {
    require(json_->is_array(), "a list");
    return json_->size();
  }
  const Json::Object& members() const {
    require(json_->is_object(), "a mapping");
    return json_->as_object();
  }
  bool truth() const {
    require(json_->is_bool(), "true or false");
    return json_->as_bool();
  }
  const std::string& text() const {
    require(json_->is_string(), "a text");
    return json_->as_string();
  }
  double number() const {
    require(json_->is_number(), "a number");
    return json_->as_double();
  }
  int64_t whole() const {
    require(json_->is_integer(), "a whole number");
    return json_->as_int();
  }
  int32_t id() const {
    require(json_->is_integer() && json_->as_int() >= 0 && json_->as_int() < Vocabulary::kMostIds, "a token's id");
    return static_cast<int32_t>(json_->as_int());
  }
  void require(bool holds, std::string_view expected) const {
    RIFT_REQUIRE(holds, Code::kArtefact, "{}: line {}: {}: expected {}, got {}", source_, json_->line(), shown(),
                 expected, json_->is_integer() ? std::to_string(json_->as_int()) : std::string(json_->kind_name()));
  }
  /// File, line and path, as errors begin.
  std::string where() const { return fmt::format("{}: line {}: {}", source_, json_->line(), shown()); }
  [[noreturn]] void unsupported(std::string_view what) const {
    RIFT_FAIL(Code::kUnsupported, "{}: line {}: {} {} is not implemented", source_, json_->line(), shown(), what);
  }
  [[noreturn]] void unsupported_type(std::string_view implemented) const {
    unsupported(fmt::format("'{}' (implemented: {})", shorten(at("type").text()), implemented));
  }
  /// Of a part that has to be of one type.
  void require_type(std::string_view expected) const {
    if (at("type").text() != expected) unsupported_type(expected);
  }

 private:
  std::string shown() const { return path_.empty() ? "the file" : path_; }
  const Json* json_;
  std::string path_;
  std::string_view source_;
};

}  // namespace rift::encode::text
