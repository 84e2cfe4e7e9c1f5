#include "rift/study/rank/rank.h"

#include <algorithm>
#include <filesystem>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/interrupt.h"
#include "rift/base/log.h"
#include "rift/base/peak_memory.h"
#include "rift/base/progress.h"
#include "rift/base/sentences.h"
#include "rift/base/stopwatch.h"
#include "rift/data/load_dataset.h"
#include "rift/package/backbone.h"
#include "rift/package/embedder.h"
#include "rift/package/execution.h"
#include "rift/package/format/package.h"
#include "rift/study/rank/recommend.h"
#include "rift/study/rank/rows.h"
#include "rift/study/rank/scores.h"

namespace rift::study {
namespace {

constexpr int64_t kWarmUpRows = 32;  // a first call packs the weights
constexpr int64_t kTimedParts = 5;

package::EmbedderSpec embedder_of(const std::string& model, const RankRows& rows, const std::string& device) {
  package::EmbedderSpec spec{.directory = package::resolve_model(model), .schema = rows.schema, .text = rows.text};
  spec.max_tokens = rows.max_tokens;
  spec.fewer_if_short = true;
  spec.length = package::EmbedderSpec::Length::kAsComputed;
  spec.device = device;
  return spec;
}

/// Rows from `begin` to before `end`, or to the last.
data::Table rows_between(const data::Table& table, int64_t begin, int64_t end) {
  std::vector<int64_t> rows;
  for (int64_t row = begin; row < std::min(end, table.rows); ++row) rows.push_back(row);
  return data::take(table, rows);
}

/// All rows' vectors, and the median speed over equal parts of them: one that another program disturbed does not count.
std::vector<float> embed_timed(const package::Embedder& embedder, const data::Table& table, double& rows_per_second) {
  embedder.embed(rows_between(table, 0, kWarmUpRows));
  std::vector<float> features;
  std::vector<double> speeds;
  const int64_t step = (table.rows + kTimedParts - 1) / kTimedParts;
  for (int64_t begin = 0; begin < table.rows; begin += step) {
    const data::Table part = rows_between(table, begin, begin + step);
    const Stopwatch watch;
    const package::Embeddings some = embedder.embed(part);
    speeds.push_back(static_cast<double>(part.rows) / std::max(watch.seconds(), 1e-9));
    features.insert(features.end(), some.values.begin(), some.values.end());
  }
  const auto middle = speeds.begin() + std::ssize(speeds) / 2;
  std::ranges::nth_element(speeds, middle);
  rows_per_second = *middle;
  return features;
}

/// Whether a package was fine-tuned on the source of these rows.
bool knows(const std::filesystem::path& directory, const RankRows& rows) {
  if (!package::is_package(directory)) return false;
  return package::was_trained_on(read_json(directory / "rift.json").at("training"), rows.source_sha256);
}

/// Of a model that can be loaded; throws for another.
void judge(RankedModel& model, const std::string& asked, const RankRows& rows, const RankSpec& spec) {
  return_free_memory();  // of the model before
  forget_peak_memory();
  const package::EmbedderSpec embedded = embedder_of(asked, rows, spec.device);
  const package::Embedder embedder(embedded);
  model.knows_rows = knows(embedded.directory, rows);
  model.parameters = embedder.parameters();
  model.width = embedder.width();
  model.pooling = embedder.pooling();
  model.max_tokens = embedder.max_tokens();
  const std::vector<float> features = embed_timed(embedder, rows.table, model.rows_per_second);
  model.peak_memory_mib = peak_memory_mib();
  model.tokens = embedder.count_tokens(rows.table);
  model.language = embedder.language_loss(rows.table);
  model.scores = score_features({.values = features, .rows = rows.table.rows, .width = model.width}, rows);
}

/// Whether the fault is of the model, or of this machine with it, and the others can still be judged.
bool is_of_model(Code code) {
  return code == Code::kArtefact || code == Code::kUnsupported || code == Code::kEnvironment || code == Code::kConfig;
}

void judge_or_say_why(RankedModel& model, const std::string& asked, const RankRows& rows, const RankSpec& spec) {
  try {
    return judge(model, asked, rows, spec);
  } catch (const Error& error) {
    if (!is_of_model(error.code())) throw;
    model.problem = error.message();
  } catch (const std::bad_alloc&) {
    model.problem = "out of memory";
  }
  log_warning("this model cannot be judged", {{"model", model.name}, {"why", model.problem}});
}

/// Folders' names where they tell the models apart, else what was asked for.
std::vector<std::string> shown_names(const std::vector<std::string>& asked) {
  std::vector<std::string> names;
  for (const std::string& model : asked) {
    const std::filesystem::path path = std::filesystem::path(model).lexically_normal();
    names.push_back((path.has_filename() ? path : path.parent_path()).filename().string());
  }
  const std::set<std::string> different(names.begin(), names.end());
  return different.size() == names.size() && !different.contains("") ? names : asked;
}

/// What the other scores say where they lead to another model than `take`: each is right at times (docs/results.md).
std::string other_leaders(const Ranking& ranking) {
  std::string text;
  const auto add = [&](std::string_view key, auto score_of) {
    const RankedModel* leader = nullptr;
    for (const RankedModel& model : ranking.models) {
      if (!model.problem.empty() || !score_of(model)) continue;
      if (leader == nullptr || *score_of(model) > *score_of(*leader)) leader = &model;
    }
    if (leader != nullptr && leader != &ranking.models[*ranking.take])
      text += " " + sentence(key, fmt::arg("leader", leader->name));
  };
  add("rank.by_neighbours", [](const RankedModel& model) { return std::optional(model.scores.neighbours.value); });
  add("rank.by_h_score", [](const RankedModel& model) {
    const auto& score = model.scores.h_score;
    return score ? std::optional(score->value) : std::nullopt;
  });
  return text;
}

void recommend_among(Ranking& ranking) {
  std::vector<Candidate> candidates;
  std::vector<size_t> place;
  for (size_t i = 0; i < ranking.models.size(); ++i) {
    const RankedModel& model = ranking.models[i];
    if (!model.problem.empty()) continue;
    const package::TokenCounts& tokens = model.tokens;
    const auto share = [](int64_t part, int64_t whole) {
      return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
    };
    candidates.push_back({.name = model.name,
                          .folds = model.scores.probe_folds,
                          .rows_per_second = model.rows_per_second,
                          .unknown_share = share(tokens.unknown, tokens.tokens),
                          .cut_share = share(tokens.truncated, tokens.rows)});
    place.push_back(i);
  }
  const auto found = recommend(candidates);
  if (!found) return;
  ranking.take = place[found->take];
  ranking.recommendation = recommendation_text(candidates, *found, ranking.metric, ranking.chance);
  ranking.recommendation += other_leaders(ranking);
  for (const RankedModel& model : ranking.models) {
    if (model.knows_rows) ranking.recommendation += " " + sentence("rank.knows_rows", fmt::arg("model", model.name));
  }
}

}  // namespace

Ranking rank_models(const RankSpec& spec) {
  RIFT_REQUIRE(!spec.models.empty(), Code::kConfig, "rift models rank: name the models to be ranked");
  std::set<std::filesystem::path> places;
  for (const std::string& model : spec.models) {
    std::error_code ignored;
    RIFT_REQUIRE(places.insert(std::filesystem::weakly_canonical(model, ignored)).second, Code::kConfig,
                 "rift models rank: {} is named twice; leave one out", model);
  }
  package::describe_execution(spec.device);  // a GPU that is not there, before the work
  const RankRows rows = load_rank_rows(spec);
  Ranking ranking{.task = rows.task, .rows = rows.table.rows, .folds = rows.folds, .models = {}};
  ranking.metric = metric_of(rows.task);
  ranking.chance = chance_of(rows);
  Progress progress("ranking", static_cast<int64_t>(spec.models.size()), "models");
  const std::vector<std::string> names = shown_names(spec.models);
  for (size_t i = 0; i < names.size(); ++i) {
    throw_if_interrupted();
    RankedModel model{.name = names[i], .problem = {}};
    judge_or_say_why(model, spec.models[i], rows, spec);
    ranking.models.push_back(std::move(model));
    progress.advance(1);
  }
  recommend_among(ranking);
  return ranking;
}

}  // namespace rift::study
