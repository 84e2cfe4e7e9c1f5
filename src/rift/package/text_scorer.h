#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rift/checkpoint/hf_directory.h"
#include "rift/checkpoint/peft_directory.h"
#include "rift/models/text_classifier.h"
#include "rift/objective/link.h"
#include "rift/package/inputs.h"
#include "rift/package/pretrained.h"
#include "rift/score/precision.h"
#include "rift/score/scorer.h"
#include "rift/tensor/tensor_map.h"
#include "rift/tuning/options.h"

namespace rift::package {

/// The Fisher information that objective.anchor: ewc took, in a package's root: an earlier one serves a later run.
inline constexpr const char* kFisherFile = "ewc_fisher.safetensors";

/// What a fine-tuned text model is made of.
struct TextScorerSpec {
  data::Schema schema;
  encode::text::RowTextOptions text;
  int64_t max_tokens = 128;
  checkpoint::HfDirectory base;  // config.json, tokenizer and licence files that save() takes along
  Pretrained pretrained;
  std::shared_ptr<const encode::text::Tokenizer> tokenizer;
  std::unique_ptr<models::TextClassifier> model;        // adapters merged, as far as they can be
  objective::Link link;                                 // from the head's outputs to the scores
  std::optional<checkpoint::PeftAdapter> adapter;       // what was tuned in PEFT's form, for adapter/
  std::optional<tuning::TuningOptions> beside;          // of what stands beside the model's weights, unmerged
  tensor::TensorMap fisher;                             // for kFisherFile, empty = none
  score::Precision precision = score::Precision::kF32;  // to begin with; others than f32 for measurements alone
  std::vector<score::PrecisionChange> precisions;  // what others than f32 do to the scores, where that was measured
  c10::Device device = c10::Device(c10::DeviceType::CPU);
};

/// A fine-tuned text model behind the seam. Equal rows get equal scores to the bit within a call; a row's score moves
/// by less than 1e-6 (relative to 1 + |score|) with the rows that stand beside it. Scores in f32 unless it is told
/// otherwise.
class TextScorer final : public score::Scorer {
 public:
  explicit TextScorer(TextScorerSpec spec);
  /// From a package's root and the part {"kind": "fine-tuned", ...} that save() returned. Throws kArtefact.
  static std::unique_ptr<TextScorer> load(const std::filesystem::path& package, const Json& part,
                                          const data::Schema& schema, const std::string& device);

  const data::Schema& schema() const override { return spec_.schema; }
  score::RawScores score(const data::Table& rows) const override;
  /// Of rows that inputs() has encoded before.
  score::RawScores score(const EncodedRows& rows) const { return logits_of(rows, spec_.precision); }
  /// What the head's outputs [N*outputs] mean as scores.
  score::RawScores scores_of(std::vector<double> logits) const;
  score::RawScores no_scores() const override;
  std::string name() const override { return "fine-tuned"; }
  bool use_precision(score::Precision precision) override;
  void require_measured(score::Precision precision) const override;
  /// Scores `table`, whose outcomes `rows` says, in every precision and keeps what changes; nothing where the engine
  /// does not run the model. save() writes it.
  void measure_precisions(const data::Table& table, const score::MeasuredRows& rows);
  const std::vector<score::PrecisionChange>& precisions() const { return spec_.precisions; }
  /// Hugging Face's directory in the package's root, with the pretrained model's licence, and adapter/ where an adapter
  /// was tuned; every parameter and buffer of the model is in it.
  Json save(const std::filesystem::path& package) const override;

  const models::TextClassifier& model() const { return *spec_.model; }
  const TextInputs& inputs() const { return inputs_; }
  const TextScorerSpec& spec() const { return spec_; }

 private:
  score::RawScores logits_of(const EncodedRows& rows, score::Precision precision) const;

  TextScorerSpec spec_;
  TextInputs inputs_;
};

/// Names of the head's outputs: the classes (conditional: "> class" for all but the last), the bad class alone, the
/// labels, or the label column (quantiles: with the level behind it).
std::vector<std::string> output_names(const data::Schema& schema, const objective::Link& link);

/// What "link" of a package's part says; as it is where it says nothing, as packages of earlier versions. kArtefact.
objective::Link link_of_part(const Json& part);

/// The pooling that rift.json of `source` names; kArtefact for another word, or one that is not resolved.
models::Pooling parse_pooling(std::string_view name, std::string_view source);

}  // namespace rift::package
