#include "rift/package/beside.h"

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/json.h"
#include "rift/base/options.h"
#include "rift/checkpoint/tensor_file.h"
#include "rift/tuning/beside.h"

namespace rift::package {

namespace {

namespace fs = std::filesystem;

fs::path options_file(const fs::path& package) { return package / kAdapterFolder / kBesideOptions; }

std::optional<tuning::TuningOptions> read_settings(const fs::path& package) {
  const fs::path file = options_file(package);
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return std::nullopt;
  tuning::TuningOptions options;
  read_options(read_json(file, {.max_bytes = int64_t{1} << 20}), file.string(), options);
  RIFT_REQUIRE(!options.merges(), Code::kArtefact, "{}: method {} leaves nothing beside the weights", file.string(),
               options.method_name());
  return options;
}

}  // namespace

void write_beside(const fs::path& package, const tuning::TuningOptions& options, const models::TunableModel& model) {
  fs::create_directories(package / kAdapterFolder);
  write_file_atomic(options_file(package), to_json_text(write_options(options), 2) + "\n");
  checkpoint::write_tensors(package / kAdapterFolder / kBesideTensors, tuning::tensors_beside(model));
}

std::optional<tuning::TuningOptions> read_beside(const fs::path& package, models::TunableModel& model) {
  std::optional<tuning::TuningOptions> options = read_settings(package);
  if (options) {
    tuning::lay_beside(*options, model, checkpoint::read_tensors(package / kAdapterFolder / kBesideTensors));
  }
  return options;
}

void require_whole(const fs::path& directory) {
  const std::optional<tuning::TuningOptions> options = read_settings(directory);
  RIFT_REQUIRE(!options, Code::kUnsupported,
               "{}: its weights are the pretrained ones, and what was tuned stands beside them (method {}), where only "
               "scoring reads it; take a package of another method",
               directory.string(), options->method_name());
}

}  // namespace rift::package
