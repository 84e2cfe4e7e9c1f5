#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/json.h"
#include "rift/data/dataset.h"

/// `rift bench`: the speed of this machine with one model.
namespace rift::study {

inline constexpr std::array<std::string_view, 5> kBenchParts = {"roof", "tokenize", "score", "latency", "train"};

struct BenchSpec {
  std::string source;  // a file, a glob or "sql: SELECT ..."; empty = sentences of its own
  std::string column;  // of the texts; empty = "text", or the only one
  std::string label;   // column of 0 and 1 that training learns; empty = made up
  std::string model;   // directory, package or name; empty = the packaged model
  int64_t rows = 256;  // spread evenly over those that have a text; 0 = every row
  std::vector<std::string> parts = {kBenchParts.begin(), kBenchParts.end()};
  std::vector<std::string> methods = {"full", "lora", "top_k", "head"};  // of tuning
  bool dropout = true;                                                   // false: every dropout of the model at 0
  std::vector<std::string> sets;  // key=value of run.yaml's model.text, tuning, objective, optim and train
  std::string device = "cpu";
};

/// {"environment", "execution", "instruction_set", "threads", "model", "rows", "dropout", "settings": the
/// keys that `sets` may change, as they were understood, and the parts that were asked for as train/speed.h describes
/// them: "roof", "tokenize", "score", "latency", "train": a list, one entry a method}.
/// Throws kConfig (column, part, method or key that is not there), kData (no row with a text, a label other than 0 and
/// 1, a row that cannot be read), kArtefact (model, source), kInterrupted.
Json run_bench(const BenchSpec& spec);

/// The same as a table for people.
std::string bench_text(const Json& result);

/// The rows of `spec` as records with one text column, "text", and a label.
data::Dataset bench_dataset(const BenchSpec& spec);

}  // namespace rift::study
