#include "rift/report/chart_parts.h"

namespace rift::report {

Json new_spec() { return Json{{"width", "container"}, {"autosize", Json{{"type", "fit-x"}, {"contains", "padding"}}}}; }

Json data_of(Json::Array values) { return Json{{"values", std::move(values)}}; }

Json field(std::string_view name, std::string_view type, std::string_view title) {
  return Json{{"field", name}, {"type", type}, {"title", title}};
}

Json axis_of(bool percent) { return percent ? Json{{"format", ".0%"}} : Json::object(); }

void encode_series(const std::vector<Series>& series, bool dashes, Json& encoding) {
  if (series.size() < 2) return;
  Json names = Json::array();
  for (const Series& one : series) names.push_back(one.name);
  Json scale{{"domain", std::move(names)}};
  encoding["color"] = Json{{"field", "s"}, {"type", "nominal"}, {"title", nullptr}, {"scale", scale}};
  if (!dashes) return;
  scale["range"] = Json(std::vector<Json>{Json(std::vector<int64_t>{1, 0}), Json(std::vector<int64_t>{7, 3}),
                                          Json(std::vector<int64_t>{2, 2}), Json(std::vector<int64_t>{9, 3, 2, 3}),
                                          Json(std::vector<int64_t>{4, 2}), Json(std::vector<int64_t>{12, 3})});
  encoding["strokeDash"] = Json{{"field", "s"}, {"type", "nominal"}, {"title", nullptr}, {"scale", scale}};
}

Json tooltip(std::string_view name, std::string_view title, bool percent) {
  Json one = field(name, "quantitative", title);
  one["format"] = percent ? ".1%" : ".4~f";
  return one;
}

}  // namespace rift::report
