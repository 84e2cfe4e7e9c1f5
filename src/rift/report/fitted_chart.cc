#include <algorithm>

#include "rift/base/error.h"
#include "rift/report/chart_parts.h"
#include "rift/report/charts.h"

namespace rift::report {
namespace {

/// Points of the same x stand side by side, so that their intervals can be told apart.
double beside(double x, size_t series, size_t count) {
  constexpr double kStep = 0.03;  // of x
  return x * (1.0 + kStep * (static_cast<double>(series) - (static_cast<double>(count) - 1.0) / 2.0));
}

Json x_axis(const FittedChartSpec& spec) {
  Json x = field("x", "quantitative", spec.x_title);
  x["scale"] = Json{{"type", "log"}, {"nice", false}};
  x["axis"] = Json{{"values", Json(spec.ticks)}, {"format", ",d"}};
  return x;
}

Json y_axis(const FittedChartSpec& spec, std::string_view name = "y") {
  Json y = field(name, "quantitative", spec.y_title);
  y["scale"] = Json{{"zero", false}};
  return y;
}

/// Colours by series; those of the legend are as strong as the points'.
void colour_series(const FittedChartSpec& spec, Json& encoding) {
  std::vector<Series> names;
  for (const FittedSeries& one : spec.series) names.push_back({.name = one.name, .x = {}, .y = {}});
  encode_series(names, /*dashes=*/false, encoding);
  if (encoding.contains("color")) encoding["color"]["legend"] = Json{{"symbolOpacity", 1}};
}

/// A layer of the lines: its part that was measured, or the rest.
Json line_layer(const FittedChartSpec& spec, bool measured) {
  Json::Array values;
  for (const FittedSeries& one : spec.series) {
    const FittedSeries::Values& line = one.line.x.empty() ? one.points : one.line;
    for (size_t i = 0; i < line.x.size(); ++i) {
      const bool next_is_beyond = i + 1 < line.x.size() && line.x[i + 1] > spec.measured_to;
      const bool is_beyond = line.x[i] > spec.measured_to;
      if (measured ? is_beyond : !is_beyond && !next_is_beyond) continue;
      values.push_back(Json{{"s", one.name}, {"x", line.x[i]}, {"y", line.y.at(i)}});
    }
  }
  Json encoding{{"x", x_axis(spec)}, {"y", y_axis(spec)}};
  colour_series(spec, encoding);
  Json mark{{"type", "line"}, {"strokeWidth", 2}};
  if (!measured) mark["strokeDash"] = Json(std::vector<int64_t>{4, 4});
  return Json{{"data", data_of(std::move(values))}, {"mark", std::move(mark)}, {"encoding", std::move(encoding)}};
}

Json band_layer(const FittedChartSpec& spec) {
  Json::Array values;
  for (const FittedSeries& one : spec.series) {
    for (size_t i = 0; i < one.line.low.size(); ++i) {
      values.push_back(
          Json{{"s", one.name}, {"x", one.line.x.at(i)}, {"l", one.line.low[i]}, {"h", one.line.high.at(i)}});
    }
  }
  Json encoding{{"x", x_axis(spec)}, {"y", y_axis(spec, "l")}, {"y2", Json{{"field", "h"}}}};
  colour_series(spec, encoding);
  return Json{{"data", data_of(std::move(values))},
              {"mark", Json{{"type", "area"}, {"opacity", 0.12}}},
              {"encoding", std::move(encoding)}};
}

Json::Array point_values(const FittedChartSpec& spec) {
  Json::Array values;
  for (size_t k = 0; k < spec.series.size(); ++k) {
    const FittedSeries::Values& points = spec.series[k].points;
    for (size_t i = 0; i < points.x.size(); ++i) {
      values.push_back(Json{{"s", spec.series[k].name},
                            {"x", beside(points.x[i], k, spec.series.size())},
                            {"n", points.x[i]},
                            {"y", points.y.at(i)},
                            {"l", points.low.at(i)},
                            {"h", points.high.at(i)}});
    }
  }
  return values;
}

Json interval_layer(const FittedChartSpec& spec) {
  Json encoding{{"x", x_axis(spec)}, {"y", y_axis(spec, "l")}, {"y2", Json{{"field", "h"}}}};
  colour_series(spec, encoding);
  return Json{{"data", data_of(point_values(spec))},
              {"mark", Json{{"type", "rule"}, {"strokeWidth", 1.5}}},
              {"encoding", std::move(encoding)}};
}

Json point_layer(const FittedChartSpec& spec) {
  Json encoding{{"x", x_axis(spec)}, {"y", y_axis(spec)}};
  colour_series(spec, encoding);
  if (spec.series.size() > 1) {
    encoding["shape"] = Json{{"field", "s"},
                             {"type", "nominal"},
                             {"title", nullptr},
                             {"scale", encoding.at("color").at("scale")},
                             {"legend", encoding.at("color").at("legend")}};
  }
  encoding["tooltip"] = Json(std::vector<Json>{Json{{"field", "s"}, {"type", "nominal"}, {"title", " "}},
                                               tooltip("n", spec.x_title, false), tooltip("y", spec.y_title, false),
                                               tooltip("l", "<", false), tooltip("h", ">", false)});
  return Json{{"data", data_of(point_values(spec))},
              {"mark", Json{{"type", "point"}, {"filled", true}, {"size", 60}, {"opacity", 1}}},
              {"encoding", std::move(encoding)}};
}

}  // namespace

Json fitted_chart(const FittedChartSpec& spec) {
  Json layers = Json::array();
  if (std::ranges::any_of(spec.series, [](const FittedSeries& one) { return !one.line.low.empty(); })) {
    layers.push_back(band_layer(spec));
  }
  layers.push_back(line_layer(spec, /*measured=*/true));
  layers.push_back(line_layer(spec, /*measured=*/false));
  layers.push_back(interval_layer(spec));
  layers.push_back(point_layer(spec));
  Json chart = new_spec();
  chart["height"] = kChartHeight + 60;
  chart["layer"] = std::move(layers);
  return chart;
}

}  // namespace rift::report
