#include "rift/report/charts.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/report/chart_parts.h"

namespace rift::report {
namespace {

double upper_end(const std::vector<Series>& series) {
  double end = 0.0;
  for (const Series& one : series) {
    for (const double value : one.x) end = std::max(end, value);
    for (const double value : one.y) end = std::max(end, value);
  }
  return end > 0.0 ? end : 1.0;
}

Json diagonal_layer(const LineChartSpec& spec) {
  const double end = spec.unit_square ? 1.0 : upper_end(spec.series);
  Json::Array ends = {Json{{"x", 0.0}, {"y", 0.0}}, Json{{"x", end}, {"y", end}}};
  return Json{{"data", data_of(std::move(ends))},
              {"mark", Json{{"type", "line"},
                            {"color", "var(--soft)"},
                            {"strokeWidth", 1},
                            {"strokeDash", Json(std::vector<int64_t>{3, 3})}}},
              {"encoding",
               Json{{"x", field("x", "quantitative", spec.x_title)}, {"y", field("y", "quantitative", spec.y_title)}}}};
}

Json diagonal_name_layer(const LineChartSpec& spec) {
  const double at = 0.8 * (spec.unit_square ? 1.0 : upper_end(spec.series));
  return Json{{"data", data_of({Json{{"x", at}, {"y", at}, {"t", spec.diagonal_name}}})},
              {"mark", Json{{"type", "text"}, {"align", "left"}, {"dx", 10}, {"dy", 6}}},
              {"encoding", Json{{"x", field("x", "quantitative", spec.x_title)},
                                {"y", field("y", "quantitative", spec.y_title)},
                                {"text", Json{{"field", "t"}}}}}};
}

}  // namespace

Json line_chart(const LineChartSpec& spec) {
  Json::Array values;
  for (const Series& one : spec.series) {
    RIFT_CHECK(one.x.size() == one.y.size());
    for (size_t i = 0; i < one.x.size(); ++i) values.push_back(Json{{"s", one.name}, {"x", one.x[i]}, {"y", one.y[i]}});
  }
  Json x = field("x", "quantitative", spec.x_title);
  Json y = field("y", "quantitative", spec.y_title);
  x["axis"] = axis_of(spec.percent_x);
  y["axis"] = axis_of(spec.percent_y);
  if (spec.whole_x) {
    x["axis"]["format"] = ",d";
    x["axis"]["tickMinStep"] = 1;
  }
  Json scale{{"zero", spec.diagonal}};
  if (spec.unit_square) scale = Json{{"domain", Json(std::vector<double>{0.0, 1.0})}};
  x["scale"] = scale;
  y["scale"] = scale;
  Json encoding{{"x", x}, {"y", y}};
  encode_series(spec.series, /*dashes=*/true, encoding);
  Json tips = Json::array();
  if (spec.series.size() > 1) tips.push_back(Json{{"field", "s"}, {"type", "nominal"}, {"title", " "}});
  tips.push_back(tooltip("x", spec.x_title, spec.percent_x));
  tips.push_back(tooltip("y", spec.y_title, spec.percent_y));
  encoding["tooltip"] = std::move(tips);
  Json layers = Json::array();
  if (spec.diagonal) layers.push_back(diagonal_layer(spec));
  if (spec.diagonal && !spec.diagonal_name.empty()) layers.push_back(diagonal_name_layer(spec));
  Json mark{{"type", "line"}, {"strokeWidth", 2}};
  if (spec.points) mark["point"] = Json{{"size", 36}, {"strokeWidth", 0}};
  layers.push_back(
      Json{{"data", data_of(std::move(values))}, {"mark", std::move(mark)}, {"encoding", std::move(encoding)}});
  Json chart = new_spec();
  chart["height"] = kChartHeight;
  chart["layer"] = std::move(layers);
  return chart;
}

Json histogram_chart(const HistogramChartSpec& spec) {
  Json::Array values;
  for (const Series& one : spec.series) {
    const double width = (spec.high - spec.low) / static_cast<double>(std::max<size_t>(one.y.size(), 1));
    for (size_t i = 0; i < one.y.size(); ++i) {
      const double low = spec.low + width * static_cast<double>(i);
      values.push_back(Json{{"s", one.name}, {"x", low}, {"to", low + width}, {"y", one.y[i]}});
    }
  }
  Json x = field("x", "quantitative", spec.x_title);
  x["scale"] = Json{{"domain", Json(std::vector<double>{spec.low, spec.high})}, {"nice", false}};
  Json y = field("y", "quantitative", spec.y_title);
  y["axis"] = Json{{"format", "%"}};
  y["stack"] = nullptr;
  Json encoding{{"x", std::move(x)}, {"x2", Json{{"field", "to"}}}, {"y", std::move(y)}, {"y2", Json{{"datum", 0}}}};
  encode_series(spec.series, /*dashes=*/false, encoding);
  encoding["tooltip"] = Json(std::vector<Json>{Json{{"field", "s"}, {"type", "nominal"}, {"title", " "}},
                                               tooltip("x", spec.x_title, false), tooltip("y", spec.y_title, true)});
  Json chart = new_spec();
  chart["height"] = kChartHeight;
  chart["data"] = data_of(std::move(values));
  chart["mark"] = Json{{"type", "bar"}, {"opacity", 0.55}, {"binSpacing", 1}};
  chart["encoding"] = std::move(encoding);
  return chart;
}

Json interval_chart(const IntervalChartSpec& spec) {
  Json::Array values;
  for (size_t i = 0; i < spec.names.size(); ++i) {
    values.push_back(
        Json{{"s", spec.names[i]}, {"v", spec.value.at(i)}, {"l", spec.low.at(i)}, {"h", spec.high.at(i)}});
  }
  const Json y{{"field", "s"}, {"type", "nominal"}, {"title", nullptr}, {"sort", nullptr}};
  Json low = field("l", "quantitative", spec.x_title);
  low["scale"] = Json{{"zero", false}, {"padding", 10}};
  Json value = field("v", "quantitative", spec.x_title);
  value["scale"] = Json{{"zero", false}, {"padding", 10}};
  const Json tips =
      Json(std::vector<Json>{tooltip("v", spec.x_title, false), tooltip("l", "<", false), tooltip("h", ">", false)});
  Json chart = new_spec();
  chart["height"] = Json{{"step", 34}};
  chart["data"] = data_of(std::move(values));
  chart["layer"] = Json(
      std::vector<Json>{Json{{"mark", Json{{"type", "rule"}, {"strokeWidth", 2}, {"color", "var(--series-1)"}}},
                             {"encoding", Json{{"x", low}, {"x2", Json{{"field", "h"}}}, {"y", y}, {"tooltip", tips}}}},
                        Json{{"mark", Json{{"type", "point"}, {"filled", true}, {"size", 90}, {"opacity", 1}}},
                             {"encoding", Json{{"x", value}, {"y", y}, {"tooltip", tips}}}}});
  return chart;
}

Json bar_chart(const BarChartSpec& spec) {
  Json::Array values;
  for (size_t i = 0; i < spec.names.size(); ++i) {
    values.push_back(Json{{"s", spec.names[i]}, {"v", spec.values.at(i)}});
  }
  Json chart = new_spec();
  chart["height"] = Json{{"step", 24}};
  chart["data"] = data_of(std::move(values));
  chart["mark"] = Json{{"type", "bar"}, {"cornerRadiusEnd", 2}};
  chart["encoding"] = Json{{"x", field("v", "quantitative", spec.x_title)},
                           {"y", Json{{"field", "s"},
                                      {"type", "nominal"},
                                      {"title", spec.y_title.empty() ? Json(nullptr) : Json(spec.y_title)},
                                      {"sort", nullptr}}},
                           {"tooltip", Json(std::vector<Json>{Json{{"field", "s"}, {"type", "nominal"}, {"title", " "}},
                                                              tooltip("v", spec.x_title, false)})}};
  return chart;
}

namespace {

Json axis_field(const ParallelChartSpec& spec) {
  Json order = Json::array();
  for (const ParallelAxis& axis : spec.axes) order.push_back(axis.name);
  return Json{{"field", "a"},
              {"type", "nominal"},
              {"title", nullptr},
              {"scale", Json{{"domain", std::move(order)}, {"type", "point"}, {"padding", 0.4}}},
              {"axis", Json{{"labelAngle", -20}, {"domain", false}, {"grid", true}}}};
}

Json place_field() {
  return Json{{"field", "p"},
              {"type", "quantitative"},
              {"axis", nullptr},
              {"scale", Json{{"domain", Json(std::vector<double>{-0.12, 1.05})}, {"nice", false}}}};
}

Json parallel_lines(const ParallelChartSpec& spec) {
  Json::Array values;
  for (const ParallelAxis& axis : spec.axes) {
    RIFT_CHECK(axis.place.size() == spec.value.size());
    for (size_t i = 0; i < axis.place.size(); ++i) {
      values.push_back(Json{{"s", spec.names.at(i)}, {"a", axis.name}, {"p", axis.place[i]}, {"v", spec.value[i]}});
    }
  }
  Json colour = field("v", "quantitative", spec.value_title);
  colour["scale"] = Json{{"scheme", "viridis"}};
  const Json tips = Json(std::vector<Json>{Json{{"field", "s"}, {"type", "nominal"}, {"title", " "}},
                                           tooltip("v", spec.value_title, false)});
  return Json{{"data", data_of(std::move(values))},
              {"mark", Json{{"type", "line"}, {"opacity", 0.7}, {"strokeWidth", 1.5}}},
              {"encoding", Json{{"x", axis_field(spec)},
                                {"y", place_field()},
                                {"detail", Json{{"field", "s"}, {"type", "nominal"}}},
                                {"color", std::move(colour)},
                                {"tooltip", tips}}}};
}

Json parallel_ticks(const ParallelChartSpec& spec) {
  Json::Array values;
  for (const ParallelAxis& axis : spec.axes) {
    for (const auto& [place, text] : axis.ticks) values.push_back(Json{{"a", axis.name}, {"p", place}, {"t", text}});
  }
  return Json{{"data", data_of(std::move(values))},
              {"mark", Json{{"type", "text"}, {"align", "left"}, {"dx", 5}, {"fontSize", 10}}},
              {"encoding", Json{{"x", axis_field(spec)}, {"y", place_field()}, {"text", Json{{"field", "t"}}}}}};
}

}  // namespace

Json parallel_chart(const ParallelChartSpec& spec) {
  Json chart = new_spec();
  chart["height"] = kChartHeight;
  chart["layer"] = Json(std::vector<Json>{parallel_lines(spec), parallel_ticks(spec)});
  return chart;
}

Json point_chart(const PointChartSpec& spec) {
  Json::Array values;
  for (const Series& one : spec.series) {
    for (size_t i = 0; i < one.x.size(); ++i) values.push_back(Json{{"s", one.name}, {"x", one.x[i]}, {"y", one.y[i]}});
  }
  Json x = field("x", "quantitative", spec.x_title), y = field("y", "quantitative", spec.y_title);
  x["scale"] = y["scale"] = Json{{"zero", false}};
  Json encoding{{"x", std::move(x)}, {"y", std::move(y)}};
  encode_series(spec.series, /*dashes=*/false, encoding);
  if (spec.series.size() > 1) {
    encoding["shape"] = Json{{"field", "s"}, {"type", "nominal"}, {"title", nullptr}};
  }
  encoding["tooltip"] = Json(std::vector<Json>{Json{{"field", "s"}, {"type", "nominal"}, {"title", " "}},
                                               tooltip("x", spec.x_title, false), tooltip("y", spec.y_title, false)});
  Json chart = new_spec();
  chart["height"] = kChartHeight;
  chart["data"] = data_of(std::move(values));
  chart["mark"] = Json{{"type", "point"}, {"filled", true}, {"size", 50}, {"opacity", 0.8}};
  chart["encoding"] = std::move(encoding);
  return chart;
}

}  // namespace rift::report
