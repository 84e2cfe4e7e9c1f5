#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "rift/base/options.h"
#include "rift/objective/loss_options.h"

/// min over theta_f of  L_task(theta_f) + lambda * L_pretrain(theta_f, theta_p),  run.yaml's `objective:`.
namespace rift::objective {

/// Every class counts as its rows do.
struct NoClassWeight {
  template <class V>
  void visit(V&) {}
};

/// Weight of a class = rows / (classes * rows of the class), counted on the training rows.
struct BalancedClassWeight {
  template <class V>
  void visit(V&) {}
};

struct GivenClassWeight {
  OptionMap<double> weights;
  template <class V>
  void visit(V& v) {
    v("weights", weights, "Weight of a class, by its name in the data; 1 for those left out.");
  }
};

inline constexpr std::array<std::string_view, 3> kClassWeightNames = {"none", "balanced", "given"};

/// Weights of rows by their class: of the sum and of the mean's divisor, as torch's `weight`.
struct ClassWeightOptions {
  std::variant<NoClassWeight, BalancedClassWeight, GivenClassWeight> kind;
  static constexpr std::string_view kScalarKey = "kind";
  bool is_none() const { return std::holds_alternative<NoClassWeight>(kind); }
  template <class V>
  void visit(V& v) {
    v.choice("kind", kind, kClassWeightNames, "Weights of the classes in the task loss.");
  }
};

/// Texts without labels.
struct UnlabelledTexts {
  std::string texts;
  std::string column;
  template <class V>
  void visit(V& v) {
    v("texts", texts, "File of texts: .txt with one a line, or a table (CSV, CSV.gz, Parquet, JSONL).");
    v("column", column, "Column of a table that holds them.");
  }
};

/// No pull towards the pretrained model.
struct NoAnchor {
  template <class V>
  void visit(V&) {}
};

/// L_pretrain = 1/2 * sum over every parameter that moves, a new head's and an adapter's among them, of theta_f^2: the
/// plain shrinkage that knows nothing of theta_p, to compare with.
struct L2Anchor {
  std::optional<double> lambda;  // has to be said; 0 = none
  template <class V>
  void visit(V& v) {
    v("lambda", lambda, "Strength of the pull towards zero.", at_least(0));
  }
};

/// L_pretrain = 1/2 * sum over the pretrained parameters that move of (theta_f - theta_p)^2; a new head has no theta_p
/// and is left out. Of a low-rank update beside a map W it is 1/2 * |s B A - s B0 A0|^2, W's own distance. Source:
/// arXiv:1802.01483 (L2-SP), eq. 2.
struct L2SpAnchor {
  std::optional<double> lambda;  // has to be said; 0 = none
  template <class V>
  void visit(V& v) {
    v("lambda", lambda, "Strength of the pull towards the pretrained parameters.", at_least(0));
  }
};

/// L_pretrain = 1/2 * sum over the pretrained parameters that move of F * (theta_f - theta_p)^2, with F the diagonal of
/// the empirical Fisher information: the mean over rows of texts of the squared gradient of the row's mean pretraining
/// loss at theta_p. Source: EWC, arXiv:1612.00796, eq. 3.
struct EwcAnchor {
  std::optional<double> lambda;  // has to be said; 0 = none
  std::string fisher;
  UnlabelledTexts source;
  int64_t rows = 256;
  template <class V>
  void visit(V& v) {
    v("lambda", lambda,
      "Strength of the pull towards the pretrained parameters, each by its Fisher information, which is small.",
      at_least(0));
    v("fisher", fisher, "An ewc_fisher.safetensors of an earlier run with this backbone, in place of texts.");
    source.visit(v);
    v("rows", rows, "Rows of the texts that it is estimated on.", at_least(1));
  }
};

/// L_pretrain = the loss that the model was pretrained with, on a batch of texts beside each step's rows. Source:
/// rehearsal, doi:10.1080/09540099550039318.
struct ReplayAnchor {
  std::optional<double> lambda;  // has to be said; 0 = none
  UnlabelledTexts source;
  int64_t batch_rows = 32;
  template <class V>
  void visit(V& v) {
    v("lambda", lambda, "Weight of the pretraining loss.", at_least(0));
    source.visit(v);
    v("batch_rows", batch_rows, "Rows of the texts beside those of a step.", at_least(1));
  }
};

/// kFeatures: of a row, the mean over features of the squared difference between what the head reads and what it read
/// of theta_p (arXiv:1412.6550, eq. 3, as a mean). kLogits: T^2 * KL(softmax(z_p / T) | softmax(z_f / T)), of one
/// output the same of its two classes, of a regression the squared difference (arXiv:1503.02531, sec. 2).
enum class Distilled { kFeatures, kLogits };
constexpr auto enum_names(Distilled) {
  return std::to_array<EnumName<Distilled>>({{Distilled::kFeatures, "features"}, {Distilled::kLogits, "logits"}});
}

struct DistillationAnchor {
  std::optional<double> lambda;  // has to be said; 0 = none
  Distilled what = Distilled::kFeatures;
  double temperature = 1.0;
  template <class V>
  void visit(V& v) {
    v("lambda", lambda, "Strength of the pull towards what the pretrained model says of the training rows.",
      at_least(0));
    v("what", what,
      "features = what the head reads of a row; logits = what it says, where the checkpoint brings a head for these "
      "classes.");
    v("temperature", temperature, "What logits of classes are divided by.", positive());
  }
};

/// kCka: 1 - the linear CKA of a batch's features and theta_p's (arXiv:1905.00414, eq. 4), which a rotation and a scale
/// leave as they are. kCosine: of a row, 1 - the cosine of its features and theta_p's.
enum class Similarity { kCka, kCosine };
constexpr auto enum_names(Similarity) {
  return std::to_array<EnumName<Similarity>>({{Similarity::kCka, "cka"}, {Similarity::kCosine, "cosine"}});
}

struct AlignmentAnchor {
  std::optional<double> lambda;  // has to be said; 0 = none
  Similarity measure = Similarity::kCka;
  template <class V>
  void visit(V& v) {
    v("lambda", lambda, "Strength of the pull that keeps features alike to the pretrained model's.", at_least(0));
    v("measure", measure,
      "cka = how alike the rows of a batch stand to each other; cosine = the direction of each row's features.");
  }
};

inline constexpr std::array<std::string_view, 7> kAnchorNames = {"none",         "l2",     "l2_sp",    "ewc",
                                                                 "distillation", "replay", "alignment"};

struct AnchorOptions {
  std::variant<NoAnchor, L2Anchor, L2SpAnchor, EwcAnchor, DistillationAnchor, ReplayAnchor, AlignmentAnchor> kind;
  template <class V>
  void visit(V& v) {
    v.choice("kind", kind, kAnchorNames,
             "The term that keeps the pretrained knowledge; beside one, lambda has to be said.");
  }
  void check(std::string_view path) const;  // across the keys of a kind
};

/// 0 where there is none.
double lambda_of(const AnchorOptions& options);
/// The texts that an anchor reads; nullptr of one that reads none.
UnlabelledTexts* texts_of(AnchorOptions& options);

struct ObjectiveOptions {
  LossOptions loss;
  ClassWeightOptions class_weight;
  AnchorOptions anchor;
  template <class V>
  void visit(V& v) {
    v("loss", loss, "Task loss: a name, or a mapping with settings.");
    v("class_weight", class_weight, "Weights of the classes in the task loss.");
    v("anchor", anchor, "lambda * L_pretrain.");
  }
};

}  // namespace rift::objective
