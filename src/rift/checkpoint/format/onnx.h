#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// ONNX files, written only. A model is one protocol-buffer message; the few messages and fields that a graph of ours
/// needs are written by number (base/protobuf.h) and not through Debian's libprotobuf with onnx.proto: that would bring
/// a compiler into the build and hold every weight a second time in the message, which here goes to disk tensor by
/// tensor.
/// Source: onnx.proto of github.com/onnx/onnx, IR version 8; docs/ExternalData.md there.
namespace rift::checkpoint::format {

/// Element types by their number in TensorProto.DataType.
enum class OnnxType : int32_t { kF32 = 1, kI64 = 7, kBool = 9, kF64 = 11 };
int64_t element_bytes(OnnxType type);

/// A size of a shape: a number, or the name of what is known only when the model runs ("rows").
using OnnxSize = std::variant<int64_t, std::string>;

/// An input or output of the graph.
struct OnnxValue {
  std::string name;
  OnnxType type = OnnxType::kF32;
  std::vector<OnnxSize> shape;
};

using OnnxSetting = std::variant<int64_t, float, std::vector<int64_t>, std::string>;
using OnnxSettings = std::vector<std::pair<std::string, OnnxSetting>>;

/// One operator of the standard's own ("ai.onnx"). An input "" is one that is left out.
struct OnnxNode {
  std::string name;
  std::string op;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  OnnxSettings settings;
};

/// A constant. `fill` writes its elements, row-major in little-endian order, when the file is written: once, into a
/// buffer of its size.
struct OnnxTensor {
  std::string name;
  OnnxType type = OnnxType::kF32;
  std::vector<int64_t> shape;
  std::function<void(std::span<std::byte>)> fill;

  int64_t size_bytes() const;
};

struct OnnxModel {
  int64_t ir_version = 8;
  int64_t opset = 17;
  std::string producer;
  std::string producer_version;
  std::string graph_name;
  std::vector<std::pair<std::string, std::string>> metadata;  // in the order given
  std::vector<OnnxNode> nodes;                                // each behind what it reads
  std::vector<OnnxTensor> constants;
  std::vector<OnnxValue> inputs;
  std::vector<OnnxValue> outputs;
};

struct OnnxLimits {
  int64_t max_message_bytes = (int64_t{1} << 31) - 1;  // what readers of protocol buffers take
};

/// Writes the model: one file or, where that would be larger than a message may be, a second one beside it,
/// "<name>.data", with the constants of 1 KiB and more. Each is written whole or not at all (base/files); the same
/// model gives the same bytes. Holds one constant in memory at a time. Throws kBug for a name that is taken or not
/// there, kUnsupported when even the rest is too large, kEnvironment.
void write_onnx(const std::filesystem::path& path, const OnnxModel& model, const OnnxLimits& limits = {});

}  // namespace rift::checkpoint::format
