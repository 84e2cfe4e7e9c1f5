#include "rift/base/options.h"
#include "rift/checkpoint/gguf/metadata.h"
#include "rift/checkpoint/gguf/write.h"
#include "rift/models/onnx/graph.h"
#include "rift/package/export.h"
#include "rift/train/support/samples.h"
#include "rift/train/support/trials.h"
#include "rift/tuning/peft.h"
#include "rift/tuning/tuning.h"

namespace rift::train {

namespace {

using models::Architecture;
using models::ImageArchitecture;
using package::ExportFormat;

constexpr const char* kConfigFile = "config.json";  // names the example in errors, as it would a model's

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const auto& entry : enum_names(ExportFormat{})) names.emplace_back(entry.name);
  return names;
}

void make_adapter(models::TunableModel& model) {
  const tuning::LoraOptions lora{.rank = 2};
  tuning::apply({.method = lora}, model, 1);
  tuning::adapter_of(model, lora);
}

/// Settings and tensors through what write_gguf_model() puts them through; a package keeps the language head.
void make_gguf(const Json& config, const checkpoint::ModelLayout& layout) {
  checkpoint::HfDirectory directory;
  directory.encoder = "";
  directory.config = config;
  const checkpoint::GgufArchitecture& architecture = checkpoint::require_decoder_of_gguf(directory);
  const Json settings = models::complete_settings(config, kConfigFile);
  checkpoint::gguf_metadata(settings, architecture, kConfigFile);
  std::vector<std::string> names;
  for (const auto* part : {&layout.encoder, &layout.language_head}) {
    for (const checkpoint::NamedShape& tensor : *part) names.push_back(tensor.name);
  }
  checkpoint::gguf_names(names, settings, architecture, "model.safetensors");
}

template <class Model>
void make_onnx(const Model& model) {
  models::OnnxGraph graph;
  model.describe(graph);
}

void try_format(ExportFormat format, const Architecture& architecture) {
  switch (format) {
    case ExportFormat::kHf:
      sample_model(architecture)->merged_tensors().read_all();
      return;
    case ExportFormat::kPeft:
      return make_adapter(*sample_model(architecture));
    case ExportFormat::kOnnx:
      return make_onnx(*sample_model(architecture));
    case ExportFormat::kGguf:
      return make_gguf(example_config(architecture),
                       models::describe_text_model(example_config(architecture), kConfigFile).layout);
  }
}

/// No verb makes a package of an image model: what asks for one refuses the model first.
void try_format(ExportFormat format, const ImageArchitecture& architecture) {
  const Json config = example_config(architecture);
  if (format == ExportFormat::kOnnx) return make_onnx(*sample_model(architecture));
  if (format == ExportFormat::kGguf) return make_gguf(config, {});
  models::architecture_of(config, kConfigFile);
}

SupportTable formats(Trials& trials) {
  SupportTable table{.key = "export", .columns = format_names()};
  const auto add = [&](const auto& architecture) {
    SupportTable::Row row{std::string(architecture.model_type), {}};
    for (const auto& entry : enum_names(ExportFormat{})) {
      row.cells.push_back(trials.of([&] { try_format(entry.value, architecture); }, names_of(architecture)));
    }
    table.rows.push_back(std::move(row));
  };
  for (const Architecture* architecture : models::architectures()) add(*architecture);
  for (const ImageArchitecture* architecture : models::image_architectures()) add(*architecture);
  return table;
}

/// By what a package holds: files of its manifest.
SupportTable packages(Trials& trials) {
  SupportTable table{.key = "packages", .columns = format_names()};
  const auto add = [&](std::string_view name, const std::vector<std::string>& files) {
    SupportTable::Row row{std::string(name), {}};
    for (const std::string& column : table.columns) {
      const ExportFormat format = value_named<ExportFormat>(column).value();
      row.cells.push_back(trials.of([&] { package::require_exportable(files, format, "PACKAGE"); }));
    }
    table.rows.push_back(std::move(row));
  };
  for (const tuning::TuningOptions& options : every_tuning()) {
    std::vector<std::string> files = {"config.json", "model.safetensors", "rift.json"};
    if (tuning::has_peft_form(options)) files.emplace_back("adapter/adapter_config.json");
    if (!options.merges()) files.emplace_back("adapter/tuning.json");
    add(fmt::format("tuning.method: {}", options.method_name()), files);
  }
  add("scorecard", {"parts/scorecard.json", "rift.json"});
  return table;
}

}  // namespace

void add_export_tables(SupportMatrix& matrix, Trials& trials) {
  matrix.tables.push_back(formats(trials));
  matrix.tables.push_back(packages(trials));
}

}  // namespace rift::train
