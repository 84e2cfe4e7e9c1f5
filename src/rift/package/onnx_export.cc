#include "rift/package/onnx_export.h"

#include <ATen/ops/tensor.h>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/models/onnx/graph.h"
#include "rift/package/loaders.h"
#include "rift/package/text_scorer.h"

namespace rift::package {
namespace {

namespace fs = std::filesystem;
using models::OnnxGraph;
using Type = OnnxGraph::Type;

/// [rows,1] -> [rows].
std::string one_a_row(OnnxGraph& graph, const std::string& x) { return graph.op("Squeeze", {x, graph.wholes({1})}); }

/// Isotonic::at() in f64, as its points may lie closer than f32 tells apart. log_odds [rows,1] -> [rows,1]
std::string isotonic_pd(OnnxGraph& graph, const score::Isotonic& fitted, const std::string& log_odds) {
  const std::string z = graph.cast(log_odds, Type::kF64);
  const auto points = static_cast<int64_t>(fitted.x.size());
  if (points == 1) {
    const std::string nothing = graph.op("Mul", {z, graph.number(0.0)});
    return graph.cast(graph.op("Add", {nothing, graph.number(fitted.y.front())}), Type::kF32);
  }
  const std::string x = graph.numbers("isotonic.x", at::tensor(fitted.x, at::kDouble));
  const std::string y = graph.numbers("isotonic.y", at::tensor(fitted.y, at::kDouble));
  const std::string below = graph.cast(graph.op("LessOrEqual", {x, z}), Type::kI64);  // [rows, points]
  const std::string count = graph.op("ReduceSum", {below, graph.wholes({1})});
  const std::string right = graph.op("Min", {graph.op("Max", {count, graph.whole(1)}), graph.whole(points - 1)});
  const std::string left = graph.op("Sub", {right, graph.whole(1)});
  const auto at = [&](const std::string& of, const std::string& place) { return graph.op("Gather", {of, place}); };
  const std::string x0 = at(x, left), y0 = at(y, left), y1 = at(y, right);
  const std::string step = graph.op("Sub", {at(x, right), x0});
  const std::string share = graph.op("Div", {graph.op("Sub", {z, x0}), step});
  const std::string within = graph.op("Min", {graph.op("Max", {share, graph.number(0.0)}), graph.number(1.0)});
  const std::string rise = graph.op("Mul", {within, graph.op("Sub", {y1, y0})});
  return graph.cast(graph.op("Min", {graph.op("Add", {y0, rise}), y1}), Type::kF32);
}

std::string line_of(OnnxGraph& graph, const std::string& x, double slope, double intercept) {
  const std::string scaled = graph.op("Mul", {x, graph.number(static_cast<float>(slope))});
  return graph.op("Add", {scaled, graph.number(static_cast<float>(intercept))});
}

std::string softmax(OnnxGraph& graph, const std::string& logits) {
  return graph.op("Softmax", {logits}, {{"axis", int64_t{-1}}});
}

/// -log(1 + exp(-x)): the log of the sigmoid.
std::string log_sigmoid(OnnxGraph& graph, const std::string& x) {
  return graph.op("Neg", {graph.op("Softplus", {graph.op("Neg", {x})})});
}

std::string columns(OnnxGraph& graph, const std::string& x, int64_t first, int64_t last) {
  return graph.slice(x, 1, first, last);
}

std::string running_sum(OnnxGraph& graph, const std::string& x) { return graph.op("CumSum", {x, graph.whole(1)}); }

/// objective::Link::apply() as a graph: [rows, head] -> [rows, said].
std::string linked(OnnxGraph& graph, const std::string& outputs, const objective::Link& link, int64_t head) {
  const auto constant = [&](double value) { return graph.number(static_cast<float>(value)); };
  switch (link.form) {
    case objective::Form::kAsItIs:
      return outputs;
    case objective::Form::kPositive:
      return graph.op("Mul", {graph.op("Exp", {outputs}), constant(link.scale)});
    case objective::Form::kQuantiles: {
      std::string steps = columns(graph, outputs, 0, 1);
      if (head > 1) {
        const std::string above = graph.op("Softplus", {columns(graph, outputs, 1, head)});
        steps = running_sum(graph, graph.concat({steps, above}, 1));
      }
      return line_of(graph, steps, link.scale, link.shift);
    }
    case objective::Form::kConditional: {
      const std::string nothing = graph.op("Mul", {columns(graph, outputs, 0, 1), constant(0.0)});
      const std::string reached = running_sum(graph, log_sigmoid(graph, outputs));
      const std::string stops = log_sigmoid(graph, graph.op("Neg", {outputs}));
      return graph.op("Add", {graph.concat({nothing, reached}, 1), graph.concat({stops, nothing}, 1)});
    }
  }
  RIFT_FAIL(Code::kBug, "a link without a graph");
}

/// score::BetaFit::log_odds(). log_odds [rows,1] -> [rows,1]
std::string beta_log_odds(OnnxGraph& graph, const score::BetaFit& fit, const std::string& log_odds) {
  const std::string of_bad = graph.op("Mul", {log_sigmoid(graph, log_odds), graph.number(static_cast<float>(fit.a))});
  const std::string of_good =
      graph.op("Mul", {graph.op("Softplus", {log_odds}), graph.number(static_cast<float>(fit.b))});
  return graph.op("Add", {graph.op("Add", {of_bad, of_good}), graph.number(static_cast<float>(fit.c))});
}

void add_labels(OnnxGraph& graph, const std::string& logits, const score::Calibrator& calibrator, int64_t labels) {
  graph.output("score", graph.op("Sigmoid", {logits}), Type::kF32, {"rows", labels});
  std::string calibrated = logits;
  if (!calibrator.label_lines().empty()) {
    std::vector<float> slopes, intercepts;
    for (const auto& line : calibrator.label_lines()) {
      slopes.push_back(static_cast<float>(line.slope));
      intercepts.push_back(static_cast<float>(line.intercept));
    }
    const std::string scaled = graph.op("Mul", {logits, graph.numbers("labels.slope", at::tensor(slopes))});
    calibrated = graph.op("Add", {scaled, graph.numbers("labels.intercept", at::tensor(intercepts))});
  }
  graph.output("p", graph.op("Sigmoid", {calibrated}), Type::kF32, {"rows", labels});
}

void add_amounts(OnnxGraph& graph, const std::string& said, const objective::Link& link) {
  if (link.form != objective::Form::kQuantiles) {
    return graph.output("prediction", one_a_row(graph, said), Type::kF32, {"rows"});
  }
  const auto central = static_cast<int64_t>(score::central_level(link.levels));
  const std::string point = columns(graph, said, central, central + 1);
  graph.output("prediction", one_a_row(graph, point), Type::kF32, {"rows"});
  graph.output("quantiles", said, Type::kF32, {"rows", static_cast<int64_t>(link.levels.size())});
}

void add_binary(OnnxGraph& graph, const std::string& logits, const score::Calibrator& calibrator) {
  graph.output("score", one_a_row(graph, graph.op("Sigmoid", {logits})), Type::kF32, {"rows"});
  std::string pd;
  if (const score::Isotonic* isotonic = calibrator.isotonic()) {
    pd = isotonic_pd(graph, *isotonic, logits);
  } else if (const auto beta = calibrator.beta()) {
    pd = graph.op("Sigmoid", {beta_log_odds(graph, *beta, logits)});
  } else {
    const auto line = calibrator.line().value();
    pd = graph.op("Sigmoid", {line_of(graph, logits, line.slope, line.intercept)});
  }
  graph.output("pd", one_a_row(graph, pd), Type::kF32, {"rows"});
}

void add_outputs(OnnxGraph& graph, const std::string& logits, const TextScorer& scorer,
                 const score::Calibrator& calibrator) {
  const data::Schema& schema = scorer.schema();
  const objective::Link& link = scorer.spec().link;
  const int64_t head = scorer.model().outputs();
  graph.enter("result");
  graph.output("logits", logits, Type::kF32, {"rows", head});
  const std::string said = linked(graph, logits, link, head);
  switch (schema.task) {
    case data::Task::kBinary:
      return add_binary(graph, said, calibrator);
    case data::Task::kMultilabel:
      return add_labels(graph, said, calibrator, head);
    case data::Task::kMulticlass:
    case data::Task::kOrdinal: {
      const std::string scaled =
          graph.op("Mul", {said, graph.number(static_cast<float>(calibrator.inverse_temperature()))});
      graph.output("score", softmax(graph, said), Type::kF32, {"rows", schema.outputs()});
      return graph.output("p", softmax(graph, scaled), Type::kF32, {"rows", schema.outputs()});
    }
    case data::Task::kRegression:
      return add_amounts(graph, said, link);
  }
}

/// What becomes a row's text: columns, and those that are written out as a sentence.
Json text_of(const encode::text::RowText& text) {
  std::vector<std::string> table;
  for (const data::Field& field : text.table_fields()) table.push_back(field.name);
  return Json{{"columns", text.columns()}, {"written_out", text.writes_table() ? table : std::vector<std::string>{}}};
}

OnnxMetadata metadata_of(const Package& package, const TextScorer& scorer) {
  const TextScorerSpec& spec = scorer.spec();
  OnnxMetadata metadata = {
      {"rift.package_sha256", package.digest},
      {"rift.task", std::string(data::task_name(package.schema.task))},
      {"rift.labels", to_json_text(Json(output_names(package.schema, spec.link)))},
      {"rift.pooling", std::string(name_of(spec.model->pooling()))},
      {"rift.link", to_json_text(objective::to_json(spec.link))},
      {"rift.calibrator", to_json_text(package.calibrator.to_json())},
      {"rift.text", to_json_text(text_of(scorer.inputs().row_text()))},
      {"rift.max_tokens", std::to_string(spec.max_tokens)},
      {"rift.tokenizer", "its files lie beside this one; rows are cut at rift.max_tokens, special tokens included"},
  };
  add_origin(metadata, spec.pretrained);
  return metadata;
}

const TextScorer& text_scorer_of(const Package& package) {
  const auto* scorer = dynamic_cast<const TextScorer*>(package.scorer.get());
  RIFT_REQUIRE(scorer != nullptr, Code::kUnsupported,
               "{}: --format onnx: a {} has no ONNX graph, only a fine-tuned language model has; in a comparison that "
               "is models/fine-tuned/package",
               package.path.string(), package.scorer->name());
  return *scorer;
}

}  // namespace

WriteFiles onnx_files(const fs::path& package) {
  const auto loaded = std::make_shared<const Package>(load_package(package, all_loaders()));  // the graph's weights
  const TextScorer& scorer = text_scorer_of(*loaded);
  OnnxGraph graph;
  add_outputs(graph, scorer.spec().model->describe(graph), scorer, loaded->calibrator);
  checkpoint::format::OnnxModel model = finished(graph, scorer.spec().base.model_type(), metadata_of(*loaded, scorer));
  return [loaded, &base = scorer.spec().base, model = std::move(model)](const fs::path& to) {
    checkpoint::format::write_onnx(to / kOnnxFile, model);
    write_file_atomic(to / "config.json", read_file(base.config_path()));
    checkpoint::copy_tokenizer_files(base, to);
  };
}

}  // namespace rift::package
