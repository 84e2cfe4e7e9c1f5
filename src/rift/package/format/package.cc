#include "rift/package/format/package.h"

#include <cmath>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/log.h"
#include "rift/base/options.h"
#include "rift/base/sha256.h"
#include "rift/package/format/golden_check.h"
#include "rift/package/format/golden_rows.h"
#include "rift/package/format/manifest.h"
#include "rift/score/precision.h"

namespace rift::package {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPackageFile = "rift.json";
constexpr double kTolerance = 1e-6;

/// The fields that the model reads, and those with a part of their own: label, id, time, weight ...
data::Schema schema_of(const data::Schema& records, const data::Schema& read) {
  data::Schema schema = records;
  std::erase_if(schema.fields, [&](const data::Field& field) {
    return field.role == data::Role::kFeature && read.find(field.name) == nullptr;
  });
  return schema;
}

Json numbers(const std::vector<double>& values) { return Json(values); }

bool agree(const std::vector<double>& expected, const std::vector<double>& got) {
  if (expected.size() != got.size()) return false;
  for (size_t i = 0; i < got.size(); ++i)
    if (!(std::fabs(expected[i] - got[i]) <= kTolerance * (1 + std::fabs(expected[i])))) return false;
  return true;
}

/// Scores the golden rows of rift.json again.
void check_golden_rows(const Package& package, const Json& golden) {
  const data::Table rows = golden_rows_from_json(golden.at("columns"));
  const score::RawScores raw = package.scorer->score(rows);
  RIFT_REQUIRE(agree(golden.at("raw").as_doubles(), raw.values) &&
                   agree(golden.at("probability").as_doubles(), package.calibrator.apply(raw)),
               Code::kBug, "{}: the package that was written does not give its golden rows the scores of the model",
               package.path.string());
}

/// The pretrained model that `model` or a member of it was made from; null when none was.
Json pretrained_of(const Json& model) {
  if (const Json* pretrained = model.find("pretrained")) return *pretrained;
  const Json* members = model.find("members");
  if (members == nullptr) return {};
  for (const Json& member : members->as_array()) {
    if (Json pretrained = pretrained_of(member); !pretrained.is_null()) return pretrained;
  }
  return {};
}

/// A package that was made elsewhere: says how far its golden rows' scores are from those it was published with, and
/// refuses it where that is too far.
void require_same_scores(const Package& package, const Json& golden) {
  const score::RawScores here = package.scorer->score(golden_rows_from_json(golden.at("columns")));
  const double largest = largest_score_difference(package.schema.task, golden.at("raw").as_doubles(), here);
  if (largest == 0.0) return;  // the usual case: nothing else needs to be read
  const std::string manifest = (package.path / kManifestFile).string();
  const Json written = read_json(manifest);
  const Json* environment = written.find("environment");
  std::string elsewhere =
      environment_differences(environment == nullptr ? Json::object() : *environment, describe_environment());
  if (elsewhere.empty() && largest <= kTolerance) return;  // the number of threads may do that
  if (elsewhere.empty()) elsewhere = "the same program and kind of machine, maybe another device";
  RIFT_REQUIRE(
      largest <= kScoreTolerance, Code::kArtefact,
      "{}: the package does not score here as where it was made: the scores of its golden rows differ by up to "
      "{:.2g}, more than {:.0e} ({}); use it with the version and on the kind of machine that made it, or "
      "train it anew here",
      package.path.string(), largest, kScoreTolerance, elsewhere);
  log_warning("the package was made elsewhere and its scores differ a little here",
              {{"package", package.path.string()}, {"largest_difference", largest}, {"because", elsewhere}});
}

Json describe(const PackageSpec& spec, Json model) {
  const data::Schema schema = schema_of(spec.dataset.schema, spec.scorer.schema());
  const data::Table rows = make_golden_rows(schema, spec.dataset);
  const score::RawScores raw = spec.scorer.score(rows);
  return Json{{"format_version", 1},
              {"rift", describe_environment().at("rift")},
              {"schema", data::to_json(schema)},
              {"model", std::move(model)},
              {"calibrator", spec.calibrator.to_json()},
              {"policy", write_options(spec.policy)},
              {"training", spec.training},
              {"golden", Json{{"columns", golden_rows_to_json(rows)},
                              {"raw", numbers(raw.values)},
                              {"probability", numbers(spec.calibrator.apply(raw))}}}};
}

Json read_description(const fs::path& path) {
  const std::string source = (path / kPackageFile).string();
  Json json = read_json(source);
  const int64_t version = json.at("format_version").as_int();
  RIFT_REQUIRE(version == 1, Code::kUnsupported, "{}: format {} is not one that this rift reads (1)", source, version);
  return json;
}

Package load(const fs::path& path, const Json& description, const PartLoaders& loaders) {
  Package package;
  package.path = path;
  package.schema = data::schema_from_json(description.at("schema"));
  package.scorer = load_part(path, description.at("model"), package.schema, loaders);
  package.calibrator = score::Calibrator::from_json(description.at("calibrator"));
  read_options(description.at("policy"), (path / kPackageFile).string(), package.policy);
  RIFT_REQUIRE(package.policy.approve_below && package.policy.refuse_from, Code::kArtefact,
               "{}: policy: both limits must be set", (path / kPackageFile).string());
  package.training = description.at("training");
  return package;
}

}  // namespace

void write_package(const fs::path& target, const PackageSpec& spec, const PartLoaders& loaders) {
  RIFT_CHECK(spec.policy.approve_below && spec.policy.refuse_from);
  StagedDirectory stage(target);
  const Json description = describe(spec, spec.scorer.save(stage.path()));
  write_file_atomic(stage.path() / kPackageFile, to_json_text(description, 1) + "\n");
  write_manifest(stage.path(), pretrained_of(description.at("model")));
  check_manifest(stage.path());
  const Json written = read_description(stage.path());
  check_golden_rows(load(stage.path(), written, loaders), written.at("golden"));
  stage.publish();
}

bool was_trained_on(const Json& training, const std::string& source_sha256) {
  const Json* source = training.find("source_sha256");
  return source != nullptr && *source == Json(source_sha256);
}

Package load_package(const fs::path& path, const PartLoaders& loaders) {
  check_manifest(path);
  const Json description = read_description(path);
  Package package = load(path, description, loaders);
  package.digest = sha256_file(path / kManifestFile);
  require_same_scores(package, description.at("golden"));
  return package;
}

void compute_in(Package& package, score::Precision precision) {
  RIFT_REQUIRE(package.scorer->use_precision(precision), Code::kUnsupported,
               "{}: --precision {}: only fine-tuned language models compute in it, and {} has none; leave it at f32",
               package.path.string(), name_of(precision), package.scorer->name());
}

void use_precision(Package& package, score::Precision precision) {
  package.scorer->require_measured(precision);
  compute_in(package, precision);
}

}  // namespace rift::package
