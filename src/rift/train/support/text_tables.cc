#include "rift/base/options.h"
#include "rift/encode/text/configured_tokens.h"
#include "rift/encode/text/tokenizer_classes.h"
#include "rift/models/label_tokens.h"
#include "rift/package/engine_precision.h"
#include "rift/package/text_model.h"
#include "rift/score/precision.h"
#include "rift/train/precision.h"
#include "rift/train/pretrain/language_start.h"
#include "rift/train/support/samples.h"
#include "rift/train/support/trials.h"

namespace rift::train {

namespace {

using models::Architecture;
using models::Pooling;

/// The class of tokenizers that a model of this type has where its files name none.
std::string usual_tokenizer(const Architecture& architecture) {
  const std::string name = encode::text::tokenizer_class_of(Json::object(), architecture.model_type);
  return encode::text::tokenizer_class_named(name) == nullptr ? "" : name;
}

SupportTable architectures(Trials& trials) {
  SupportTable table{.key = "architectures",
                     .columns = {"transformers", "tokenizer", "masked_token", "next_token", "label_tokens"}};
  constexpr int32_t kTokens[] = {3, 4};
  for (const Architecture* architecture : models::architectures()) {
    const Json config = example_config(*architecture);
    nn::ParameterStore store;
    const models::LanguageObjective objective =
        architecture->build(config, "config.json", store).language_head.objective;
    const checkpoint::ModelLayout layout = models::describe_text_model(config, "config.json").layout;
    const tensor::TensorMap tensors = sample_tensors(layout);
    const Names names = names_of(*architecture);
    table.rows.push_back(
        {std::string(architecture->model_type),
         {name_cell(layout.class_name + layout.head_class), name_cell(usual_tokenizer(*architecture)),
          trials.of([&] { require_objective(PretrainObjective::kMaskedToken, objective, layout.title); }, names),
          trials.of([&] { require_objective(PretrainObjective::kNextToken, objective, layout.title); }, names),
          trials.of([&] { models::label_token_weight(config, "config.json", kTokens, tensors); }, names)}});
  }
  return table;
}

std::vector<Pooling> every_pooling() {
  std::vector<Pooling> all;
  for (const auto& entry : enum_names(Pooling{})) {
    if (entry.value != Pooling::kAutomatic) all.push_back(entry.value);
  }
  return all;
}

/// What kAutomatic comes to where no 1_Pooling lies beside the model.
std::string automatic_pooling(const Architecture& architecture) {
  const checkpoint::ModelLayout layout =
      models::describe_text_model(example_config(architecture), "config.json").layout;
  const bool has_pooler = layout.pooler_is_pretrained && !layout.pooler.empty();
  return std::string(name_of(package::resolve_pooling(Pooling::kAutomatic, {}, layout, has_pooler)));
}

SupportTable poolings(Trials& trials) {
  SupportTable table{.key = "poolings"};
  for (const Pooling pooling : every_pooling()) table.columns.emplace_back(name_of(pooling));
  table.columns.emplace_back(name_of(Pooling::kAutomatic));
  using Answer = SupportCell::Answer;
  for (const Architecture* architecture : models::architectures()) {
    SupportTable::Row row{std::string(architecture->model_type), {}};
    for (const Pooling pooling : every_pooling()) {
      bool own = false;
      SupportCell cell = trials.of([&] { own = sample_model(*architecture, {.pooling = pooling})->has_own_reading(); });
      if (own) cell.answer = Answer::kOwn;
      row.cells.push_back(std::move(cell));
    }
    row.cells.push_back(name_cell(automatic_pooling(*architecture)));
    table.rows.push_back(std::move(row));
  }
  for (const models::ImageArchitecture* architecture : models::image_architectures()) {
    SupportTable::Row row{std::string(architecture->model_type), {}};
    const Pooling own = sample_model(*architecture)->pooling();
    for (const Pooling pooling : every_pooling()) {
      SupportCell cell = trials.of([&] { sample_model(*architecture, pooling); }, names_of(*architecture));
      if (pooling == own && !architecture->class_name.empty()) cell.answer = Answer::kOwn;
      row.cells.push_back(std::move(cell));
    }
    row.cells.push_back(name_cell(std::string(name_of(own))));
    table.rows.push_back(std::move(row));
  }
  return table;
}

SupportTable execution(Trials& trials) {
  SupportTable table{.key = "execution", .columns = {"engine", "train.precision: bf16"}};
  std::vector<score::Precision> precisions;
  for (const auto& entry : enum_names(score::Precision{})) {
    if (entry.value != score::Precision::kF32) precisions.push_back(entry.value);
  }
  for (const score::Precision precision : precisions) {
    table.columns.push_back(fmt::format("--precision {}", name_of(precision)));
  }
  for (const Architecture* architecture : models::architectures()) {
    const auto model = sample_model(*architecture);
    const std::string why_not = model->encoder().why_not_fused();
    SupportTable::Row row{std::string(architecture->model_type),
                          {yes_or_no(why_not.empty()), trials.of([&] { resolved(Precision::kBf16, why_not); })}};
    for (const score::Precision precision : precisions) {
      row.cells.push_back(trials.of([&] { package::require_engine(model->encoder(), precision); }));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

void add_text_tables(SupportMatrix& matrix, Trials& trials) {
  matrix.tables.push_back(architectures(trials));
  matrix.tables.push_back(poolings(trials));
  matrix.tables.push_back(execution(trials));
}

}  // namespace rift::train
