#include "rift/base/sentence_tables.h"

namespace rift {

// What rift learning-curve says; the rules of sentences_en.cc hold.
std::span<const SentenceEntry> english_curve_sentences() {
  static constexpr SentenceEntry kTable[] = {
      {"model.frozen_features", "head on frozen features"},
      // who is ahead, and from where on
      {"curve.best",
       "With {labels} labels, the most that were measured, best: {model} ({metric} {value}, {interval})."},
      {"curve.passes_from_start",
       "By the fitted curves {a} is ahead of {b} from the smallest size measured on, {labels} labels{span}."},
      {"curve.passes_within", "{a}: passes {b} at about {labels} labels{span}."},
      {"curve.passes_beyond",
       "{a}: does not pass {b} within the sizes measured; by the fitted curves at about {labels} labels{span}, which "
       "is "
       "an extrapolation."},
      {"curve.passes_never",
       "{a}: does not pass {b} within the sizes measured, nor by the fitted curves up to ten times the largest of "
       "them{span}."},
      {"curve.passes_ends", "{a}: ahead of {b} with few labels only; from about {labels} labels on {b} is ahead."},
      {"curve.measured_ahead", "{a}: ahead of {b} at every size measured."},
      {"curve.measured_behind", "{a}: behind {b} at every size measured."},
      {"curve.measured_from", "{a}: of the sizes measured ahead of {b} from {labels} labels on."},
      {"curve.measured_mixed", "{a} and {b}: neither stays ahead over the sizes measured."},
      {"curve.gain_ahead", "At {labels} labels it is ahead by {gain} of {metric}{noise}."},
      {"curve.gain_behind", "At {labels} labels it is behind by {gain} of {metric}{noise}."},
      {"curve.gain_unclear", "At {labels} labels the difference of {gain} in {metric} may be chance{noise}."},
      {"curve.span", " (95 % interval: {low} to {high})"},
      {"curve.at_most", "{labels} or fewer"},
      {"curve.more_than", "more than {labels}"},
      // what more labels are worth
      {"curve.doubling",
       "Twice the labels, {to} instead of {from}, are worth about {worth} of {metric}{noise} to {model}, by its fitted "
       "curve one doubling beyond the measurements."},
      {"curve.last_step", "From {from} to {to} labels the {metric} of {model} went from {before} to {after}."},
      {"curve.stop_from_start",
       "A doubling is worth less than {worth} of {metric} to {model} from the smallest size measured on{span}: more "
       "labels are not what it lacks."},
      {"curve.stop_within",
       "A doubling is worth less than {worth} of {metric} to {model} from about {labels} labels on{span}: labelling "
       "can "
       "stop there."},
      {"curve.stop_beyond",
       "A doubling is worth more than {worth} of {metric} to {model} at every size measured, and by the fitted curve "
       "up "
       "to about {labels} labels{span}, which is an extrapolation: go on labelling."},
      {"curve.stop_never",
       "A doubling is worth more than {worth} of {metric} to {model} at every size measured, and by the fitted curve "
       "up "
       "to ten times the largest of them{span}: go on labelling."},
      // how far this goes
      {"curve.too_few_sizes",
       "{sizes} sizes are too few for a power law, which takes three different ones: this says what was measured and "
       "nothing beyond it."},
      {"curve.three_sizes",
       "Three sizes fix a power law: nothing is left over to show whether the curves have this form."},
      {"curve.few_seeds",
       "{seeds} seeds tell little of how much a sample decides: intervals are rough, and more seeds narrow that."},
      {"curve.one_seed", "One seed: intervals cover the sampling of the test rows, not that of the labels."},
      {"curve.all_labels",
       "{labels} labels are all that there are, so every seed has the same: the spread there is that of training "
       "alone."},
      {"curve.method",
       "Intervals (95 %) are percentiles over {replicates} draws of the test rows and of the seeds. The fitted curve "
       "is "
       "error = floor + scale x labels^-rate, by least squares over the sizes, each weighted with one over the "
       "variance "
       "of its seeds, which is drawn towards the mean of all sizes. Labels are those of training, validation and "
       "calibration together."},
      // the report
      {"curve.title", "Learning curve"},
      {"curve.report_title", "How many labels are enough"},
      {"curve.labels", "labels"},
      {"curve.chart_caption",
       "{metric} of each model on the same {rows} test rows against the number of labels (logarithmic). Points: means "
       "over the seeds with 95 % intervals. Lines: fitted power laws with theirs, dashed beyond the measurements."},
      {"curve.chart_caption_measured",
       "{metric} of each model on the same {rows} test rows against the number of labels (logarithmic): means over the "
       "seeds with 95 % intervals. There are too few sizes to fit a curve."},
      {"curve.points_caption", "{metric} on the test rows: mean over the seeds (95 % interval)"},
      {"curve.laws_caption",
       "The fitted curves: error = floor + scale x labels^-rate (95 % intervals; that of the scale is in curve.json). "
       "The "
       "error is {error}."},
      {"curve.error_is_rest", "1 - {metric}"},
      {"curve.floor", "floor"},
      {"curve.scale", "scale"},
      {"curve.rate", "rate"},
      {"curve.worth", "worth of twice the labels"},
      {"curve.stop_at", "a doubling is worth less than {worth} from"},
      {"curve.gains_caption",
       "By how much {model} is ahead in {metric} (95 % interval; below 0: behind), and from where on by the fitted "
       "curves"},
      {"curve.passes_at", "ahead from"},
      {"curve.never_short", "not up to {labels}"},
      {"curve.ends_short", "only up to {labels}"},
      {"curve.extrapolated", "{labels} (extrapolated)"},
      {"curve.spread", "Figures of each seed"},
      {"curve.seed", "seed {seed}"},
      {"curve.deviation", "standard deviation"},
  };
  return kTable;
}

}  // namespace rift
