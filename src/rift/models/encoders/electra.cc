#include "rift/models/encoders/electra.h"

#include <memory>

namespace rift::models {

namespace {

constexpr std::string_view kTitle = "an ELECTRA";
constexpr std::string_view kExample =
    R"({"model_type": "electra", "vocab_size": 64, "hidden_size": 64, "intermediate_size": 96,
  "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 64, "embedding_size": 64})";
constexpr checkpoint::UnusedTensors kUnused[] = {
    {"discriminator_predictions.", "pretraining head"}, {"generator_predictions.", "pretraining head"},
    {"generator_lm_head.", "pretraining head"},         {"qa_outputs.", "head of question answering"},
    {"sequence_summary.", "head of multiple choice"},
};
constexpr std::string_view kHarmless[] = {
    "summary_activation",  // these four belong to the head of multiple choice
    "summary_last_dropout",
    "summary_type",
    "summary_use_proj",
};

BuiltEncoder build(const Json& config, std::string_view source, nn::ParameterStore& store) {
  const ElectraOptions options = read_electra_options(config, source);
  PostNormSpec spec = bert_spec(options.bert, "electra");
  spec.why_no_prefix = "transformers' ELECTRA takes no keys and values from outside";
  spec.embedding_size = options.embedding_size;
  const double dropout = options.bert.classifier_dropout.value_or(options.bert.hidden_dropout_prob);
  return {.encoder = std::make_unique<PostNormEncoder>(std::move(spec), store),
          .head = {.pooler = "classifier.dense",
                   .pooler_is_pretrained = false,
                   .activation = nn::Activation::kGelu,
                   .classifier = "classifier.out_proj",
                   .pooler_dropout = dropout,
                   .classifier_dropout = dropout},
          .language_head = tied_as_asked({.dense = "generator_predictions.dense",
                                          .dense_width = options.embedding_size,
                                          .norm = "generator_predictions.LayerNorm",
                                          .norm_epsilon = options.bert.layer_norm_eps,
                                          .table = "electra.embeddings.word_embeddings.weight",
                                          .own_weight = "generator_lm_head.weight",
                                          .bias = "generator_lm_head.bias"},
                                         config),
          .start = {.standard_deviation = options.bert.initializer_range,
                    .padded = {"electra.embeddings.word_embeddings.weight"},
                    .padding_row = padding_row(config, 0)}};
}

}  // namespace

ElectraOptions read_electra_options(const Json& config, std::string_view source) {
  const auto options =
      read_config<ElectraOptions>(config, source, {.title = kTitle, .required = kBertRequired, .harmless = kHarmless});
  require_heads_divide(options.bert.num_attention_heads, options.bert.hidden_size, "num_attention_heads", source);
  return options;
}

const Architecture kElectra = {.model_type = "electra",
                               .title = kTitle,
                               .class_name = "Electra",
                               .base_prefix = "electra.",
                               .unused = kUnused,
                               .options = describe_options<ElectraOptions>,
                               .build = build,
                               .example = kExample};

}  // namespace rift::models
