#include "rift/checkpoint/gguf/rope_scaling.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "rift/base/error.h"

namespace rift::checkpoint {
namespace {

constexpr std::string_view kDivisors = "rope_freqs.weight";

Json llama3_of(double factor) {  // Llama 3.1's
  return Json{{"rope_type", kLlama3Rope},
              {"factor", factor},
              {"low_freq_factor", 1.0},
              {"high_freq_factor", 4.0},
              {"original_max_position_embeddings", 8192}};
}

Json llama3_scaling(const format::Gguf& file, const format::TensorInfo& tensor, const RotaryPositions& rotary) {
  RIFT_REQUIRE(tensor.shape == std::vector<int64_t>{rotary.head_width / 2} && tensor.dtype == format::DType::kF32,
               Code::kArtefact, "{}: tensor '{}': expected [{}] F32, got {} {}", file.file_name(), kDivisors,
               rotary.head_width / 2, format::shape_text(tensor.shape), tensor.stored_name());
  std::vector<float> divisors(static_cast<size_t>(tensor.element_count()));
  file.read(tensor, std::as_writable_bytes(std::span(divisors)));
  const auto largest = static_cast<double>(*std::ranges::max_element(divisors));
  Json scaling = llama3_of(largest);
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
                 "{}: tensor '{}' beside a rope scaling of type '{}' is not implemented; take the model as safetensors",
                 file.file_name(), kDivisors, shorten(type));
    return llama3_scaling(file, *tensor, rotary);
  }
  if (type == "none") return {};
  RIFT_REQUIRE(type == kLinearRope || type == kYarnRope, Code::kUnsupported,
               "{}: rope scaling of type '{}' is not implemented (linear and yarn are); take the model as safetensors",
               file.file_name(), shorten(type));
  RIFT_REQUIRE(factor, Code::kArtefact, "{}: rope scaling of type '{}' without rope.scaling.factor", file.file_name(),
               type);
  Json scaling{{"rope_type", type}, {"factor", *factor}};
  if (type != kYarnRope) return scaling;
  if (positions) scaling["original_max_position_embeddings"] = *positions;
  for (const auto& [key, name, usual] : kYarnTurns) {
    if (const auto turns = keys.find_positive(key)) scaling[name] = *turns;
  }
  return scaling;
}

std::string_view rope_scaling_type(const Json& rope_scaling) {
  return rope_scaling.is_null() ? std::string_view() : rope_scaling.at("rope_type").as_string();
}

RotaryPositions rotary_positions(const Json& settings) {
  return {.head_width = settings.at("head_dim").as_int(), .theta = settings.at("rope_theta").as_double()};
}

void require_gguf_rope_scaling(const Json& settings, std::string_view source) {
  const Json& scaling = settings.at("rope_scaling");
  const std::string_view type = rope_scaling_type(scaling);
  if (type.empty()) return;
  RIFT_REQUIRE(type == kLinearRope || type == kYarnRope || type == kLlama3Rope, Code::kUnsupported,
               "{}: rope_scaling.rope_type: '{}' cannot be said in a GGUF file (linear, yarn and llama3 can)", source,
               shorten(std::string(type)));
  if (type == kYarnRope) {
    for (const char* key : {"attention_factor", "mscale", "mscale_all_dim"}) {
      RIFT_REQUIRE(!scaling.contains(key), Code::kUnsupported,
                   "{}: rope_scaling.{}: a GGUF file cannot say it: its amplitude is the one that follows from factor",
                   source, key);
    }
    RIFT_REQUIRE(scaling.at("truncate") == Json(true), Code::kUnsupported,
                 "{}: rope_scaling.truncate: a GGUF file cannot say false: its ramp ends at whole pairs", source);
  } else if (type == kLlama3Rope) {
    const double factor = scaling.at("factor").as_double();
    const Json usual = llama3_of(factor);
    for (const auto& [key, value] : usual.as_object()) {
      RIFT_REQUIRE(!value.is_number() || scaling.at(key).as_double() == value.as_double(), Code::kUnsupported,
                   "{}: rope_scaling.{}: {} is not written as GGUF, where only the frequencies stand and {} is read "
                   "back, as Llama 3.1 has it",
                   source, key, scaling.at(key).as_double(), value.as_double());
    }
    const std::vector<float> divisors = llama3_rope_divisors(scaling, rotary_positions(settings));
    RIFT_REQUIRE(std::ranges::find(divisors, static_cast<float>(factor)) != divisors.end(), Code::kUnsupported,
                 "{}: rope_scaling.factor: no frequency of heads that are {} wide is divided by all of it, so that a "
                 "GGUF file, where only the frequencies stand, does not say it",
                 source, settings.at("head_dim").as_int());
  }
}

}  // namespace rift::checkpoint
