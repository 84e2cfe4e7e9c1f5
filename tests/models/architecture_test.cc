#include "rift/models/architecture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "checkpoint/key_sets.h"
#include "models/tiny_encoders.h"
#include "rift/checkpoint/hf_directory.h"
#include "support/failure.h"

namespace rift::models {
namespace {

using checkpoint::NameMap;
using test::failure;
using test::key_set;
using test::KeySet;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

Json config_of(const std::string& name) { return checkpoint::open_hf_directory(test::tiny_folder(name)).config; }

TEST(Architecture, AnUnknownModelTypeIsRefusedWithThoseThatThereAre) {
  for (const Json& type : {Json("t5"), Json(), Json(3)}) {
    EXPECT_THAT(
        failure([&] {
          describe_text_model(Json{{"model_type", type}}, "config.json");
        }),
        AllOf(StartsWith("unsupported: config.json: model_type: this build runs bert, "), HasSubstr("electra")));
  }
}

TEST(Architecture, SettingsThatChangeTheResultAreRefusedByName) {
  for (const std::string name : test::kTinyEncoders) {
    const std::string activation = name == "distilbert"             ? "activation"
                                   : name.starts_with("modernbert") ? "hidden_activation"
                                                                    : "hidden_act";
    for (const auto& [key, value] :
         std::vector<std::pair<std::string, Json>>{{activation, "mish"},
                                                   {activation, "gelu_fast"},
                                                   {"position_embedding_type", "relative_key"},
                                                   {"rope_scaling", Json{{"type", "yarn"}}},
                                                   {"is_decoder", true},
                                                   {"add_cross_attention", true},
                                                   {"quantization_config", Json{{"bits", 4}}},
                                                   {"pruned_heads", Json{{"0", 1}}}}) {
      Json config = config_of(name);
      config[key] = value;
      EXPECT_THAT(failure([&] { describe_text_model(config, "config.json"); }),
                  AllOf(StartsWith("unsupported: config.json"), HasSubstr(key)))
          << name;
    }
  }
  Json sinusoids = config_of("distilbert");
  sinusoids["sinusoidal_pos_embds"] = true;
  EXPECT_THAT(failure([&] { describe_text_model(sinusoids, "config.json"); }), HasSubstr("sinusoidal_pos_embds"));
  for (const auto& [key, value] : std::vector<std::pair<std::string, Json>>{{"attention_bias", true},
                                                                            {"mlp_bias", true},
                                                                            {"norm_bias", true},
                                                                            {"classifier_bias", true},
                                                                            {"classifier_pooling", "max"},
                                                                            {"classifier_activation", "mish"}}) {
    Json modern = config_of("modernbert");
    modern[key] = value;
    EXPECT_THAT(failure([&] { describe_text_model(modern, "config.json"); }),
                AllOf(StartsWith("unsupported"), HasSubstr(key)));
  }
}

// Null is what transformers computes something else by, unless it says no more than false.
TEST(Architecture, NullIsRefusedWhereItIsNotTheValueThatIsImplemented) {
  for (const auto& [name, key] :
       std::vector<std::pair<std::string, std::string>>{{"roberta", "position_embedding_type"},
                                                        {"electra", "position_embedding_type"},
                                                        {"gpt2", "scale_attn_weights"}}) {
    Json config = config_of(name);
    config[key] = Json();
    EXPECT_THAT(failure([&] { describe_text_model(config, "config.json"); }),
                AllOf(StartsWith("unsupported: config.json"), HasSubstr(key), HasSubstr("null")));
  }
  Json harmless = config_of("gpt2");
  harmless["scale_attn_by_inverse_layer_idx"] = Json();
  harmless["is_decoder"] = Json();
  EXPECT_GT(describe_text_model(harmless, "config.json").sizes.layers, 0);
}

TEST(Architecture, SizesWhoseProductIsBeyond64BitsBlameTheFile) {
  Json llama = config_of("llama");
  llama["num_attention_heads"] = 65535;
  llama["num_key_value_heads"] = 65535;
  llama["head_dim"] = 16'777'216;
  llama["hidden_size"] = 16'777'216;
  EXPECT_THAT(failure([&] { describe_text_model(llama, "config.json"); }),
              AllOf(StartsWith("artefact"), HasSubstr("q_proj"), HasSubstr("is this the right config.json?")));
  Json roberta = config_of("roberta");
  for (const char* key : {"hidden_size", "intermediate_size", "vocab_size"}) roberta[key] = 16'777'216;
  describe_text_model(roberta, "config.json");  // 1e16 bytes: no machine's, but numbers hold them
  roberta["num_hidden_layers"] = 1024;
  EXPECT_THAT(failure([&] { describe_text_model(roberta, "config.json"); }),
              AllOf(StartsWith("artefact"), HasSubstr("the model is beyond what a machine can hold")));
}

TEST(Architecture, MissingAndWrongValuesBlameTheFile) {
  for (const std::string name : test::kTinyEncoders) {
    const std::string heads = name == "distilbert" ? "n_heads" : "num_attention_heads";
    Json config = config_of(name);
    config[heads] = 3;
    EXPECT_THAT(failure([&] { describe_text_model(config, "config.json"); }),
                AllOf(StartsWith("artefact"), HasSubstr(heads + ": 3 does not divide")));
    config.erase(heads);
    EXPECT_THAT(failure([&] { describe_text_model(config, "config.json"); }), HasSubstr("'" + heads + "' is missing"));
  }
  Json config = config_of("roberta");
  config["max_position_embeddings"] = 2;
  EXPECT_THAT(failure([&] { describe_text_model(config, "config.json"); }), HasSubstr("leaves no position"));
}

TEST(Architecture, SizesAreThoseThatARowMayHave) {
  const TextSizes roberta = describe_text_model(config_of("roberta"), "config.json").sizes;
  EXPECT_EQ(roberta.positions, 30);  // 32 places, two of which stand before the first token
  EXPECT_EQ(roberta.token_types, 1);
  const TextSizes distilbert = describe_text_model(config_of("distilbert"), "config.json").sizes;
  EXPECT_EQ(distilbert.positions, 32);
  EXPECT_EQ(distilbert.hidden_size, 64);
  EXPECT_EQ(distilbert.token_types, 0);
}

/// A file of one of transformers' classes and what is to become of it.
struct ClassFile {
  const char* name;
  size_t beside_encoder;  // tensors that are loaded beside the encoder: of pooler and classifier
  bool has_pooler;
};

// Every tensor of every class is loaded or dropped with a reason; none is an error.
TEST(Architecture, FilesOfTransformersClassesAreReadWhole) {
  for (const ClassFile& file : {ClassFile{"RobertaModel", 0, false},
                                {"RobertaForMaskedLM", 0, false},
                                {"RobertaForSequenceClassification", 4, true},
                                {"RobertaForTokenClassification", 0, false},
                                {"RobertaForMultipleChoice", 0, false},
                                {"RobertaForQuestionAnswering", 0, false},
                                {"XLMRobertaModel", 0, false},
                                {"XLMRobertaForMaskedLM", 0, false},
                                {"XLMRobertaForSequenceClassification", 4, true},
                                {"DistilBertModel", 0, false},
                                {"DistilBertForMaskedLM", 0, false},
                                {"DistilBertForSequenceClassification", 4, true},
                                {"DistilBertForTokenClassification", 0, false},
                                {"DistilBertForMultipleChoice", 0, false},
                                {"DistilBertForQuestionAnswering", 0, false},
                                {"ElectraModel", 0, false},
                                {"ElectraForPreTraining", 0, false},
                                {"ElectraForMaskedLM", 0, false},
                                {"ElectraForSequenceClassification", 4, true},
                                {"ElectraForTokenClassification", 0, false},
                                {"ElectraForMultipleChoice", 0, false},
                                {"ElectraForQuestionAnswering", 0, false},
                                {"ModernBertModel", 0, false},
                                {"ModernBertForMaskedLM", 2, true},
                                {"ModernBertForSequenceClassification", 4, true},
                                {"ModernBertForTokenClassification", 2, true},
                                {"ModernBertForQuestionAnswering", 2, true},
                                {"GPT2Model", 0, false},
                                {"GPT2Model with buffers", 0, false},
                                {"GPT2LMHeadModel", 0, false},
                                {"GPT2DoubleHeadsModel", 0, false},
                                {"GPT2ForSequenceClassification", 1, false},
                                {"GPT2ForTokenClassification", 0, false},
                                {"GPT2ForQuestionAnswering", 0, false},
                                {"LlamaModel", 0, false},
                                {"LlamaForCausalLM", 0, false},
                                {"LlamaForCausalLM with buffers", 0, false},
                                {"LlamaForSequenceClassification", 1, false},
                                {"LlamaForTokenClassification", 0, false}}) {
    SCOPED_TRACE(file.name);
    const KeySet set = key_set(file.name);
    const checkpoint::ModelLayout layout = set.layout();
    const NameMap names =
        checkpoint::map_names(set.tensors, layout, {.architecture = file.name, .num_labels = 3}, "model.safetensors");
    std::set<std::string> loaded;
    for (const NameMap::Loaded& entry : names.loaded) loaded.insert(entry.name);
    EXPECT_EQ(loaded.size(), names.loaded.size());
    for (const checkpoint::NamedShape& expected : layout.encoder) EXPECT_TRUE(loaded.contains(expected.name));
    EXPECT_EQ(names.loaded.size(), layout.encoder.size() + file.beside_encoder);
    EXPECT_EQ(names.loaded.size() + names.dropped.size(), set.tensors.size());
    EXPECT_EQ(names.has_pooler, file.has_pooler);
    const size_t head = layout.classifier_has_bias ? 2 : 1;
    EXPECT_EQ(names.new_head.size(), std::string_view(file.name).ends_with("ForSequenceClassification") ? 0 : head);
  }
}

TEST(Architecture, AHeadOfItsOwnIsMadeWhereItIsWantedAndAbsent) {
  const KeySet set = key_set("RobertaForMaskedLM");
  const NameMap names = checkpoint::map_names(
      set.tensors, set.layout(), {.architecture = "RobertaForMaskedLM", .num_labels = 2, .require_pooler = true},
      "model.safetensors");
  std::vector<std::string> made;
  for (const NameMap::NewHead& entry : names.new_head) made.push_back(entry.name);
  EXPECT_THAT(made, testing::ElementsAre("classifier.dense.weight", "classifier.dense.bias",
                                         "classifier.out_proj.weight", "classifier.out_proj.bias"));
}

}  // namespace
}  // namespace rift::models
