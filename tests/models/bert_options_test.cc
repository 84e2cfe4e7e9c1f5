#include <gtest/gtest.h>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/models/encoders/bert.h"

namespace rift::models {
namespace {

Json config() { return parse_json(read_file("tests/models/fixtures/tiny_bert/config.json"), "config.json"); }

Error failure_of(const Json& json) {
  try {
    read_bert_options(json, "config.json");
  } catch (const Error& error) {
    return error;
  }
  return Error(Code::kBug, "no error");
}

TEST(BertOptions, ReadsTransformersConfig) {
  const BertOptions options = read_bert_options(config(), "config.json");
  EXPECT_EQ(options.hidden_size, 32);
  EXPECT_EQ(options.num_hidden_layers, 2);
  EXPECT_EQ(options.hidden_act, nn::Activation::kGelu);
  EXPECT_DOUBLE_EQ(options.initializer_range, 0.15);
  EXPECT_FALSE(options.classifier_dropout);
}

TEST(BertOptions, SettingsThatChangeTheResultAreRefusedByName) {
  for (const auto& [key, value] : std::vector<std::pair<std::string, Json>>{{"position_embedding_type", "relative_key"},
                                                                            {"is_decoder", true},
                                                                            {"add_cross_attention", true},
                                                                            {"hidden_act", "mish"},
                                                                            {"embedding_size", 16},
                                                                            {"quantization_config", Json{{"bits", 4}}},
                                                                            {"pruned_heads", Json{{"0", 1}}}}) {
    Json json = config();
    json[key] = value;
    const Error error = failure_of(json);
    EXPECT_EQ(error.code(), Code::kUnsupported) << key;
    EXPECT_NE(error.message().find(key), std::string::npos) << error.message();
  }
}

TEST(BertOptions, KeysThatSayNothingArePassedOver) {
  Json json = config();
  json["directionality"] = "bidi";
  json["pooler_type"] = "first_token_transform";
  json["temperature"] = 1.0;
  json["some_switch_of_tomorrow"] = false;
  json["pruned_heads"] = Json::object();
  EXPECT_EQ(read_bert_options(json, "config.json").hidden_size, 32);
}

TEST(BertOptions, MissingAndWrongValuesBlameTheFile) {
  Json json = config();
  json.erase("num_attention_heads");
  EXPECT_EQ(failure_of(json).code(), Code::kArtefact);
  EXPECT_NE(failure_of(json).message().find("'num_attention_heads' is missing"), std::string::npos);
  json["num_attention_heads"] = 3;
  EXPECT_NE(failure_of(json).message().find("does not divide"), std::string::npos);
  json["num_attention_heads"] = "two";
  EXPECT_EQ(failure_of(json).code(), Code::kArtefact);
  json["num_attention_heads"] = 2;
  json["hidden_dropout_prob"] = 1.0;
  EXPECT_NE(failure_of(json).message().find("hidden_dropout_prob"), std::string::npos);
}

TEST(BertOptions, ImplausibleSizesAreRefusedByKey) {
  for (const auto& [key, value] : std::vector<std::pair<std::string, Json>>{
           {"hidden_size", "8"}, {"vocab_size", 0}, {"vocab_size", int64_t{1} << 40}, {"num_hidden_layers", 100'000}}) {
    Json json = config();
    json[key] = value;
    const Error error = failure_of(json);
    EXPECT_EQ(error.code(), Code::kArtefact) << key;
    EXPECT_NE(error.message().find(key), std::string::npos) << error.message();
  }
}

}  // namespace
}  // namespace rift::models
