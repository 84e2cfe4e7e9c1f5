#include "rift/models/onnx/graph.h"

#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/tensor.h>
#include <fmt/ranges.h>

#include <cstring>
#include <iterator>
#include <numbers>

#include "rift/base/error.h"

namespace rift::models {

namespace format = checkpoint::format;

namespace {

format::OnnxType type_of(const at::Tensor& values) {
  switch (values.scalar_type()) {
    case at::kFloat:
      return format::OnnxType::kF32;
    case at::kDouble:
      return format::OnnxType::kF64;
    case at::kLong:
      return format::OnnxType::kI64;
    default:
      RIFT_FAIL(Code::kBug, "ONNX constant of an element type that no graph of ours has");
  }
}

void require_merged(const nn::LinearMap& map) {
  RIFT_REQUIRE(map.adapter == nullptr, Code::kBug, "'{}': its adapter is not merged", map.name);
}

at::Tensor wholes_of(const std::vector<int64_t>& values) { return at::tensor(values, at::kLong); }

}  // namespace

std::string OnnxGraph::name_for(std::string_view op) {
  std::string name = part_.empty() ? std::string(op) : fmt::format("{}/{}", part_, op);
  const int64_t earlier = counts_[name]++;
  return earlier == 0 ? name : fmt::format("{}_{}", name, earlier);
}

std::string OnnxGraph::constant(const std::string& name, const at::Tensor& values) {
  if (!constants_.insert(name).second) return name;
  const auto fill = [values](std::span<std::byte> out) {
    const at::Tensor plain = values.detach().cpu().contiguous();  // a transposed one is laid out here, one at a time
    RIFT_CHECK(static_cast<size_t>(plain.nbytes()) == out.size());
    std::memcpy(out.data(), plain.const_data_ptr(), out.size());
  };
  model_.constants.push_back({.name = name, .type = type_of(values), .shape = values.sizes().vec(), .fill = fill});
  return name;
}

std::string OnnxGraph::number(float value) {
  return constant(fmt::format("f32:{}", value), at::scalar_tensor(value, at::kFloat));
}
std::string OnnxGraph::number(double value) {
  return constant(fmt::format("f64:{}", value), at::scalar_tensor(value, at::kDouble));
}
std::string OnnxGraph::whole(int64_t value) {
  return constant(fmt::format("i64:{}", value), at::scalar_tensor(value, at::kLong));
}
std::string OnnxGraph::wholes(const std::vector<int64_t>& values) {
  return constant(fmt::format("i64:[{}]", fmt::join(values, ",")), wholes_of(values));
}
std::string OnnxGraph::numbers(const std::string& name, at::Tensor values) { return constant(name, values); }

std::string OnnxGraph::parameter(const nn::Parameter& parameter, bool transposed) {
  return transposed ? constant(parameter.name + ".T", parameter.view.t()) : constant(parameter.name, parameter.view);
}

std::string OnnxGraph::op(std::string_view op, std::vector<std::string> inputs, Settings settings) {
  const std::string name = name_for(op);
  const std::string output = name + ":0";
  model_.nodes.push_back({.name = name,
                          .op = std::string(op),
                          .inputs = std::move(inputs),
                          .outputs = {output},
                          .settings = std::move(settings)});
  return output;
}

std::string OnnxGraph::cast(const std::string& x, Type to) {
  return op("Cast", {x}, {{"to", static_cast<int64_t>(to)}});
}

std::string OnnxGraph::reshape(const std::string& x, const std::vector<int64_t>& shape) {
  return op("Reshape", {x, wholes(shape)});
}

std::string OnnxGraph::transpose(const std::string& x, const std::vector<int64_t>& order) {
  return op("Transpose", {x}, {{"perm", order}});
}

std::string OnnxGraph::concat(std::vector<std::string> parts, int64_t axis) {
  return op("Concat", std::move(parts), {{"axis", axis}});
}

std::string OnnxGraph::unsqueeze(const std::string& x, const std::vector<int64_t>& axes) {
  return op("Unsqueeze", {x, wholes(axes)});
}

std::string OnnxGraph::slice(const std::string& x, int64_t axis, int64_t first, int64_t last) {
  return op("Slice", {x, wholes({first}), wholes({last}), wholes({axis})});
}

std::string OnnxGraph::embed(const nn::Embedding& table, const std::string& ids) {
  return op("Gather", {parameter(*table.weight), ids});
}

std::string OnnxGraph::linear(const nn::Linear& map, const std::string& x) {
  require_merged(map);
  const std::string y = op("MatMul", {x, parameter(*map.weight, true)});
  return map.bias == nullptr ? y : op("Add", {y, parameter(*map.bias)});
}

std::string OnnxGraph::norm(const nn::LayerNorm& norm, const std::string& x) {
  std::vector<std::string> inputs = {x, parameter(*norm.weight)};
  if (norm.bias != nullptr) inputs.push_back(parameter(*norm.bias));
  return op("LayerNormalization", std::move(inputs),
            {{"axis", int64_t{-1}}, {"epsilon", static_cast<float>(norm.epsilon)}});
}

std::string OnnxGraph::norm(const nn::RmsNorm& norm, const std::string& x) {
  const std::string squares = op("Pow", {x, number(2.0F)});
  const std::string mean = op("ReduceMean", {squares}, {{"axes", std::vector<int64_t>{-1}}, {"keepdims", int64_t{1}}});
  const std::string root = op("Sqrt", {op("Add", {mean, number(static_cast<float>(norm.epsilon))})});
  const std::string scale =
      norm.counts_from_one ? constant(norm.weight->name + ".scale", norm.weight->view.add(1)) : parameter(*norm.weight);
  return op("Mul", {op("Div", {x, root}), scale});
}

std::string OnnxGraph::activate(nn::Activation activation, const std::string& x) {
  switch (activation) {
    case nn::Activation::kGelu: {
      const std::string erf = op("Erf", {op("Div", {x, number(std::numbers::sqrt2_v<float>)})});
      return op("Mul", {op("Mul", {x, op("Add", {erf, number(1.0F)})}), number(0.5F)});
    }
    case nn::Activation::kGeluNew:
    case nn::Activation::kGeluTanh: {
      const std::string cube = op("Mul", {op("Mul", {op("Mul", {x, x}), x}), number(0.044715F)});
      const float scale = std::numbers::sqrt2_v<float> * std::numbers::inv_sqrtpi_v<float>;  // sqrt(2 / pi)
      const std::string tanh = op("Tanh", {op("Mul", {op("Add", {x, cube}), number(scale)})});
      return op("Mul", {op("Mul", {x, op("Add", {tanh, number(1.0F)})}), number(0.5F)});
    }
    case nn::Activation::kRelu:
      return op("Relu", {x});
    case nn::Activation::kRelu6:
      return op("Clip", {x, number(0.0F), number(6.0F)});
    case nn::Activation::kSilu:
      return op("Mul", {x, op("Sigmoid", {x})});
    case nn::Activation::kTanh:
      return op("Tanh", {x});
  }
  RIFT_FAIL(Code::kBug, "activation without an ONNX form");
}

std::string OnnxGraph::pool(const Pooler& pooler, const std::string& x) {
  const std::string y = activate(pooler.activation, linear(pooler.dense, x));
  return pooler.norm ? norm(*pooler.norm, y) : y;
}

std::string OnnxGraph::convolve(const nn::Conv2d& conv, const std::string& x) {
  require_merged(conv);
  const auto both = [](int64_t value) { return std::vector<int64_t>{value, value}; };
  const int64_t kernel = conv.weight->shape[2], padding = conv.walk.padding;
  Settings settings = {
      {"kernel_shape", both(kernel)}, {"strides", both(conv.walk.stride)}, {"group", conv.walk.groups}};
  if (conv.walk.pads_to_same) {
    settings.emplace_back("auto_pad", "SAME_UPPER");  // an odd zero comes last
  } else {
    settings.emplace_back("pads", std::vector<int64_t>(4, padding));
  }
  std::vector<std::string> inputs = {x, parameter(*conv.weight)};
  if (conv.bias != nullptr) inputs.push_back(parameter(*conv.bias));
  return op("Conv", std::move(inputs), std::move(settings));
}

std::string OnnxGraph::normalise(const nn::BatchNorm2d& norm, const std::string& x) {
  const std::string& weight = norm.weight->name;
  const std::string layer = weight.substr(0, weight.rfind('.'));
  return op("BatchNormalization",
            {x, parameter(*norm.weight), parameter(*norm.bias), constant(layer + ".running_mean", *norm.running_mean),
             constant(layer + ".running_var", *norm.running_variance)},
            {{"epsilon", static_cast<float>(norm.options.epsilon)}});
}

std::string OnnxGraph::mean(const std::string& x, const std::vector<int64_t>& axes) {
  return op("ReduceMean", {x}, {{"axes", axes}, {"keepdims", int64_t{0}}});
}

format::OnnxModel OnnxGraph::take() {
  std::set<std::string, std::less<>> read;
  for (const format::OnnxValue& output : model_.outputs) read.insert(output.name);
  std::vector<format::OnnxNode> needed;  // backwards: a node stands behind what it reads
  for (size_t i = model_.nodes.size(); i-- > 0;) {
    format::OnnxNode& node = model_.nodes[i];
    if (!read.contains(node.outputs.front())) continue;
    read.insert(node.inputs.begin(), node.inputs.end());
    needed.push_back(std::move(node));
  }
  model_.nodes.assign(std::make_move_iterator(needed.rbegin()), std::make_move_iterator(needed.rend()));
  std::erase_if(model_.constants, [&](const format::OnnxTensor& constant) { return !read.contains(constant.name); });
  return std::move(model_);
}

void OnnxGraph::input(const std::string& name, Type type, std::vector<Size> shape) {
  model_.inputs.push_back({name, type, std::move(shape)});
}

void OnnxGraph::output(const std::string& name, const std::string& value, Type type, std::vector<Size> shape) {
  model_.nodes.push_back(
      {.name = name_for("Identity"), .op = "Identity", .inputs = {value}, .outputs = {name}, .settings = {}});
  model_.outputs.push_back({name, type, std::move(shape)});
}

}  // namespace rift::models
