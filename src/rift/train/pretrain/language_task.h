#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rift/models/language_model.h"
#include "rift/tensor/packed_batch.h"
#include "rift/train/pretrain/token_masker.h"
#include "rift/train/pretrain/token_store.h"
#include "rift/train/task.h"

namespace rift::train {

struct LanguageTaskSpec {
  const TokenStore& train;
  const TokenStore& held_out;         // may have no rows
  std::optional<TokenMasker> masker;  // of a model that says masked tokens; without one every next token is said
  uint64_t seed = 1;                  // of the held-out rows' masks, which every evaluation has alike
  c10::Device device = c10::Device(c10::DeviceType::CPU);
};

/// Language modelling: the mean cross entropy of the tokens that the model is to say, hidden ones or every next one.
/// Rows are documents or pieces of them, packed without padding and without attending to each other. Only the states
/// of tokens that are to be said go through the map to the vocabulary, some thousand logits rows at a time.
class LanguageTask final : public TrainingTask {
 public:
  LanguageTask(LanguageTaskSpec spec, models::LanguageModel& model) : LanguageTask(std::move(spec), model.parts()) {}
  LanguageTask(LanguageTaskSpec spec, const models::LanguageParts& model) : spec_(std::move(spec)), model_(model) {}

  int64_t rows() const override { return spec_.train.rows(); }
  double weight(std::span<const int64_t> rows, const nn::ForwardContext& context) const override;
  int64_t source_row(int64_t row) const override { return spec_.train.origin(row).document; }
  nn::ParameterStore& parameters() override { return model_.parameters; }
  PartLoss add_gradient(std::span<const int64_t> rows, const nn::ForwardContext& context, double scale) override;
  bool validates() const override { return spec_.held_out.rows() > 0; }
  std::optional<Evaluation> evaluate() override;
  bool may_stay(std::string_view parameter) const override;

  /// A batch, as the encoder's passes need it, and what is to be said in it.
  struct Asked {
    tensor::PackedBatch batch;
    std::vector<int64_t> places;   // [M] tokens of the batch, ascending, whose states say ...
    std::vector<int64_t> targets;  // [M] ... these ids
    int64_t tokens = 0;            // of the rows, those of a prompt aside
  };
  Asked asked(const TokenStore& store, std::span<const int64_t> rows, uint64_t seed, int64_t epoch) const;

 private:
  struct Said {
    double loss = 0;    // sum over the targets
    int64_t right = 0;  // targets whose logit is the largest
  };
  Said say(const at::Tensor& states, std::span<const int64_t> targets) const;
  double add_vocabulary_gradient(const at::Tensor& states, std::span<const int64_t> targets, double scale) const;

  LanguageTaskSpec spec_;
  models::LanguageParts model_;
};

}  // namespace rift::train
