#include "rift/checkpoint/gguf/rope_scaling.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "rift/base/error.h"

namespace rift::checkpoint {
namespace {

constexpr std::string_view kDivisors = "rope_freqs.weight";

Json llama3_scaling(const format::Gguf& file, const format::TensorInfo& tensor, const RotaryPositions& rotary) {
  RIFT_REQUIRE(tensor.shape == std::vector<int64_t>{rotary.head_width / 2} && tensor.dtype == format::DType::kF32,
               Code::kArtefact, "{}: tensor '{}': expected [{}] F32, got {} {}", file.file_name(), kDivisors,
               rotary.head_width / 2, format::shape_text(tensor.shape), tensor.stored_name());
  std::vector<float> divisors(static_cast<size_t>(tensor.element_count()));
  file.read(tensor, std::as_writable_bytes(std::span(divisors)));
  const auto largest = static_cast<double>(*std::ranges::max_element(divisors));
  Json scaling{{"rope_type", "llama3"},
               {"factor", largest},
               {"low_freq_factor", 1.0},
               {"high_freq_factor", 4.0},
               {"original_max_position_embeddings", 8192}};
  bool same = std::isfinite(largest) && largest >= 1;
  if (same) {
    const std::vector<float> expected = llama3_rope_divisors(scaling, rotary);
    for (size_t i = 0; i < divisors.size(); ++i) same &= std::abs(divisors[i] - expected[i]) <= 1e-5F * expected[i];
  }
  RIFT_REQUIRE(same, Code::kUnsupported,
               "{}: tensor '{}': the frequencies are scaled in another way than Llama 3.1's, which is the one that is "
               "implemented",
               file.file_name(), kDivisors);
  return scaling;
}

}  // namespace

std::vector<float> llama3_rope_divisors(const Json& rope_scaling, const RotaryPositions& rotary) {
  const double factor = rope_scaling.at("factor").as_double();
  const double low = rope_scaling.at("low_freq_factor").as_double();
  const double high = rope_scaling.at("high_freq_factor").as_double();
  const double positions = rope_scaling.at("original_max_position_embeddings").as_double();
  std::vector<float> divisors;
  for (int64_t i = 0; i < rotary.head_width / 2; ++i) {
    const double exponent = 2.0 * static_cast<double>(i) / static_cast<double>(rotary.head_width);
    const double wave_length = 2 * std::numbers::pi * std::pow(rotary.theta, exponent);
    const double smooth = (positions / wave_length - low) / (high - low);
    double divisor = 1.0 / ((1.0 - smooth) / factor + smooth);
    if (wave_length < positions / high) divisor = 1.0;
    if (wave_length > positions / low) divisor = factor;
    divisors.push_back(static_cast<float>(divisor));
  }
  return divisors;
}

Json gguf_rope_scaling(const format::Gguf& file, GgufKeys& keys, const RotaryPositions& rotary) {
  const std::string type = keys.find_text("rope.scaling.type").value_or("none");
  keys.pass_over("rope.scaling.finetuned");
  const auto factor = keys.find_positive("rope.scaling.factor");
  const auto positions = keys.find_size("rope.scaling.original_context_length");
  if (const format::TensorInfo* tensor = file.find(kDivisors)) {
    RIFT_REQUIRE(type == "none", Code::kUnsupported,
                 "{}: tensor '{}' beside a rope scaling of type '{}' is not implemented", file.file_name(), kDivisors,
                 shorten(type));
    return llama3_scaling(file, *tensor, rotary);
  }
  if (type == "none") return {};
  RIFT_REQUIRE(type == "linear" || type == "yarn", Code::kUnsupported,
               "{}: rope scaling of type '{}' is not implemented (linear and yarn are)", file.file_name(),
               shorten(type));
  RIFT_REQUIRE(factor, Code::kArtefact, "{}: rope scaling of type '{}' without rope.scaling.factor", file.file_name(),
               type);
  Json scaling{{"rope_type", type}, {"factor", *factor}};
  if (type == "yarn" && positions) scaling["original_max_position_embeddings"] = *positions;
  return scaling;
}

}  // namespace rift::checkpoint
