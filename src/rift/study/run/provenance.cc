#include "rift/study/run/provenance.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "rift/study/report/data.h"
#include "rift/study/run/decided_options.h"
#include "rift/study/run/directory.h"
#include "rift/study/scoring.h"

namespace rift::study {
namespace {

/// The options as run.yaml gave them, by the names of the files alone.
Json portable_options(RunOptions options) {
  options.data.source = without_folders(options.data.source);
  for (std::optional<std::string>* path : {&options.data.folder, &options.data.captions}) {
    if (*path) *path = without_folders(**path);
  }
  if (auto* files = std::get_if<data::FilesSplit>(&options.split.kind)) {
    for (std::string* path : {&files->test, &files->calibration, &files->validation}) *path = without_folders(*path);
  }
  options.model.text.backbone = without_folders(options.model.text.backbone);
  for (std::string* path : texts_beside_the_rows(options)) *path = without_folders(*path);
  return write_options(options);
}

/// Whether the weights of the model, or of a member of a fusion, come from the pretrained model.
bool is_fine_tuned(const ModelRun& run) {
  const std::string_view fine_tuned = name_of(ModelKind::kFineTuned);
  if (run.scorer->name() == fine_tuned) return true;
  const Json* members = run.settings.find("members");
  return members != nullptr && std::any_of(members->as_array().begin(), members->as_array().end(),
                                           [&](const Json& member) { return member == Json(fine_tuned); });
}

}  // namespace

std::string without_folders(const std::string& source) {
  if (!data::is_query(source)) {
    const std::filesystem::path path(source);
    return path.is_absolute() ? (path / "").parent_path().filename().string() : source;
  }
  std::string text;
  for (size_t begin = 0; begin < source.size();) {
    const size_t quote = std::min(source.find('\'', begin), source.size());
    text += source.substr(begin, quote - begin);
    const size_t end = quote == source.size() ? quote : std::min(source.find('\'', quote + 1), source.size());
    if (end > quote) text += "'" + without_folders(source.substr(quote + 1, end - quote - 1));
    if (end < source.size()) text += "'";
    begin = end + 1;
  }
  return text;
}

Json inputs_of_model(const Json& inputs, bool with_backbone) {
  Json some = Json::array();
  for (const Json& input : inputs.as_array()) {
    if (with_backbone || !input.at("what").as_string().starts_with(kBackboneInput)) some.push_back(input);
  }
  return some;
}

Json training_json(const Trained& trained, const Json& metrics) {
  const Parts& parts = trained.parts;
  Json split = Json::array();
  for (const data::Part part :
       {data::Part::kTrain, data::Part::kValidation, data::Part::kCalibration, data::Part::kTest}) {
    split.push_back(part_json(trained.dataset, parts.split, part));
  }
  return Json{{"model", trained.run.scorer->name()},
              {"split", parts.split.digest},
              {"parts", std::move(split)},
              {"source_sha256", trained.dataset.source_sha256},
              {"inputs", inputs_of_model(trained.inputs, is_fine_tuned(trained.run))},
              {"seed", trained.run.seed},
              {"settings", trained.run.settings},
              {"tries", trained.run.tries},
              {"judged_by", trained.run.judged_by},
              {"summary", trained.run.summary},
              {"inside", inside_of(*trained.run.scorer, trained.run.calibrator, trained.spec.options.policy.points)},
              {"options", portable_options(trained.spec.options)},
              {"policy", policy_json(trained.dataset.schema.task, trained.spec.options.policy,
                                     resolved_policy(trained.spec.options.policy, trained.dataset, parts.fit.train))},
              {"notes", Json(trained.dataset.notes)},
              {"metrics", metrics}};
}

}  // namespace rift::study
