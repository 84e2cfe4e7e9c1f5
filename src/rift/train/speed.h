#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "rift/base/json.h"
#include "rift/data/dataset.h"
#include "rift/train/options.h"

/// How fast this machine multiplies, tokenizes, scores and trains with one model: what `rift bench` shows. Everything
/// goes through the code that `rift score` and `rift train` run. Torch-free.
namespace rift::train {

struct SpeedSpec {
  const data::Dataset& dataset;  // binary, every row with a text and a label
  const FineTuneOptions& options;
  std::string device = "cpu";
};

/// The most that the engine's products reach on all threads at once, in the precision that trains: [rows, depth] by
/// packed [depth, columns], the same operands again and again, so that they come out of the thread's caches; best of
/// several windows and depths. {"precision", "gflops": 2 * rows * columns * depth operations a product, "rows",
/// "columns", "depth"}.
Json product_roof(const SpeedSpec& spec);

/// Rows to token ids, uncut, on all threads, after one pass that warms up: the median of at least three passes and half
/// a second, and again with each token's place in its text. {"rows", "bytes", "tokens", "rows_per_second",
/// "megabytes_per_second", "megabytes_per_second_with_offsets", "ids_sha256"}; the digest is that of the first 1,000
/// rows' ids as u32 little endian.
Json tokenizing_speed(const SpeedSpec& spec);

/// Texts to scores in batches, in f32 unless train.precision is bf16, tokenizing included, timed as above:
/// {"precision", "rows", "distinct_rows" (equal rows are computed once), "tokens", "rows_per_second",
/// "tokens_per_second", "peak_memory_mib", "first_scores": of up to 32 rows}. Throws kConfig for a model that does not
/// compute in that precision.
Json scoring_speed(const SpeedSpec& spec);

/// One row after the other, tokenizing included, cut at 64 tokens; the rows are those that have as many, else the
/// longest. {"precision", "runs", "tokens": mean of a row, "p50_ms", "p99_ms"}. Throws as scoring_speed does.
Json latency(const SpeedSpec& spec);

/// A fine-tuning on every row, with `scratch` as its directory: {"method", "precision", "trainable", "rows", "tokens":
/// of an epoch, "epochs": [{"seconds", "rows_per_second", "tokens_per_second", "loss"}], "rows_per_second" and
/// "tokens_per_second" of the epochs after the first (of the first where there is no other), "seconds": loading
/// included, "peak_memory_mib"}.
Json training_speed(const SpeedSpec& spec, const std::filesystem::path& scratch);

/// The instructions that the kernels use ("avx512").
std::string instructions_in_use();

/// Makes `folder` the model directory `model` with every dropout that its architecture has at 0; weights are linked,
/// not copied. Throws kArtefact for a directory without config.json, kUnsupported for an architecture that is not
/// implemented, kEnvironment.
void write_without_dropout(const std::filesystem::path& model, const std::filesystem::path& folder);

/// Positions of a text model's longest row. Throws as open_hf_directory() and describe_text_model() do.
int64_t most_tokens(const std::filesystem::path& model);

}  // namespace rift::train
