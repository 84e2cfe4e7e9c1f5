#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rift/checkpoint/peft_directory.h"
#include "rift/models/tunable_model.h"
#include "rift/nn/linear.h"
#include "rift/tensor/tensor_map.h"

namespace rift::tuning {

/// Several adapters in PEFT's form on one model, for scoring: the base is loaded once, and the model computes with one
/// of them at a time, or with none. What an adapter holds beside its updates (head, pooler, norms) goes with it.
///
///   AdapterSet adapters(*model);
///   adapters.add("retail", read_peft_directory(...));
///   adapters.use("retail");       // model->forward() gives this adapter's logits
///   adapters.use_none();          // and now the base's, to the bit
///
/// Not thread-safe: use() changes what a pass computes.
class AdapterSet {
 public:
  /// `model` must outlive the set and have no adapter of its own (kBug).
  explicit AdapterSet(models::TunableModel& model);

  /// Holds one more; the model goes on computing as it did. Throws kConfig for a name that is taken or that is not made
  /// of letters, digits, "-" and "_", kArtefact where the adapter does not fit the model, naming the module,
  /// kUnsupported where the model takes no such adapter. What is refused leaves set and model as they were.
  void add(const std::string& name, const checkpoint::PeftAdapter& adapter);
  /// Throws kConfig for a name that is not held, naming those that are.
  void use(const std::string& name);
  void use_none();
  std::vector<std::string> names() const;
  const std::string& in_use() const { return in_use_; }  // "" where the base computes alone

 private:
  struct Held {
    std::vector<std::pair<nn::LinearMap*, std::shared_ptr<nn::LinearAdapter>>> maps;
    const nn::Parameter* prompt = nullptr;
    const nn::Parameter* prefix = nullptr;
    tensor::TensorMap replaced;  // parameters of the model that it has values of its own for
  };
  void require_fits(const checkpoint::PeftAdapter& adapter);
  void require_updates_fit(const checkpoint::PeftAdapter& adapter);
  void require_scales_fit(const checkpoint::PeftAdapter& adapter);
  void require_virtual_tokens_fit(const checkpoint::PeftAdapter& adapter);
  Held hold(const std::string& label, const checkpoint::PeftAdapter& adapter);
  void hold_updates(const std::string& label, const checkpoint::PeftAdapter& adapter, Held& held);
  void hold_scales(const std::string& label, const checkpoint::PeftAdapter& adapter, Held& held);
  void hold_virtual_tokens(const std::string& label, const checkpoint::PeftAdapter& adapter, Held& held);
  nn::LinearMap& map_named(const std::string& module);
  void fill(const nn::Parameter& parameter, const at::Tensor& values);

  models::TunableModel& model_;
  std::map<std::string, Held> held_;
  tensor::TensorMap base_;  // values of the base that some adapter replaces
  std::string in_use_;
};

}  // namespace rift::tuning
