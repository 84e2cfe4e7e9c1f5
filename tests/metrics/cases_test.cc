// The metrics against scikit-learn, scipy, published figures and second implementations (tests/cases/*.case).
#include <gtest/gtest.h>

#include "cases/case_file.h"
#include "rift/metrics/auc.h"
#include "rift/metrics/classification.h"
#include "rift/metrics/gains.h"
#include "rift/metrics/ks.h"
#include "rift/metrics/multiclass.h"
#include "rift/metrics/multilabel.h"
#include "rift/metrics/ordinal.h"
#include "rift/metrics/precision_recall.h"
#include "rift/metrics/probability.h"
#include "rift/metrics/regression.h"
#include "rift/metrics/stability_index.h"

namespace rift::metrics {
namespace {

using cases::Case;
using cases::Figure;
using cases::Values;
using cases::values_of;

/// The case's label, score and weight handed to a function of three spans.
template <class Metric>
Figure of_rows(const Metric& metric, const std::string& score = "score") {
  return [metric, score](const Case& one) {
    return values_of(metric(one.column("label"), one.column(score), one.column("weight")));
  };
}

template <class Value>
Figure of_delong(const Value& value) {
  return [value](const Case& one) {
    const auto model = delong(one.column("label"), one.column("score"), one.column("weight"));
    return model ? value(*model) : Values{};
  };
}

template <class Member>
Figure of_calibration(Member CalibrationBin::*member) {
  return [member](const Case& one) {
    Values values;
    for (const CalibrationBin& bin : calibration_bins(one.column("label"), one.column("score"), one.column("weight"))) {
      values.push_back(bin.*member);
    }
    return values;
  };
}

/// A metric of the confusion matrix: of the column `predicted`, or of the score called bad from .5 on.
template <class Metric>
Figure of_matrix(const Metric& metric, int64_t classes) {
  return [metric, classes](const Case& one) {
    const Values predicted =
        one.columns.contains("predicted") ? one.column("predicted") : called_bad(one.column("score"));
    return values_of(metric(confusion_matrix(one.column("label"), predicted, classes, one.column("weight"))));
  };
}

TEST(Cases, BinaryMetricsEqualScikitLearn) {
  using Rows = std::span<const double>;
  cases::expect_cases(
      "binary", {{"auc", of_rows([](Rows y, Rows s, Rows w) { return auc(y, s, w); })},
                 {"gini", of_rows([](Rows y, Rows s, Rows w) {
                    const auto area = auc(y, s, w);
                    return area ? std::optional(gini_of_auc(*area)) : std::nullopt;
                  })},
                 {"ks", of_rows([](Rows y, Rows s, Rows w) {
                    const auto distance = ks(y, s, w);
                    return distance ? std::optional(distance->value) : std::nullopt;
                  })},
                 {"ks_cutoff", of_rows([](Rows y, Rows s, Rows w) {
                    const auto distance = ks(y, s, w);
                    return distance ? std::optional(distance->cutoff) : std::nullopt;
                  })},
                 {"ap", of_rows([](Rows y, Rows s, Rows w) { return average_precision(y, s, w); })},
                 {"brier", of_rows([](Rows y, Rows s, Rows w) { return brier_score(y, s, w); })},
                 {"log_loss", of_rows([](Rows y, Rows s, Rows w) { return log_loss(y, s, w); })},
                 {"ece", of_rows([](Rows y, Rows s, Rows w) { return calibration_error(y, s, w); })},
                 {"calibration_bad_rate", of_calibration(&CalibrationBin::bad_rate)},
                 {"calibration_mean_pd", of_calibration(&CalibrationBin::mean_pd)},
                 {"accuracy", of_matrix(accuracy, 2)},
                 {"macro_f1", of_matrix(macro_f1, 2)},
                 {"mcc", of_matrix(mcc, 2)},
                 {"delong_variance", of_delong([](const DeLong& model) { return Values{model.variance()}; })},
                 {"delong_error", of_delong([](const DeLong& model) { return Values{std::sqrt(model.variance())}; })},
                 {"delong_interval", of_delong([](const DeLong& model) {
                    const Estimate interval = auc_interval(model);
                    return Values{interval.low, interval.high};
                  })}});
}

Figure of_pair(const std::function<Values(const AucDifference&)>& value) {
  return [value](const Case& one) {
    const auto a = delong(one.column("label"), one.column("a"), one.column("weight"));
    const auto b = delong(one.column("label"), one.column("b"), one.column("weight"));
    return a && b ? value(compare_auc(*a, *b)) : Values{};
  };
}

TEST(Cases, PairedDeLongEqualsAllPairsAndThePublishedExample) {
  cases::expect_cases("paired", {{"difference", of_pair([](const AucDifference& d) { return Values{d.difference}; })},
                                 {"error", of_pair([](const AucDifference& d) { return Values{d.standard_error}; })},
                                 {"z", of_pair([](const AucDifference& d) { return Values{d.z}; })},
                                 {"p", of_pair([](const AucDifference& d) { return Values{d.p}; })},
                                 {"interval", of_pair([](const AucDifference& d) {
                                    return Values{d.low, d.high};
                                  })}});
}

TEST(Cases, ClassMetricsEqualScikitLearn) {
  cases::expect_cases(
      "classes",
      {{"accuracy", of_matrix(accuracy, 4)},
       {"macro_f1", of_matrix(macro_f1, 4)},
       {"mcc", of_matrix(mcc, 4)},
       {"confusion", [](const Case& one) {
          return confusion_matrix(one.column("label"), one.column("predicted"), 4, one.column("weight")).weights;
        }}});
}

/// Columns of that letter, as p0, p1 and p2, as row-major values.
Values columns_of(const Case& one, char letter) {
  Values rows;
  const std::string first(1, letter);
  for (size_t i = 0; i < one.column(first + "0").size(); ++i) {
    for (const char* number : {"0", "1", "2"}) rows.push_back(one.column(first + number)[i]);
  }
  return rows;
}
Values probabilities(const Case& one) { return columns_of(one, 'p'); }

TEST(Cases, LossesOfAmountsEqualScikitLearn) {
  const auto pinball = [](double level) {
    return of_rows([level](auto y, auto p, auto w) { return pinball_loss(y, p, level, w); }, "prediction");
  };
  const auto deviance = [](double power) {
    return of_rows([power](auto y, auto p, auto w) { return tweedie_deviance(y, p, power, w); }, "prediction");
  };
  cases::expect_cases("amount_losses", {{"pinball_10", pinball(0.1)},
                                        {"pinball_50", pinball(0.5)},
                                        {"pinball_90", pinball(0.9)},
                                        {"poisson", deviance(1.0)},
                                        {"tweedie", deviance(1.5)},
                                        {"gamma", deviance(2.0)}});
}

TEST(Cases, OrdinalMetricsEqualScikitLearn) {
  cases::expect_cases(
      "ordinal",
      {{"qwk",
        [](const Case& one) {
          const Values called = most_likely_class(probabilities(one), 3);
          return values_of(quadratic_kappa(confusion_matrix(one.column("label"), called, 3, one.column("weight"))));
        }},
       {"rps", [](const Case& one) {
          return values_of(ranked_probability_score(one.column("label"), probabilities(one), 3, one.column("weight")));
        }}});
}

TEST(Cases, MultiLabelMetricsEqualScikitLearn) {
  const auto of_calls = [](double LabelCalls::*figure) {
    return [figure](const Case& one) {
      const auto calls = label_calls(columns_of(one, 'y'), probabilities(one), 3, one.column("weight"));
      return values_of(calls ? std::optional((*calls).*figure) : std::nullopt);
    };
  };
  cases::expect_cases(
      "multilabel",
      {{"macro_auc",
        [](const Case& one) {
          return values_of(macro_auc(label_orders(columns_of(one, 'y'), probabilities(one), 3), one.column("weight")));
        }},
       {"log_loss",
        [](const Case& one) {
          return values_of(label_log_loss(columns_of(one, 'y'), probabilities(one), 3, one.column("weight")));
        }},
       {"micro_f1", of_calls(&LabelCalls::micro_f1)},
       {"macro_f1", of_calls(&LabelCalls::macro_f1)},
       {"exact_match", of_calls(&LabelCalls::exact_match)}});
}

TEST(Cases, MetricsOfSeveralClassesEqualScikitLearn) {
  cases::expect_cases(
      "multiclass",
      {{"macro_auc",
        [](const Case& one) {
          return values_of(macro_auc(one.column("label"), probabilities(one), 3, one.column("weight")));
        }},
       {"log_loss",
        [](const Case& one) {
          return values_of(log_loss(one.column("label"), probabilities(one), 3, one.column("weight")));
        }},
       {"brier",
        [](const Case& one) {
          return values_of(brier_score(one.column("label"), probabilities(one), 3, one.column("weight")));
        }},
       {"accuracy",
        [](const Case& one) {
          const Values called = most_likely_class(probabilities(one), 3);
          return values_of(accuracy(confusion_matrix(one.column("label"), called, 3, one.column("weight"))));
        }},
       {"ece", [](const Case& one) {
          const TopLabel top = top_label(one.column("label"), probabilities(one), 3);
          return values_of(calibration_error(top.correct, top.confidence, one.column("weight")));
        }}});
}

TEST(Cases, RegressionErrorsEqualScikitLearn) {
  cases::expect_cases("regression", {{"rmse", of_rows(root_mean_squared_error, "prediction")},
                                     {"mae", of_rows(mean_absolute_error, "prediction")},
                                     {"mean_error", of_rows(mean_error, "prediction")},
                                     {"r2", of_rows(r_squared, "prediction")}});
}

template <class Member>
Figure of_band(Member GainsBand::*member) {
  return [member](const Case& one) {
    Values values;
    for (const GainsBand& band :
         gains_table(count_scores(one.column("label"), one.column("score"), one.column("weight")))) {
      values.push_back(static_cast<double>(band.*member));
    }
    return values;
  };
}

Figure of_approved(double rate) {
  return [rate](const Case& one) {
    return values_of(
        approved_bad_rate(count_scores(one.column("label"), one.column("score"), one.column("weight")), rate));
  };
}

Figure of_roc(double RocPoint::*member) {
  return [member](const Case& one) {
    Values values;
    for (const RocPoint& point :
         roc_points(count_scores(one.column("label"), one.column("score"), one.column("weight")))) {
      values.push_back(point.*member);
    }
    return values;
  };
}

TEST(Cases, GainsTableApprovalAndRocFollowTheirDefinitions) {
  cases::expect_cases("gains", {{"band", of_band(&GainsBand::band)},
                                {"weight", of_band(&GainsBand::weight)},
                                {"bad", of_band(&GainsBand::bad)},
                                {"score_low", of_band(&GainsBand::score_low)},
                                {"score_high", of_band(&GainsBand::score_high)},
                                {"bad_rate", of_band(&GainsBand::bad_rate)},
                                {"cumulative_bad_rate", of_band(&GainsBand::cumulative_bad_rate)},
                                {"lift", of_band(&GainsBand::lift)},
                                {"cumulative_weight_share", of_band(&GainsBand::cumulative_weight_share)},
                                {"cumulative_bad_share", of_band(&GainsBand::cumulative_bad_share)},
                                {"cumulative_good_share", of_band(&GainsBand::cumulative_good_share)},
                                {"cumulative_lift", of_band(&GainsBand::cumulative_lift)},
                                {"roc_false", of_roc(&RocPoint::false_positive_rate)},
                                {"roc_true", of_roc(&RocPoint::true_positive_rate)},
                                {"approved_30", of_approved(0.3)},
                                {"approved_50", of_approved(0.5)},
                                {"approved_70", of_approved(0.7)},
                                {"approved_90", of_approved(0.9)},
                                {"approved_100", of_approved(1.0)}});
}

TEST(Cases, StabilityIndexFollowsItsDefinition) {
  cases::expect_cases("stability", {{"psi", [](const Case& one) {
                                       const auto index = stability_index(one.column("expected"), one.column("actual"));
                                       return index ? Values{index->value} : Values{};
                                     }}});
}

}  // namespace
}  // namespace rift::metrics
