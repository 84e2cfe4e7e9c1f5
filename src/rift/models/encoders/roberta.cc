#include "rift/models/encoders/roberta.h"

#include <memory>

namespace rift::models {

namespace {

constexpr checkpoint::UnusedTensors kUnused[] = {
    {"lm_head.", "pretraining head"},
    {"roberta.pooler.", "pooler that transformers' classifier does not read"},
    {"qa_outputs.", "head of question answering"},
};

constexpr std::string_view kExample =
    R"({"model_type": "roberta", "vocab_size": 64, "hidden_size": 64, "intermediate_size": 96,
  "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 66})";
constexpr std::string_view kXlmExample =
    R"({"model_type": "xlm-roberta", "vocab_size": 64, "hidden_size": 64, "intermediate_size": 96,
  "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 66})";

BuiltEncoder build(const RobertaOptions& options, const Json& config, nn::ParameterStore& store) {
  PostNormSpec spec = bert_spec(options.bert, "roberta");
  spec.why_no_prefix = "transformers' RoBERTa takes no keys and values from outside";
  spec.padding_id = options.pad_token_id;
  spec.sizes.positions -= options.pad_token_id + 1;
  const double dropout = options.bert.classifier_dropout.value_or(options.bert.hidden_dropout_prob);
  return {.encoder = std::make_unique<PostNormEncoder>(std::move(spec), store),
          .head = {.pooler = "classifier.dense",
                   .pooler_is_pretrained = false,
                   .classifier = "classifier.out_proj",
                   .pooler_dropout = dropout,
                   .classifier_dropout = dropout},
          .language_head = tied_as_asked({.dense = "lm_head.dense",
                                          .norm = "lm_head.layer_norm",
                                          .norm_epsilon = options.bert.layer_norm_eps,
                                          .table = "roberta.embeddings.word_embeddings.weight",
                                          .own_weight = "lm_head.decoder.weight",
                                          .bias = "lm_head.bias"},
                                         config),
          .start = {
              .standard_deviation = options.bert.initializer_range,
              .padded = {"roberta.embeddings.word_embeddings.weight", "roberta.embeddings.position_embeddings.weight"},
              .padding_row = options.pad_token_id}};
}

BuiltEncoder build_roberta(const Json& config, std::string_view source, nn::ParameterStore& store) {
  return build(read_roberta_options(config, source, kRoberta.title), config, store);
}

BuiltEncoder build_xlm_roberta(const Json& config, std::string_view source, nn::ParameterStore& store) {
  return build(read_roberta_options(config, source, kXlmRoberta.title), config, store);
}

}  // namespace

RobertaOptions read_roberta_options(const Json& config, std::string_view source, std::string_view title) {
  const auto options = read_config<RobertaOptions>(config, source, {.title = title, .required = kBertRequired});
  const BertOptions& bert = options.bert;
  require_heads_divide(bert.num_attention_heads, bert.hidden_size, "num_attention_heads", source);
  RIFT_REQUIRE(bert.max_position_embeddings > options.pad_token_id + 1, Code::kArtefact,
               "{}: max_position_embeddings: {} leaves no position behind pad_token_id {}", source,
               bert.max_position_embeddings, options.pad_token_id);
  return options;
}

const Architecture kRoberta = {.model_type = "roberta",
                               .title = "a RoBERTa",
                               .class_name = "Roberta",
                               .base_prefix = "roberta.",
                               .unused = kUnused,
                               .options = describe_options<RobertaOptions>,
                               .build = build_roberta,
                               .example = kExample};

const Architecture kXlmRoberta = {.model_type = "xlm-roberta",
                                  .title = "an XLM-RoBERTa",
                                  .class_name = "XLMRoberta",
                                  .base_prefix = "roberta.",
                                  .unused = kUnused,
                                  .options = describe_options<RobertaOptions>,
                                  .build = build_xlm_roberta,
                                  .example = kXlmExample};

}  // namespace rift::models
