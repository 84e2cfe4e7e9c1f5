#include "rift/study/fusion.h"

#include "rift/base/error.h"
#include "rift/base/stopwatch.h"
#include "rift/classic/stack.h"
#include "rift/data/table.h"
#include "rift/study/scoring.h"

namespace rift::study {
namespace {

score::RawScores blended(const classic::Stack& stack, const data::Dataset& dataset, const std::vector<int64_t>& rows,
                         const std::vector<score::RawScores>& said) {
  if (rows.empty()) return {};
  return stack.blend(data::take(dataset.table, rows), said);
}

std::vector<score::RawScores> of_members(const std::vector<Member>& members, score::RawScores ModelRun::*scores) {
  std::vector<score::RawScores> said;
  for (const Member& member : members) said.push_back(member.run->*scores);
  return said;
}

}  // namespace

ModelRun run_fusion(const std::vector<Member>& members, const RunSpec& spec) {
  RIFT_CHECK(members.size() >= 2);
  const Stopwatch watch;
  ModelRun run{.split = spec.split, .seed = spec.seed};
  std::vector<classic::MemberScores> scores;
  std::vector<std::shared_ptr<const score::Scorer>> scorers;
  double seconds_per_row = 0.0;
  Json names = Json::array();
  for (const Member& member : members) {
    scores.push_back({member.name, member.run->out_of_fold});
    scorers.push_back(member.run->scorer);
    run.train_seconds += member.run->train_seconds + member.run->out_of_fold_seconds;
    seconds_per_row += 1.0 / member.run->score_rows_per_second;
    names.push_back(member.name);
  }
  std::shared_ptr<const classic::Stack> stack =
      classic::Stack::fit(spec.dataset, spec.parts.known, scores, std::move(scorers), spec.options.model.text.text);
  const auto& dataset = spec.dataset;
  run.test = blended(*stack, dataset, spec.parts.test, of_members(members, &ModelRun::test));
  run.calibration = blended(*stack, dataset, spec.parts.calibration, of_members(members, &ModelRun::calibration));
  run.out_of_fold = blended(*stack, dataset, spec.parts.known, of_members(members, &ModelRun::out_of_fold));
  run.score_rows_per_second = 1.0 / seconds_per_row;
  run.settings = Json{{"kind", "stacking"}, {"folds", stacking_folds(spec.options)}, {"members", std::move(names)}};
  run.summary = Json{{"weights", stack->weights()}};
  run.scorer = std::move(stack);
  run.train_seconds += watch.seconds();
  calibrate(spec, {}, run);
  if (run.calibrated_on == CalibratedOn::kOutOfFold) run.calibrated_on = CalibratedOn::kStackedRows;
  return run;
}

}  // namespace rift::study
