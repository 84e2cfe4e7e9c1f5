#include "rift/study/curve/words.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "rift/base/count_text.h"
#include "rift/base/sentences.h"
#include "rift/metrics/power_law.h"
#include "rift/study/curve/analysis.h"
#include "rift/study/learner.h"
#include "rift/study/report/figure_text.h"

namespace rift::study {
namespace {

constexpr int64_t kManySeeds = 5;

std::string metric_name(const Json& curve) { return curve.at("metric").as_string(); }
std::string amount(const Json& curve, double value) { return shown_figure(metric_name(curve), value); }
double smallest(const Json& curve) { return curve.at("sizes").as_array().front().at("labels").as_double(); }
double largest(const Json& curve) { return curve.at("sizes").as_array().back().at("labels").as_double(); }
std::string caption_of(const Json& model) { return model_caption(model.as_string()); }
const Json& last_point(const Json& model) { return model.at("points").as_array().back(); }

const Json* model_named(const Json& curve, std::string_view name) {
  for (const Json& model : curve.at("models").as_array()) {
    if (model.at("name").as_string() == name) return &model;
  }
  return nullptr;
}

/// The best at the largest size.
const Json& best_model(const Json& curve) {
  const bool up = curve.at("more_is_better").as_bool();
  const auto& models = curve.at("models").as_array();
  return *std::ranges::min_element(models, {}, [&](const Json& model) {
    const double value = last_point(model).at("value").as_double();
    return up ? -value : value;
  });
}

/// " (0.010 to 0.042)" of what has "low" and "high"; nothing without them.
std::string noise_text(const Json& curve, const Json& json, bool sign) {
  if (json.at("low").is_null() || json.at("high").is_null()) return {};
  const auto text = [&](const Json& end) {
    const std::string shown = amount(curve, end.as_double());
    return sign ? with_sign(shown) : shown;
  };
  return sentence("curve.span", fmt::arg("low", text(json.at("low"))), fmt::arg("high", text(json.at("high"))));
}

/// The interval of a threshold, in the words of `key`; nothing without one.
std::string span_text(const Json& curve, const Json& threshold, std::string_view key = "curve.span") {
  if (!threshold.contains("low")) return {};
  const auto end = [&](const Json& labels) {
    if (labels.is_null()) {
      return sentence("curve.more_than", fmt::arg("labels", about_labels(kFarthest * largest(curve))));
    }
    const bool is_first = labels.as_double() <= smallest(curve);
    const std::string text =
        is_first ? count_text(static_cast<int64_t>(smallest(curve))) : about_labels(labels.as_double());
    return is_first ? sentence("curve.at_most", fmt::arg("labels", text)) : text;
  };
  const std::string low = end(threshold.at("low")), high = end(threshold.at("high"));
  return low == high ? std::string() : sentence(key, fmt::arg("low", low), fmt::arg("high", high));
}

std::string best_sentence(const Json& curve) {
  const Json& best = best_model(curve);
  const Json& point = last_point(best);
  return sentence("curve.best", fmt::arg("labels", count_text(point.at("labels").as_int())),
                  fmt::arg("model", caption_of(best.at("name"))), fmt::arg("metric", curve_metric_caption(curve)),
                  fmt::arg("value", amount(curve, point.at("value").as_double())),
                  fmt::arg("interval", interval_text(Json{{metric_name(curve), point}}, metric_name(curve))));
}

/// By the laws.
std::string passes_sentence(const Json& curve, const Json& pair) {
  const Json& passes = pair.at("passes");
  const std::string a = caption_of(pair.at("a")), b = caption_of(pair.at("b")), span = span_text(curve, passes);
  const std::string& which = passes.at("case").as_string();
  std::string labels = count_text(static_cast<int64_t>(smallest(curve)));
  if (passes.at("labels").is_number()) labels = about_labels(passes.at("labels").as_double());
  const auto say = [&](std::string_view key) {
    return sentence(key, fmt::arg("a", a), fmt::arg("b", b), fmt::arg("labels", labels), fmt::arg("span", span));
  };
  if (which == "from the start") return say("curve.passes_from_start");
  if (which == "within") return say("curve.passes_within");
  if (which == "beyond") return say("curve.passes_beyond");
  return say(which == "ends" ? "curve.passes_ends" : "curve.passes_never");
}

/// Without laws: who was ahead at which sizes.
std::string measured_sentence(const Json& pair) {
  const auto& gains = pair.at("gain").as_array();
  size_t behind = 0;  // the first sizes up to the last at which a is not ahead
  size_t ahead = 0;
  for (size_t s = 0; s < gains.size(); ++s) {
    const bool is_ahead = gains[s].at("value").as_double() > 0.0;
    if (!is_ahead) behind = s + 1;
    ahead += is_ahead;
  }
  const std::string a = caption_of(pair.at("a")), b = caption_of(pair.at("b"));
  const auto say = [&](std::string_view key) { return sentence(key, fmt::arg("a", a), fmt::arg("b", b)); };
  if (ahead == gains.size()) return say("curve.measured_ahead");
  if (ahead == 0) return say("curve.measured_behind");
  if (behind + ahead != gains.size()) return say("curve.measured_mixed");
  return sentence("curve.measured_from", fmt::arg("a", a), fmt::arg("b", b),
                  fmt::arg("labels", count_text(gains[behind].at("labels").as_int())));
}

std::string gain_sentence(const Json& curve, const Json& pair) {
  const Json& gain = pair.at("gain").as_array().back();
  const double value = gain.at("value").as_double();
  const bool is_clear =
      gain.at("low").is_number() && (gain.at("low").as_double() > 0.0 || gain.at("high").as_double() < 0.0);
  const std::string labels = count_text(gain.at("labels").as_int()), metric = curve_metric_caption(curve);
  const std::string size = is_clear ? amount(curve, std::abs(value)) : with_sign(amount(curve, value));
  Json turned = gain;  // behind by 0.03: the interval of that
  if (is_clear && value < 0.0) {
    turned["low"] = -gain.at("high").as_double();
    turned["high"] = -gain.at("low").as_double();
  }
  const std::string key = !is_clear ? "curve.gain_unclear" : value > 0.0 ? "curve.gain_ahead" : "curve.gain_behind";
  return sentence(key, fmt::arg("labels", labels), fmt::arg("gain", size), fmt::arg("metric", metric),
                  fmt::arg("noise", noise_text(curve, turned, !is_clear)));
}

std::string doubling_sentence(const Json& curve, const Json& model) {
  const Json& doubling = model.at("doubling");
  return sentence("curve.doubling", fmt::arg("from", count_text(doubling.at("from").as_int())),
                  fmt::arg("to", count_text(doubling.at("to").as_int())),
                  fmt::arg("worth", amount(curve, doubling.at("worth").as_double())),
                  fmt::arg("metric", curve_metric_caption(curve)),
                  fmt::arg("noise", noise_text(curve, doubling, false)),
                  fmt::arg("model", caption_of(model.at("name"))));
}

std::string stop_sentence(const Json& curve, const Json& model) {
  const Json& stop = model.at("stop");
  const std::string& which = stop.at("case").as_string();
  const std::string key = which == "from the start" ? "curve.stop_from_start"
                          : which == "within"       ? "curve.stop_within"
                          : which == "beyond"       ? "curve.stop_beyond"
                                                    : "curve.stop_never";
  const std::string labels = stop.at("labels").is_number() ? about_labels(stop.at("labels").as_double()) : "";
  return sentence(key, fmt::arg("worth", amount(curve, curve.at("stop_below").as_double())),
                  fmt::arg("metric", curve_metric_caption(curve)), fmt::arg("model", caption_of(model.at("name"))),
                  fmt::arg("labels", labels), fmt::arg("span", span_text(curve, stop)));
}

std::string last_step_sentence(const Json& curve, const Json& model) {
  const auto& points = model.at("points").as_array();
  const Json& before = points[points.size() - 2];
  return sentence("curve.last_step", fmt::arg("from", count_text(before.at("labels").as_int())),
                  fmt::arg("to", count_text(points.back().at("labels").as_int())),
                  fmt::arg("metric", curve_metric_caption(curve)), fmt::arg("model", caption_of(model.at("name"))),
                  fmt::arg("before", amount(curve, before.at("value").as_double())),
                  fmt::arg("after", amount(curve, points.back().at("value").as_double())));
}

void add_worth(const Json& curve, const Json& model, std::vector<std::string>& lines) {
  if (!model.at("law").is_null()) {
    lines.push_back(doubling_sentence(curve, model));
    lines.push_back(stop_sentence(curve, model));
  } else if (model.at("points").size() > 1) {
    lines.push_back(last_step_sentence(curve, model));
  }
}

}  // namespace

std::vector<std::string> curve_answers(const Json& curve) {
  std::vector<std::string> lines = {best_sentence(curve)};
  for (const Json& pair : curve.at("pairs").as_array()) {
    const std::string who = pair.at("passes").is_null() ? measured_sentence(pair) : passes_sentence(curve, pair);
    lines.push_back(who + (language() == Language::kChinese ? "" : " ") + gain_sentence(curve, pair));
  }
  const Json* tuned = model_named(curve, name_of(ModelKind::kFineTuned));
  const Json& best = best_model(curve);
  if (tuned != nullptr) add_worth(curve, *tuned, lines);
  if (tuned != &best) add_worth(curve, best, lines);
  return lines;
}

std::vector<std::string> curve_notes(const Json& curve) {
  std::vector<std::string> notes;
  const auto sizes = static_cast<int64_t>(curve.at("sizes").size());
  const auto seeds = static_cast<int64_t>(curve.at("seeds").size());
  if (sizes < metrics::kFewestSizesOfALaw) {
    notes.push_back(sentence("curve.too_few_sizes", fmt::arg("sizes", sizes)));
  } else if (sizes == metrics::kFewestSizesOfALaw) {
    notes.push_back(sentence("curve.three_sizes"));
  }
  if (seeds == 1) {
    notes.push_back(sentence("curve.one_seed"));
  } else if (seeds < kManySeeds) {
    notes.push_back(sentence("curve.few_seeds", fmt::arg("seeds", seeds)));
  }
  if (curve.at("sizes").as_array().back().at("labels") == curve.at("labels_in_all")) {
    notes.push_back(sentence("curve.all_labels", fmt::arg("labels", count_text(curve.at("labels_in_all").as_int()))));
  }
  notes.push_back(sentence("curve.method", fmt::arg("replicates", count_text(curve.at("replicates").as_int()))));
  return notes;
}

std::string curve_metric_caption(const Json& curve) { return sentence("table." + metric_name(curve)); }

std::string about_labels(double labels) {
  const double step = std::pow(10.0, std::max(0.0, std::floor(std::log10(labels)) - 1.0));
  return count_text(std::llround(labels / step) * static_cast<int64_t>(std::llround(step)));
}

std::string value_text(const Json& curve, const Json& value) {
  const Json figures{{metric_name(curve), value}};
  const std::string interval = interval_text(figures, metric_name(curve));
  const std::string text = figure_text(figures, metric_name(curve));
  return interval == "-" ? text : fmt::format("{} ({})", text, interval);
}

std::string gain_text(const Json& curve, const Json& gain) {
  const auto shown = [&](const char* key) { return with_sign(amount(curve, gain.at(key).as_double())); };
  if (gain.at("low").is_null() || gain.at("high").is_null()) return shown("value");
  return fmt::format("{} ({})", shown("value"),
                     sentence("table.from_to", fmt::arg("low", shown("low")), fmt::arg("high", shown("high"))));
}

std::string threshold_text(const Json& curve, const Json& threshold) {
  if (threshold.is_null()) return "-";
  const std::string& which = threshold.at("case").as_string();
  const Json& labels = threshold.at("labels");
  std::string text;
  if (which == "from the start") {
    text = sentence("curve.at_most", fmt::arg("labels", count_text(static_cast<int64_t>(smallest(curve)))));
  } else if (which == "never") {
    text = sentence("curve.never_short", fmt::arg("labels", about_labels(kFarthest * largest(curve))));
  } else {
    text = about_labels(labels.as_double());
    if (which == "beyond") text = sentence("curve.extrapolated", fmt::arg("labels", text));
    if (which == "ends") text = sentence("curve.ends_short", fmt::arg("labels", text));
  }
  const std::string span = span_text(curve, threshold, "table.from_to");
  return span.empty() ? text : fmt::format("{} ({})", text, span);
}

}  // namespace rift::study
