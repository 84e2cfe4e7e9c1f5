#include "rift/data/schema.h"

#include <array>

#include "rift/base/error.h"
#include "rift/data/options.h"

namespace rift::data {

constexpr auto enum_names(Role) {
  return std::to_array<EnumName<Role>>({{Role::kFeature, "feature"},
                                        {Role::kLabel, "label"},
                                        {Role::kId, "id"},
                                        {Role::kTime, "time"},
                                        {Role::kGroup, "group"},
                                        {Role::kWeight, "weight"},
                                        {Role::kProtected, "protected"},
                                        {Role::kIgnored, "ignored"}});
}

namespace {

template <class E>
E value_of(const Json& json, std::string_view what) {
  const auto found = value_named<E>(json.as_string());
  RIFT_REQUIRE(found, Code::kArtefact, "schema: '{}' is no {}", shorten(json.as_string()), what);
  return *found;
}

Json field_to_json(const Field& field) {
  Json json{{"name", field.name}, {"kind", kind_name(field.kind)}, {"role", role_name(field.role)}};
  if (!field.caption.empty()) json["caption"] = field.caption;
  if (!field.unit.empty()) json["unit"] = field.unit;
  if (!field.date_order.empty()) json["date_order"] = field.date_order;
  if (!field.number_style.empty()) json["number_style"] = field.number_style;
  if (!field.value_captions.empty()) {
    Json captions = Json::object();
    for (const auto& [value, caption] : field.value_captions) captions[value] = caption;
    json["values"] = std::move(captions);
  }
  return json;
}

std::string text_or_empty(const Json& json, std::string_view key) {
  const Json* found = json.find(key);
  return found == nullptr ? std::string() : found->as_string();
}

Field field_from_json(const Json& json) {
  Field field;
  field.name = json.at("name").as_string();
  field.kind = value_of<Kind>(json.at("kind"), "kind of a column");
  field.role = value_of<Role>(json.at("role"), "role of a column");
  field.caption = text_or_empty(json, "caption");
  field.unit = text_or_empty(json, "unit");
  field.date_order = text_or_empty(json, "date_order");
  field.number_style = text_or_empty(json, "number_style");
  if (const Json* values = json.find("values")) {
    for (const auto& member : values->as_object())
      field.value_captions.emplace_back(member.key, member.value.as_string());
  }
  return field;
}

}  // namespace

std::string_view Field::shown_value(std::string_view value) const {
  for (const auto& [code, caption] : value_captions) {
    if (code == value) return caption;
  }
  return value;
}

const Field* Schema::find(std::string_view name) const {
  for (const Field& field : fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

const Field* Schema::with_role(Role role) const {
  for (const Field& field : fields) {
    if (field.role == role) return &field;
  }
  return nullptr;
}

std::vector<const Field*> Schema::features(Kind kind) const {
  std::vector<const Field*> found;
  for (const Field& field : fields) {
    if (field.role == Role::kFeature && field.kind == kind) found.push_back(&field);
  }
  return found;
}

std::vector<const Field*> Schema::features() const {
  std::vector<const Field*> found;
  for (const Field& field : fields) {
    if (field.role == Role::kFeature && field.kind != Kind::kIgnore) found.push_back(&field);
  }
  return found;
}

Json to_json(const Schema& schema) {
  Json json{{"task", task_name(schema.task)}, {"classes", schema.class_names}};
  if (!schema.positive.empty()) json["positive"] = schema.positive;
  if (!schema.label_values.empty()) json["label_values"] = schema.label_values;
  Json fields = Json::array();
  for (const Field& field : schema.fields) fields.push_back(field_to_json(field));
  json["fields"] = std::move(fields);
  return json;
}

Schema schema_from_json(const Json& json) {
  Schema schema;
  schema.task = value_of<Task>(json.at("task"), "task");
  for (const Json& name : json.at("classes").as_array()) schema.class_names.push_back(name.as_string());
  if (const Json* positive = json.find("positive")) {
    for (const Json& pattern : positive->as_array()) schema.positive.push_back(pattern.as_string());
  }
  if (const Json* values = json.find("label_values")) {
    for (const Json& value : values->as_array()) schema.label_values.push_back(value.as_string());
  }
  for (const Json& field : json.at("fields").as_array()) {
    schema.fields.push_back(field_from_json(field));
    const std::string& name = schema.fields.back().name;
    RIFT_REQUIRE(schema.find(name) == &schema.fields.back(), Code::kArtefact, "schema: two fields are called '{}'",
                 shorten(name));
  }
  const bool binary = schema.task == Task::kBinary;
  RIFT_REQUIRE(!binary || schema.classes() == 2, Code::kArtefact, "schema: a binary task has 2 classes, not {}",
               schema.classes());
  RIFT_REQUIRE(schema.task != Task::kMultilabel || schema.classes() <= kMostLabels, Code::kArtefact,
               "schema: {} labels are more than {}", schema.classes(), kMostLabels);
  return schema;
}

std::vector<double> spread_labels(std::span<const double> sets, int64_t labels) {
  std::vector<double> spread;
  for (const double set : sets) {
    for (int64_t label = 0; label < labels; ++label) spread.push_back(holds(set, label) ? 1.0 : 0.0);
  }
  return spread;
}

bool is_tabular(Kind kind) { return kind == Kind::kNumber || kind == Kind::kCategory || kind == Kind::kDate; }

std::string_view kind_name(Kind kind) { return name_of(kind); }
std::string_view role_name(Role role) { return name_of(role); }
std::string_view task_name(Task task) { return name_of(task); }

}  // namespace rift::data
