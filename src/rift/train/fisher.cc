#include "rift/train/fisher.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/base/progress.h"
#include "rift/checkpoint/tensor_file.h"
#include "rift/train/pretrain/language_task.h"

namespace rift::train {
namespace {

const nn::Parameter& parameter_at(const nn::ParameterStore& store, const objective::AnchoredSlice& slice) {
  const auto found = std::ranges::find(store.parameters(), slice.offset, &nn::Parameter::offset);
  RIFT_CHECK(found != store.parameters().end() && found->size == slice.size);
  return *found;
}

/// For as long as it lives, what rests until a later stage has gradients, too.
class Awake {
 public:
  explicit Awake(nn::ParameterStore& store) : store_(store) {
    for (const nn::Parameter& parameter : store.parameters()) {
      if (parameter.resting) woken_.push_back(&parameter);
    }
    for (const nn::Parameter* parameter : woken_) store_.set_trainable(*parameter, true);
  }
  Awake(const Awake&) = delete;
  Awake& operator=(const Awake&) = delete;
  ~Awake() {
    for (const nn::Parameter* parameter : woken_) store_.set_resting(*parameter);
  }

 private:
  nn::ParameterStore& store_;
  std::vector<const nn::Parameter*> woken_;
};

void add_squares(std::span<const float> gradients, std::span<const objective::AnchoredSlice> slices,
                 std::vector<float>& sums) {
  auto to = sums.begin();
  for (const objective::AnchoredSlice& slice : slices) {
    for (const float g : gradients.subspan(static_cast<size_t>(slice.offset), static_cast<size_t>(slice.size))) {
      *to++ += g * g;
    }
  }
}

}  // namespace

std::vector<float> diagonal_fisher(const FisherSpec& spec) {
  spec.language.require_gradient("ewc");
  const models::LanguageParts model = spec.language.parts();
  const Awake awake(model.parameters);
  LanguageTask task({.train = spec.texts.rows(),
                     .held_out = spec.texts.none(),
                     .masker = spec.language.masker(),
                     .device = spec.device},
                    model);
  int64_t size = 0, rows = 0;
  for (const objective::AnchoredSlice& slice : spec.slices) size += slice.size;
  std::vector<float> sums(static_cast<size_t>(size));
  const nn::ForwardContext context{.seed = spec.seed};
  Progress progress("Fisher information", task.rows(), "rows");
  for (int64_t row = 0; row < task.rows(); ++row) {
    throw_if_interrupted();
    progress.advance(1);
    const double tokens = task.weight({&row, 1}, context);
    if (tokens == 0) continue;
    model.parameters.zero_gradients();
    task.add_gradient({&row, 1}, context, 1.0 / tokens);
    model.parameters.fetch_gradients();
    add_squares(std::as_const(model.parameters).gradients<float>(), spec.slices, sums);
    ++rows;
  }
  RIFT_REQUIRE(rows > 0, Code::kData, "objective.anchor.texts: no text has a token that could be asked for");
  for (float& sum : sums) sum /= static_cast<float>(rows);
  return sums;
}

tensor::TensorMap fisher_tensors(const nn::ParameterStore& store, std::span<const objective::AnchoredSlice> slices,
                                 std::span<const float> fisher) {
  tensor::TensorMap tensors;
  size_t from = 0;
  for (const objective::AnchoredSlice& slice : slices) {
    const nn::Parameter& parameter = parameter_at(store, slice);
    const at::Tensor tensor = at::empty(parameter.shape, at::kFloat);
    const auto own = fisher.subspan(from, static_cast<size_t>(slice.size));
    std::ranges::copy(own, tensor.mutable_data_ptr<float>());
    tensors.emplace(parameter.name, tensor);
    from += own.size();
  }
  return tensors;
}

std::vector<float> fisher_from(const std::filesystem::path& file, const nn::ParameterStore& store,
                               std::span<const objective::AnchoredSlice> slices) {
  RIFT_REQUIRE(
      std::filesystem::exists(file), Code::kArtefact,
      "objective.anchor.fisher: {}: no such file; name the ewc_fisher.safetensors of a run, or texts to estimate "
      "it from",
      file.string());
  const tensor::TensorMap tensors = checkpoint::read_tensors(file, {.floats_as_f32 = true});
  std::vector<float> fisher;
  for (const objective::AnchoredSlice& slice : slices) {
    const nn::Parameter& parameter = parameter_at(store, slice);
    const auto found = tensors.find(parameter.name);
    RIFT_REQUIRE(found != tensors.end() && found->second.sizes() == at::IntArrayRef(parameter.shape), Code::kArtefact,
                 "{}: no Fisher information of '{}' [{}]; was it estimated for this backbone and tuning.method?",
                 file.string(), shorten(parameter.name), fmt::join(parameter.shape, ","));
    const at::Tensor values = found->second.contiguous();
    const std::span<const float> own(values.const_data_ptr<float>(), static_cast<size_t>(slice.size));
    RIFT_REQUIRE(std::ranges::all_of(own, [](float value) { return value >= 0; }), Code::kArtefact,
                 "{}: '{}' holds a negative number, which is no mean of squares", file.string(),
                 shorten(parameter.name));
    fisher.insert(fisher.end(), own.begin(), own.end());
  }
  return fisher;
}

}  // namespace rift::train
