#include <cstring>
#include <set>
#include <string_view>

#include "rift/base/error.h"
#include "rift/base/protobuf.h"
#include "rift/base/staged_file.h"
#include "rift/checkpoint/format/onnx.h"

namespace rift::checkpoint::format {
namespace {

using protobuf::Writer;

/// Numbers of the fields in onnx.proto, by message.
namespace field {
struct Model {
  enum : uint32_t { kIrVersion = 1, kProducer = 2, kProducerVersion = 3, kGraph = 7, kOpsets = 8, kMetadata = 14 };
};
struct Opset {
  enum : uint32_t { kDomain = 1, kVersion = 2 };
};
struct Entry {  // StringStringEntryProto
  enum : uint32_t { kKey = 1, kValue = 2 };
};
struct Graph {
  enum : uint32_t { kNodes = 1, kName = 2, kConstants = 5, kInputs = 11, kOutputs = 12 };
};
struct Node {
  enum : uint32_t { kInputs = 1, kOutputs = 2, kName = 3, kOp = 4, kSettings = 5 };
};
struct Setting {  // AttributeProto
  enum : uint32_t { kName = 1, kFloat = 2, kInt = 3, kText = 4, kInts = 8, kType = 20 };
};
struct Tensor {
  enum : uint32_t { kSizes = 1, kType = 2, kName = 8, kBytes = 9, kElsewhere = 13, kPlace = 14 };
};
struct Value {  // ValueInfoProto, TypeProto, TypeProto.Tensor, TensorShapeProto and its Dimension
  enum : uint32_t { kName = 1, kType = 2, kTensor = 1, kElement = 1, kShape = 2, kSize = 1, kNumber = 1, kWord = 2 };
};
}  // namespace field

enum SettingType : int64_t { kFloatSetting = 1, kIntSetting = 2, kTextSetting = 3, kIntsSetting = 7 };
constexpr int64_t kExternal = 1;         // TensorProto.DataLocation
constexpr int64_t kSmallBytes = 1024;    // constants below stay in the message
constexpr int64_t kExternalPage = 4096;  // readers map the second file

std::string entry(std::string_view key, std::string_view value) {
  Writer writer;
  writer.bytes(field::Entry::kKey, key);
  writer.bytes(field::Entry::kValue, value);
  return writer.message();
}

struct SettingWriter {
  Writer& writer;
  void operator()(int64_t value) const {
    writer.number(field::Setting::kInt, value);
    writer.number(field::Setting::kType, kIntSetting);
  }
  void operator()(float value) const {
    writer.f32(field::Setting::kFloat, value);
    writer.number(field::Setting::kType, kFloatSetting);
  }
  void operator()(const std::string& value) const {
    writer.bytes(field::Setting::kText, value);
    writer.number(field::Setting::kType, kTextSetting);
  }
  void operator()(const std::vector<int64_t>& values) const {
    for (const int64_t value : values) writer.number(field::Setting::kInts, value);
    writer.number(field::Setting::kType, kIntsSetting);
  }
};

std::string message_of(const OnnxNode& node) {
  Writer writer;
  for (const std::string& input : node.inputs) writer.bytes(field::Node::kInputs, input);
  for (const std::string& output : node.outputs) writer.bytes(field::Node::kOutputs, output);
  writer.bytes(field::Node::kName, node.name);
  writer.bytes(field::Node::kOp, node.op);
  for (const auto& [name, value] : node.settings) {
    Writer setting;
    setting.bytes(field::Setting::kName, name);
    std::visit(SettingWriter{setting}, value);
    writer.bytes(field::Node::kSettings, setting.message());
  }
  return writer.message();
}

std::string message_of(const OnnxValue& value) {
  Writer shape;
  for (const OnnxSize& size : value.shape) {
    Writer dimension;
    if (const auto* number = std::get_if<int64_t>(&size)) {
      dimension.number(field::Value::kNumber, *number);
    } else {
      dimension.bytes(field::Value::kWord, std::get<std::string>(size));
    }
    shape.bytes(field::Value::kSize, dimension.message());
  }
  Writer tensor;
  tensor.number(field::Value::kElement, static_cast<int64_t>(value.type));
  tensor.bytes(field::Value::kShape, shape.message());
  Writer type;
  type.bytes(field::Value::kTensor, tensor.message());
  Writer writer;
  writer.bytes(field::Value::kName, value.name);
  writer.bytes(field::Value::kType, type.message());
  return writer.message();
}

Writer shape_and_name(const OnnxTensor& constant) {
  Writer writer;
  for (const int64_t size : constant.shape) writer.number(field::Tensor::kSizes, size);
  writer.number(field::Tensor::kType, static_cast<int64_t>(constant.type));
  writer.bytes(field::Tensor::kName, constant.name);
  return writer;
}

/// A constant up to its bytes, which have to follow.
std::string with_bytes_to_follow(const OnnxTensor& constant) {
  Writer tensor = shape_and_name(constant);
  tensor.bytes_head(field::Tensor::kBytes, static_cast<uint64_t>(constant.size_bytes()));
  Writer writer;
  writer.bytes_head(field::Graph::kConstants, tensor.message().size() + static_cast<uint64_t>(constant.size_bytes()));
  return writer.message() + tensor.message();
}

std::string lying_elsewhere(const OnnxTensor& constant, const std::string& file, int64_t offset) {
  Writer tensor = shape_and_name(constant);
  tensor.bytes(field::Tensor::kElsewhere, entry("location", file));
  tensor.bytes(field::Tensor::kElsewhere, entry("offset", std::to_string(offset)));
  tensor.bytes(field::Tensor::kElsewhere, entry("length", std::to_string(constant.size_bytes())));
  tensor.number(field::Tensor::kPlace, kExternal);
  Writer writer;
  writer.bytes(field::Graph::kConstants, tensor.message());
  return writer.message();
}

/// Everything of a file that is no constant's bytes, in order: before the first constant, each constant's head, the
/// rest. `constants` says whose bytes follow each head; nullptr: nobody's.
struct Layout {
  struct Piece {
    std::string head;
    const OnnxTensor* constant = nullptr;
    int64_t zeros = 0;  // behind the constant
  };
  std::vector<Piece> pieces;

  int64_t size_bytes() const {
    int64_t bytes = 0;
    for (const Piece& piece : pieces) {
      bytes += static_cast<int64_t>(piece.head.size()) + piece.zeros;
      if (piece.constant != nullptr) bytes += piece.constant->size_bytes();
    }
    return bytes;
  }
};

struct Files {
  Layout message, data;
};

std::string head_of(const OnnxModel& model) {
  Writer writer;
  writer.number(field::Model::kIrVersion, model.ir_version);
  writer.bytes(field::Model::kProducer, model.producer);
  writer.bytes(field::Model::kProducerVersion, model.producer_version);
  Writer opset;
  opset.bytes(field::Opset::kDomain, "");
  opset.number(field::Opset::kVersion, model.opset);
  writer.bytes(field::Model::kOpsets, opset.message());
  for (const auto& [key, value] : model.metadata) writer.bytes(field::Model::kMetadata, entry(key, value));
  return writer.message();
}

/// `data_file`: where larger constants lie; "" = in the message.
Files lay_out(const OnnxModel& model, const std::string& data_file) {
  Writer front;
  for (const OnnxNode& node : model.nodes) front.bytes(field::Graph::kNodes, message_of(node));
  front.bytes(field::Graph::kName, model.graph_name);
  for (const OnnxValue& input : model.inputs) front.bytes(field::Graph::kInputs, message_of(input));
  for (const OnnxValue& output : model.outputs) front.bytes(field::Graph::kOutputs, message_of(output));
  Files files;
  files.message.pieces.push_back({.head = front.message()});
  int64_t offset = 0;
  for (const OnnxTensor& constant : model.constants) {
    if (data_file.empty() || constant.size_bytes() < kSmallBytes) {
      files.message.pieces.push_back({.head = with_bytes_to_follow(constant), .constant = &constant});
      continue;
    }
    files.message.pieces.push_back({.head = lying_elsewhere(constant, data_file, offset)});
    const int64_t size = constant.size_bytes();
    const int64_t padded = (size + kExternalPage - 1) / kExternalPage * kExternalPage;
    files.data.pieces.push_back({.head = {}, .constant = &constant, .zeros = padded - size});
    offset += padded;
  }
  Writer graph;
  graph.bytes_head(field::Model::kGraph, static_cast<uint64_t>(files.message.size_bytes()));
  files.message.pieces.insert(files.message.pieces.begin(), {.head = head_of(model) + graph.message()});
  return files;
}

void write(const std::filesystem::path& path, const Layout& layout) {
  StagedFile file(path);
  for (const Layout::Piece& piece : layout.pieces) {
    std::string bytes = piece.head;
    const auto size = piece.constant == nullptr ? 0 : static_cast<size_t>(piece.constant->size_bytes());
    bytes.resize(piece.head.size() + size + static_cast<size_t>(piece.zeros), '\0');
    if (size > 0) piece.constant->fill(std::as_writable_bytes(std::span(bytes)).subspan(piece.head.size(), size));
    file.append(bytes);
  }
  file.publish();
}

/// What onnx.checker would say of names.
void check_names(const OnnxModel& model) {
  std::set<std::string_view> known;
  const auto add = [&](const std::string& name) {
    RIFT_REQUIRE(!name.empty() && known.insert(name).second, Code::kBug, "ONNX graph: the name '{}' is taken", name);
  };
  const auto require = [&](const std::string& name, const std::string& reader) {
    RIFT_REQUIRE(known.contains(name), Code::kBug, "ONNX graph: '{}' reads '{}', which nothing before it gives", reader,
                 name);
  };
  for (const OnnxValue& input : model.inputs) add(input.name);
  for (const OnnxTensor& constant : model.constants) add(constant.name);
  for (const OnnxNode& node : model.nodes) {
    for (const std::string& input : node.inputs) {
      if (!input.empty()) require(input, node.name);
    }
    for (const std::string& output : node.outputs) add(output);
  }
  for (const OnnxValue& output : model.outputs) require(output.name, "the result");
}

}  // namespace

int64_t element_bytes(OnnxType type) {
  switch (type) {
    case OnnxType::kF32:
      return 4;
    case OnnxType::kI64:
    case OnnxType::kF64:
      return 8;
    case OnnxType::kBool:
      return 1;
  }
  RIFT_FAIL(Code::kBug, "ONNX type without a size");
}

int64_t OnnxTensor::size_bytes() const {
  int64_t elements = 1;
  for (const int64_t size : shape) elements *= size;
  return elements * element_bytes(type);
}

void write_onnx(const std::filesystem::path& path, const OnnxModel& model, const OnnxLimits& limits) {
  check_names(model);
  const Files whole = lay_out(model, "");
  if (whole.message.size_bytes() <= limits.max_message_bytes) return write(path, whole.message);
  const std::string data_file = path.filename().string() + ".data";
  const Files files = lay_out(model, data_file);
  RIFT_REQUIRE(files.message.size_bytes() <= limits.max_message_bytes, Code::kUnsupported,
               "{}: {} bytes without the large weights, an ONNX file holds at most {}", path.string(),
               files.message.size_bytes(), limits.max_message_bytes);
  write(path.parent_path() / data_file, files.data);
  write(path, files.message);
}

}  // namespace rift::checkpoint::format
