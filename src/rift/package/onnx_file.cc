#include "rift/package/onnx_file.h"

#include "rift/package/format/package.h"

namespace rift::package {

void add_origin(OnnxMetadata& metadata, const Pretrained& pretrained) {
  const Json json = to_json(pretrained);
  const auto stated = [&](std::string_view key) {
    const Json* value = json.find(key);
    return value == nullptr || value->is_null() ? std::string("not stated") : value->as_string();
  };
  metadata.emplace_back("rift.pretrained", stated("name"));
  metadata.emplace_back("rift.pretrained_sha256", stated("weights_sha256"));
  metadata.emplace_back("licence", stated("licence"));
  if (const Json* note = json.find("note")) metadata.emplace_back("licence_note", note->as_string());
}

checkpoint::format::OnnxModel finished(models::OnnxGraph& graph, std::string name, OnnxMetadata metadata) {
  checkpoint::format::OnnxModel model = graph.take();
  model.producer = "rift";
  model.producer_version = describe_environment().at("rift").as_string();
  model.graph_name = std::move(name);
  model.metadata = std::move(metadata);
  return model;
}

}  // namespace rift::package
