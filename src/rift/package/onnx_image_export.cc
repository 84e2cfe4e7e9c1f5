#include "rift/package/onnx_image_export.h"

#include <memory>
#include <optional>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/checkpoint/hf_directory.h"
#include "rift/checkpoint/load_model.h"
#include "rift/models/vision/image_classifier.h"
#include "rift/package/image_model.h"

namespace rift::package {
namespace {

namespace fs = std::filesystem;
using models::OnnxGraph;

constexpr const char* kProcessorFile = "preprocessor_config.json";

/// Rows of the class head that the files hold; 0 when they hold none.
int64_t classes_in(const ImageModelSource& source) {
  const checkpoint::ModelLayout& layout = source.description.layout;
  const std::string weight = layout.classifier + ".weight";
  std::vector<std::string> names = {weight};
  for (const checkpoint::Alias& alias : layout.aliases) {
    if (alias.name == weight) names.push_back(alias.in_files);
  }
  for (const auto& tensor : source.archive->tensors()) {
    for (const std::string& name : names) {
      const bool is_head = tensor.name == name || tensor.name.ends_with("." + name);
      if (is_head && tensor.shape.size() == 2 && tensor.shape[1] == layout.width) return tensor.shape[0];
    }
  }
  return 0;
}

/// The classes' names in order, where config.json has one for each.
std::optional<Json> labels_of(const Json& config, int64_t classes) {
  const Json* names = config.find("id2label");
  if (names == nullptr || !names->is_object()) return std::nullopt;
  Json labels = Json::array();
  for (int64_t i = 0; i < classes; ++i) {
    const Json* name = names->find(std::to_string(i));
    if (name == nullptr || !name->is_string()) return std::nullopt;
    labels.push_back(*name);
  }
  return labels;
}

std::shared_ptr<const models::ImageClassifier> read_classifier(const ImageModelSource& source, int64_t classes) {
  const auto loaded = checkpoint::load_model(source.archive, source.description.layout,
                                             {.architecture = source.architecture, .num_labels = classes});
  return std::make_shared<const models::ImageClassifier>(
      models::ImageClassifierOptions{.config = source.config, .config_file = source.config_file, .outputs = classes},
      loaded.tensors);
}

struct Origin {
  Pretrained pretrained;
  fs::path directory;  // where its files lie; empty for weights alone
};

Origin origin_of(const fs::path& model, const ImageModelSource& source) {
  const std::string digest = checkpoint::archive_sha256(source.weights);
  std::error_code ignored;
  if (fs::is_regular_file(model, ignored)) {
    return {{.name = model.stem().string(), .weights_sha256 = digest}, {}};
  }
  const checkpoint::HfDirectory directory = checkpoint::open_hf_directory(model);
  return {describe_pretrained(directory, digest), directory.encoder};
}

OnnxMetadata metadata_of(const Origin& origin, const std::optional<Json>& labels, bool has_processor) {
  OnnxMetadata metadata = {
      {"rift.labels", labels ? to_json_text(*labels) : "not stated"},
      {"rift.pixels", has_processor ? "as preprocessor_config.json beside this file makes them of a photo"
                                    : "how a photo becomes pixels is not stated by the model's files"},
  };
  add_origin(metadata, origin.pretrained);
  return metadata;
}

}  // namespace

bool is_image_model(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_regular_file(path, ignored)) return path.extension() != ".gguf";
  if (fs::exists(path / "rift.json", ignored) || !fs::exists(path / "config.json", ignored)) return false;
  return models::is_image_model(checkpoint::open_hf_directory(path).config);
}

WriteFiles onnx_image_files(const fs::path& model) {
  const ImageModelSource source = open_image_model(model);
  const int64_t classes = classes_in(source);
  RIFT_REQUIRE(
      classes > 0, Code::kUnsupported,
      "{}: --format onnx: its weights hold no class head ('{}.weight' of width {}), so there is nothing to give "
      "logits; name the directory of a model that was trained to classify",
      model.string(), source.description.layout.classifier, source.description.layout.width);
  const auto classifier = read_classifier(source, classes);  // the graph's weights
  RIFT_REQUIRE(classifier->new_parameters().empty(), Code::kUnsupported,
               "{}: --format onnx: its weights hold no '{}', which its class head needs", model.string(),
               classifier->new_parameters().front());
  OnnxGraph graph;
  const std::string logits = classifier->describe(graph);
  graph.enter("result");
  graph.output("logits", logits, OnnxGraph::Type::kF32, {"rows", classes});
  Origin origin = origin_of(model, source);
  const fs::path processor = origin.directory / kProcessorFile;
  std::error_code ignored;
  const bool has_processor = !origin.directory.empty() && fs::is_regular_file(processor, ignored);
  auto made = finished(graph, std::string(classifier->architecture().model_type),
                       metadata_of(origin, labels_of(source.config, classes), has_processor));
  return [classifier, origin = std::move(origin), config = source.config, has_processor, processor,
          made = std::move(made)](const fs::path& to) {
    checkpoint::format::write_onnx(to / kOnnxFile, made);
    write_file_atomic(to / "config.json", to_json_text(config, 2) + "\n");
    if (has_processor) write_file_atomic(to / kProcessorFile, read_file(processor));
    write_pretrained(to, origin.pretrained, origin.directory, "written as an ONNX graph");
  };
}

}  // namespace rift::package
