#include "rift/models/encoders/bert.h"

#include <memory>

namespace rift::models {

namespace {

constexpr std::string_view kTitle = "a BERT";
constexpr std::string_view kExample =
    R"({"model_type": "bert", "vocab_size": 64, "hidden_size": 64, "intermediate_size": 96,
  "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 64})";
constexpr checkpoint::UnusedTensors kUnused[] = {
    {"cls.", "pretraining head"},
    {"qa_outputs.", "head of question answering"},
};

BuiltEncoder build(const Json& config, std::string_view source, nn::ParameterStore& store) {
  const BertOptions options = read_bert_options(config, source);
  return {.encoder = std::make_unique<PostNormEncoder>(bert_spec(options, "bert"), store),
          .head = {.pooler = "bert.pooler.dense",
                   .classifier_dropout = options.classifier_dropout.value_or(options.hidden_dropout_prob)},
          .language_head = tied_as_asked({.dense = "cls.predictions.transform.dense",
                                          .activation = options.hidden_act,
                                          .norm = "cls.predictions.transform.LayerNorm",
                                          .norm_epsilon = options.layer_norm_eps,
                                          .table = "bert.embeddings.word_embeddings.weight",
                                          .own_weight = "cls.predictions.decoder.weight",
                                          .bias = "cls.predictions.bias"},
                                         config),
          .start = {.standard_deviation = options.initializer_range,
                    .padded = {"bert.embeddings.word_embeddings.weight"},
                    .padding_row = padding_row(config, 0)}};
}

}  // namespace

BertOptions read_bert_options(const Json& config, std::string_view source) {
  const auto options = read_config<BertOptions>(config, source, {.title = kTitle, .required = kBertRequired});
  require_heads_divide(options.num_attention_heads, options.hidden_size, "num_attention_heads", source);
  return options;
}

PostNormSpec bert_spec(const BertOptions& options, const std::string& base) {
  return {.sizes = {.vocab_size = options.vocab_size,
                    .hidden_size = options.hidden_size,
                    .layers = options.num_hidden_layers,
                    .intermediate_size = options.intermediate_size,
                    .positions = options.max_position_embeddings,
                    .token_types = options.type_vocab_size},
          .embedding_size = options.hidden_size,
          .heads = options.num_attention_heads,
          .activation = options.hidden_act,
          .norm_epsilon = options.layer_norm_eps,
          .embeddings_dropout = options.hidden_dropout_prob,
          .attention_dropout = options.attention_probs_dropout_prob,
          .attention_output_dropout = options.hidden_dropout_prob,
          .output_dropout = options.hidden_dropout_prob,
          .names = bert_names(base)};
}

const Architecture kBert = {.model_type = "bert",
                            .title = kTitle,
                            .class_name = "Bert",
                            .base_prefix = "bert.",
                            .unused = kUnused,
                            .options = describe_options<BertOptions>,
                            .build = build,
                            .example = kExample};

}  // namespace rift::models
