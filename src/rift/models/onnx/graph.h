#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "rift/checkpoint/format/onnx.h"
#include "rift/models/pooler.h"
#include "rift/nn/activation.h"
#include "rift/nn/batch_norm.h"
#include "rift/nn/conv.h"
#include "rift/nn/embedding.h"
#include "rift/nn/layer_norm.h"
#include "rift/nn/linear.h"
#include "rift/nn/rms_norm.h"

/// A model as a graph of ONNX's standard operators, opset 17: what `rift export --format onnx` writes.
namespace rift::models {

/// A graph that grows operator by operator. Values go by their names, as in the file; each call gives the name of what
/// it computes. Equal calls in equal order give equal names. Parameters are not copied: the model has to stay until the
/// graph is written, and its adapters must be merged.
///   linear maps: MatMul with W^T and Add, the form that runtimes fuse
///   gelu: with the exact Erf
class OnnxGraph {
 public:
  using Type = checkpoint::format::OnnxType;
  using Size = checkpoint::format::OnnxSize;
  using Settings = checkpoint::format::OnnxSettings;

  /// Whole numbers and scalars; equal ones are one constant of the file.
  std::string number(float value);
  std::string number(double value);  // f64
  std::string whole(int64_t value);
  std::string wholes(const std::vector<int64_t>& values);           // [n]
  std::string numbers(const std::string& name, at::Tensor values);  // f32 or f64, of any shape

  /// An operator with one output.
  std::string op(std::string_view op, std::vector<std::string> inputs, Settings settings = {});
  std::string cast(const std::string& x, Type to);
  std::string reshape(const std::string& x, const std::vector<int64_t>& shape);  // 0 = as in x, -1 = what is left
  std::string concat(std::vector<std::string> parts, int64_t axis);
  std::string transpose(const std::string& x, const std::vector<int64_t>& order);
  std::string unsqueeze(const std::string& x, const std::vector<int64_t>& axes);
  /// Elements first .. last - 1 of dimension `axis`.
  std::string slice(const std::string& x, int64_t axis, int64_t first, int64_t last);

  std::string embed(const nn::Embedding& table, const std::string& ids);
  std::string linear(const nn::Linear& map, const std::string& x);    // [...,D_in] -> [...,D_out]
  std::string norm(const nn::LayerNorm& norm, const std::string& x);  // over the last dimension
  std::string norm(const nn::RmsNorm& norm, const std::string& x);    // the same
  std::string activate(nn::Activation activation, const std::string& x);
  std::string pool(const Pooler& pooler, const std::string& x);              // [B,D] -> [B,D]
  std::string convolve(const nn::Conv2d& conv, const std::string& x);        // [B,C_in,H,W] -> [B,C_out,H',W']
  std::string normalise(const nn::BatchNorm2d& norm, const std::string& x);  // by its running statistics
  std::string mean(const std::string& x, const std::vector<int64_t>& axes);  // over whole dimensions, which go

  void input(const std::string& name, Type type, std::vector<Size> shape);
  /// Gives `value` out as `name`.
  void output(const std::string& name, const std::string& value, Type type, std::vector<Size> shape);

  /// Names of the operators from here on begin with it: "layers.0".
  void enter(std::string part) { part_ = std::move(part); }

  /// The graph without what no output needs; metadata and the program's name are the caller's to add.
  checkpoint::format::OnnxModel take();

 private:
  std::string parameter(const nn::Parameter& parameter, bool transposed = false);
  std::string constant(const std::string& name, const at::Tensor& values);
  std::string name_for(std::string_view op);

  checkpoint::format::OnnxModel model_;
  std::string part_;
  std::map<std::string, int64_t, std::less<>> counts_;  // operators by part and kind
  std::set<std::string, std::less<>> constants_;        // names that are there
};

}  // namespace rift::models
