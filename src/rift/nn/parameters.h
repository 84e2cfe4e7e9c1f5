#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rift/nn/frozen_matrix.h"
#include "rift/tensor/lazy_tensors.h"
#include "rift/tensor/tensor_map.h"

namespace rift::nn {

/// One named parameter: a shaped window into the store's flat storage. Layers keep a `const Parameter*` and read `view`
/// in every forward pass: seal() may give it a new place.
/// One that is held frozen (hold_frozen()) has no place there: `frozen` stands in for `view`.
struct Parameter {
  std::string name;  // as in the checkpoint: "bert.encoder.layer.0.attention.self.query.weight"
  std::vector<int64_t> shape;
  int64_t offset = 0;  // first element in the flat storage
  int64_t size = 0;    // elements
  bool trainable = true;
  bool resting = false;        // not trainable yet: a later stage of the run will train it
  bool rows_may_idle = false;  // a table of rows, of which a step's gradient reaches few
  std::shared_ptr<const FrozenMatrix> frozen;
  at::Tensor view;  // `shape`; an autograd leaf that requires a gradient iff trainable; undefined before seal()
};

/// The parameter's numbers, detached: a new tensor of one that is held frozen, else sharing the store's memory.
at::Tensor numbers_of(const Parameter& parameter);

/// A stretch of the flat storage, in elements.
struct Stretch {
  int64_t offset = 0;
  int64_t size = 0;
  bool operator==(const Stretch&) const = default;
};

/// Told of stretches of the flat gradients as soon as nothing more will be added to them, so that an optimizer can take
/// them while they are in the cache. Called from any thread.
class GradientSink {
 public:
  virtual ~GradientSink() = default;
  virtual void whole(const Stretch& stretch) = 0;
};

/// Something made from matrices among the parameters (weights packed for products), which an optimizer tells of rows as
/// it writes them, so that they are taken while they are in the cache.
class RowsFollower {
 public:
  virtual ~RowsFollower() = default;
  /// Rows first .. last - 1 of a matrix were written. Called from any thread, each row once a step at most.
  virtual void rows_written(const Parameter& matrix, int64_t first, int64_t last) = 0;
};

/// All parameters of a model in ONE flat storage, their gradients in a second one of the same layout, so that
/// optimizer, checkpoint, adapters and the engine see the same bytes.
///
///   ParameterStore store;                                  // f32 on the CPU
///   const Parameter& w = store.add("classifier.weight", {2, 384});
///   store.seal();                                          // allocates; zeros
///   ... backward() adds to w.view.grad(), which is a window into the gradient storage
///
/// More parameters may be added after seal() (an adapter, another head) and sealed again: earlier ones keep offset,
/// value and trainable flag. Parameters never move in memory as objects. A parameter that is not trainable has
/// requires_grad false and no gradient: autograd then computes nothing below the lowest trainable layer.
/// Buffers are state that is saved but not trained, of any element type. Not thread-safe.
class ParameterStore {
 public:
  /// dtype: kFloat, or kDouble for gradient checks.
  explicit ParameterStore(at::ScalarType dtype = at::kFloat, c10::Device device = c10::Device(c10::DeviceType::CPU));
  ParameterStore(const ParameterStore&) = delete;
  ParameterStore& operator=(const ParameterStore&) = delete;

  const Parameter& add(std::string name, std::vector<int64_t> shape);        // kBug when the name is taken
  const Parameter& add_table(std::string name, std::vector<int64_t> shape);  // the same, rows_may_idle
  const at::Tensor& add_buffer(std::string name, at::Tensor value);
  /// Before seal(): a matrix that `parameter` is to be held as. It takes no room in the storage and never trains:
  /// set_trainable(.., true) then throws kConfig.
  void hold_frozen(const Parameter& parameter, std::shared_ptr<const FrozenMatrix> matrix);
  void seal();

  at::ScalarType dtype() const { return dtype_; }
  const c10::Device& device() const { return device_; }
  const std::deque<Parameter>& parameters() const { return parameters_; }  // in storage order
  const tensor::TensorMap& buffers() const { return buffers_; }
  const Parameter* find(std::string_view name) const;  // nullptr when absent
  const Parameter& at(std::string_view name) const;    // kConfig with the nearest name when absent

  void set_trainable(const Parameter& parameter, bool trainable);  // ends its rest
  /// Makes a parameter that trains wait for a later stage: no gradient, but part of what the run changes.
  void set_resting(const Parameter& parameter);
  int64_t elements() const { return elements_; }  // of the flat storage, gaps between parameters included
  int64_t parameter_count() const;                // elements of all parameters
  int64_t trainable_count() const;
  int64_t bytes_held() const;                        // by values, gradients aside: the storage and the frozen matrices
  std::vector<Stretch> trainable_stretches() const;  // in storage order, neighbours joined

  /// Changes whenever the parameter's values may have changed: what is made from them (packed weights) compares it.
  uint64_t version_of(const Parameter& parameter) const;

  /// The whole flat storage for optimizers and checkpoints; T must be the dtype's. Gradients of parameters that are not
  /// trainable are not defined. Through the span of values() only parameters that train may be written, and only until
  /// the next forward pass: version_of() takes the call itself for the change. On a GPU these are host mirrors:
  /// fetch_gradients() before reading gradients, publish_values() after writing values; on the CPU both are the storage
  /// itself and the two calls do nothing.
  template <class T>
  std::span<T> values();
  template <class T>
  std::span<const T> values() const;
  template <class T>
  std::span<T> gradients();
  template <class T>
  std::span<const T> gradients() const;
  void fetch_gradients();
  void publish_values();
  void zero_gradients();  // of the trainable parameters

  /// For the next backward pass; nullptr (as at first) when nobody wants to know. Stretches that no sink hears of are
  /// whole when backward() returns.
  void set_gradient_sink(GradientSink* sink) { gradient_sink_ = sink; }
  GradientSink* gradient_sink() const { return gradient_sink_; }

  /// For as long as the follower lives, until unfollow().
  void follow(RowsFollower* follower) { followers_.push_back(follower); }
  void unfollow(RowsFollower* follower) { std::erase(followers_, follower); }
  /// Passes on which whole rows a stretch within one parameter holds, after they were written through values(). Telling
  /// is not needed for what is right, only for speed: version_of() has changed in any case.
  void tell_followers(const Stretch& written) const;

  /// Copies by name, one after the other, converting the element type. Returns the names of the store (parameters and
  /// buffers) that `tensors` lacks. Throws kArtefact naming the tensor on another shape or on a name that the store
  /// does not have.
  std::vector<std::string> copy_from(const tensor::LazyTensors& tensors);
  std::vector<std::string> copy_from(const tensor::TensorMap& tensors);
  /// Parameters and buffers by name, detached: `copy` false shares the storage (valid while the store is not changed).
  tensor::TensorMap to_map(bool copy) const;

 private:
  at::Tensor zeros(int64_t elements) const;
  at::Tensor window(const at::Tensor& flat, const Parameter& parameter) const;
  void bind(Parameter& parameter);
  void check_element_type(at::ScalarType asked) const;
  at::Tensor host(const at::Tensor& flat, at::Tensor& mirror) const;

  at::ScalarType dtype_;
  c10::Device device_;
  std::deque<Parameter> parameters_;
  std::unordered_map<std::string_view, Parameter*> by_name_;  // views into parameters_
  tensor::TensorMap buffers_;
  int64_t elements_ = 0;  // laid out so far
  at::Tensor values_;     // [elements at the last seal()]
  at::Tensor gradients_;
  GradientSink* gradient_sink_ = nullptr;
  std::vector<RowsFollower*> followers_;
  uint64_t writes_ = 0;             // of parameters that train
  uint64_t changes_ = 0;            // of any
  mutable at::Tensor host_values_;  // mirrors, on a GPU only
  mutable at::Tensor host_gradients_;
};

}  // namespace rift::nn
