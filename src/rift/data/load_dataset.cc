#include "rift/data/load_dataset.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "rift/base/error.h"
#include "rift/base/sentences.h"
#include "rift/base/sha256.h"
#include "rift/data/captions.h"
#include "rift/data/cells.h"
#include "rift/data/column_summary.h"
#include "rift/data/convert_column.h"
#include "rift/data/label.h"
#include "rift/data/raw_records.h"
#include "rift/data/source.h"

namespace rift::data {

namespace {

/// The column to be predicted; of several labels their columns.
std::vector<std::string> label_columns(const DataOptions& data) {
  return data.label.columns.empty() ? std::vector<std::string>{data.label.column} : data.label.columns;
}

/// Names that run.yaml gives, with the key that gives each.
std::vector<std::pair<std::string, std::string>> named_columns(const DataOptions& data) {
  std::vector<std::pair<std::string, std::string>> named;
  for (const std::string& column : label_columns(data)) named.emplace_back("data.label", column);
  if (data.id) named.emplace_back("data.id", *data.id);
  if (data.time) named.emplace_back("data.time", *data.time);
  if (data.group) named.emplace_back("data.group", *data.group);
  if (data.weight) named.emplace_back("data.weight", *data.weight);
  for (const auto& name : data.protected_columns) named.emplace_back("data.protected", name);
  return named;
}

std::map<std::string, Role, std::less<>> roles_of(const DataOptions& data) {
  std::map<std::string, Role, std::less<>> roles;
  const auto give = [&](const std::string& key, const std::string& column, Role role) {
    const bool is_new = roles.emplace(column, role).second;
    RIFT_REQUIRE(is_new, Code::kConfig, "{}: column '{}' has another role already; a column has one", key,
                 shorten(column));
  };
  for (const std::string& column : label_columns(data)) give("data.label", column, Role::kLabel);
  if (data.id) give("data.id", *data.id, Role::kId);
  if (data.time) give("data.time", *data.time, Role::kTime);
  if (data.group && data.group != data.id) give("data.group", *data.group, Role::kGroup);
  if (data.weight) give("data.weight", *data.weight, Role::kWeight);
  for (const auto& name : data.protected_columns) give("data.protected", name, Role::kProtected);
  return roles;
}

/// Several label columns are what task: multilabel has, and nothing else.
void require_label_form(Task task, const LabelOptions& label) {
  const bool is_several = task == Task::kMultilabel;
  RIFT_REQUIRE(
      is_several || label.columns.empty(), Code::kConfig,
      "data.label.columns: several columns are predicted by task: multilabel, this task is {}; name one column",
      task_name(task));
  if (!is_several) return;
  RIFT_REQUIRE(
      label.columns.size() > 1 && label.column.empty(), Code::kConfig,
      "data.label: task: multilabel wants its columns as a list of two or more: data.label: {{columns: [a, b]}}");
  RIFT_REQUIRE(label.columns.size() <= static_cast<size_t>(kMostLabels), Code::kConfig,
               "data.label.columns: {} labels, at most {} are learnt together", label.columns.size(), kMostLabels);
  RIFT_REQUIRE(label.positive.empty() && label.order.empty(), Code::kConfig,
               "data.label: the labels of task: multilabel are 0 and 1; leave positive and order out");
}

void require_named(const Source& source, const DataOptions& data) {
  RIFT_REQUIRE(!label_columns(data).front().empty(), Code::kConfig,
               "data.label is not given: name the column that is to be predicted");
  auto named = named_columns(data);
  for (const auto& [name, kind] : data.columns) named.emplace_back("data.columns", name);
  for (const auto& [key, name] : named) {
    if (!source.find(name)) fail_without(source, name, key, source.column_names());
  }
}

Role role_in(const std::map<std::string, Role, std::less<>>& roles, const std::string& name) {
  const auto found = roles.find(name);
  return found == roles.end() ? Role::kFeature : found->second;
}

/// Roles whose cells are compared, not computed with.
bool reads_as_text(Role role) { return role == Role::kLabel || role == Role::kId || role == Role::kGroup; }

std::vector<std::string> plain_texts(const Column& column, std::string_view what) {
  std::vector<std::string> values;
  values.reserve(static_cast<size_t>(column.rows()));
  for (int64_t row = 0; row < column.rows(); ++row) {
    const auto value = column.texts().get(row);
    RIFT_REQUIRE(value, Code::kData, "column '{}': row {} is empty; every row needs its {}", shorten(column.name), row,
                 what);
    values.emplace_back(*value);
  }
  return values;
}

[[noreturn]] void fail_bad_cells(const Column& column, const ConvertedColumn& converted, Kind kind) {
  RIFT_FAIL(Code::kData,
            "column '{}': row {} is not {} ({} such cells of {}); clean it with a query (data.source: 'sql: SELECT "
            "...'), or give the column another kind than {} in data.columns",
            shorten(column.name), converted.bad.front().row, converted.bad.front().expected, converted.bad.size(),
            column.rows(), kind_name(kind));
}

/// The order of the slashes in a date column, from all of its cells.
DateOrder date_order_of(const Column& column) {
  if (column.storage() != Storage::kText) return DateOrder::kNone;
  DateShape shape;
  for (int64_t row = 0; row < column.rows(); ++row) {
    const auto cell = column.texts().get(row);
    if (cell && !spells_missing(*cell)) shape.see(trim(*cell));
  }
  RIFT_REQUIRE(!(shape.all_dates() && shape.ambiguous()), Code::kData,
               "column '{}': its dates can be read with the day first and with the month first; say which in a query "
               "(strptime(..., '%d/%m/%Y'))",
               shorten(column.name));
  return shape.order();
}

/// How a column of numbers writes its commas, from all of its cells.
NumberStyle number_style_of(const Column& column) {
  if (column.storage() != Storage::kText) return NumberStyle::kPlain;
  NumberShape shape;
  for (int64_t row = 0; row < column.rows(); ++row) {
    if (const auto cell = column.texts().get(row)) shape.see(*cell);
  }
  RIFT_REQUIRE(!shape.ambiguous(), Code::kData,
               "column '{}': its commas can be read as decimal points and as separators of thousands; say which in a "
               "query (replace(..., ',', '.') or replace(..., ',', ''))",
               shorten(column.name));
  return shape.style();
}

/// Adds label number `label` to the sets of those rows that have it.
void add_label(const std::vector<double>& flags, int64_t label, std::vector<double>& sets) {
  sets.resize(flags.size());
  for (size_t row = 0; row < flags.size(); ++row) {
    if (flags[row] == 1.0) sets[row] = with_label(sets[row], label);
  }
}

/// Turns raw columns into a dataset's table and roles.
class Assembler {
 public:
  Assembler(const LoadSpec& spec, Dataset& dataset) : spec_(spec), dataset_(dataset), roles_(roles_of(spec.data)) {}

  void add(Column column) {
    const Role role = role_in(roles_, column.name);
    Field field{.name = column.name, .kind = Kind::kIgnore, .role = role};
    switch (role) {
      case Role::kLabel:
        field.kind = spec_.task == Task::kRegression ? Kind::kNumber : Kind::kCategory;
        take_label(column, field);
        break;
      case Role::kId:
        field.kind = Kind::kCategory;
        dataset_.id = plain_texts(column, "id");
        if (spec_.data.group == field.name) dataset_.group = dataset_.id;
        break;
      case Role::kGroup:
        field.kind = Kind::kCategory;
        dataset_.group = plain_texts(column, "group");
        break;
      case Role::kTime:
        field.kind = Kind::kDate;
        dataset_.time = converted(field, std::move(column)).times();
        break;
      case Role::kWeight:
        field.kind = Kind::kNumber;
        dataset_.weight = converted(field, std::move(column)).numbers();
        require_weights(field.name);
        break;
      default:
        add_feature(field, std::move(column));
    }
    dataset_.schema.fields.push_back(std::move(field));
  }

  void add_ignored(const std::string& name) {
    dataset_.schema.fields.push_back({.name = name, .kind = Kind::kIgnore, .role = Role::kIgnored});
  }

 private:
  /// The set of a row grows label by label, in the order of data.label.columns.
  void take_flag(const Column& column) {
    std::vector<std::string>& names = dataset_.schema.class_names;
    names = spec_.data.label.columns;
    const auto label = std::find(names.begin(), names.end(), column.name) - names.begin();
    add_label(decode_flag(column.name, column.texts()), label, dataset_.label);
  }

  void take_label(const Column& column, Field& field) {
    if (spec_.task == Task::kMultilabel) return take_flag(column);
    DecodedLabel label = decode_label(spec_.data.label, spec_.task, column.texts());
    dataset_.label = std::move(label.values);
    field.number_style = number_style_name(label.number_style);
    dataset_.schema.class_names = std::move(label.class_names);
    dataset_.schema.label_values = std::move(label.seen);
    if (spec_.task == Task::kBinary) dataset_.schema.positive = spec_.data.label.positive;
    if (!label.note.empty()) dataset_.notes.push_back(std::move(label.note));
  }

  void add_feature(Field& field, Column column) {
    if (const auto declared = declared_kind(field.name)) {
      field.kind = *declared;
    } else {
      const KindGuess guess = guess_kind(summarize(column));
      field.kind = guess.kind;
      if (guess.kind == Kind::kIgnore) note_ignored(field.name, guess.reason);
    }
    if (field.kind == Kind::kIgnore) {
      if (field.role == Role::kFeature) field.role = Role::kIgnored;
      return;
    }
    dataset_.table.add(converted(field, std::move(column)));
  }

  void note_ignored(const std::string& name, KindReason reason) {
    dataset_.notes.push_back(sentence("data.ignored", fmt::arg("column", name), fmt::arg("why", why_of(reason))));
  }

  std::optional<Kind> declared_kind(const std::string& name) const {
    for (const auto& [column, kind] : spec_.data.columns) {
      if (column == name) return kind;
    }
    return std::nullopt;
  }

  Column converted(Field& field, Column column) {
    if (field.kind == Kind::kDate) field.date_order = date_order_name(date_order_of(column));
    if (field.kind == Kind::kNumber) field.number_style = number_style_name(number_style_of(column));
    Column original_name{.name = column.name, .values = Numbers{}};
    ConvertedColumn result = convert_column(std::move(column), field.kind, style_of(field));
    if (!result.bad.empty()) fail_bad_cells(result.column, result, field.kind);
    if (result.infinite > 0)
      dataset_.notes.push_back(
          sentence("data.infinite", fmt::arg("column", field.name), fmt::arg("count", result.infinite)));
    return std::move(result.column);
  }

  void require_weights(const std::string& name) const {
    for (size_t row = 0; row < dataset_.weight.size(); ++row)
      RIFT_REQUIRE(
          dataset_.weight[row] >= 0.0, Code::kData,
          "column '{}': row {} has no weight >= 0; mend it, leave such rows out in a query (sql: SELECT ... WHERE "
          "...), or leave data.weight out",
          shorten(name), row);
  }

  const LoadSpec& spec_;
  Dataset& dataset_;
  std::map<std::string, Role, std::less<>> roles_;
};

/// Columns to be read: all but those that run.yaml ignores.
std::vector<WantedColumn> wanted_columns(const Source& source, const DataOptions& data) {
  const auto roles = roles_of(data);
  std::vector<WantedColumn> wanted;
  for (const auto& column : source.columns()) {
    const Role role = role_in(roles, column.name);
    const bool ignored =
        role == Role::kFeature && std::any_of(data.columns.begin(), data.columns.end(), [&](const auto& entry) {
          return entry.first == column.name && entry.second == Kind::kIgnore;
        });
    if (!ignored) wanted.push_back({.name = column.name, .as_text = reads_as_text(role)});
  }
  return wanted;
}

SourceOptions source_options(const LoadSpec& spec, const std::string& source) {
  SourceOptions options{.base_directory = spec.base_directory, .memory_limit = spec.data.memory_limit};
  if (is_query(source) && spec.data.folder) options.base_directory /= *spec.data.folder;
  for (const auto& [key, name] : named_columns(spec.data)) options.known_names.push_back(name);
  for (const auto& [name, kind] : spec.data.columns) options.known_names.push_back(name);
  return options;
}

/// Given parts: the rows of data.source are the training part, then come the files' in the order test, calibration,
/// validation.
void append_given_files(const LoadSpec& spec, const FilesSplit& files, std::span<const WantedColumn> wanted,
                        RawRecords& records, std::vector<Part>& part) {
  part.assign(static_cast<size_t>(records.rows()), Part::kTrain);
  const std::pair<const std::string&, Part> given[] = {
      {files.test, Part::kTest}, {files.calibration, Part::kCalibration}, {files.validation, Part::kValidation}};
  for (const auto& [name, to] : given) {
    if (name.empty()) continue;
    Source source(name, source_options(spec, name));
    RawRecords more = read_records(source, wanted);
    part.insert(part.end(), static_cast<size_t>(more.rows()), to);
    append_records(records, std::move(more));
  }
  records.sha256 = sha256_hex(records.sha256);
}

/// What split rules call a row of a query or a glob, whose rows have no number.
std::vector<uint64_t> keys_of_ids(const std::vector<std::string>& ids) {
  std::vector<uint64_t> keys;
  keys.reserve(ids.size());
  for (const auto& id : ids) keys.push_back(id_key(id));
  return keys;
}

void number_rows(Dataset& dataset, const RawRecords& records) {
  if (records.numbered) {
    dataset.split_row.resize(static_cast<size_t>(records.rows()));
    std::iota(dataset.split_row.begin(), dataset.split_row.end(), uint64_t{0});
  } else {
    dataset.split_row = keys_of_ids(dataset.id);
  }
}

}  // namespace

Dataset load_dataset(const LoadSpec& spec) {
  require_label_form(spec.task, spec.data.label);
  Source source(spec.data.source, source_options(spec, spec.data.source));
  require_named(source, spec.data);
  RIFT_REQUIRE(
      source.is_single_file() || spec.data.id, Code::kConfig,
      "data.id is not given: rows of a query or of several files have no number, so their split goes by an id; "
      "name its column (in SQL: row_number() OVER () AS id where the order is fixed)");
  const auto wanted = wanted_columns(source, spec.data);
  RawRecords records = read_records(source, wanted);
  Dataset dataset;
  if (const auto* files = std::get_if<FilesSplit>(&spec.split.kind))
    append_given_files(spec, *files, wanted, records, dataset.split.part);

  dataset.schema.task = spec.task;
  dataset.table.rows = records.rows();
  dataset.table.source_row = records.source_row;
  dataset.source_sha256 = records.sha256;
  Assembler assembler(spec, dataset);
  size_t next = 0;
  for (const auto& column : source.columns()) {
    if (next < wanted.size() && wanted[next].name == column.name) {
      assembler.add(std::move(records.columns[next++]));
    } else {
      assembler.add_ignored(column.name);
    }
  }
  number_rows(dataset, records);
  if (spec.data.captions) apply_captions(spec.base_directory / *spec.data.captions, dataset.schema);
  dataset.split = make_split(dataset, spec.split);
  return dataset;
}

Dataset load_dataset(const Schema& schema, const std::string& source_name, const std::filesystem::path& base_directory,
                     bool need_label) {
  SourceOptions options{.base_directory = base_directory};
  for (const Field& field : schema.fields) options.known_names.push_back(field.name);
  Source source(source_name, options);
  std::vector<WantedColumn> wanted;
  std::vector<const Field*> fields;
  for (const Field& field : schema.fields) {
    const bool in_table =
        (field.role == Role::kFeature || field.role == Role::kProtected) && field.kind != Kind::kIgnore;
    const bool label = field.role == Role::kLabel && need_label;
    const bool if_there = field.role == Role::kId || field.role == Role::kTime || field.role == Role::kGroup ||
                          field.role == Role::kWeight || field.role == Role::kProtected;
    if (field.role != Role::kFeature && !label && !(if_there && source.find(field.name))) continue;
    if (field.role == Role::kFeature && !in_table) continue;
    wanted.push_back({.name = field.name, .as_text = reads_as_text(field.role)});
    fields.push_back(&field);
  }
  RawRecords records = read_records(source, wanted);

  Dataset dataset;
  dataset.schema = schema;
  dataset.table.rows = records.rows();
  dataset.table.source_row = records.source_row;
  dataset.source_sha256 = records.sha256;
  for (size_t i = 0; i < fields.size(); ++i) {
    const Field& field = *fields[i];
    Column& column = records.columns[i];
    if (field.role == Role::kLabel && schema.task == Task::kMultilabel) {
      const auto& names = schema.class_names;
      const auto label = std::find(names.begin(), names.end(), field.name) - names.begin();
      add_label(decode_flag(field.name, column.texts()), label, dataset.label);
    } else if (field.role == Role::kLabel) {
      dataset.label = decode_known_label(schema, column.texts());
    } else if (field.role == Role::kId) {
      dataset.id = plain_texts(column, "id");
    } else if (field.role == Role::kGroup) {
      dataset.group = plain_texts(column, "group");
    } else {
      ConvertedColumn result = convert_column(std::move(column), field.kind, style_of(field));
      if (!result.bad.empty()) fail_bad_cells(result.column, result, field.kind);
      if (field.role == Role::kTime) {
        dataset.time = result.column.times();
      } else if (field.role == Role::kWeight) {
        dataset.weight = result.column.numbers();
      } else {
        dataset.table.add(std::move(result.column));
      }
    }
  }
  dataset.split_row.resize(static_cast<size_t>(dataset.rows()));
  std::iota(dataset.split_row.begin(), dataset.split_row.end(), uint64_t{0});
  dataset.split.part.assign(static_cast<size_t>(dataset.rows()), Part::kTest);
  dataset.split.digest = sha256_hex(std::string(static_cast<size_t>(dataset.rows()), static_cast<char>(Part::kTest)));
  return dataset;
}

}  // namespace rift::data
