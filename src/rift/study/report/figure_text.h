#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/json.h"

/// Figures as people read them, in tables of a terminal and of a report.
namespace rift::study {

std::string shown(double value);          // "0.781", "23.45", "256.0", "151,400"
std::string shown_amount(double value);   // of a unit that may be small: "0.00123", else as shown()
std::string with_sign(std::string text);  // "+0.012"

/// A figure by its name in metrics.json: rmse, mae, bias, mse, pinball and deviance are amounts.
std::string shown_figure(std::string_view name, double value);

/// Of {"auc": {"value", "low", "high"}, ...}: the value and "0.701 - 0.842"; "-" where it is undefined.
std::string figure_text(const Json& metrics, std::string_view name);
std::string interval_text(const Json& metrics, std::string_view name);

/// Of compare.json's "models": the headings of the columns about training and what stands in them for one model. One
/// run each: seconds. Several runs of any model: seconds of a run (mean), runs, seconds in all.
std::vector<std::string> training_headings(const Json& models);
std::vector<std::string> training_texts(const Json& models, const Json& model);

/// One item of "precisions" in a package's rift.json, or of "precision_change", and `verdict` as a sentence.
std::string precision_text(const Json& change, const std::string& verdict);

/// A table: columns lined up by what a terminal shows, the first to the left, the others to the right. Every line has
/// as many cells as the first.
std::string aligned(const std::vector<std::vector<std::string>>& lines);

}  // namespace rift::study
