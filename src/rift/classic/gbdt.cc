#include "rift/classic/gbdt.h"

#include <algorithm>
#include <limits>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/threads.h"
#include "rift/classic/booster.h"
#include "rift/classic/feature_columns.h"
#include "rift/encode/tabular/category_encoder.h"

namespace rift::classic {
namespace {

using encode::tabular::CategoryEncoder;

constexpr std::string_view kFile = "parts/gbdt.txt";
constexpr size_t kCheapRows = 20'000;
constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// Columns -> numbers of the trees, in the order of `schema`.
struct Encoders {
  data::Schema schema;
  std::vector<CategoryEncoder> categories;  // of the category fields, in order

  static Encoders fit(const data::Dataset& dataset, std::span<const int64_t> rows) {
    Encoders encoders{tabular_schema(dataset.schema), {}};
    RIFT_REQUIRE(!encoders.schema.fields.empty(), Code::kUnsupported,
                 "boosted trees need numbers, categories or dates; these records hold texts only");
    for (const data::Field& field : encoders.schema.fields)
      if (field.kind == data::Kind::kCategory)
        encoders.categories.push_back(CategoryEncoder::fit(category_values(field, dataset.table, rows), {}));
    return encoders;
  }

  std::vector<int64_t> categorical() const {
    std::vector<int64_t> columns;
    for (size_t f = 0; f < schema.fields.size(); ++f)
      if (schema.fields[f].kind == data::Kind::kCategory) columns.push_back(static_cast<int64_t>(f));
    return columns;
  }

  BoosterRows encode(const data::Table& table, std::span<const int64_t> rows) const {
    const size_t features = schema.fields.size();
    BoosterRows encoded{.rows = static_cast<int64_t>(rows.size()), .features = static_cast<int64_t>(features)};
    encoded.values.resize(rows.size() * features);
    size_t category = 0;
    for (size_t f = 0; f < features; ++f) {
      const data::Field& field = schema.fields[f];
      if (field.kind != data::Kind::kCategory) {
        const std::vector<double> numbers = number_values(field, table, rows);
        for (size_t i = 0; i < numbers.size(); ++i) encoded.values[i * features + f] = numbers[i];
        continue;
      }
      const CategoryEncoder& encoder = categories[category++];
      const auto names = category_values(field, table, rows);
      for (size_t i = 0; i < names.size(); ++i) {
        const int32_t id = encoder.encode(names[i]);
        encoded.values[i * features + f] = id < CategoryEncoder::kFirst ? kMissing : id - CategoryEncoder::kFirst;
      }
    }
    return encoded;
  }

  BoosterRows encode(const data::Dataset& dataset, std::span<const int64_t> rows) const {
    BoosterRows encoded = encode(dataset.table, rows);
    encoded.labels = take_values(dataset.label, rows);
    encoded.weights = take_values(dataset.weight, rows);
    return encoded;
  }
};

BoosterParameters parameters_of(const data::Schema& schema, const Encoders& encoders, const GbdtOptions& options) {
  return {.task = schema.task,
          .classes = schema.classes(),
          .categorical = encoders.categorical(),
          .leaves = options.leaves,
          .learning_rate = options.learning_rate,
          .min_rows_in_leaf = options.min_rows_in_leaf,
          .l2 = options.l2,
          .feature_share = options.feature_share,
          .row_share = options.row_share,
          .seed = options.seed};
}

void require_classes(const data::Schema& schema, const BoosterRows& rows) {
  RIFT_REQUIRE(rows.rows > 0, Code::kData, "boosted trees: there are no training rows");
  if (schema.task == data::Task::kRegression) return;
  const auto [low, high] = std::minmax_element(rows.labels.begin(), rows.labels.end());
  RIFT_REQUIRE(*low < *high, Code::kData, "boosted trees: the {} training rows hold one class only", rows.rows);
}

/// From additive trees for few rows to large ones for many. The number of trees is found by early stopping.
std::vector<GbdtOptions> settings() {
  return {
      {.leaves = 7, .learning_rate = 0.03, .min_rows_in_leaf = 50},
      {.leaves = 4, .learning_rate = 0.05, .min_rows_in_leaf = 20, .l2 = 1, .feature_share = 0.5},
      {.leaves = 7, .learning_rate = 0.02, .min_rows_in_leaf = 20, .l2 = 10, .feature_share = 0.3, .row_share = 0.7},
      {.leaves = 3, .learning_rate = 0.1, .min_rows_in_leaf = 30},
      {.leaves = 15, .learning_rate = 0.02, .min_rows_in_leaf = 50, .l2 = 5, .feature_share = 0.4, .row_share = 0.7},
      {.leaves = 31, .learning_rate = 0.03, .min_rows_in_leaf = 20, .l2 = 1, .feature_share = 0.5},
      {.leaves = 63, .learning_rate = 0.03, .min_rows_in_leaf = 20, .l2 = 5, .feature_share = 0.5},
      {.leaves = 31, .learning_rate = 0.05, .min_rows_in_leaf = 100, .l2 = 10, .feature_share = 0.8},
  };
}

}  // namespace

struct Gbdt::Impl {
  Encoders encoders;
  std::optional<Booster> booster;
};

Gbdt::Gbdt() : impl_(std::make_unique<Impl>()) {}
Gbdt::~Gbdt() = default;
const data::Schema& Gbdt::schema() const { return impl_->encoders.schema; }

std::unique_ptr<Gbdt> Gbdt::fit(const data::Dataset& dataset, std::span<const int64_t> rows,
                                const GbdtOptions& options) {
  std::unique_ptr<Gbdt> model(new Gbdt);
  model->impl_->encoders = Encoders::fit(dataset, rows);
  const BoosterRows encoded = model->impl_->encoders.encode(dataset, rows);
  require_classes(dataset.schema, encoded);
  model->impl_->booster =
      Booster::fit(encoded, parameters_of(dataset.schema, model->impl_->encoders, options), options.trees);
  return model;
}

score::RawScores Gbdt::score(const data::Table& rows) const {
  const BoosterRows encoded = impl_->encoders.encode(rows, all_rows(rows));
  return {rows.rows, impl_->booster->outputs(), impl_->booster->predict(encoded)};
}

std::vector<std::pair<std::string, double>> Gbdt::importance() const {
  const std::vector<double> gain = impl_->booster->gain();
  double total = 0.0;
  for (double value : gain) total += value;
  std::vector<std::pair<std::string, double>> shares;
  for (size_t f = 0; f < gain.size(); ++f)
    shares.emplace_back(schema().fields[f].name, total > 0.0 ? gain[f] / total : 0.0);
  std::stable_sort(shares.begin(), shares.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return shares;
}

Json Gbdt::save(const std::filesystem::path& package) const {
  std::filesystem::create_directories((package / kFile).parent_path());
  write_file_atomic(package / kFile, impl_->booster->text());
  Json features = Json::array();
  size_t category = 0;
  for (const data::Field& field : schema().fields) {
    // LightGBM calls the features Column_0, Column_1 ...: their real names may hold what its text format cannot.
    Json feature{{"column", field.name}};
    if (field.kind == data::Kind::kCategory) feature["encoder"] = impl_->encoders.categories[category++].to_json();
    features.push_back(std::move(feature));
  }
  return Json{{"kind", name()}, {"file", kFile}, {"features", std::move(features)}};
}

std::unique_ptr<Gbdt> Gbdt::load(const std::filesystem::path& package, const Json& part, const data::Schema& schema) {
  std::unique_ptr<Gbdt> model(new Gbdt);
  Encoders& encoders = model->impl_->encoders;
  encoders.schema = {schema.task, {}, schema.class_names};
  for (const Json& feature : part.at("features").as_array()) {
    const std::string& column = feature.at("column").as_string();
    const data::Field* field = schema.find(column);
    RIFT_REQUIRE(field != nullptr && field->kind != data::Kind::kText &&
                     (field->kind == data::Kind::kCategory) == feature.contains("encoder"),
                 Code::kArtefact, "boosted trees: feature '{}' does not fit the package's schema", shorten(column));
    encoders.schema.fields.push_back(*field);
    if (field->kind == data::Kind::kCategory)
      encoders.categories.push_back(CategoryEncoder::from_json(feature.at("encoder")));
  }
  model->impl_->booster = Booster::from_text(read_file(package / kFile),
                                             static_cast<int64_t>(encoders.schema.fields.size()), std::string(kFile));
  RIFT_REQUIRE(model->impl_->booster->outputs() == schema.outputs(), Code::kArtefact,
               "{}: the number of outputs is not that of the classes", kFile);
  return model;
}

Choice<GbdtOptions> choose_gbdt(const data::Dataset& dataset, std::span<const int64_t> train,
                                std::span<const int64_t> validation, int64_t tries, int64_t seed) {
  const std::vector<ChoiceFold> folds = choice_folds(dataset, train, validation, kCheapRows);
  std::vector<GbdtOptions> options = settings();
  RIFT_CHECK(tries >= 1);
  options.resize(std::min(options.size(), static_cast<size_t>(tries)));

  struct Rows {
    Encoders encoders;
    BoosterRows train, validation;
  };
  std::vector<Rows> rows;
  for (const ChoiceFold& fold : folds) {
    const Encoders encoders = Encoders::fit(dataset, fold.train);
    rows.push_back({encoders, encoders.encode(dataset, fold.train), encoders.encode(dataset, fold.validation)});
    require_classes(dataset.schema, rows.back().train);
  }
  Choice<GbdtOptions> choice{.options = {}, .tries = {}, .judges = judges_of(folds, validation)};
  choice.tries.resize(options.size());
  std::vector<std::vector<int64_t>> trees(options.size());
  const size_t best =
      choose_best(dataset.schema.task, folds.size(), choice.tries, "gbdt: settings", [&](size_t setting, size_t fold) {
        options[setting].seed = seed;
        const BoosterParameters parameters = parameters_of(dataset.schema, rows[fold].encoders, options[setting]);
        auto found = Booster::fit_until(rows[fold].train, rows[fold].validation, parameters, {});
        trees[setting].push_back(found.trees);
        const int64_t outputs = static_cast<int64_t>(found.predictions.size()) / rows[fold].validation.rows;
        return choice_value(dataset, folds[fold].validation,
                            {rows[fold].validation.rows, outputs, std::move(found.predictions)});
      });
  for (size_t s = 0; s < options.size(); ++s) {
    std::sort(trees[s].begin(), trees[s].end());
    if (!trees[s].empty()) options[s].trees = trees[s][trees[s].size() / 2];
    choice.tries[s].settings = write_options(options[s]);
  }
  choice.options = options[best];
  return choice;
}

}  // namespace rift::classic
