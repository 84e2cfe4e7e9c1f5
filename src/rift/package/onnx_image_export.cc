#include "rift/package/onnx_image_export.h"

#include <memory>
#include <optional>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/places.h"
#include "rift/checkpoint/class_head.h"
#include "rift/checkpoint/hf_directory.h"
#include "rift/checkpoint/links.h"
#include "rift/checkpoint/load_model.h"
#include "rift/models/architecture.h"
#include "rift/models/vision/image_classifier.h"
#include "rift/models/vision/image_processor.h"
#include "rift/package/image_model.h"

namespace rift::package {
namespace {

namespace fs = std::filesystem;
using models::OnnxGraph;

constexpr const char* kProcessorFile = "preprocessor_config.json";

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
  fs::path processor;  // preprocessor_config.json; empty where there is none
};

Origin origin_of(const fs::path& model, const ImageModelSource& source) {
  const std::string digest = checkpoint::archive_sha256(source.weights);
  std::error_code ignored;
  if (fs::is_regular_file(model, ignored)) {
    return {{.name = model.stem().string(), .weights_sha256 = digest}, {}, {}};
  }
  const checkpoint::HfDirectory directory = checkpoint::open_hf_directory(model);
  Origin origin{describe_pretrained(directory, digest), directory.root, directory.encoder / kProcessorFile};
  const fs::path bounds = checkpoint::bounds_of_links(directory.root);
  for (const std::string& file : origin.pretrained.licence_files)
    checkpoint::require_inside(directory.root / file, bounds);
  if (!is_file_there(origin.processor)) origin.processor.clear();
  if (origin.processor.empty()) return origin;
  checkpoint::require_inside(origin.processor, bounds);
  models::read_image_processor(read_json(origin.processor), origin.processor.string());  // pixels are as it says
  return origin;
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

void refuse_image_model(const fs::path& path) {
  const ImageModelSource source = open_image_model(path);
  models::architecture_of(source.config, source.config_file);
  RIFT_FAIL(Code::kBug, "{}: no model of images", source.config_file);
}

WriteFiles onnx_image_files(const fs::path& model) {
  const ImageModelSource source = open_image_model(model);
  const int64_t classes = checkpoint::classifier_outputs(source.archive->tensors(), source.description.layout);
  RIFT_REQUIRE(
      classes > 0, Code::kUnsupported,
      "{}: --format onnx: its weights hold no class head ('{}.weight' of width {}), so there is nothing to give "
      "logits; name the directory of a model that was trained to classify",
      model.string(), source.description.layout.classifier, source.description.layout.width);
  Origin origin = origin_of(model, source);
  const auto classifier = read_classifier(source, classes);  // the graph's weights
  RIFT_REQUIRE(classifier->new_parameters().empty(), Code::kUnsupported,
               "{}: --format onnx: its weights hold no '{}', which its class head needs", model.string(),
               classifier->new_parameters().front());
  OnnxGraph graph;
  const std::string logits = classifier->describe(graph);
  graph.enter("result");
  graph.output("logits", logits, OnnxGraph::Type::kF32, {"rows", classes});
  auto made = finished(graph, std::string(classifier->architecture().model_type),
                       metadata_of(origin, labels_of(source.config, classes), !origin.processor.empty()));
  return [classifier, origin = std::move(origin), config = source.config, made = std::move(made)](const fs::path& to) {
    checkpoint::format::write_onnx(to / kOnnxFile, made);
    write_file_atomic(to / "config.json", to_json_text(config, 2) + "\n");
    if (!origin.processor.empty()) write_file_atomic(to / kProcessorFile, read_file(origin.processor));
    write_pretrained(to, origin.pretrained, origin.directory, {.made = "written as an ONNX graph", .library = "onnx"});
  };
}

}  // namespace rift::package
