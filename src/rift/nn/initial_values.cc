#include "rift/nn/initial_values.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <functional>

#include "rift/base/error.h"
#include "rift/base/random.h"

namespace rift::nn {

namespace {

uint64_t stream_of(std::string_view name) {  // FNV-1a, 64 bits
  uint64_t hash = 0xCBF29CE484222325ull;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
  return hash;
}

constexpr uint64_t kNextDraw = 0x9E3779B97F4A7C15ull;  // from a stream to the one of its values drawn again

void fill(ParameterStore& store, const Parameter& parameter, const std::function<double(uint64_t)>& value) {
  at::Tensor values = at::empty(parameter.shape, at::kDouble);
  auto* out = values.mutable_data_ptr<double>();
  for (int64_t i = 0; i < parameter.size; ++i) out[i] = value(static_cast<uint64_t>(i));
  store.copy_from({{parameter.name, values}});
}

}  // namespace

void fill_normal(ParameterStore& store, const Parameter& parameter, double standard_deviation, uint64_t seed) {
  fill_normal(store, parameter, NormalValues{.standard_deviation = standard_deviation}, seed);
}

void fill_normal(ParameterStore& store, const Parameter& parameter, const NormalValues& values, uint64_t seed) {
  RIFT_CHECK(values.cutoff > 0);
  const uint64_t stream = stream_of(parameter.name);
  const auto draw = [&](uint64_t i) {
    double value = CounterRandom(seed, stream).normal(i);
    for (uint64_t again = 1; std::abs(value) > values.cutoff; ++again) {
      value = CounterRandom(seed, stream + again * kNextDraw).normal(i);
    }
    return values.standard_deviation * value;
  };
  if (values.zero_row < 0) return fill(store, parameter, draw);
  RIFT_CHECK(parameter.shape.size() == 2 && values.zero_row < parameter.shape[0]);
  const auto first = static_cast<uint64_t>(values.zero_row * parameter.shape[1]);
  const uint64_t last = first + static_cast<uint64_t>(parameter.shape[1]);
  fill(store, parameter, [&](uint64_t i) { return i >= first && i < last ? 0.0 : draw(i); });
}

void fill_uniform(ParameterStore& store, const Parameter& parameter, double bound, uint64_t seed) {
  const CounterRandom random(seed, stream_of(parameter.name));
  fill(store, parameter, [&](uint64_t i) { return bound * (2.0 * random.uniform(i) - 1.0); });
}

void fill_zero(ParameterStore& store, const Parameter& parameter) {
  store.copy_from({{parameter.name, at::zeros(parameter.shape)}});
}

void fill_one(ParameterStore& store, const Parameter& parameter) {
  store.copy_from({{parameter.name, at::ones(parameter.shape)}});
}

}  // namespace rift::nn
