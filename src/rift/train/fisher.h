#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "rift/nn/parameters.h"
#include "rift/objective/anchor.h"
#include "rift/tensor/tensor_map.h"
#include "rift/train/pretrain/own_language.h"
#include "rift/train/pretrain/unlabelled_rows.h"

/// The diagonal of the empirical Fisher information of the pretraining loss, which EWC weighs parameters with.
namespace rift::train {

struct FisherSpec {
  const UnlabelledRows& texts;
  const OwnLanguage& language;
  std::span<const objective::AnchoredSlice> slices;  // whole parameters that move
  uint64_t seed = 1;                                 // of what is hidden
  c10::Device device = c10::Device(c10::DeviceType::CPU);
};

/// Mean over rows of (d mean loss of the row's tokens / d theta)^2 at what the model holds now, without dropout; slice
/// after slice. Throws kConfig where the loss cannot be told, kData where no row asks for a token, kInterrupted.
std::vector<float> diagonal_fisher(const FisherSpec& spec);

/// The same as tensors by the parameters' names, and back. fisher_from throws kArtefact naming what is missing,
/// misshapen or negative; `file` names it in errors.
tensor::TensorMap fisher_tensors(const nn::ParameterStore& store, std::span<const objective::AnchoredSlice> slices,
                                 std::span<const float> fisher);
std::vector<float> fisher_from(const std::filesystem::path& file, const nn::ParameterStore& store,
                               std::span<const objective::AnchoredSlice> slices);

}  // namespace rift::train
