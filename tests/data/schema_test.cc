#include "rift/data/schema.h"

#include "support/failure.h"

namespace rift::data {
namespace {

using test::message_of;

Schema made() {
  Schema schema;
  schema.class_names = {"good", "bad"};
  schema.positive = {"*Charged Off"};
  schema.label_values = {"Charged Off", "Paid"};
  schema.fields = {{.name = "A1",
                    .kind = Kind::kCategory,
                    .caption = "Checking account",
                    .unit = "DM",
                    .value_captions = {{"A11", "overdrawn"}}},
                   {.name = "opened", .kind = Kind::kDate, .date_order = "day_first"},
                   {.name = "x", .kind = Kind::kIgnore},
                   {.name = "y", .kind = Kind::kCategory, .role = Role::kLabel}};
  return schema;
}

TEST(Schema, JsonBringsEverythingBack) {
  const Json json = to_json(made());
  EXPECT_EQ(to_json(schema_from_json(json)), json);
  const Schema back = schema_from_json(json);
  EXPECT_EQ(back.find("A1")->shown_value("A11"), "overdrawn");
  EXPECT_EQ(back.find("opened")->date_order, "day_first");
  EXPECT_EQ(back.positive, made().positive);
  EXPECT_EQ(back.label_values, made().label_values);
}

TEST(Schema, FeaturesAreTheFieldsThatAModelSees) {
  const Schema schema = made();
  ASSERT_EQ(schema.features().size(), 2u);
  EXPECT_EQ(schema.features(Kind::kCategory).size(), 1u);
  EXPECT_EQ(schema.with_role(Role::kLabel)->name, "y");
  EXPECT_EQ(schema.with_role(Role::kId), nullptr);
}

TEST(Schema, OnlySeveralClassesHaveAnOutputEach) {
  Schema schema;
  schema.class_names = {"good", "bad"};
  EXPECT_EQ(schema.outputs(), 1);
  schema.task = Task::kMulticlass;
  EXPECT_EQ(schema.outputs(), 2);
  schema.task = Task::kRegression;
  EXPECT_EQ(schema.outputs(), 1);
}

TEST(Schema, ADamagedSchemaIsAnArtefactsFault) {
  Json twice = to_json(made());
  twice["fields"].push_back(twice["fields"].at(size_t{0}));
  Json kind = to_json(made());
  kind["fields"].as_array()[0]["kind"] = "colour";
  Json classes = to_json(made());
  classes["classes"] = Json::Array{"good"};
  Json task = to_json(made());
  task.erase("task");
  Json number = to_json(made());
  number["fields"].as_array()[0]["name"] = 3;
  for (const Json* json : {&twice, &kind, &classes, &task, &number})
    message_of(Code::kArtefact, [&] { schema_from_json(*json); });
}

}  // namespace
}  // namespace rift::data
