#include <algorithm>
#include <unordered_set>

#include "rift/base/error.h"
#include "rift/base/json.h"
#include "rift/checkpoint/format/complains.h"
#include "rift/checkpoint/format/name_text.h"
#include "rift/checkpoint/format/safetensors.h"

namespace rift::checkpoint::format {
namespace {

constexpr std::string_view kMetadataKey = "__metadata__";
constexpr int kMaxDepth = 4;                   // root > tensor > shape, one to spare
constexpr int64_t kMaxJsonValues = 2'000'000;  // 100,000 tensors of rank 8 with their keys

/// Reads one entry of the header; every complaint starts with the file and the tensor.
class EntryReader : Complains<EntryReader> {
 public:
  EntryReader(const std::string& file_name, std::string_view name, const SafetensorsLimits& limits)
      : file_name_(file_name), name_(name), limits_(limits) {}

  TensorInfo read(const Json& entry) const {
    check_name();
    check_keys(entry);
    TensorInfo tensor;
    tensor.name = name_;
    tensor.dtype = read_dtype(entry.at("dtype"));
    tensor.shape = read_shape(entry.at("shape"));
    read_offsets(entry.at("data_offsets"), tensor);
    check_size(tensor);
    return tensor;
  }

 private:
  friend Complains<EntryReader>;
  std::string place() const { return fmt::format("{}: tensor '{}'", file_name_, shown_name(name_)); }

  void check_name() const {
    require(!name_.empty() && static_cast<int64_t>(name_.size()) <= limits_.max_name_bytes,
            "expected a name of 1 to {} bytes, got {}", limits_.max_name_bytes, name_.size());
    require(is_printable_ascii(name_), "the name holds a byte that is not printable ASCII");
  }

  void check_keys(const Json& entry) const {
    require(entry.is_object(), "expected a mapping of dtype, shape and data_offsets, got {}", entry.kind_name());
    for (const char* key : {"dtype", "shape", "data_offsets"}) require(entry.contains(key), "'{}' is missing", key);
    for (const auto& member : entry.as_object()) {
      const bool known = member.key == "dtype" || member.key == "shape" || member.key == "data_offsets";
      require(known, "unexpected key '{}'; a tensor has dtype, shape and data_offsets only", shown_name(member.key));
    }
  }

  DType read_dtype(const Json& json) const {
    require(json.is_string(), "dtype: expected a text, got {}", json.kind_name());
    const std::string& text = json.as_string();
    if (const auto dtype = parse_dtype(text)) return *dtype;
    if (is_known_unsupported_dtype(text)) {
      fail(Code::kUnsupported, "dtype {} is not read by rift; convert it to one of {}", text, supported_dtype_names());
    }
    fail(Code::kArtefact, "dtype: expected one of {}, got '{}'", supported_dtype_names(), shown_name(text));
  }

  int64_t read_size(const Json& json, std::string_view what) const {
    require(json.is_integer() && json.as_int() >= 0, "{}: expected whole numbers of at least 0 that fit 63 bits", what);
    return json.as_int();
  }

  std::vector<int64_t> read_shape(const Json& json) const {
    require(json.is_array(), "shape: expected a list, got {}", json.kind_name());
    require(static_cast<int64_t>(json.size()) <= limits_.max_rank, "shape: expected at most {} dimensions, got {}",
            limits_.max_rank, json.size());
    std::vector<int64_t> shape;
    for (const auto& size : json.as_array()) shape.push_back(read_size(size, "shape"));
    return shape;
  }

  void read_offsets(const Json& json, TensorInfo& tensor) const {
    require(json.is_array() && json.size() == 2, "data_offsets: expected [begin, end]");
    tensor.begin = read_size(json.at(size_t{0}), "data_offsets");
    tensor.end = read_size(json.at(size_t{1}), "data_offsets");
    require(tensor.begin <= tensor.end, "data_offsets: expected begin <= end, got [{},{}]", tensor.begin, tensor.end);
  }

  void check_size(const TensorInfo& tensor) const {
    int64_t size_bytes = checked_element_count(tensor.shape);
    require(size_bytes >= 0 && !__builtin_mul_overflow(size_bytes, dtype_size_bytes(tensor.dtype), &size_bytes),
            "shape {}: its size in bytes passes 63 bits", shape_text(tensor.shape));
    require(size_bytes == tensor.end - tensor.begin, "{} {} needs {} bytes, data_offsets [{},{}] hold {}",
            dtype_name(tensor.dtype), shape_text(tensor.shape), size_bytes, tensor.begin, tensor.end,
            tensor.end - tensor.begin);
  }

  const std::string& file_name_;
  std::string_view name_;
  const SafetensorsLimits& limits_;
};

Metadata read_metadata(const Json& json, const std::string& file_name) {
  RIFT_REQUIRE(json.is_object(), Code::kArtefact, "{}: {}: expected a mapping of texts, got {}", file_name,
               kMetadataKey, json.kind_name());
  Metadata metadata;
  for (const auto& member : json.as_object()) {
    RIFT_REQUIRE(member.value.is_string(), Code::kArtefact, "{}: {}: '{}': expected a text, got {}", file_name,
                 kMetadataKey, shown_name(member.key), member.value.kind_name());
    metadata.emplace_back(member.key, member.value.as_string());
  }
  return metadata;
}

/// The tensors' bytes must follow each other from 0 to the end of the file: no hole, no overlap, nothing behind.
void check_order(const std::vector<TensorInfo>& tensors, int64_t data_bytes, const std::string& file_name) {
  int64_t expected_begin = 0;
  for (const auto& tensor : tensors) {
    RIFT_REQUIRE(tensor.begin == expected_begin, Code::kArtefact,
                 "{}: tensor '{}': expected to begin at byte {} of the data, begins at {}; {}", file_name,
                 shown_name(tensor.name), expected_begin, tensor.begin,
                 tensor.begin < expected_begin ? "it overlaps the tensor before" : "there is a hole before it");
    expected_begin = tensor.end;
  }
  RIFT_REQUIRE(expected_begin == data_bytes, Code::kArtefact,
               "{}: the tensors need {} bytes after the header, the file has {}; {}", file_name, expected_begin,
               data_bytes, expected_begin > data_bytes ? "it is cut, fetch it again" : "something else is appended");
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json, int64_t data_bytes, const std::string& file_name,
                                           const SafetensorsLimits& limits) {
  const size_t first = json.find_first_not_of(" \t\r\n");  // a byte order mark is not part of the format
  RIFT_REQUIRE(first != std::string_view::npos && json[first] == '{', Code::kArtefact,
               "{}: header: expected a mapping of tensors, which starts with '{{'; is this a safetensors file?",
               file_name);
  // UTF-8, duplicate keys, depth, number ranges and anything behind the mapping are refused by parse_json.
  const Json root =
      parse_json(json, file_name + " (header)",
                 {.max_depth = kMaxDepth, .max_values = kMaxJsonValues, .max_bytes = limits.max_header_bytes});
  SafetensorsHeader header;
  for (const auto& member : root.as_object()) {
    if (member.key == kMetadataKey)
      header.metadata = read_metadata(member.value, file_name);
    else
      header.tensors.push_back(EntryReader(file_name, member.key, limits).read(member.value));
  }
  RIFT_REQUIRE(static_cast<int64_t>(header.tensors.size()) <= limits.max_tensors, Code::kArtefact,
               "{}: header lists {} tensors, the limit is {}", file_name, header.tensors.size(), limits.max_tensors);
  std::stable_sort(header.tensors.begin(), header.tensors.end(), [](const TensorInfo& a, const TensorInfo& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  check_order(header.tensors, data_bytes, file_name);
  return header;
}

}  // namespace rift::checkpoint::format
