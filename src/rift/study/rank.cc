#include "rift/study/rank.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/base/log.h"
#include "rift/base/peak_memory.h"
#include "rift/base/progress.h"
#include "rift/base/stopwatch.h"
#include "rift/data/load_dataset.h"
#include "rift/package/backbone.h"
#include "rift/package/embedder.h"
#include "rift/study/rank_rows.h"
#include "rift/study/rank_scores.h"
#include "rift/study/recommend.h"

namespace rift::study {
namespace {

constexpr int64_t kWarmUpRows = 32;  // a first call packs the weights

package::EmbedderSpec embedder_of(const std::string& model, const RankRows& rows, const std::string& device) {
  package::EmbedderSpec spec{.directory = package::resolve_model(model), .schema = rows.schema, .text = rows.text};
  spec.max_tokens = rows.max_tokens;
  spec.fewer_if_short = true;
  spec.length = package::EmbedderSpec::Length::kAsComputed;
  spec.device = device;
  return spec;
}

data::Table first_rows(const data::Table& table, int64_t count) {
  std::vector<int64_t> rows;
  for (int64_t row = 0; row < std::min(count, table.rows); ++row) rows.push_back(row);
  return data::take(table, rows);
}

/// Of a model that can be loaded; throws for another.
void judge(RankedModel& model, const std::string& asked, const RankRows& rows, const RankSpec& spec) {
  forget_peak_memory();
  const package::Embedder embedder(embedder_of(asked, rows, spec.device));
  model.parameters = embedder.parameters();
  model.width = embedder.width();
  model.pooling = embedder.pooling();
  model.max_tokens = embedder.max_tokens();
  embedder.embed(first_rows(rows.table, kWarmUpRows));
  const Stopwatch watch;
  const package::Embeddings features = embedder.embed(rows.table);
  model.rows_per_second = static_cast<double>(rows.table.rows) / std::max(watch.seconds(), 1e-9);
  model.peak_memory_mib = peak_memory_mib();
  model.tokens = embedder.count_tokens(rows.table);
  model.language = embedder.language_loss(rows.table);
  model.scores =
      score_features({.values = features.values, .rows = features.rows, .width = model.width}, rows, spec.neighbours);
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

void recommend_among(Ranking& ranking) {
  std::vector<Candidate> candidates;
  std::vector<size_t> place;
  for (size_t i = 0; i < ranking.models.size(); ++i) {
    const RankedModel& model = ranking.models[i];
    if (!model.problem.empty()) continue;
    candidates.push_back({model.name, model.scores.probe_folds, model.rows_per_second});
    place.push_back(i);
  }
  const auto found = recommend(candidates);
  if (!found) return;
  ranking.take = place[found->take];
  ranking.recommendation = recommendation_text(candidates, *found, ranking.metric, ranking.chance);
}

}  // namespace

Ranking rank_models(const RankSpec& spec) {
  RIFT_REQUIRE(!spec.models.empty(), Code::kConfig, "rift models rank: name the models to be ranked");
  const RankRows rows = load_rank_rows(spec);
  Ranking ranking{.task = rows.task, .rows = rows.table.rows, .folds = rows.folds, .models = {}};
  ranking.metric = metric_of(rows.task);
  ranking.chance = chance_of(rows);
  Progress progress("ranking", static_cast<int64_t>(spec.models.size()), "models");
  const std::vector<std::string> names = shown_names(spec.models);
  for (size_t i = 0; i < names.size(); ++i) {
    throw_if_interrupted();
    RankedModel model{.name = names[i], .problem = {}};
    try {
      judge(model, spec.models[i], rows, spec);
    } catch (const Error& error) {
      if (error.code() != Code::kArtefact && error.code() != Code::kUnsupported && error.code() != Code::kConfig) throw;
      model.problem = error.message();
      log_warning("this model cannot be judged", {{"model", model.name}, {"why", error.message()}});
    }
    ranking.models.push_back(std::move(model));
    progress.advance(1);
  }
  recommend_among(ranking);
  return ranking;
}

}  // namespace rift::study
