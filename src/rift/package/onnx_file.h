#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "rift/checkpoint/format/onnx.h"
#include "rift/models/onnx/graph.h"
#include "rift/package/pretrained.h"

/// What ONNX files of texts and of images have in common.
namespace rift::package {

inline constexpr const char* kOnnxFile = "model.onnx";

/// Writes the files into an existing directory.
using WriteFiles = std::function<void(const std::filesystem::path& to)>;

using OnnxMetadata = std::vector<std::pair<std::string, std::string>>;

/// Appends "rift.pretrained", "rift.pretrained_sha256", "licence" and, without any licence, "licence_note".
void add_origin(OnnxMetadata& metadata, const Pretrained& pretrained);

/// The graph as what write_onnx() takes, which names rift as its producer. `name`: of the graph.
checkpoint::format::OnnxModel finished(models::OnnxGraph& graph, std::string name, OnnxMetadata metadata);

}  // namespace rift::package
