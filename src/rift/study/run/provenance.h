#pragma once

#include <string>

#include "rift/base/json.h"
#include "rift/data/dataset.h"
#include "rift/study/compare.h"
#include "rift/study/model_run.h"

/// What a package says of where it comes from. A package travels, so no path of the machine that trained it is in it.
namespace rift::study {

struct Trained {
  const StudySpec& spec;
  const data::Dataset& dataset;
  const Parts& parts;
  const ModelRun& run;
  const Json& inputs;  // inputs_json()
};
/// data, split, settings, seed, inputs with their digests, inside_of() the model, metrics; what `rift report PACKAGE`
/// shows. The backbone is among the inputs of a model that was made from it, and of no other.
Json training_json(const Trained& trained, const Json& metrics);

/// The last step of an absolute path, also of one that a query quotes; anything else as it is.
std::string without_folders(const std::string& source);

/// Some of inputs_json(): without the files of the pretrained model, or all of them.
Json inputs_of_model(const Json& inputs, bool with_backbone);

}  // namespace rift::study
