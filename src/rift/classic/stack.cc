#include "rift/classic/stack.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/options.h"
#include "rift/classic/stack_weights.h"

namespace rift::classic {
namespace {

constexpr const char* kFile = "parts/stack.json";
constexpr double kMostLogOdds = 15.0;

bool reads_texts(const score::Scorer& member) { return !member.schema().features(data::Kind::kText).empty(); }

/// Those features of `schema` that a member or the question "is there a text?" reads.
data::Schema schema_of(const data::Schema& schema, const std::vector<std::shared_ptr<const score::Scorer>>& members,
                       const std::vector<std::string>& text_columns) {
  data::Schema read{schema.task, {}, schema.class_names};
  for (const data::Field* field : schema.features()) {
    const bool used = std::any_of(members.begin(), members.end(),
                                  [&](const auto& member) { return member->schema().find(field->name) != nullptr; });
    if (used || std::find(text_columns.begin(), text_columns.end(), field->name) != text_columns.end())
      read.fields.push_back(*field);
  }
  return read;
}

void append_log_softmax(std::span<const double> logits, std::vector<double>& out) {
  const double top = *std::max_element(logits.begin(), logits.end());
  double sum = 0.0;
  for (const double logit : logits) sum += std::exp(logit - top);
  for (const double logit : logits) out.push_back(logit - top - std::log(sum));
}

}  // namespace

struct Stack::Impl {
  data::Schema schema;
  encode::text::RowTextOptions text;
  std::vector<std::shared_ptr<const score::Scorer>> members;
  std::vector<std::shared_ptr<score::Scorer>> own;  // the same, where nobody else holds them
  StackWeights weights;

  /// Whether rows without texts are told apart: for one output, where some member reads texts and the row is not
  /// written out as a sentence instead.
  bool tells_empty(const encode::text::RowText& row_text) const {
    return !data::has_classes(schema.task) && !row_text.columns().empty() && !row_text.writes_table() &&
           std::any_of(members.begin(), members.end(), [](const auto& member) { return reads_texts(*member); });
  }

  StackInputs inputs(const data::Table& rows, const std::vector<score::RawScores>& said) const {
    RIFT_CHECK(said.size() == members.size());
    StackInputs inputs{.rows = rows.rows, .members = static_cast<int64_t>(members.size())};
    inputs.outputs = schema.outputs();
    const encode::text::RowText row_text(schema, text);
    const bool tells = tells_empty(row_text);
    std::optional<encode::text::RowTextReader> texts;
    if (tells) texts.emplace(row_text, rows);
    for (int64_t row = 0; row < rows.rows; ++row) {
      const bool empty = tells && texts->empty(row);
      if (tells) inputs.without_text.push_back(empty);
      for (size_t member = 0; member < members.size(); ++member)
        append(said[member], row, empty && reads_texts(*members[member]), inputs.values);
    }
    return inputs;
  }

  void append(const score::RawScores& said, int64_t row, bool left_out, std::vector<double>& values) const {
    RIFT_CHECK(row < said.rows);
    const auto outputs = static_cast<size_t>(said.outputs);
    const auto raw = std::span<const double>(said.values).subspan(static_cast<size_t>(row) * outputs, outputs);
    if (left_out)
      values.push_back(0.0);
    else if (data::has_classes(schema.task))
      append_log_softmax(raw, values);
    else if (schema.task == data::Task::kBinary)
      values.push_back(std::clamp(raw[0], -kMostLogOdds, kMostLogOdds));
    else
      values.push_back(raw[score::central_level(said.levels)]);
  }
};

Stack::Stack() : impl_(std::make_unique<Impl>()) {}
Stack::~Stack() = default;

std::unique_ptr<Stack> Stack::fit(const data::Dataset& dataset, std::span<const int64_t> rows,
                                  const std::vector<MemberScores>& scores,
                                  std::vector<std::shared_ptr<const score::Scorer>> members,
                                  const encode::text::RowTextOptions& text) {
  RIFT_CHECK(!members.empty() && members.size() == scores.size());
  std::unique_ptr<Stack> stack(new Stack);
  Impl& impl = *stack->impl_;
  impl.text = text;
  impl.text.columns = encode::text::RowText(dataset.schema, text).columns();
  impl.members = std::move(members);
  impl.schema = schema_of(dataset.schema, impl.members, impl.text.columns);
  std::vector<score::RawScores> said;
  for (const MemberScores& member : scores) said.push_back(member.raw);
  std::vector<double> labels, weights;
  for (const int64_t row : rows) {
    labels.push_back(dataset.label[static_cast<size_t>(row)]);
    if (!dataset.weight.empty()) weights.push_back(dataset.weight[static_cast<size_t>(row)]);
  }
  impl.weights =
      fit_stack_weights(dataset.schema.task, impl.inputs(data::take(dataset.table, rows), said), labels, weights);
  return stack;
}

const data::Schema& Stack::schema() const { return impl_->schema; }

score::RawScores Stack::score(const data::Table& rows) const {
  std::vector<score::RawScores> said;
  for (const auto& member : impl_->members) said.push_back(member->score(rows));
  return blend(rows, said);
}

score::RawScores Stack::blend(const data::Table& rows, const std::vector<score::RawScores>& of_members) const {
  const StackInputs inputs = impl_->inputs(rows, of_members);
  return {inputs.rows, inputs.outputs, apply_stack_weights(impl_->weights, inputs)};
}

bool Stack::use_precision(score::Precision precision) {
  bool used = false;
  for (const auto& member : impl_->own) used = member->use_precision(precision) || used;
  return used;
}

void Stack::require_measured(score::Precision precision) const {
  for (const auto& member : impl_->own) member->require_measured(precision);
}

Json Stack::weights() const {
  Json weights = Json::object();
  for (size_t i = 0; i < impl_->members.size(); ++i) weights[impl_->members[i]->name()] = impl_->weights.member[i];
  if (impl_->weights.without_text != 0.0) weights["without text"] = impl_->weights.without_text;
  return weights;
}

Json Stack::save(const std::filesystem::path& package) const {
  Json members = Json::array();
  for (const auto& member : impl_->members) members.push_back(member->save(package));
  std::filesystem::create_directories((package / kFile).parent_path());
  const Json document{{"text", write_options(impl_->text)}, {"weights", impl_->weights.to_json()}};
  write_file_atomic(package / kFile, to_json_text(document, 1) + "\n");
  return Json{{"kind", name()}, {"file", kFile}, {"members", std::move(members)}};
}

std::unique_ptr<Stack> Stack::load(const std::filesystem::path& package, const Json& part, const data::Schema& schema,
                                   const MemberLoader& load_member) {
  const Json document = parse_json(read_file(package / kFile), kFile);
  std::unique_ptr<Stack> stack(new Stack);
  Impl& impl = *stack->impl_;
  try {
    read_options(document.at("text"), kFile, impl.text);
  } catch (const Error& error) {
    throw Error(Code::kArtefact, error.message(), error.where());
  }
  impl.weights = StackWeights::from_json(document.at("weights"));
  for (const Json& member : part.at("members").as_array()) {
    impl.members.push_back(impl.own.emplace_back(load_member(package, member, schema)));
  }
  impl.schema = schema_of(schema, impl.members, impl.text.columns);
  const int64_t outputs = schema.outputs();
  RIFT_REQUIRE(!impl.members.empty() && impl.weights.member.size() == impl.members.size() &&
                   static_cast<int64_t>(impl.weights.offset.size()) == outputs,
               Code::kArtefact, "{}: {} weights and {} offsets do not fit {} members and {} outputs", kFile,
               impl.weights.member.size(), impl.weights.offset.size(), impl.members.size(), outputs);
  return stack;
}

}  // namespace rift::classic
