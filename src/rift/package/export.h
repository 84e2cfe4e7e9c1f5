#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "rift/base/options.h"

/// Files of a package that other libraries load. Torch-free.
namespace rift::package {

/// kHf: config.json, model.safetensors, tokenizer, 1_Pooling: transformers and sentence-transformers load it.
/// kPeft: adapter_config.json and adapter_model.safetensors: peft loads it on the pretrained model.
/// kOnnx: model.onnx (onnx_export.h), config.json and tokenizer: onnxruntime runs it. Of a model of images that is no
/// package onnx_image_export.h, without a tokenizer.
/// All carry README.md and the licence files of the pretrained model.
/// kGguf: one file that transformers (gguf_file=) loads, of a decoder (package/gguf_export.h).
enum class ExportFormat { kHf, kPeft, kOnnx, kGguf };
constexpr auto enum_names(ExportFormat) {
  return std::to_array<EnumName<ExportFormat>>({{ExportFormat::kHf, "hf"},
                                                {ExportFormat::kPeft, "peft"},
                                                {ExportFormat::kOnnx, "onnx"},
                                                {ExportFormat::kGguf, "gguf"}});
}

/// Throws kUnsupported where a package of these files has nothing for the format: no text model, no adapter.
///   files: of its manifest.json;  package: names it in errors
void require_exportable(std::span<const std::string> files, ExportFormat format, const std::filesystem::path& package);

/// Writes that part of `package`, or of a model of images as kOnnx, into the new directory `out`, which appears whole
/// or not at all. Every file of the package is checked against its manifest.json before. Throws kArtefact (no package,
/// missing file, another digest), kUnsupported (no text model, no adapter, what onnx_export.h and onnx_image_export.h
/// refuse), kConfig (`out` is there already), kEnvironment.
void export_package(const std::filesystem::path& package, ExportFormat format, const std::filesystem::path& out);

}  // namespace rift::package
