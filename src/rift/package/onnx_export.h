#pragma once

#include <filesystem>

#include "rift/package/onnx_file.h"

/// A package's fine-tuned model as an ONNX graph.
namespace rift::package {

/// Loads the package as for scoring, its golden rows included, and gives what writes model.onnx (and model.onnx.data
/// for weights beyond 2 GiB), config.json and the tokenizer's files into an existing directory.
///   inputs   input_ids, attention_mask and, where the model has them, token_type_ids: i64 [rows,tokens]. Padding may
///            stand anywhere and changes no row.
///   outputs  f32, by the columns of `rift score`:
///            logits [rows, outputs];
///            binary: score and pd [rows];  several classes: score and p [rows, classes];  regression: prediction
///            [rows]
///   metadata "rift.*": package, labels, max_tokens, the row's text, pretrained model and licence
/// Throws kUnsupported (a model that is no fine-tuned one, an architecture without a graph), kArtefact; what it gives
/// throws kEnvironment.
WriteFiles onnx_files(const std::filesystem::path& package);

}  // namespace rift::package
