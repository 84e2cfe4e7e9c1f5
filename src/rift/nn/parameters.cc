#include "rift/nn/parameters.h"

#include <ATen/ops/as_strided.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "rift/base/error.h"
#include "rift/base/threads.h"
#include "rift/nn/engine/memory.h"

namespace rift::nn {

namespace {

constexpr int64_t kAlignment = 16;  // elements: 64 bytes in f32, so that no parameter shares a cache line

/// A part of the storage on a CPU, kept for parameters that come later (an adapter's), so that sealing them in needs no
/// second storage beside the first.
constexpr int64_t kSpareShare = 8;  // one in eight

int64_t aligned(int64_t elements) { return (elements + kAlignment - 1) / kAlignment * kAlignment; }

constexpr int64_t kMostElements = int64_t{1} << 60;  // of a storage, so that no number of bytes overflows

/// Sizes come from files: their product may be beyond 64 bits.
int64_t elements_of(const std::vector<int64_t>& shape, std::string_view name) {
  int64_t elements = 1;
  for (const int64_t size : shape) {
    RIFT_CHECK(size > 0);
    RIFT_REQUIRE(elements <= kMostElements / size, Code::kArtefact,
                 "tensor '{}': [{}] is beyond what a machine can hold; is this the right config.json?", shorten(name),
                 fmt::join(shape, ","));
    elements *= size;
  }
  return elements;
}

std::vector<std::string> names_of(const std::deque<Parameter>& parameters) {
  std::vector<std::string> names;
  for (const Parameter& parameter : parameters) names.push_back(parameter.name);
  return names;
}

void copy_checked(const at::Tensor& from, const at::Tensor& to, const std::string& name) {
  RIFT_REQUIRE(from.sizes() == to.sizes(), Code::kArtefact,
               "tensor '{}': expected shape [{}], got [{}]; is this the right config.json?", shorten(name),
               fmt::join(to.sizes(), ","), fmt::join(from.sizes(), ","));
  to.copy_(from);
}

template <class T>
std::span<T> as_span(const at::Tensor& flat) {
  return {static_cast<T*>(flat.data_ptr()), static_cast<size_t>(flat.numel())};
}

}  // namespace

at::Tensor numbers_of(const Parameter& parameter) {
  return parameter.frozen ? to_tensor(*parameter.frozen) : parameter.view.detach();
}

ParameterStore::ParameterStore(at::ScalarType dtype, c10::Device device) : dtype_(dtype), device_(device) {
  RIFT_CHECK(dtype == at::kFloat || dtype == at::kDouble);
}

const Parameter& ParameterStore::add(std::string name, std::vector<int64_t> shape) {
  RIFT_CHECK(!by_name_.contains(name) && !buffers_.contains(name));
  const int64_t size = elements_of(shape, name);
  RIFT_REQUIRE(elements_ <= kMostElements - size, Code::kArtefact,
               "with tensor '{}' the model is beyond what a machine can hold; is this the right config.json?",
               shorten(name));
  Parameter& parameter = parameters_.emplace_back();
  parameter.name = std::move(name);
  parameter.shape = std::move(shape);
  parameter.size = size;
  parameter.offset = elements_;
  elements_ += aligned(parameter.size);
  by_name_.emplace(parameter.name, &parameter);
  return parameter;
}

const Parameter& ParameterStore::add_table(std::string name, std::vector<int64_t> shape) {
  add(std::move(name), std::move(shape));
  parameters_.back().rows_may_idle = true;
  return parameters_.back();
}

const at::Tensor& ParameterStore::add_buffer(std::string name, at::Tensor value) {
  RIFT_CHECK(value.defined() && !by_name_.contains(name) && !buffers_.contains(name));
  return buffers_.emplace(std::move(name), value.to(device_).clone()).first->second;
}

void ParameterStore::hold_frozen(const Parameter& parameter, std::shared_ptr<const FrozenMatrix> matrix) {
  const auto found = by_name_.find(parameter.name);
  RIFT_CHECK(found != by_name_.end() && found->second == &parameter && !values_.defined());
  RIFT_CHECK(dtype_ == at::kFloat && device_.is_cpu());
  RIFT_CHECK(parameter.shape == (std::vector<int64_t>{matrix->rows(), matrix->columns()}));
  found->second->frozen = std::move(matrix);
  found->second->trainable = false;
  elements_ = 0;
  for (Parameter& each : parameters_) {
    each.offset = elements_;
    if (!each.frozen) elements_ += aligned(each.size);
  }
}

void ParameterStore::seal() {
  const int64_t sealed = values_.defined() ? values_.numel() : 0;
  if (sealed == elements_) return;
  const int64_t room = sealed == 0 ? 0 : static_cast<int64_t>(values_.storage().nbytes() / values_.itemsize());
  if (elements_ <= room) {
    values_ = values_.as_strided({elements_}, {1});
  } else {
    const at::Tensor larger = zeros(elements_ + (device_.is_cpu() ? elements_ / kSpareShare : 0));
    if (sealed > 0) larger.narrow(0, 0, sealed).copy_(values_);
    values_ = larger.narrow(0, 0, elements_);
  }
  ++changes_;
  gradients_ = zeros(elements_);
  host_values_ = host_gradients_ = at::Tensor();
  for (Parameter& parameter : parameters_) bind(parameter);
}

/// On a CPU fresh from the system: pages that nobody touches (gradients of what does not train, or of a model that only
/// scores) take no memory.
at::Tensor ParameterStore::zeros(int64_t elements) const {
  const auto options = at::TensorOptions().dtype(dtype_).device(device_);
  if (!device_.is_cpu() || elements == 0) return at::zeros({elements}, options);
  const auto block = std::make_shared<engine::Block>(static_cast<size_t>(elements) * c10::elementSize(dtype_));
  return at::from_blob(
      block->data(), {elements}, [block](void*) {}, options);
}

at::Tensor ParameterStore::window(const at::Tensor& flat, const Parameter& parameter) const {
  // variable_data(): a tensor of its own to autograd (leaf, own version counter) over the same bytes.
  return flat.narrow(0, parameter.offset, parameter.size).view(parameter.shape).variable_data();
}

void ParameterStore::bind(Parameter& parameter) {
  if (parameter.frozen) return;
  parameter.view = window(values_, parameter);
  parameter.view.set_requires_grad(parameter.trainable);
  if (parameter.trainable) parameter.view.mutable_grad() = window(gradients_, parameter);
}

const Parameter* ParameterStore::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

const Parameter& ParameterStore::at(std::string_view name) const {
  const Parameter* found = find(name);
  if (found == nullptr) {
    const std::string near = nearest_name(name, names_of(parameters_));
    RIFT_FAIL(Code::kConfig, "the model has no parameter '{}'{}{}{}", shorten(name),
              near.empty() ? "" : "; did you mean '", near, near.empty() ? "" : "'?");
  }
  return *found;
}

void ParameterStore::set_trainable(const Parameter& parameter, bool trainable) {
  const auto found = by_name_.find(parameter.name);
  RIFT_CHECK(found != by_name_.end() && found->second == &parameter);
  Parameter& own = *found->second;
  own.resting = false;
  if (own.trainable == trainable) return;
  RIFT_REQUIRE(!own.frozen, Code::kConfig,
               "'{}' is kept as its file stores it and cannot train; tune with "
               "method head, bitfit, norm, lora or ia3, or set model.text.base_weights to f32",
               own.name);
  own.trainable = trainable;
  changes_ += writes_ + 1;  // beyond every version so far, whichever of the counts it was made of
  if (!own.view.defined()) return;
  changes_ += own.view._version();  // the new view counts from 0
  own.view.mutable_grad() = at::Tensor();
  bind(own);
  if (trainable) own.view.mutable_grad().zero_();
}

void ParameterStore::set_resting(const Parameter& parameter) {
  set_trainable(parameter, true);  // refused of one that cannot
  set_trainable(parameter, false);
  by_name_.find(parameter.name)->second->resting = true;
}

int64_t ParameterStore::parameter_count() const {
  int64_t count = 0;
  for (const Parameter& parameter : parameters_) count += parameter.size;
  return count;
}

int64_t ParameterStore::trainable_count() const {
  int64_t count = 0;
  for (const Parameter& parameter : parameters_) count += parameter.trainable ? parameter.size : 0;
  return count;
}

int64_t ParameterStore::bytes_held() const {
  int64_t bytes = elements_ * static_cast<int64_t>(c10::elementSize(dtype_));
  for (const Parameter& parameter : parameters_) bytes += parameter.frozen ? parameter.frozen->bytes_held() : 0;
  return bytes;
}

std::vector<Stretch> ParameterStore::trainable_stretches() const {
  std::vector<Stretch> stretches;
  for (const Parameter& parameter : parameters_) {
    if (!parameter.trainable) continue;
    if (!stretches.empty() && stretches.back().offset + stretches.back().size == parameter.offset) {
      stretches.back().size += parameter.size;
    } else {
      stretches.push_back({parameter.offset, parameter.size});
    }
  }
  return stretches;
}

void ParameterStore::check_element_type(at::ScalarType asked) const {
  RIFT_CHECK(values_.defined() && asked == dtype_);
}

at::Tensor ParameterStore::host(const at::Tensor& flat, at::Tensor& mirror) const {
  if (device_.is_cpu()) return flat;
  if (!mirror.defined()) mirror = flat.cpu();
  return mirror;
}

uint64_t ParameterStore::version_of(const Parameter& parameter) const {
  return changes_ + (parameter.trainable ? writes_ : 0) + parameter.view._version();
}

template <class T>
std::span<T> ParameterStore::values() {
  check_element_type(c10::CppTypeToScalarType<T>::value);
  ++writes_;
  return as_span<T>(host(values_, host_values_));
}

template <class T>
std::span<const T> ParameterStore::values() const {
  check_element_type(c10::CppTypeToScalarType<T>::value);
  return as_span<const T>(host(values_, host_values_));
}

template <class T>
std::span<T> ParameterStore::gradients() {
  check_element_type(c10::CppTypeToScalarType<T>::value);
  return as_span<T>(host(gradients_, host_gradients_));
}

template <class T>
std::span<const T> ParameterStore::gradients() const {
  check_element_type(c10::CppTypeToScalarType<T>::value);
  return as_span<const T>(host(gradients_, host_gradients_));
}

template std::span<float> ParameterStore::values<float>();
template std::span<double> ParameterStore::values<double>();
template std::span<const float> ParameterStore::values<float>() const;
template std::span<const double> ParameterStore::values<double>() const;
template std::span<float> ParameterStore::gradients<float>();
template std::span<double> ParameterStore::gradients<double>();
template std::span<const float> ParameterStore::gradients<float>() const;
template std::span<const double> ParameterStore::gradients<double>() const;

void ParameterStore::fetch_gradients() {
  host_gradients_ = at::Tensor();  // fetched when next asked for
}

void ParameterStore::publish_values() {
  if (!device_.is_cpu() && host_values_.defined()) values_.copy_(host_values_);
}

void ParameterStore::zero_gradients() {
  constexpr int64_t kPiece = int64_t{1} << 20;  // bytes; far more than a cache holds is written past it by memset()
  for (const Stretch& stretch : trainable_stretches()) {
    const at::Tensor part = gradients_.narrow(0, stretch.offset, stretch.size);
    if (!device_.is_cpu()) {
      part.zero_();
      continue;
    }
    char* bytes = static_cast<char*>(part.mutable_data_ptr());
    parallel_for(static_cast<int64_t>(part.nbytes()), kPiece,
                 [&](int64_t begin, int64_t end) { std::memset(bytes + begin, 0, static_cast<size_t>(end - begin)); });
  }
}

void ParameterStore::tell_followers(const Stretch& written) const {
  if (followers_.empty()) return;
  const auto after = std::ranges::upper_bound(parameters_, written.offset, {}, &Parameter::offset);
  RIFT_CHECK(after != parameters_.begin());
  const Parameter& parameter = *std::prev(after);
  if (parameter.shape.size() != 2) return;
  const int64_t columns = parameter.shape[1], begin = written.offset - parameter.offset;
  const int64_t first = (begin + columns - 1) / columns, last = (begin + written.size) / columns;
  if (first >= last) return;
  for (RowsFollower* follower : followers_) follower->rows_written(parameter, first, last);
}

std::vector<std::string> ParameterStore::copy_from(const tensor::TensorMap& tensors) {
  return copy_from(tensor::LazyTensors(tensors));
}

std::vector<std::string> ParameterStore::copy_from(const tensor::LazyTensors& tensors) {
  RIFT_CHECK(values_.defined() && values_.numel() == elements_);
  ++changes_;
  for (const auto& [name, tensor] : tensors) {
    if (const Parameter* parameter = find(name)) {
      RIFT_CHECK(!parameter->frozen);
      copy_checked(tensor.read(), window(values_, *parameter), name);
    } else {
      const auto buffer = buffers_.find(name);
      RIFT_REQUIRE(buffer != buffers_.end(), Code::kArtefact, "tensor '{}': the model has no parameter of this name",
                   shorten(name));
      copy_checked(tensor.read(), buffer->second, name);
    }
  }
  host_values_ = at::Tensor();
  std::vector<std::string> missing;
  for (const Parameter& parameter : parameters_) {
    if (!parameter.frozen && !tensors.contains(parameter.name)) missing.push_back(parameter.name);
  }
  for (const auto& [name, buffer] : buffers_) {
    if (!tensors.contains(name)) missing.push_back(name);
  }
  return missing;
}

tensor::TensorMap ParameterStore::to_map(bool copy) const {
  tensor::TensorMap map;
  for (const Parameter& parameter : parameters_) {
    if (parameter.frozen) {
      map.emplace(parameter.name, to_tensor(*parameter.frozen));
      continue;
    }
    at::Tensor tensor = window(values_, parameter);
    map.emplace(parameter.name, copy ? tensor.clone() : tensor);
  }
  for (const auto& [name, buffer] : buffers_) map.emplace(name, copy ? buffer.clone() : buffer);
  return map;
}

}  // namespace rift::nn
