#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rift/base/error.h"
#include "rift/base/json.h"
#include "rift/checkpoint/name_map.h"
#include "rift/models/text_sizes.h"
#include "rift/models/vision/image_sizes.h"

namespace rift::package {

/// What lies in a model directory, or in a file of an image model's weights alone, without reading a single weight.
struct ModelInspection {
  struct Licence {
    std::string file;  // "LICENSE"
    std::string text;
  };
  struct DTypeCount {
    std::string dtype;
    int64_t tensors = 0;
    int64_t elements = 0;
  };
  std::string directory;
  std::string model_type;
  std::string architecture;
  std::string weights_file;                // that the weights are opened with ("model.safetensors"), "" = none found
  int64_t file_bytes = 0;                  // of the weights
  int64_t parameters = 0;                  // floating elements in the file, heads of pretraining included
  std::vector<DTypeCount> dtypes;          // in order of their names; those of GGUF too ("Q4_K")
  std::optional<models::TextSizes> sizes;  // of a text encoder
  std::optional<models::ImageSizes> image_sizes;  // of an image encoder
  std::string tokenizer;                          // "WordPiece (tokenizer.json)", "" = none found
  std::string pooling;                            // as sentence-transformers states it, "" = not stated
  std::optional<int64_t> max_tokens;
  std::vector<std::string> other_modules;
  std::vector<std::string> other_settings;
  std::string licence_of_card;               // `license:` of README.md or GGUF's general.license, "" = not stated
  std::string licence_stated_in;             // "README.md", "general.license of model.gguf"
  std::vector<Licence> licences;             // files with a licence's text
  std::optional<checkpoint::NameMap> names;  // what would be loaded, dropped, made
  std::string problem;                       // why rift cannot load it, "" = it can
  Code problem_code = Code::kArtefact;       // of the error that says so
};

/// num_labels: outputs of the head that would be wanted, 0 = none; left out: as many as a classifier in the file has,
/// else 1. A text model's tokenizer is loaded too. Throws only when there is no model directory or file
/// at all; weights that cannot be loaded are told in `problem`.
ModelInspection inspect_model(const std::filesystem::path& path, std::optional<int64_t> num_labels = {});

Json to_json(const ModelInspection& inspection);

}  // namespace rift::package
