#pragma once

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "rift/checkpoint/format/onnx.h"

namespace rift::test {

inline checkpoint::format::OnnxTensor onnx_floats(std::string name, std::vector<int64_t> shape,
                                                  std::vector<float> values) {
  const auto fill = [values = std::move(values)](std::span<std::byte> out) {
    std::memcpy(out.data(), values.data(), out.size());
  };
  return {std::move(name), checkpoint::format::OnnxType::kF32, std::move(shape), fill};
}

/// y = reshape(x W + b), x [rows,16], W [16,32] of 2 KiB, y [rows,4,8]; W_kn = k - n / 4, b_n = n.
inline checkpoint::format::OnnxModel small_onnx() {
  using namespace checkpoint::format;
  std::vector<float> w, b;
  for (int k = 0; k < 16; ++k) {
    for (int n = 0; n < 32; ++n) w.push_back(static_cast<float>(k) - 0.25F * static_cast<float>(n));
  }
  for (int n = 0; n < 32; ++n) b.push_back(static_cast<float>(n));
  OnnxTensor shape{.name = "shape", .type = OnnxType::kI64, .shape = {3}, .fill = [](std::span<std::byte> out) {
                     const int64_t sizes[3] = {-1, 4, 8};
                     std::memcpy(out.data(), sizes, out.size());
                   }};
  OnnxModel model;
  model.producer = "rift";
  model.producer_version = "0";
  model.graph_name = "small";
  model.metadata = {{"first", "é"}, {"second", ""}};
  model.constants = {onnx_floats("W", {16, 32}, w), onnx_floats("W2", {16, 32}, w), onnx_floats("b", {32}, b), shape};
  model.nodes = {{"product", "MatMul", {"x", "W"}, {"xw"}, {}},
                 {"product2", "MatMul", {"x", "W2"}, {"xw2"}, {}},
                 {"sum", "Add", {"xw", "b"}, {"sum:0"}, {}},
                 {"mean", "Mean", {"xw", "xw2"}, {"mean:0"}, {}},
                 {"view", "Reshape", {"sum:0", "shape"}, {"y"}, {{"allowzero", int64_t{0}}}},
                 {"squash", "Elu", {"mean:0"}, {"e"}, {{"alpha", 0.5F}}},
                 {"turn", "Transpose", {"e"}, {"z"}, {{"perm", std::vector<int64_t>{1, 0}}}}};
  model.inputs = {{"x", OnnxType::kF32, {"rows", int64_t{16}}}};
  model.outputs = {{"y", OnnxType::kF32, {"rows", int64_t{4}, int64_t{8}}},
                   {"z", OnnxType::kF32, {int64_t{32}, "rows"}}};
  return model;
}

}  // namespace rift::test
