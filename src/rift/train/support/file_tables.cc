#include <algorithm>
#include <cctype>

#include "rift/base/options.h"
#include "rift/checkpoint/archive.h"
#include "rift/checkpoint/float_type.h"
#include "rift/checkpoint/format/ggml_types.h"
#include "rift/checkpoint/gguf/tensor_names.h"
#include "rift/train/support/samples.h"
#include "rift/train/support/trials.h"

namespace rift::train {

namespace {

using models::Architecture;
using models::ImageArchitecture;

SupportTable endings(Trials& trials) {
  SupportTable table{.key = "files", .columns = {"kind"}};
  for (const checkpoint::WeightsEnding& ending : checkpoint::weights_endings()) {
    table.rows.push_back({std::string(ending.ending), {name_cell(std::string(ending.kind))}});
  }
  const std::string others[] = {".h5", ".msgpack", ".onnx"};  // of TensorFlow, Flax, ONNX
  for (const std::string& ending : others) {
    table.rows.push_back({ending, {trials.of([&] { checkpoint::open_archive("model" + ending); })}});
  }
  return table;
}

template <class Any>
SupportCell read_from_gguf(const Any& architecture, Trials& trials) {
  if (checkpoint::gguf_architecture_of(architecture.model_type) != nullptr) return {};
  return trials.of([&] { checkpoint::gguf_architecture(architecture.model_type, "model.gguf"); },
                   names_of(architecture));
}

/// What weights alone are taken for.
SupportCell recognised(const checkpoint::ModelLayout& layout, Trials& trials) {
  return trials.of([&] { models::recognise_image_model(layout.encoder, "weights.pth"); });
}

SupportTable sources(Trials& trials) {
  SupportTable table{.key = "loading", .columns = {"config.json", ".gguf", "weights_alone"}};
  for (const Architecture* architecture : models::architectures()) {
    const checkpoint::ModelLayout layout =
        models::describe_text_model(example_config(*architecture), "config.json").layout;
    table.rows.push_back({std::string(architecture->model_type),
                          {SupportCell{}, read_from_gguf(*architecture, trials), recognised(layout, trials)}});
  }
  for (const ImageArchitecture* architecture : models::image_architectures()) {
    const checkpoint::ModelLayout layout =
        models::describe_image_model(example_config(*architecture), "config.json").layout;
    const bool knows_itself = architecture->recognise != nullptr;
    table.rows.push_back({std::string(architecture->model_type),
                          {SupportCell{}, read_from_gguf(*architecture, trials),
                           knows_itself ? SupportCell{} : recognised(layout, trials)}});
  }
  return table;
}

/// What `rift models convert --to gguf --dtype` makes of a type's name.
SupportCell written(std::string_view type, Trials& trials) {
  std::string name(type);
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  Names apart = {name};
  for (const auto& known : enum_names(checkpoint::FloatType{}))
    apart.push_back("; did you mean '" + std::string(known.name) + "'?");
  const auto read = [&] {
    checkpoint::FloatType type{};
    read_value(Json(name), "rift models convert", "--dtype", {}, type);
  };
  return trials.of(read, apart);
}

/// What tensors of a GGUF file may be stored as, and what rift writes.
SupportTable gguf_types(Trials& trials) {
  namespace format = checkpoint::format;
  SupportTable table{.key = "gguf_types", .columns = {"read", "write"}};
  for (const format::GgmlTypeInfo& type : format::ggml_types())
    table.rows.push_back({std::string(type.name), {SupportCell{}, written(type.name, trials)}});
  for (const std::string_view name : format::known_unsupported_ggml_types()) {
    const auto refuse = [&] { format::refuse_ggml_type("model.gguf: tensor 'blk.0.attn_q.weight'", name); };
    table.rows.push_back({std::string(name), {trials.of(refuse, {std::string(name)}), written(name, trials)}});
  }
  return table;
}

}  // namespace

void add_file_tables(SupportMatrix& matrix, Trials& trials) {
  matrix.tables.push_back(endings(trials));
  matrix.tables.push_back(sources(trials));
  matrix.tables.push_back(gguf_types(trials));
}

}  // namespace rift::train
