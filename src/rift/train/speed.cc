#include "rift/train/speed.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <span>
#include <string_view>
#include <vector>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/interrupt.h"
#include "rift/base/peak_memory.h"
#include "rift/base/sha256.h"
#include "rift/base/stopwatch.h"
#include "rift/base/threads.h"
#include "rift/checkpoint/hf_directory.h"
#include "rift/encode/text/tokenizer.h"
#include "rift/models/architecture.h"
#include "rift/nn/kernels/instruction_set.h"
#include "rift/package/backbone.h"
#include "rift/package/inputs.h"
#include "rift/package/model_tokenizer.h"
#include "rift/package/text_model.h"
#include "rift/package/text_scorer.h"
#include "rift/tensor/device.h"
#include "rift/train/fine_tune.h"
#include "rift/train/precision.h"

namespace rift::train {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kUncut = int64_t{1} << 30;
constexpr int64_t kDigestedRows = 1000;
constexpr int64_t kShownScores = 32;
constexpr int64_t kLatencyTokens = 64;
constexpr int64_t kLatencyRuns = 300;
constexpr int64_t kLatencyWarmUps = 20;
constexpr int64_t kLatencyRows = 50;

/// Median seconds of a call, after one that does not count.
template <class Call>
double median_seconds(const Call& call) {
  constexpr double kLeastSeconds = 0.5;
  constexpr size_t kLeastCalls = 3;
  call();
  std::vector<double> times;
  double total = 0;
  while (times.size() < kLeastCalls || total < kLeastSeconds) {
    throw_if_interrupted();
    const Stopwatch watch;
    call();
    times.push_back(watch.seconds());
    total += times.back();
  }
  std::ranges::sort(times);
  return times[times.size() / 2];
}

std::string digest_of_ids(const package::EncodedRows& rows) {
  const auto end = static_cast<size_t>(rows.begin[static_cast<size_t>(std::min(rows.rows(), kDigestedRows))]);
  Sha256 digest;
  for (const int32_t id : std::span(rows.ids).first(end)) {
    const auto value = static_cast<uint32_t>(id);
    const char bytes[] = {static_cast<char>(value), static_cast<char>(value >> 8), static_cast<char>(value >> 16),
                          static_cast<char>(value >> 24)};
    digest.update(std::string_view(bytes, sizeof bytes));
  }
  return digest.finish_hex();
}

int64_t distinct_rows(const package::EncodedRows& rows) {
  std::vector<int64_t> order(static_cast<size_t>(rows.rows()));
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(
      order, [&](int64_t a, int64_t b) { return std::ranges::lexicographical_compare(rows.row(a), rows.row(b)); });
  const auto repeated =
      std::ranges::unique(order, [&](int64_t a, int64_t b) { return std::ranges::equal(rows.row(a), rows.row(b)); });
  return rows.rows() - static_cast<int64_t>(repeated.size());
}

/// As `rift score` without --precision, unless training is told bf16.
score::Precision scoring_precision(const SpeedSpec& spec) {
  return spec.options.train.precision == Precision::kBf16 ? score::Precision::kBf16 : score::Precision::kF32;
}

/// The model as `rift score` would run it in that precision, untrained, reading at most `max_tokens` of a row.
std::unique_ptr<package::TextScorer> make_scorer(const SpeedSpec& spec, int64_t max_tokens) {
  package::TextScorerSpec scorer;
  scorer.device = tensor::parse_device(spec.device);
  scorer.precision = scoring_precision(spec);
  const TextModelOptions& options = spec.options.text;
  package::TextModel text = package::load_text_model({.directory = package::resolve_backbone(options.backbone, {}),
                                                      .pooling = options.pooling,
                                                      .max_tokens = max_tokens,
                                                      .outputs = spec.dataset.schema.outputs(),
                                                      .seed = static_cast<uint64_t>(spec.options.train.seed),
                                                      .device = scorer.device});
  resolved(spec.options.train.precision, text.model->encoder().why_not_fused());  // throws where it does not run so
  scorer.schema = spec.dataset.schema;
  scorer.text = options.text;
  scorer.max_tokens = max_tokens;
  scorer.tokenizer = text.tokenizer;
  scorer.base = std::move(text.base);
  scorer.pretrained = std::move(text.pretrained);
  scorer.model = std::move(text.model);
  return std::make_unique<package::TextScorer>(std::move(scorer));
}

/// Up to kLatencyRows rows of at least kLatencyTokens tokens, else the longest, each as a table of its own.
std::vector<data::Table> latency_rows(const SpeedSpec& spec, const package::TextInputs& inputs) {
  const package::EncodedRows encoded = inputs.encode(spec.dataset.table);
  std::vector<int64_t> order(static_cast<size_t>(encoded.rows()));
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::ranges::greater{}, [&](int64_t row) { return encoded.tokens(row); });
  const int64_t enough = encoded.tokens(order.front());
  std::vector<data::Table> rows;
  for (const int64_t row : order) {
    if (static_cast<int64_t>(rows.size()) == kLatencyRows || encoded.tokens(row) < enough) break;
    rows.push_back(data::take(spec.dataset.table, std::span(&row, 1)));
  }
  return rows;
}

std::vector<Json> read_lines(const fs::path& file) {
  const std::string text = read_file(file);
  std::vector<Json> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(parse_json(std::string_view(text).substr(begin, end - begin), file.string()));
    begin = end + 1;
  }
  return lines;
}

/// What the run had done when an epoch, or the run, ended.
struct Mark {
  double seconds = 0, rows = 0, tokens = 0;
  int64_t step = 0;
};

std::vector<Mark> epoch_marks(const fs::path& timing) {
  const std::vector<Json> lines = read_lines(timing);
  std::vector<Mark> marks = {Mark{}};
  for (const Json& line : lines) {
    const double epoch = line.at("epoch").as_double();
    if (epoch != std::floor(epoch) && &line != &lines.back()) continue;
    const double seconds = line.at("seconds").as_double();
    marks.push_back({.seconds = seconds,
                     .rows = std::round(line.at("rows_per_second").as_double() * seconds),
                     .tokens = std::round(line.at("tokens_per_second").as_double() * seconds),
                     .step = line.at("step").as_int()});
  }
  return marks;
}

Json rates(const Mark& from, const Mark& to) {
  const double seconds = to.seconds - from.seconds;
  const auto rate = [&](double count) { return seconds > 0 ? count / seconds : 0.0; };
  return Json{{"seconds", seconds},
              {"rows_per_second", rate(to.rows - from.rows)},
              {"tokens_per_second", rate(to.tokens - from.tokens)}};
}

/// Over the rows of the steps first .. last - 1.
double mean_loss(const std::vector<Json>& steps, int64_t first, int64_t last) {
  double sum = 0, rows = 0;
  for (int64_t i = first; i < last; ++i) {
    const Json& step = steps[static_cast<size_t>(i)];
    sum += step.at("loss_task").as_double() * step.at("rows").as_double();
    rows += step.at("rows").as_double();
  }
  return sum / rows;
}

/// All rows' ids and offsets by chunks of rows.
std::vector<encode::text::Encoding> encode_with_offsets(const package::TextInputs& inputs,
                                                        const encode::text::Tokenizer& tokenizer,
                                                        const data::Table& table) {
  constexpr int64_t kRowsPerChunk = 512;
  std::vector<encode::text::Encoding> chunks(static_cast<size_t>((table.rows + kRowsPerChunk - 1) / kRowsPerChunk));
  const encode::text::RowTextReader reader(inputs.row_text(), table);
  parallel_each(std::ssize(chunks), [&](int64_t c) {
    encode::text::Encoding& chunk = chunks[static_cast<size_t>(c)];
    encode::text::Encoding row;
    std::string text;
    for (int64_t i = c * kRowsPerChunk; i < std::min(table.rows, (c + 1) * kRowsPerChunk); ++i) {
      reader.joined(i, text);
      tokenizer.encode(text, {.max_tokens = kUncut, .want_offsets = true}, row);
      chunk.ids.insert(chunk.ids.end(), row.ids.begin(), row.ids.end());
      chunk.offsets.insert(chunk.offsets.end(), row.offsets.begin(), row.offsets.end());
    }
  });
  return chunks;
}

}  // namespace

Json tokenizing_speed(const SpeedSpec& spec) {
  const std::shared_ptr<const encode::text::Tokenizer> tokenizer =
      package::load_tokenizer(checkpoint::open_hf_directory(spec.options.text.backbone));
  const package::TextInputs inputs(spec.dataset.schema, spec.options.text.text, tokenizer, kUncut);
  package::EncodedRows encoded;
  const double seconds = median_seconds([&] { encoded = inputs.encode(spec.dataset.table); });
  int64_t bytes = 0;
  for (const std::string& column : inputs.row_text().columns())
    bytes += static_cast<int64_t>(spec.dataset.table.at(column).texts().bytes.size());
  const double with_offsets = median_seconds([&] { encode_with_offsets(inputs, *tokenizer, spec.dataset.table); });
  return Json{{"rows", encoded.rows()},
              {"bytes", bytes},
              {"tokens", static_cast<int64_t>(encoded.ids.size())},
              {"rows_per_second", static_cast<double>(encoded.rows()) / seconds},
              {"megabytes_per_second", static_cast<double>(bytes) / 1e6 / seconds},
              {"megabytes_per_second_with_offsets", static_cast<double>(bytes) / 1e6 / with_offsets},
              {"ids_sha256", digest_of_ids(encoded)}};
}

Json scoring_speed(const SpeedSpec& spec) {
  forget_peak_memory();
  const auto scorer = make_scorer(spec, spec.options.text.max_tokens);
  score::RawScores scores;
  const double seconds = median_seconds([&] { scores = scorer->score(spec.dataset.table); });
  const double peak = peak_memory_mib();
  const package::EncodedRows encoded = scorer->inputs().encode(spec.dataset.table);
  const auto tokens = static_cast<int64_t>(encoded.ids.size());
  const auto shown = std::min(scores.values.size(), static_cast<size_t>(kShownScores));
  return Json{{"precision", name_of(scoring_precision(spec))},
              {"rows", encoded.rows()},
              {"distinct_rows", distinct_rows(encoded)},
              {"tokens", tokens},
              {"rows_per_second", static_cast<double>(encoded.rows()) / seconds},
              {"tokens_per_second", static_cast<double>(tokens) / seconds},
              {"peak_memory_mib", peak},
              {"first_scores",
               std::vector<double>(scores.values.begin(), scores.values.begin() + static_cast<std::ptrdiff_t>(shown))}};
}

Json latency(const SpeedSpec& spec) {
  const auto scorer = make_scorer(spec, std::min(kLatencyTokens, spec.options.text.max_tokens));
  const std::vector<data::Table> rows = latency_rows(spec, scorer->inputs());
  int64_t tokens = 0;
  for (const data::Table& row : rows) tokens += scorer->inputs().encode(row).tokens(0);
  std::vector<double> times;
  for (int64_t run = -kLatencyWarmUps; run < kLatencyRuns; ++run) {
    throw_if_interrupted();
    const data::Table& row = rows[static_cast<size_t>(run + kLatencyWarmUps) % rows.size()];
    const Stopwatch watch;
    scorer->score(row);
    if (run >= 0) times.push_back(watch.seconds() * 1000.0);
  }
  std::ranges::sort(times);
  const auto at = [&](double share) { return times[static_cast<size_t>(share * static_cast<double>(times.size()))]; };
  return Json{{"precision", name_of(scoring_precision(spec))},
              {"runs", kLatencyRuns},
              {"tokens", static_cast<double>(tokens) / static_cast<double>(rows.size())},
              {"p50_ms", at(0.5)},
              {"p99_ms", at(0.99)}};
}

Json training_speed(const SpeedSpec& spec, const fs::path& scratch) {
  forget_peak_memory();
  std::vector<int64_t> every(static_cast<size_t>(spec.dataset.rows()));
  std::iota(every.begin(), every.end(), 0);
  FineTuneOptions options = spec.options;
  options.train.checkpoint_every_steps = 0;
  const FineTuned tuned = fine_tune({.dataset = spec.dataset,
                                     .train = every,
                                     .validation = {},
                                     .options = options,
                                     .directory = scratch,
                                     .resume = false,
                                     .init_from = {},
                                     .device = spec.device,
                                     .progress_name = "training"});
  const double peak = peak_memory_mib();
  const std::vector<Mark> marks = epoch_marks(scratch / "timing.jsonl");
  const std::vector<Json> steps = read_lines(scratch / "log.jsonl");  // no evaluations: there are no validation rows
  Json epochs = Json::array();
  for (size_t i = 1; i < marks.size(); ++i) {
    Json epoch = rates(marks[i - 1], marks[i]);
    epoch["loss"] = mean_loss(steps, marks[i - 1].step, marks[i].step);
    epochs.push_back(std::move(epoch));
  }
  const Json after = rates(marks[marks.size() > 2 ? 1 : 0], marks.back());
  return Json{{"method", spec.options.tuning.method_name()},
              {"precision", tuned.summary.at("precision")},
              {"trainable", tuned.summary.at("tuning").at("trainable")},
              {"rows", spec.dataset.rows()},
              {"tokens", static_cast<int64_t>(marks[1].tokens)},
              {"epochs", std::move(epochs)},
              {"rows_per_second", after.at("rows_per_second")},
              {"tokens_per_second", after.at("tokens_per_second")},
              {"seconds", tuned.seconds},
              {"peak_memory_mib", peak}};
}

std::string instructions_in_use() { return std::string(nn::kernels::name_of(nn::kernels::instruction_set())); }

void write_without_dropout(const fs::path& model, const fs::path& folder) {
  const checkpoint::HfDirectory base = checkpoint::open_hf_directory(model);
  const fs::path root = base.root.lexically_normal();
  // By name, not by what a link leads to: the files of a downloaded model may be links to elsewhere.
  const auto place = [&](const fs::path& path) { return path.lexically_normal().lexically_relative(root); };
  const fs::path config_name = place(base.config_path());
  fs::create_directories(folder);
  for (const auto& entry : fs::recursive_directory_iterator(root, fs::directory_options::follow_directory_symlink)) {
    const fs::path name = place(entry.path());
    if (entry.is_directory())
      fs::create_directories(folder / name);
    else if (name != config_name)
      fs::create_symlink(fs::absolute(entry.path()), folder / name);
  }
  const Json config = models::without_dropout(base.config, base.config_path().string());
  write_file_atomic(folder / config_name, to_json_text(config, 2));
}

int64_t most_tokens(const fs::path& model) {
  const checkpoint::HfDirectory base = checkpoint::open_hf_directory(model);
  return models::describe_text_model(base.config, base.config_path().string()).sizes.positions;
}

}  // namespace rift::train
