#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/report/page.h"

/// The parts of a report, each out of the JSON files of a directory or package. A section whose data is missing is left
/// out.
namespace rift::study {

/// A model on a page: its name and its curves (validate::curves; nullptr = none are known).
struct ShownModel {
  std::string name;
  const Json* curves = nullptr;
};
struct CurvesSpec {
  std::vector<ShownModel> models;
  std::string best;      // whose score distribution, gains table and confusion are shown
  bool amounts = false;  // a regression
  std::vector<std::string> classes;
};
void add_curves(report::Page& page, const CurvesSpec& spec);
void add_tries(report::Page& page, const Json& models);
void add_training(report::Page& page, const std::filesystem::path& log);
void add_data(report::Page& page, const Json& data, const std::string& split_digest);
void add_inside(report::Page& page, const Json& inside);
/// The cut-offs behind `decision` and where they come from; nothing for null or a report.json of an earlier version.
void add_policy(report::Page& page, const Json* policy);
void add_settings(report::Page& page, const std::string& run_yaml);
void add_environment(report::Page& page, const Json& manifest);
void add_footer(report::Page& page, const Json& environment);

/// Every metric of one or more parts with its interval.
void add_metrics(report::Page& page, const std::vector<std::pair<std::string, const Json*>>& parts);

report::Page::Cell number(std::string text, bool strong = false);

}  // namespace rift::study
