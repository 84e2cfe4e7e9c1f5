#include <cmath>

#include "rift/base/options.h"

namespace rift {
namespace {

Json schema_of(const OptionDoc& doc);

void add_range(Json& schema, const Range& range) {
  if (std::isfinite(range.low)) schema[range.open_low ? "exclusiveMinimum" : "minimum"] = Json(range.low);
  if (std::isfinite(range.high)) schema[range.open_high ? "exclusiveMaximum" : "maximum"] = Json(range.high);
}

void add_properties(Json& properties, const std::vector<OptionDoc>& fields) {
  for (const OptionDoc& field : fields) properties[field.name] = schema_of(field);
}

Json closed_object(Json properties) {
  return Json{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
}

// One alternative of a choice: the discriminator, the alternative's keys and the shared ones. The discriminator is
// required unless it is the default, so that a mapping without it fits exactly one alternative.
Json alternative_schema(const OptionDoc& doc, const std::string& name, const std::vector<OptionDoc>& own) {
  Json properties = Json::object();
  properties[doc.choice_key] = Json{{"const", name}, {"description", doc.choice_help}};
  add_properties(properties, own);
  add_properties(properties, doc.fields);
  Json schema = closed_object(std::move(properties));
  schema["title"] = Json(fmt::format("{}: {}", doc.choice_key, name));
  if (name != doc.choice_default) schema["required"] = Json(Json::Array{Json(doc.choice_key)});
  return schema;
}

Json struct_schema(const OptionDoc& doc) {
  Json schema;
  if (doc.choice_key.empty()) {
    Json properties = Json::object();
    add_properties(properties, doc.fields);
    schema = closed_object(std::move(properties));
  } else {
    Json alternatives = Json::array();
    for (const auto& [name, own] : doc.choices) alternatives.push_back(alternative_schema(doc, name, own));
    schema = Json{{"oneOf", std::move(alternatives)}};
  }
  if (doc.scalar_key.empty()) return schema;
  Json scalar = Json{{"type", Json(Json::Array{"string", "number", "boolean", "array"})}};
  for (const OptionDoc& field : doc.fields) {
    if (field.name == doc.scalar_key) scalar = schema_of(field);
  }
  return Json{{"anyOf", Json(Json::Array{std::move(scalar), std::move(schema)})}};
}

Json item_schema(const OptionDoc& doc) {
  OptionDoc item = doc.fields.front();
  item.range = doc.range;  // read_value holds every item to the field's range
  item.default_value = Json();
  return schema_of(item);
}

Json kind_schema(const OptionDoc& doc) {
  switch (doc.kind) {
    case OptionDoc::Kind::kBool:
      return Json{{"type", "boolean"}};
    case OptionDoc::Kind::kInteger:
      return Json{{"type", "integer"}};
    case OptionDoc::Kind::kNumber:
      return Json{{"type", "number"}};
    case OptionDoc::Kind::kText:  // a bare number or true/false is taken as written
      return Json{{"type", Json(Json::Array{"string", "number", "boolean"})}};
    case OptionDoc::Kind::kEnum:
      return Json{{"enum", Json(doc.enum_names)}};
    case OptionDoc::Kind::kList:
      return Json{{"type", "array"}, {"items", item_schema(doc)}};
    case OptionDoc::Kind::kMap:
      return Json{{"type", "object"}, {"additionalProperties", item_schema(doc)}};
    case OptionDoc::Kind::kStruct:
      return struct_schema(doc);
  }
  return Json::object();
}

Json schema_of(const OptionDoc& doc) {
  Json schema = kind_schema(doc);
  if (doc.kind == OptionDoc::Kind::kInteger || doc.kind == OptionDoc::Kind::kNumber) add_range(schema, doc.range);
  if (doc.optional) schema = Json{{"anyOf", Json(Json::Array{std::move(schema), Json{{"type", "null"}}})}};
  if (!doc.help.empty()) schema["description"] = Json(doc.help);
  if (doc.kind != OptionDoc::Kind::kStruct && !doc.default_value.is_null()) schema["default"] = doc.default_value;
  return schema;
}

}  // namespace

Json json_schema(const OptionDoc& doc, std::string_view title) {
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", title}};
  const Json body = schema_of(doc);
  for (const auto& member : body.as_object()) schema[member.key] = member.value;
  return schema;
}

}  // namespace rift
