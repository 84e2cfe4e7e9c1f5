#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace rift::test {

/// What is set beside an option and to what the option is set, both as --set has them, one after the other behind ';'.
/// Three things may come of it: another result, an error that says `error`, or, of what by its contract changes memory
/// or places alone, the same result to the bit (`same`: the test that shows what it does change).
struct OptionCase {
  std::string_view option;  // "optim.lr", "optim.beta1 of adam", "optim.name = adam"
  std::string_view change;
  std::string_view context = {};
  std::string_view error = {};
  std::string_view same = {};
  enum class Verb { kTrain, kCompare, kSearch } verb = Verb::kTrain;
};

inline void PrintTo(const OptionCase& one, std::ostream* out) { *out << one.option; }

inline constexpr auto kCompare = OptionCase::Verb::kCompare;
inline constexpr auto kSearch = OptionCase::Verb::kSearch;

inline constexpr std::string_view kByTable =
    "model.text.from_table=always;data.columns.note=ignore;data.columns.amount=ignore;data.columns.day=ignore";
inline constexpr std::string_view kClassic = "compare.models=[scorecard, gbdt, fusion]";
inline constexpr std::string_view kAmounts = "task=regression;data.label={column: amount}";
inline constexpr std::string_view kClasses = "task=multiclass;data.label={column: stage}";
inline constexpr std::string_view kOrder = "task=ordinal;data.label={column: stage, order: [nothing, late, paid]}";
inline constexpr std::string_view kLabels = "task=multilabel;data.label={columns: [is_late, is_paid, is_old]}";
inline constexpr std::string_view kDays = "split={kind: out_of_time, column: day, test_from: 2020-05-01}";
inline constexpr std::string_view kFolds = "split={kind: k_fold, k: 3, fold: 0}";
inline constexpr std::string_view kLora = "tuning={method: lora, rank: 2, alpha: 4}";
inline constexpr std::string_view kPlateau =
    "optim.schedule={kind: plateau, factor: 0.5, patience: 0};optim.epochs=6;optim.lr=0.02";
inline constexpr std::string_view kStops =
    "train.early_stopping={patience: 1};optim.epochs=12;optim.lr=0.03;optim.head_lr=0.1";
inline constexpr std::string_view kGpt2 =
    "task=multiclass;data.label={column: stage};model.text.backbone=gpt2;model.text.pooling=last";
inline constexpr std::string_view kTrials =
    "search.space={optim.lr: {log: [1.0e-3, 1.0e-1]}, optim.batch_rows: {int: [4, 40]}}";

/// Every option of run.yaml. What is not in it, or no longer an option, fails EveryOption.StandsInTheTable.
inline const std::vector<OptionCase>& option_cases() {
  static const std::vector<OptionCase> cases = {
      {"task", "task=multiclass;data.label={column: outcome}"},
      {"data.source", "data.source=fewer.csv"},
      {"data.folder", "data.folder=other", "data.source=\"sql: SELECT * FROM 'records.csv'\""},
      {"data.label.column", "data.label.column=is_old", "data.label={column: is_paid}"},
      {"data.label.columns", "data.label.columns=[is_late, is_old]", kLabels},
      {"data.label.order", "data.label.order=[paid, late, nothing]", kOrder},
      {"data.label.positive", "data.label.positive=[good]"},
      {"data.id", "data.id=code"},
      {"data.time", "data.time=day", "data.columns.later=date"},
      {"data.group", "data.group=branch", "data.group=customer;split.kind=group"},
      {"data.weight", "data.weight=weight"},
      {"data.protected", "data.protected=[sex]", kByTable},
      {"data.columns.<name>", "data.columns.sex=ignore", kByTable},
      {"data.captions", "data.captions=captions.yaml", kByTable},
      {"data.memory_limit", "data.memory_limit=1KB", "", "memory"},

      {"split.kind = random", "split.kind=random", "split.kind=stratified"},
      {"split.kind = stratified", "split.kind=stratified"},
      {"split.kind = group", "split.kind=group;data.group=customer"},
      {"split.kind = out_of_time", kDays},
      {"split.kind = k_fold", kFolds},
      {"split.kind = files", "split={kind: files, test: fewer.csv, validation: few.csv}"},
      {"split.seed", "split.seed=2"},
      {"split.test of random", "split.test=0.4"},
      {"split.calibration of random", "split.calibration=0.2"},
      {"split.validation of random", "split.validation=0.3"},
      {"split.test of stratified", "split.test=0.4", "split.kind=stratified"},
      {"split.calibration of stratified", "split.calibration=0.2", "split.kind=stratified"},
      {"split.validation of stratified", "split.validation=0.3", "split.kind=stratified"},
      {"split.test of group", "split.test=0.4", "split.kind=group;data.group=customer"},
      {"split.calibration of group", "split.calibration=0.2", "split.kind=group;data.group=customer"},
      {"split.validation of group", "split.validation=0.3", "split.kind=group;data.group=customer"},
      {"split.column of out_of_time", "split.column=later",
       "data.columns.later=date;split={kind: out_of_time, column: day, test_from: 2020-05-01}"},
      {"split.test_from of out_of_time", "split.test_from=2020-06-01", kDays},
      {"split.calibration of out_of_time", "split.calibration=0.2", kDays},
      {"split.validation of out_of_time", "split.validation=0.3", kDays},
      {"split.k of k_fold", "split.k=4", kFolds},
      {"split.fold of k_fold", "split.fold=1", kFolds},
      {"split.repeats of k_fold", "split.repeats=2", "split={kind: k_fold, k: 3};compare.models=[scorecard]", "", "",
       kCompare},
      {"split.stratified of k_fold", "split.stratified=false", kFolds},
      {"split.calibration of k_fold", "split.calibration=0.2", kFolds},
      {"split.validation of k_fold", "split.validation=0.3", kFolds},
      {"split.test of files", "split.test=few.csv", "split={kind: files, test: fewer.csv, validation: few.csv}"},
      {"split.calibration of files", "split.calibration=few.csv",
       "split={kind: files, test: fewer.csv, validation: few.csv}"},
      {"split.validation of files", "split.validation=fewer.csv",
       "split={kind: files, test: fewer.csv, validation: few.csv}"},

      {"model.text.backbone", "model.text.backbone=engine"},
      {"model.text.base_weights", "model.text.base_weights=as_stored", "", "GGUF"},
      {"model.text.columns", "model.text.columns=[remark]"},
      {"model.text.from_table", "model.text.from_table=always"},
      {"model.text.max_tokens", "model.text.max_tokens=5"},
      {"model.text.pooling", "model.text.pooling=mean"},
      {"model.text.head.kind = linear", "model.text.head={kind: linear}",
       "task=multiclass;data.label={column: stage};model.text.backbone=gpt2;model.text.pooling=last;"
       "model.text.head={kind: label_tokens, tokens: {nothing: the, late: late, paid: paid}}"},
      {"model.text.head.kind = label_tokens",
       "model.text.head={kind: label_tokens, tokens: {nothing: the, late: late, paid: paid}}", kGpt2},
      {"model.text.head.tokens.<name> of label_tokens", "model.text.head.tokens.nothing=was",
       "task=multiclass;data.label={column: stage};model.text.backbone=gpt2;model.text.pooling=last;"
       "model.text.head={kind: label_tokens, tokens: {nothing: the, late: late, paid: paid}}"},
      {"model.fusion.folds of stacking", "model.fusion.folds=3", kClassic, "", "", kCompare},

      {"tuning.method = full", "tuning.method=full", "tuning.method=head"},
      {"tuning.method = head", "tuning.method=head"},
      {"tuning.method = top_k", "tuning={method: top_k, layers: 1}"},
      {"tuning.method = bitfit", "tuning.method=bitfit"},
      {"tuning.method = lora", kLora},
      {"tuning.freeze", "tuning.freeze=[word_embeddings]"},
      {"tuning.layers of top_k", "tuning.layers=1", "tuning={method: top_k, layers: 2}"},
      {"tuning.rank of lora", "tuning.rank=3", kLora},
      {"tuning.alpha of lora", "tuning.alpha=9", kLora},
      {"tuning.dropout of lora", "tuning.dropout=0.3", kLora},
      {"tuning.targets of lora", "tuning.targets=[key]", kLora},

      {"objective.loss.kind = automatic", "objective.loss=automatic", "objective.loss=focal"},
      {"objective.loss.kind = bce", "objective.loss=bce", "objective.loss=focal"},
      {"objective.loss.kind = cross_entropy", "objective.loss=cross_entropy",
       "task=multiclass;data.label={column: stage};objective.loss=focal"},
      {"objective.loss.kind = focal", "objective.loss=focal"},
      {"objective.loss.kind = asymmetric", "objective.loss=asymmetric"},
      {"objective.loss.kind = mse", "objective.loss=mse",
       "task=regression;data.label={column: amount};objective.loss=huber"},
      {"objective.loss.kind = huber", "objective.loss={kind: huber, delta: 0.5}", kAmounts},
      {"objective.loss.kind = quantile", "objective.loss=quantile", kAmounts},
      {"objective.loss.kind = poisson", "objective.loss=poisson", kAmounts},
      {"objective.loss.kind = gamma", "objective.loss=gamma", kAmounts},
      {"objective.loss.kind = tweedie", "objective.loss=tweedie", kAmounts},
      {"objective.loss.kind = corn", "objective.loss=corn",
       "task=ordinal;data.label={column: stage, order: [nothing, late, paid]};objective.loss=cross_entropy"},
      {"objective.loss.kind = auc", "objective.loss=auc"},
      {"objective.loss.pos_weight of bce", "objective.loss.pos_weight=3", "objective.loss={kind: bce}"},
      {"objective.loss.label_smoothing of cross_entropy", "objective.loss.label_smoothing=0.2",
       "task=multiclass;data.label={column: stage};objective.loss={kind: cross_entropy}"},
      {"objective.loss.gamma of focal", "objective.loss.gamma=1", "objective.loss={kind: focal}"},
      {"objective.loss.gamma_bad of asymmetric", "objective.loss.gamma_bad=1", "objective.loss={kind: asymmetric}"},
      {"objective.loss.gamma_good of asymmetric", "objective.loss.gamma_good=1", "objective.loss={kind: asymmetric}"},
      {"objective.loss.margin of asymmetric", "objective.loss.margin=0.2", "objective.loss={kind: asymmetric}"},
      {"objective.loss.delta of huber", "objective.loss.delta=0.3",
       "task=regression;data.label={column: amount};objective.loss={kind: huber}"},
      {"objective.loss.levels of quantile", "objective.loss.levels=[0.2, 0.5]",
       "task=regression;data.label={column: amount};objective.loss={kind: quantile}"},
      {"objective.loss.power of tweedie", "objective.loss.power=1.2",
       "task=regression;data.label={column: amount};objective.loss={kind: tweedie}"},
      {"objective.loss.margin of auc", "objective.loss.margin=0.3", "objective.loss={kind: auc}"},
      {"objective.class_weight.kind = none", "objective.class_weight=none", "objective.class_weight=balanced"},
      {"objective.class_weight.kind = balanced", "objective.class_weight=balanced"},
      {"objective.class_weight.kind = given", "objective.class_weight={kind: given, weights: {late: 3}}"},
      {"objective.class_weight.weights.<name> of given", "objective.class_weight.weights.late=2",
       "objective.class_weight={kind: given, weights: {late: 3}}"},
      {"objective.anchor.kind = none", "objective.anchor={kind: none}", "objective.anchor={kind: l2, lambda: 0.1}"},
      {"objective.anchor.kind = l2", "objective.anchor={kind: l2, lambda: 0.1}"},
      {"objective.anchor.kind = l2_sp", "objective.anchor={kind: l2_sp, lambda: 0.5}"},
      {"objective.anchor.kind = ewc", "objective.anchor={kind: ewc, lambda: 20, texts: general.txt}"},
      {"objective.anchor.kind = distillation", "objective.anchor={kind: distillation, lambda: 2}"},
      {"objective.anchor.kind = replay", "objective.anchor={kind: replay, lambda: 0.5, texts: general.txt}"},
      {"objective.anchor.kind = alignment", "objective.anchor={kind: alignment, lambda: 2}"},
      {"objective.anchor.lambda of l2", "objective.anchor.lambda=0.2", "objective.anchor={kind: l2, lambda: 0.1}"},
      {"objective.anchor.lambda of l2_sp", "objective.anchor.lambda=1", "objective.anchor={kind: l2_sp, lambda: 0.5}"},
      {"objective.anchor.lambda of ewc", "objective.anchor.lambda=40",
       "objective.anchor={kind: ewc, lambda: 20, texts: general.txt}"},
      {"objective.anchor.fisher of ewc", "objective.anchor.fisher=none.safetensors",
       "objective.anchor={kind: ewc, lambda: 20, texts: general.txt}", "none.safetensors"},
      {"objective.anchor.texts of ewc", "objective.anchor.texts=other.txt",
       "objective.anchor={kind: ewc, lambda: 20, texts: general.txt}"},
      {"objective.anchor.column of ewc", "objective.anchor.column=b",
       "objective.anchor={kind: ewc, lambda: 20, texts: texts.csv, column: a}"},
      {"objective.anchor.rows of ewc", "objective.anchor.rows=5",
       "objective.anchor={kind: ewc, lambda: 20, texts: general.txt}"},
      {"objective.anchor.lambda of distillation", "objective.anchor.lambda=4",
       "objective.anchor={kind: distillation, lambda: 2}"},
      {"objective.anchor.what of distillation", "objective.anchor.what=logits",
       "model.text.backbone=headed;objective.anchor={kind: distillation, lambda: 2}"},
      {"objective.anchor.temperature of distillation", "objective.anchor.temperature=3",
       "model.text.backbone=headed;objective.anchor={kind: distillation, lambda: 2, what: logits}"},
      {"objective.anchor.lambda of replay", "objective.anchor.lambda=1",
       "objective.anchor={kind: replay, lambda: 0.5, texts: general.txt}"},
      {"objective.anchor.texts of replay", "objective.anchor.texts=other.txt",
       "objective.anchor={kind: replay, lambda: 0.5, texts: general.txt}"},
      {"objective.anchor.column of replay", "objective.anchor.column=b",
       "objective.anchor={kind: replay, lambda: 0.5, texts: texts.csv, column: a}"},
      {"objective.anchor.batch_rows of replay", "objective.anchor.batch_rows=7",
       "objective.anchor={kind: replay, lambda: 0.5, texts: general.txt}"},
      {"objective.anchor.lambda of alignment", "objective.anchor.lambda=4",
       "objective.anchor={kind: alignment, lambda: 2}"},
      {"objective.anchor.measure of alignment", "objective.anchor.measure=cosine",
       "objective.anchor={kind: alignment, lambda: 2}"},

      {"optim.name = gd", "optim={name: gd, lr: 0.1, epochs: 2}"},
      {"optim.name = sgd", "optim={name: sgd, lr: 0.1, epochs: 2, batch_rows: 16}"},
      {"optim.name = adam", "optim.name=adam", "optim.weight_decay=0.1"},
      {"optim.name = adamw", "optim.name=adamw", "optim.name=adam;optim.weight_decay=0.1"},
      {"optim.name = nadam", "optim.name=nadam"},
      {"optim.name = lion", "optim.name=lion"},
      {"optim.name = adafactor", "optim.name=adafactor"},
      {"optim.momentum of sgd", "optim.momentum=0.9", "optim={name: sgd, lr: 0.1, epochs: 2, batch_rows: 16}"},
      {"optim.nesterov of sgd", "optim.nesterov=true",
       "optim={name: sgd, lr: 0.1, epochs: 2, batch_rows: 16, momentum: 0.9}"},
      {"optim.beta1 of adam", "optim.beta1=0.5", "optim.name=adam"},
      {"optim.beta2 of adam", "optim.beta2=0.9", "optim.name=adam"},
      {"optim.epsilon of adam", "optim.epsilon=0.01", "optim.name=adam"},
      {"optim.beta1 of adamw", "optim.beta1=0.5"},
      {"optim.beta2 of adamw", "optim.beta2=0.9"},
      {"optim.epsilon of adamw", "optim.epsilon=0.01"},
      {"optim.beta1 of nadam", "optim.beta1=0.5", "optim.name=nadam"},
      {"optim.beta2 of nadam", "optim.beta2=0.9", "optim.name=nadam"},
      {"optim.epsilon of nadam", "optim.epsilon=0.01", "optim.name=nadam"},
      {"optim.momentum_decay of nadam", "optim.momentum_decay=0.1", "optim.name=nadam"},
      {"optim.decoupled_decay of nadam", "optim.decoupled_decay=true", "optim.name=nadam;optim.weight_decay=0.1"},
      {"optim.beta1 of lion", "optim.beta1=0.5", "optim.name=lion"},
      {"optim.beta2 of lion", "optim.beta2=0.5", "optim.name=lion"},
      {"optim.beta2_decay of adafactor", "optim.beta2_decay=-0.3", "optim.name=adafactor"},
      {"optim.least_scale of adafactor", "optim.least_scale=0.5", "optim.name=adafactor"},
      {"optim.largest_update of adafactor", "optim.largest_update=1.05", "optim.name=adafactor"},
      {"optim.lr", "optim.lr=0.001"},
      {"optim.head_lr", "optim.head_lr=0.001"},
      {"optim.weight_decay", "optim.weight_decay=0.1"},
      {"optim.batch_rows", "optim.batch_rows=8"},
      {"optim.accumulate", "optim.accumulate=2"},
      {"optim.epochs", "optim.epochs=3"},
      {"optim.more_epochs", "optim.more_epochs=1"},
      {"optim.clip_norm", "optim.clip_norm=0.01", "optim={name: sgd, lr: 0.1, epochs: 2, batch_rows: 16}"},
      {"optim.clip_value", "optim.clip_value=0.001"},
      {"optim.sam_rho", "optim.sam_rho=0.1"},
      {"optim.ema_decay", "optim.ema_decay=0.9"},
      {"optim.schedule.kind = constant", "optim.schedule=constant"},
      {"optim.schedule.kind = linear", "optim.schedule=linear", "optim.schedule=constant"},
      {"optim.schedule.kind = cosine", "optim.schedule=cosine"},
      {"optim.schedule.kind = polynomial", "optim.schedule=polynomial"},
      {"optim.schedule.kind = one_cycle", "optim.schedule=one_cycle"},
      {"optim.schedule.kind = plateau", kPlateau, "optim.epochs=6;optim.lr=0.02;optim.schedule=constant"},
      {"optim.schedule.power of polynomial", "optim.schedule.power=3", "optim.schedule={kind: polynomial}"},
      {"optim.schedule.rises_from of one_cycle", "optim.schedule.rises_from=5",
       "optim.schedule={kind: one_cycle};optim.warmup=0.5"},
      {"optim.schedule.falls_to of one_cycle", "optim.schedule.falls_to=3", "optim.schedule={kind: one_cycle}"},
      {"optim.schedule.factor of plateau", "optim.schedule.factor=0.1", kPlateau},
      {"optim.schedule.patience of plateau", "optim.schedule.patience=5", kPlateau},
      {"optim.schedule.threshold of plateau", "optim.schedule.threshold=10", kPlateau},
      {"optim.schedule.least of plateau", "optim.schedule.least=0.9", kPlateau},
      {"optim.warmup", "optim.warmup=0.5"},

      {"train.precision", "train.precision=bf16", "model.text.backbone=engine;train.precision=f32"},
      {"train.batch_memory_mib", "train.batch_memory_mib=1",
       "model.text.backbone=engine;optim={name: sgd, lr: 0.1, epochs: 1, batch_rows: 150};train.precision=f32"},
      {"train.seed", "train.seed=2"},
      {"train.checkpoint_every_steps", "train.checkpoint_every_steps=3"},
      {"train.keep_checkpoints", "train.keep_checkpoints=1", "train.checkpoint_every_steps=3"},
      {"train.evaluations_per_epoch", "train.evaluations_per_epoch=2"},
      {"train.soup", "train.soup=2", "optim.epochs=3"},
      {"train.good_per_bad", "train.good_per_bad=0.5"},
      {"train.kept_states.memory_mib", "train.kept_states.memory_mib=0", "tuning={method: top_k, layers: 1}", "",
       "KeptStates.RowsBeyondTheBudgetAreComputedEveryTime"},
      {"train.kept_states.disk_mib", "train.kept_states.disk_mib=1",
       "tuning={method: top_k, layers: 1};train.kept_states.memory_mib=0", "",
       "KeptStates.LogitsAreTheSameBitsAsWithoutInMemoryOnDiskAndInEitherPrecision"},
      {"train.early_stopping.metric", "train.early_stopping.metric=loss", kStops},
      {"train.early_stopping.patience", "train.early_stopping.patience=2", kStops},
      {"train.forgetting.texts", "train.forgetting.texts=other.txt", "train.forgetting={texts: general.txt}"},
      {"train.forgetting.column", "train.forgetting.column=b", "train.forgetting={texts: texts.csv, column: a}"},
      {"train.forgetting.rows", "train.forgetting.rows=5", "train.forgetting={texts: general.txt}"},
      {"train.mlflow.store", "train.mlflow.store=elsewhere", "train.mlflow={experiment: credit}"},
      {"train.mlflow.experiment", "train.mlflow.experiment=fraud", "train.mlflow={experiment: credit}"},
      {"train.mlflow.name", "train.mlflow.name=mine", "train.mlflow={experiment: credit}"},

      {"compare.models", "compare.models=[scorecard]", kClassic, "", "", kCompare},
      {"compare.tries", "compare.tries=3", kClassic, "", "", kCompare},
      {"compare.seeds", "compare.seeds=2", kClassic, "", "", kCompare},

      {"search.space.<name>.float", "search.space={optim.lr: {float: [1.0e-3, 2.0e-3]}}", kTrials, "", "", kSearch},
      {"search.space.<name>.log", "search.space={optim.lr: {log: [1.0e-3, 2.0e-3]}}", kTrials, "", "", kSearch},
      {"search.space.<name>.int", "search.space={optim.batch_rows: {int: [5, 9]}}", kTrials, "", "", kSearch},
      {"search.space.<name>.log_int", "search.space={optim.batch_rows: {log_int: [5, 9]}}", kTrials, "", "", kSearch},
      {"search.space.<name>.choice", "search.space={tuning.method: {choice: [full, head]}}", kTrials, "", "", kSearch},
      {"search.space.<name>.step", "search.space={optim.batch_rows: {int: [4, 40], step: 6}}",
       "search.space={optim.batch_rows: {int: [4, 40]}}", "", "", kSearch},
      {"search.space.<name>.points", "search.space={optim.lr: {log: [1.0e-3, 1.0e-1], points: 2}}",
       "search.sampler={kind: grid};search.space={optim.lr: {log: [1.0e-3, 1.0e-1], points: 3}}", "", "", kSearch},
      {"search.space.<name>.when.<name>.is",
       "search.space={tuning.method: {choice: [top_k, head]}, tuning.layers: {int: [1, 2], when: {tuning.method: {is: "
       "top_k}}}}",
       "search.space={tuning.method: {choice: [top_k, head]}}", "", "", kSearch},
      {"search.space.<name>.when.<name>.any",
       "search.space={tuning.method: {choice: [top_k, head]}, tuning.layers: {int: [1, 2], when: {tuning.method: {any: "
       "[top_k]}}}}",
       "search.space={tuning.method: {choice: [top_k, head]}}", "", "", kSearch},
      {"search.metric.name", "search.metric.name=log_loss", kTrials, "", "", kSearch},
      {"search.metric.second", "search.metric.second=log_loss", kTrials, "", "", kSearch},
      {"search.sampler.kind = tpe", "search.sampler={kind: tpe}", "search.sampler={kind: grid}", "", "", kSearch},
      {"search.sampler.kind = random", "search.sampler={kind: random}", "search.sampler={kind: tpe, startup_trials: 1}",
       "", "", kSearch},
      {"search.sampler.kind = grid", "search.sampler={kind: grid}", "", "", "", kSearch},
      {"search.sampler.startup_trials of tpe", "search.sampler.startup_trials=3",
       "search.sampler={kind: tpe, startup_trials: 1}", "", "", kSearch},
      {"search.sampler.candidates of tpe", "search.sampler.candidates=1",
       "search.sampler={kind: tpe, startup_trials: 1}", "", "", kSearch},
      {"search.pruner.kind = none", "search.pruner={kind: none}",
       "optim.epochs=4;search.pruner={kind: asha, reduction: 2}", "", "", kSearch},
      {"search.pruner.kind = asha", "search.pruner={kind: asha, reduction: 2}", "optim.epochs=4", "", "", kSearch},
      {"search.pruner.kind = median", "search.pruner={kind: median, startup_trials: 1}", "optim.epochs=4", "", "",
       kSearch},
      {"search.pruner.reduction of asha", "search.pruner.reduction=6",
       "optim.epochs=4;train.evaluations_per_epoch=2;search.sampler={kind: random};search.metric.name=log_loss;"
       "search.pruner={kind: asha, reduction: 2}",
       "", "", kSearch},
      {"search.pruner.first_evaluation of asha", "search.pruner.first_evaluation=4",
       "optim.epochs=4;search.pruner={kind: asha, reduction: 2}", "", "", kSearch},
      {"search.pruner.startup_trials of median", "search.pruner.startup_trials=3",
       "optim.epochs=4;search.pruner={kind: median, startup_trials: 1}", "", "", kSearch},
      {"search.pruner.warmup_evaluations of median", "search.pruner.warmup_evaluations=3",
       "optim.epochs=4;search.pruner={kind: median, startup_trials: 1}", "", "", kSearch},
      {"search.most_retries", "search.most_retries=0", "", "", "Search.AKilledTrialIsTakenUpAgainWhereItWas", kSearch},

      {"calibration", "calibration=isotonic", "split.calibration=0.3;calibration=platt"},
      {"policy.approve_below", "policy.approve_below=0.1"},
      {"policy.refuse_from", "policy.refuse_from=0.9", "policy.approve_below=0.1"},
      {"policy.points.base", "policy.points.base=500"},
      {"policy.points.base_odds", "policy.points.base_odds=20"},
      {"policy.points.pdo", "policy.points.pdo=40"}};
  return cases;
}

}  // namespace rift::test
