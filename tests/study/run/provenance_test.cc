#include "rift/study/run/provenance.h"

#include <gtest/gtest.h>

namespace rift::study {
namespace {

TEST(Provenance, AbsolutePathsAreReducedToTheirNames) {
  EXPECT_EQ(without_folders("/home/anna/loans.csv"), "loans.csv");
  EXPECT_EQ(without_folders("/home/anna/models/base/"), "base");
  EXPECT_EQ(without_folders("data/loans.csv"), "data/loans.csv");
  EXPECT_EQ(without_folders(""), "");
}

TEST(Provenance, AQueryKeepsItsWordsAndLosesTheFolders) {
  EXPECT_EQ(without_folders("sql: SELECT a, 'x' AS b FROM '/home/anna/loans.csv' JOIN 'more.csv' USING (id)"),
            "sql: SELECT a, 'x' AS b FROM 'loans.csv' JOIN 'more.csv' USING (id)");
  EXPECT_EQ(without_folders("sql: SELECT 'unfinished"), "sql: SELECT 'unfinished");
  EXPECT_EQ(without_folders("sql: SELECT ''"), "sql: SELECT ''");
}

TEST(Provenance, OnlyAModelThatWasMadeFromTheBackboneListsItsFiles) {
  Json inputs = Json::array();
  for (const char* what : {"records", "backbone base"}) inputs.push_back(Json{{"what", what}});
  EXPECT_EQ(inputs_of_model(inputs, /*with_backbone=*/false).size(), 1u);
  EXPECT_EQ(inputs_of_model(inputs, /*with_backbone=*/true), inputs);
}

}  // namespace
}  // namespace rift::study
