#include "rift/data/leakage.h"

#include <algorithm>
#include <cmath>

#include "data/records.h"
#include "rift/base/random.h"
#include "rift/base/sha256.h"

namespace rift::data {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// 2000 rows, a fifth bad, with an honest number and an honest category.
Dataset made() {
  const CounterRandom random(4, 1);
  Dataset dataset;
  dataset.schema.class_names = {"good", "bad"};
  dataset.table.rows = 2000;
  Numbers honest;
  Texts place;
  for (int64_t i = 0; i < 2000; ++i) {
    const auto at = static_cast<uint64_t>(i) * 4;
    dataset.table.source_row.push_back(i);
    dataset.split_row.push_back(static_cast<uint64_t>(i));
    dataset.label.push_back(random.uniform(at) < 0.2 ? 1.0 : 0.0);
    honest.values.push_back(random.normal(at + 1) + dataset.label.back());
    place.append("p" + std::to_string(random.below(at + 2, 40)));
    dataset.time.push_back(*parse_time("2020-01-01") + i * 3'600'000'000);
    dataset.id.push_back(std::to_string(i));
  }
  dataset.table.add({.name = "honest", .values = std::move(honest)});
  dataset.table.add({.name = "place", .values = std::move(place)});
  dataset.schema.fields = {{.name = "honest"}, {.name = "place", .kind = Kind::kCategory}};
  dataset.split = make_split(dataset, {});
  return dataset;
}

void add(Dataset& dataset, Column column, Kind kind) {
  dataset.schema.fields.push_back({.name = column.name, .kind = kind});
  dataset.table.add(std::move(column));
}

const Leak& only(const std::vector<Leak>& leaks) {
  EXPECT_EQ(leaks.size(), 1u);
  return leaks.at(0);
}

TEST(Leakage, AnHonestTableHasNone) { EXPECT_THAT(find_leaks(made()), IsEmpty()); }

TEST(Leakage, ANumberOrACategoryThatSeparatesTheLabel) {
  Dataset dataset = made();
  Numbers number;
  for (size_t i = 0; i < 2000; ++i) number.values.push_back(-dataset.label[i] + 0.3 * std::sin(static_cast<double>(i)));
  add(dataset, {.name = "paid", .values = number}, Kind::kNumber);
  const auto leaks = find_leaks(dataset);
  EXPECT_EQ(only(leaks).kind, LeakKind::kSeparatesLabel);
  EXPECT_EQ(only(leaks).column, "paid");
  EXPECT_EQ(only(leaks).value, 1.0);

  Dataset other = made();
  Texts status;
  for (size_t i = 0; i < 2000; ++i) status.append(other.label[i] == 1.0 ? i % 2 ? "lost" : "sold" : "done");
  add(other, {.name = "status", .values = std::move(status)}, Kind::kCategory);
  EXPECT_EQ(only(find_leaks(other)).column, "status");
}

TEST(Leakage, AColumnFilledForOneClassOnly) {
  Dataset dataset = made();
  Numbers fee;
  for (size_t i = 0; i < 2000; ++i)
    fee.values.push_back(dataset.label[i] == 1.0 && i % 3 == 0 ? static_cast<double>(i % 50) : NAN);
  add(dataset, {.name = "fee", .values = std::move(fee)}, Kind::kNumber);
  const auto leaks = find_leaks(dataset);
  EXPECT_EQ(only(leaks).kind, LeakKind::kFilledForOneClass);
  EXPECT_THAT(only(leaks).evidence, HasSubstr("0.0 % of the good"));
}

TEST(Leakage, ADateAfterTheDecision) {
  Dataset dataset = made();
  Times later;
  Times earlier;
  for (size_t i = 0; i < 2000; ++i) {
    later.values.push_back(i % 10 == 0 ? dataset.time[i] + 1 : kMissingTime);
    earlier.values.push_back(dataset.time[i] - static_cast<int64_t>(i));
  }
  add(dataset, {.name = "closed", .values = std::move(later)}, Kind::kDate);
  add(dataset, {.name = "opened", .values = std::move(earlier)}, Kind::kDate);
  const auto leaks = find_leaks(dataset);
  EXPECT_EQ(only(leaks).kind, LeakKind::kAfterDecision);
  EXPECT_EQ(only(leaks).column, "closed");
  EXPECT_EQ(only(leaks).value, 1.0);
}

TEST(Leakage, RowsIdsAndGroupsOnBothSides) {
  Dataset dataset = made();
  const auto test = dataset.split.rows(Part::kTest);
  const auto train = dataset.split.rows(Part::kTrain);
  auto& honest = std::get<Numbers>(dataset.table.columns[0].values).values;
  Texts place;
  for (int64_t row = 0; row < 2000; ++row) {
    const bool copied = row == test[0] || row == test[1];
    place.append(*dataset.table.columns[1].texts().get(copied ? train[5] : row));
    if (copied) honest[static_cast<size_t>(row)] = honest[static_cast<size_t>(train[5])];
  }
  dataset.table.columns[1].values = std::move(place);
  dataset.id[static_cast<size_t>(test[3])] = dataset.id[static_cast<size_t>(train[7])];
  for (int64_t row = 0; row < 2000; ++row) dataset.group.push_back(std::to_string(row));
  dataset.group[static_cast<size_t>(test[4])] = dataset.group[static_cast<size_t>(train[9])];
  dataset.group[static_cast<size_t>(test[5])] = dataset.group[static_cast<size_t>(test[6])];
  const auto leaks = find_leaks(dataset);
  ASSERT_EQ(leaks.size(), 3u);
  EXPECT_EQ(leaks[0].kind, LeakKind::kSharedRows);
  EXPECT_EQ(leaks[0].value, 2.0);
  EXPECT_EQ(leaks[1].kind, LeakKind::kSharedIds);
  EXPECT_EQ(leaks[1].value, 1.0);
  EXPECT_EQ(leaks[2].kind, LeakKind::kSharedGroups);
  EXPECT_EQ(leaks[2].value, 1.0);
  const Json json = to_json(leaks);
  EXPECT_EQ(json.at(0).at("kind").as_string(), "shared_rows");
}

TEST(Leakage, RowsOfEqualFeaturesAreFoundWhateverTheirProtectedColumnsSay) {
  Dataset dataset = made();
  const int64_t test = dataset.split.rows(Part::kTest)[0], train = dataset.split.rows(Part::kTrain)[5];
  auto& honest = std::get<Numbers>(dataset.table.columns[0].values).values;
  honest[static_cast<size_t>(test)] = honest[static_cast<size_t>(train)];
  Texts place;
  Numbers age;
  for (int64_t row = 0; row < 2000; ++row) {
    place.append(*dataset.table.columns[1].texts().get(row == test ? train : row));
    age.values.push_back(static_cast<double>(row));
  }
  dataset.table.columns[1].values = std::move(place);
  add(dataset, {.name = "age", .values = std::move(age)}, Kind::kNumber);
  dataset.schema.fields.back().role = Role::kProtected;
  const auto leaks = find_leaks(dataset);
  EXPECT_EQ(only(leaks).kind, LeakKind::kSharedRows);
}

TEST(Leakage, AnIdThatIsTheGroupIsToldOnce) {
  Dataset dataset = made();
  dataset.id[static_cast<size_t>(dataset.split.rows(Part::kTest)[0])] = dataset.id[0];
  dataset.id[static_cast<size_t>(dataset.split.rows(Part::kTrain)[0])] = dataset.id[0];
  dataset.group = dataset.id;
  const auto leaks = find_leaks(dataset);
  EXPECT_EQ(only(leaks).kind, LeakKind::kSharedIds);
}

}  // namespace
}  // namespace rift::data
