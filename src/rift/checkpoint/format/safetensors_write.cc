#include <algorithm>
#include <cstring>
#include <numeric>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/json.h"
#include "rift/base/staged_file.h"
#include "rift/checkpoint/format/safetensors.h"
#include "rift/checkpoint/format/tensor_writers.h"

namespace rift::checkpoint::format {
namespace {

constexpr size_t kAlignment = 8;

std::vector<size_t> writing_order(std::span<const TensorSpec> tensors) {
  std::vector<size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    if (tensors[a].dtype != tensors[b].dtype) return tensors[a].dtype > tensors[b].dtype;
    return tensors[a].name < tensors[b].name;
  });
  return order;
}

Json metadata_json(const Metadata& metadata) {
  Json json = Json::object();
  for (const auto& [key, value] : metadata) json[key] = value;
  return json;
}

Json offsets_json(int64_t begin, int64_t end) {
  Json json = Json::array();
  json.push_back(begin);
  json.push_back(end);
  return json;
}

std::string with_length(std::string json) {
  const size_t padding = (kAlignment - json.size() % kAlignment) % kAlignment;
  json.append(padding, ' ');
  std::string head(kAlignment, '\0');
  for (size_t i = 0; i < kAlignment; ++i) head[i] = static_cast<char>(json.size() >> (8 * i) & 0xFF);
  return head + json;
}

/// Header (with its length, padded to 8 bytes) and the order of the tensors' bytes after it.
struct Layout {
  std::string head;
  std::vector<size_t> order;  // indices into the tensors given
};

Layout lay_out(std::span<const TensorSpec> tensors, const Metadata& metadata) {
  Layout layout;
  layout.order = writing_order(tensors);
  Json header = Json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata_json(metadata);
  int64_t begin = 0;
  for (const size_t index : layout.order) {
    const TensorSpec& tensor = tensors[index];
    Json entry = Json::object();
    entry["dtype"] = dtype_name(tensor.dtype);
    entry["shape"] = tensor.shape;
    entry["data_offsets"] = offsets_json(begin, begin + tensor.size_bytes());
    header.as_object().push_back({tensor.name, std::move(entry)});
    begin += tensor.size_bytes();
  }
  const std::string json = to_json_text(header);
  try {
    parse_safetensors_header(json, begin, "safetensors to be written", {});
  } catch (const Error& error) {
    RIFT_FAIL(Code::kBug, "{}", error.message());
  }
  layout.head = with_length(json);
  return layout;
}

}  // namespace

int64_t TensorSpec::size_bytes() const {
  int64_t bytes = checked_element_count(shape);
  const bool counted = bytes >= 0 && !__builtin_mul_overflow(bytes, dtype_size_bytes(dtype), &bytes);
  RIFT_CHECK(counted);
  return bytes;
}

void stream_safetensors(const std::filesystem::path& path, std::span<const TensorSpec> tensors,
                        const Metadata& metadata, const TensorReader& read, const FileCheck& check) {
  const Layout layout = lay_out(tensors, metadata);
  StagedFile file(path);
  file.append(layout.head);
  for (const size_t index : layout.order) {
    const std::span<const std::byte> bytes = read(index);
    RIFT_REQUIRE(static_cast<int64_t>(bytes.size()) == tensors[index].size_bytes(), Code::kBug,
                 "tensor '{}': {} bytes, its shape needs {}", tensors[index].name, bytes.size(),
                 tensors[index].size_bytes());
    file.append({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  if (check) check(file.path());
  file.publish();
}

}  // namespace rift::checkpoint::format
