#include "rift/study/curve/kept_points.h"

#include <array>

#include "rift/base/files.h"
#include "rift/study/run/directory.h"
#include "rift/study/run/kept_scores.h"

namespace rift::study {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPointFile = "point.json";
constexpr const char* kScoresFile = "scores.parquet";

}  // namespace

KeptPoints::KeptPoints(const UnfinishedSpec& spec) : root_(claim_unfinished(spec)), resume_(spec.resume) {}

std::optional<CurveFit> KeptPoints::find(const std::string& name, const std::string& fingerprint) const {
  const fs::path file = folder(name) / kPointFile;
  if (!resume_ || !fs::exists(file)) return std::nullopt;
  const Json json = read_json(file);
  if (json.at("fingerprint").as_string() != fingerprint) return std::nullopt;
  CurveFit fit{.test = read_kept_scores(folder(name) / kScoresFile, 1).front(),
               .calibrator = score::Calibrator::from_json(json.at("calibrator")),
               .calibrated_on = static_cast<CalibratedOn>(json.at("calibrated_on").as_int()),
               .settings = json.at("settings"),
               .summary = json.at("summary")};
  if (const Json& power = json.at("variance_power"); power.is_number()) fit.test.variance_power = power.as_double();
  return fit;
}

void KeptPoints::keep(const std::string& name, const CurveFit& fit, const std::string& fingerprint) const {
  const std::array<const score::RawScores*, 1> kept = {&fit.test};
  fs::create_directories(folder(name));
  fs::remove(folder(name) / kPointFile);  // an older one must not vouch for the scores that are written now
  write_kept_scores(folder(name) / kScoresFile, kept);
  const auto& power = fit.test.variance_power;
  // Last: a fit counts as finished when this file is there.
  write_json(folder(name) / kPointFile, {{"fingerprint", fingerprint},
                                         {"calibrator", fit.calibrator.to_json()},
                                         {"calibrated_on", static_cast<int64_t>(fit.calibrated_on)},
                                         {"settings", fit.settings},
                                         {"summary", fit.summary},
                                         {"variance_power", power ? Json(*power) : Json()}});
}

void KeptPoints::remove() const {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

}  // namespace rift::study
