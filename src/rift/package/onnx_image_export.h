#pragma once

#include <filesystem>

#include "rift/package/onnx_file.h"

/// An image model with a class head as an ONNX graph.
namespace rift::package {

/// Whether this is a model of images and no package: a model directory whose config.json says so, or a file of weights
/// alone. Throws as open_hf_directory() does for a directory with a broken config.json.
bool is_image_model(const std::filesystem::path& path);

/// Throws kUnsupported for what only models of texts have.
[[noreturn]] void refuse_image_model(const std::filesystem::path& path);

/// Reads such a model with the class head of its files and gives what writes model.onnx (and model.onnx.data for
/// weights beyond 2 GiB), config.json, preprocessor_config.json where there is one, README.md and the licence files.
///   input     pixel_values: f32 [rows,channels,height,width], resized and normalised as the model expects it; any
///             number of rows, of a ViT the model's own height and width
///   output    logits: f32 [rows,classes], those of transformers' class for image classification
///   metadata  "rift.*": labels, pretrained model and licence
/// Throws kUnsupported (an architecture or setting that is not implemented, also of preprocessor_config.json; files
/// without a class head), kArtefact (also for files beside the weights that are links out of the directory);
/// what it gives throws kEnvironment.
WriteFiles onnx_image_files(const std::filesystem::path& model);

}  // namespace rift::package
