#include "rift/package/language_loss.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/log_softmax.h>

#include <algorithm>
#include <span>
#include <vector>

#include "rift/base/interrupt.h"
#include "rift/base/random.h"
#include "rift/checkpoint/load_model.h"
#include "rift/data/split.h"
#include "rift/models/language_model.h"
#include "rift/package/inputs.h"
#include "rift/package/model_tokenizer.h"
#include "rift/tensor/device.h"

namespace rift::package {
namespace {

constexpr int64_t kMostRows = 512;
constexpr uint64_t kSampleSeed = 1;
constexpr size_t kBatchRows = 16;
constexpr int64_t kStatesAtOnce = 256;  // times the vocabulary is what the logits take
constexpr double kHiddenShare = 0.15;

/// Rows as the model sees them and what it has to guess of some of them.
struct Task {
  EncodedRows rows;
  std::vector<int64_t> chosen;                // ascending
  std::vector<std::vector<int64_t>> places;   // of each row: whose states are read
  std::vector<std::vector<int64_t>> answers;  // the token that belongs there
};

/// The places of a row's tokens that can be asked for: not those that frame the text, and nothing stands in front of
/// the first one.
std::vector<int64_t> guessable(std::span<const int32_t> ids, const std::vector<int32_t>& frame, bool masked) {
  std::vector<int64_t> places;
  for (size_t i = masked ? 0 : 1; i < ids.size(); ++i) {
    if (std::ranges::find(frame, ids[i]) == frame.end()) places.push_back(static_cast<int64_t>(i));
  }
  return places;
}

/// At most kMostRows of those that have something to guess, the first by the rule of splits.
std::vector<int64_t> sample(const EncodedRows& rows, const std::vector<int32_t>& frame, bool masked) {
  std::vector<int64_t> chosen;
  for (const int64_t row : data::rank_order(rows.keys, kSampleSeed)) {
    if (static_cast<int64_t>(chosen.size()) == kMostRows) break;
    if (!guessable(rows.row(row), frame, masked).empty()) chosen.push_back(row);
  }
  std::ranges::sort(chosen);
  return chosen;
}

void hide_tokens(Task& task, const std::vector<int32_t>& frame, int32_t mask) {
  for (const int64_t row : task.chosen) {
    std::vector<int64_t> places = guessable(task.rows.row(row), frame, /*masked=*/true);
    const uint64_t key = task.rows.keys[static_cast<size_t>(row)];
    std::ranges::stable_sort(places, {}, [&](int64_t place) { return splitmix64(key ^ static_cast<uint64_t>(place)); });
    const auto hidden = static_cast<size_t>(kHiddenShare * static_cast<double>(places.size()));
    places.resize(std::max<size_t>(hidden, 1));
    for (const int64_t place : places) {
      int32_t& id = task.rows.ids[static_cast<size_t>(task.rows.begin[static_cast<size_t>(row)] + place)];
      task.answers[static_cast<size_t>(row)].push_back(id);
      id = mask;
    }
    task.places[static_cast<size_t>(row)] = std::move(places);
  }
}

void ask_for_next(Task& task, const std::vector<int32_t>& frame) {
  for (const int64_t row : task.chosen) {
    const auto ids = task.rows.row(row);
    for (const int64_t place : guessable(ids, frame, /*masked=*/false)) {
      task.places[static_cast<size_t>(row)].push_back(place - 1);
      task.answers[static_cast<size_t>(row)].push_back(ids[static_cast<size_t>(place)]);
    }
  }
}

Task make_task(const TextInputs& inputs, const data::Table& rows, bool masked, int32_t mask) {
  encode::text::Encoding frame;
  inputs.tokenizer().encode("", {}, frame);
  Task task{.rows = inputs.encode(rows), .chosen = {}, .places = {}, .answers = {}};
  task.chosen = sample(task.rows, frame.ids, masked);
  task.places.resize(static_cast<size_t>(task.rows.rows()));
  task.answers.resize(static_cast<size_t>(task.rows.rows()));
  masked ? hide_tokens(task, frame.ids, mask) : ask_for_next(task, frame.ids);
  return task;
}

at::Tensor whole_numbers(const std::vector<int64_t>& values, const c10::Device& device) {
  return at::from_blob(const_cast<int64_t*>(values.data()), {static_cast<int64_t>(values.size())}, at::kLong)
      .clone()
      .to(device);
}

/// Sum of -ln p over the answers of some rows.
double loss_of(const models::LanguageModel& model, const Task& task, std::span<const int64_t> chosen,
               const c10::Device& device) {
  const tensor::PackedBatch batch = make_batch(task.rows, chosen, device);
  std::vector<int64_t> places, answers;
  for (size_t b = 0; b < chosen.size(); ++b) {
    const auto row = static_cast<size_t>(chosen[b]);
    for (const int64_t place : task.places[row]) places.push_back(batch.row_begin_host[b] + place);
    answers.insert(answers.end(), task.answers[row].begin(), task.answers[row].end());
  }
  const at::Tensor states = model.encoder().forward(batch, {}).index_select(0, whole_numbers(places, device));
  const at::Tensor wanted = whole_numbers(answers, device).unsqueeze(1);
  double sum = 0.0;
  for (int64_t begin = 0; begin < states.size(0); begin += kStatesAtOnce) {
    const int64_t count = std::min(kStatesAtOnce, states.size(0) - begin);
    const at::Tensor logits = model.language_head().logits(states.narrow(0, begin, count));
    const at::Tensor said = at::log_softmax(logits, 1).gather(1, wanted.narrow(0, begin, count));
    sum -= said.sum(at::kDouble).item<double>();
  }
  return sum;
}

}  // namespace

LanguageLoss language_loss(const std::filesystem::path& directory, const TextInputs& inputs, const data::Table& rows,
                           const std::string& device_name) {
  const at::NoGradGuard no_gradient;
  const c10::Device device = tensor::parse_device(device_name);
  const checkpoint::HfDirectory base = checkpoint::open_hf_directory(directory);
  const std::string config_file = base.config_path().string();
  const auto layout = models::describe_text_model(base.config, config_file).layout;
  const auto loaded = checkpoint::load_model(base, layout, {.language_head = true});
  LanguageLoss loss;
  const models::LanguageModel model({.config = base.config, .config_file = config_file, .device = device},
                                    loaded.tensors);
  if (!model.new_parameters().empty()) {
    loss.why_not = "the files hold no language head";
    return loss;
  }
  const bool masked = model.objective() == models::LanguageObjective::kMaskedToken;
  const encode::text::Tokenizer& tokenizer = inputs.tokenizer();
  const int32_t mask =
      special_tokens_of(base, tokenizer, std::filesystem::temp_directory_path() / "rift-tokenizer").mask;
  if (masked && mask < 0) {
    loss.why_not = "the tokenizer has no mask token";
    return loss;
  }
  const Task task = make_task(inputs, rows, masked, mask);
  if (task.chosen.empty()) {
    loss.why_not = "the rows hold no tokens to guess";
    return loss;
  }
  double sum = 0.0;
  for (size_t begin = 0; begin < task.chosen.size(); begin += kBatchRows) {
    throw_if_interrupted();
    const size_t count = std::min(kBatchRows, task.chosen.size() - begin);
    sum += loss_of(model, task, std::span(task.chosen).subspan(begin, count), device);
  }
  for (const auto& answers : task.answers) loss.tokens += static_cast<int64_t>(answers.size());
  loss.objective = masked ? "masked_token" : "next_token";
  loss.nats_per_token = sum / static_cast<double>(loss.tokens);
  return loss;
}

}  // namespace rift::package
