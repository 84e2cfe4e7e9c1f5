#include "rift/models/encoders/distilbert.h"

#include <memory>

#include "rift/models/encoders/post_norm_encoder.h"

namespace rift::models {

namespace {

constexpr std::string_view kTitle = "a DistilBERT";
constexpr std::string_view kExample =
    R"({"model_type": "distilbert", "dim": 64, "n_layers": 2, "n_heads": 2, "hidden_dim": 96,
  "vocab_size": 64, "max_position_embeddings": 64})";
constexpr std::string_view kRequired[] = {"vocab_size", "max_position_embeddings", "n_layers", "n_heads", "dim",
                                          "hidden_dim"};
// Sinusoids are never trained, which no tuning method of rift knows of a single table.
constexpr FixedSetting kFixed[] = {{"sinusoidal_pos_embds", "false"}};
constexpr std::string_view kHarmless[] = {"qa_dropout", "tie_weights_"};
constexpr checkpoint::UnusedTensors kUnused[] = {
    {"vocab_transform.", "pretraining head"},
    {"vocab_layer_norm.", "pretraining head"},
    {"vocab_projector.", "pretraining head"},
    {"qa_outputs.", "head of question answering"},
};

PostNormSpec spec_of(const DistilBertOptions& options) {
  return {.sizes = {.vocab_size = options.vocab_size,
                    .hidden_size = options.dim,
                    .layers = options.n_layers,
                    .intermediate_size = options.hidden_dim,
                    .positions = options.max_position_embeddings},
          .embedding_size = options.dim,
          .heads = options.n_heads,
          .activation = options.activation,
          .norm_epsilon = 1e-12,  // not in config.json
          .embeddings_dropout = options.dropout,
          .attention_dropout = options.attention_dropout,
          .output_dropout = options.dropout,
          .why_no_prefix = "transformers' DistilBERT takes no keys and values from outside",
          .names = {.embeddings = "distilbert.embeddings",
                    .layers = "distilbert.transformer.layer",
                    .query = "attention.q_lin",
                    .key = "attention.k_lin",
                    .value = "attention.v_lin",
                    .attention_output = "attention.out_lin",
                    .attention_norm = "sa_layer_norm",
                    .intermediate = "ffn.lin1",
                    .output = "ffn.lin2",
                    .output_norm = "output_layer_norm"}};
}

BuiltEncoder build(const Json& config, std::string_view source, nn::ParameterStore& store) {
  const DistilBertOptions options = read_distilbert_options(config, source);
  return {.encoder = std::make_unique<PostNormEncoder>(spec_of(options), store),
          .head = {.pooler = "pre_classifier",
                   .pooler_is_pretrained = false,
                   .activation = nn::Activation::kRelu,
                   .classifier_dropout = options.seq_classif_dropout},
          .language_head = tied_as_asked({.dense = "vocab_transform",
                                          .activation = options.activation,
                                          .norm = "vocab_layer_norm",
                                          .table = "distilbert.embeddings.word_embeddings.weight",
                                          .own_weight = "vocab_projector.weight",
                                          .bias = "vocab_projector.bias"},
                                         config),
          .start = {.standard_deviation = options.initializer_range,
                    .padded = {"distilbert.embeddings.word_embeddings.weight"},
                    .padding_row = padding_row(config, 0)}};
}

}  // namespace

DistilBertOptions read_distilbert_options(const Json& config, std::string_view source) {
  const auto options = read_config<DistilBertOptions>(
      config, source, {.title = kTitle, .required = kRequired, .fixed = kFixed, .harmless = kHarmless});
  require_heads_divide(options.n_heads, options.dim, "n_heads", source);
  return options;
}

const Architecture kDistilBert = {.model_type = "distilbert",
                                  .title = kTitle,
                                  .class_name = "DistilBert",
                                  .base_prefix = "distilbert.",
                                  .unused = kUnused,
                                  .options = describe_options<DistilBertOptions>,
                                  .build = build,
                                  .example = kExample};

}  // namespace rift::models
