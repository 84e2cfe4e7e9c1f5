#pragma once

#include <string>
#include <vector>

#include "rift/checkpoint/peft_config.h"
#include "rift/models/additions.h"
#include "rift/models/part.h"
#include "rift/nn/linear.h"
#include "rift/nn/parameters.h"
#include "rift/tensor/lazy_tensors.h"

namespace rift::models {

/// The model of transformers that an adapter is laid on, as far as PEFT's names and targets depend on it.
struct AdapterBase {
  checkpoint::PeftTask task = checkpoint::PeftTask::kSequenceClassification;
  std::string prefix;                   // of the encoder's names: "bert."
  std::vector<std::string> other_maps;  // its linear maps that rift does not adapt; PEFT's rule for targets sees them
};

/// What a tuning method sees of a model, whatever the model reads: parameters in parts, and linear maps with a slot for
/// an update. Each method is written against this once.
class TunableModel {
 public:
  virtual ~TunableModel() = default;

  virtual nn::ParameterStore& parameters() = 0;
  virtual const nn::ParameterStore& parameters() const = 0;

  /// What turns the input into the first layer's: embeddings of tokens, an image's first convolution.
  virtual const Part& stem() const = 0;
  virtual const std::vector<Part>& layers() const = 0;  // from the bottom up, at least one
  /// What the head lays on the encoder where it has such a map, else without parameters.
  virtual const Part& pooler() const = 0;
  virtual const Part& head() const = 0;

  /// Every linear map of the encoder in order of use; its `adapter` slot may be filled. Names as PEFT's target_modules
  /// match them.
  virtual std::vector<nn::LinearMap*> linear_maps() = 0;
  std::vector<const nn::LinearMap*> linear_maps() const;
  /// The last name parts of those that LoRA adapts where nobody names any.
  virtual std::vector<std::string> lora_maps() const = 0;
  /// The same of IA3: those of keys and values, and the map back from the feed-forward part's inner width.
  virtual ScaledMaps scaled_maps() const = 0;
  /// Why this model takes no adapters, "" when it does.
  virtual std::string why_not_adapted() const { return ""; }
  virtual AdapterBase adapter_base() const = 0;

  /// What stands beside the linear maps, and what of it the model can take.
  virtual Additions& additions() = 0;
  const Additions& additions() const { return const_cast<TunableModel*>(this)->additions(); }
  virtual AdditionSizes addition_sizes() const = 0;

  /// Encoder, pooler and head by canonical name, buffers included, every adapter folded into its map and additions left
  /// out: what a model directory is written from. Each is made when it is read, of the model as it is then, which must
  /// live; what needs no making shares the model's memory.
  tensor::LazyTensors merged_tensors() const;

 private:
  /// Of the pooler that the model has, whether or not the head reads it.
  virtual std::vector<const nn::Parameter*> pooler_parameters() const = 0;
};

}  // namespace rift::models
