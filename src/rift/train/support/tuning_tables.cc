#include "rift/nn/engine/layer.h"
#include "rift/objective/options.h"
#include "rift/train/adapter_distance.h"
#include "rift/train/parameter_groups.h"
#include "rift/train/support/samples.h"
#include "rift/train/support/trials.h"
#include "rift/tuning/tuning.h"

namespace rift::train {

namespace {

using models::Architecture;
using models::ImageArchitecture;
using nn::BatchNormMode;

constexpr uint64_t kSeed = 1;

std::vector<std::string> method_names() { return {tuning::kMethodNames.begin(), tuning::kMethodNames.end()}; }

template <class Make>
SupportTable::Row methods_row(std::string name, Trials& trials, const Make& make) {
  SupportTable::Row row{std::move(name), {}};
  for (const tuning::TuningOptions& options : every_tuning()) {
    row.cells.push_back(trials.of([&] { tuning::apply(options, *make(options), kSeed); }));
  }
  return row;
}

SupportTable methods(Trials& trials) {
  SupportTable table{.key = "tuning", .columns = method_names()};
  for (const Architecture* architecture : models::architectures()) {
    table.rows.push_back(methods_row(std::string(architecture->model_type), trials,
                                     [&](const auto&) { return sample_model(*architecture); }));
  }
  for (const ImageArchitecture* architecture : models::image_architectures()) {
    const auto with = [&](BatchNormMode mode) {
      return
          [architecture, mode](const auto&) { return sample_model(*architecture, models::Pooling::kAutomatic, mode); };
    };
    const std::string name(architecture->model_type);
    table.rows.push_back(methods_row(name, trials, with(BatchNormMode::kFrozen)));
    if (!sample_model(*architecture)->encoder().has_batch_norm()) continue;
    table.rows.push_back(methods_row(name + ", batch_norm: tuned", trials, with(BatchNormMode::kTuned)));
  }
  return table;
}

/// Where the engine runs the untuned model: which methods leave it so.
SupportTable fused(Trials& trials) {
  SupportTable table{.key = "fused", .columns = method_names()};
  table.columns.push_back(fmt::format("lora (rank > {})", nn::engine::kRankColumns));
  table.columns.emplace_back("dora");
  std::vector<tuning::TuningOptions> all = every_tuning();
  all.push_back({.method = tuning::LoraOptions{.rank = nn::engine::kRankColumns + 1}});
  all.push_back({.method = tuning::LoraOptions{.dora = true}});
  for (const Architecture* architecture : models::architectures()) {
    if (!sample_model(*architecture)->encoder().why_not_fused().empty()) continue;
    SupportTable::Row row{std::string(architecture->model_type), {}};
    for (const tuning::TuningOptions& options : all) {
      bool runs = false;
      SupportCell cell = trials.of([&] {
        const auto model = sample_model(*architecture);
        tuning::apply(options, *model, kSeed);
        runs = model->encoder().why_not_fused().empty();
      });
      row.cells.push_back(cell.answer == SupportCell::Answer::kNo ? cell : yes_or_no(runs));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

SupportTable stored_bases(Trials& trials) {
  SupportTable table{.key = "stored", .columns = method_names()};
  for (const Architecture* architecture : models::architectures()) {
    table.rows.push_back(
        methods_row(std::string(architecture->model_type), trials, [&](const tuning::TuningOptions& options) {
          return sample_model(*architecture, {.stored = sample_stored(*architecture, options)});
        }));
  }
  return table;
}

/// The pull towards the pretrained parameters, which needs some that move.
SupportTable anchors(Trials& trials) {
  SupportTable table{.key = "anchor", .columns = method_names()};
  const objective::AnchorOptions anchor{.kind = objective::L2SpAnchor{.lambda = 0.1}};
  for (const Architecture* architecture : models::architectures()) {
    SupportTable::Row row{std::string(architecture->model_type), {}};
    for (const tuning::TuningOptions& options : every_tuning()) {
      row.cells.push_back(trials.of([&] {
        const auto model = sample_model(*architecture);
        tuning::apply(options, *model, kSeed);
        held_slices(anchor, *model, model->new_parameters());
        const AdapterDistance of_updates(*model);
      }));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

void add_tuning_tables(SupportMatrix& matrix, Trials& trials) {
  matrix.tables.push_back(methods(trials));
  matrix.tables.push_back(fused(trials));
  matrix.tables.push_back(stored_bases(trials));
  matrix.tables.push_back(anchors(trials));
}

}  // namespace rift::train
