#include "rift/checkpoint/name_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "checkpoint/key_sets.h"
#include "support/failure.h"

namespace rift::checkpoint {
namespace {

using test::failure;
using test::key_set;
using test::KeySet;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using testing::UnorderedElementsAre;

NameMap map_names(const KeySet& set, NameMapOptions options = {}) {
  if (options.architecture.empty()) options.architecture = set.config.at("architectures").at(size_t{0}).as_string();
  return checkpoint::map_names(set.tensors, set.layout(), options, "model.safetensors");
}

std::vector<std::string> dropped_names(const NameMap& names) {
  std::vector<std::string> list;
  for (const auto& entry : names.dropped) list.push_back(entry.file_name);
  return list;
}

std::vector<std::string> new_head_names(const NameMap& names) {
  std::vector<std::string> list;
  for (const auto& entry : names.new_head) list.push_back(entry.name);
  return list;
}

/// Every parameter of the encoder and pooler has come from exactly one tensor of the file.
void expect_whole_model(const KeySet& set, const NameMap& names, size_t head_tensors = 0) {
  std::set<std::string> from, to;
  for (const auto& entry : names.loaded) {
    from.insert(entry.file_name);
    to.insert(entry.name);
  }
  EXPECT_EQ(from.size(), names.loaded.size());
  EXPECT_EQ(to.size(), names.loaded.size());
  const ModelLayout layout = set.layout();
  for (const auto& expected : layout.encoder) EXPECT_TRUE(to.contains(expected.name)) << expected.name;
  EXPECT_EQ(names.loaded.size(), layout.encoder.size() + (names.has_pooler ? 2 : 0) + head_tensors);
  EXPECT_EQ(names.loaded.size() + names.dropped.size(), set.tensors.size());  // nothing is lost unsaid
}

TEST(NameMap, TheOriginalBertBaseUncasedLoadsWhole) {
  const KeySet set = key_set("bert-base-uncased");
  ASSERT_EQ(set.tensors.size(), 207u);
  const NameMap names = map_names(set, {.num_labels = 2});
  expect_whole_model(set, names);
  EXPECT_EQ(names.loaded.size(), 199u);
  EXPECT_TRUE(names.has_pooler);
  EXPECT_EQ(names.renamed.size(), 50u);  // gamma and beta of 25 layer norms
  EXPECT_EQ(names.renamed.front().file_name, "bert.embeddings.LayerNorm.gamma");
  EXPECT_EQ(names.renamed.front().name, "bert.embeddings.LayerNorm.weight");
  EXPECT_THAT(dropped_names(names),
              UnorderedElementsAre("cls.predictions.bias", "cls.predictions.transform.dense.weight",
                                   "cls.predictions.transform.dense.bias", "cls.predictions.transform.LayerNorm.gamma",
                                   "cls.predictions.transform.LayerNorm.beta", "cls.predictions.decoder.weight",
                                   "cls.seq_relationship.weight", "cls.seq_relationship.bias"));
  EXPECT_EQ(names.dropped.front().why, "pretraining head");
  EXPECT_THAT(new_head_names(names), ElementsAre("classifier.weight", "classifier.bias"));
  EXPECT_EQ(names.new_head.front().shape, (std::vector<int64_t>{2, 768}));
  EXPECT_EQ(names.new_head.front().why, "the file has no classifier");
}

/// Every parameter of encoder and language head has come from one tensor of the file, which is told of whole.
void expect_whole_language_model(const KeySet& set, const NameMap& names, bool with_head) {
  std::set<std::string> to;
  for (const auto& entry : names.loaded) to.insert(entry.name);
  const ModelLayout layout = set.layout();
  for (const auto& expected : layout.encoder) EXPECT_TRUE(to.contains(expected.name)) << expected.name;
  for (const auto& expected : layout.language_head) EXPECT_EQ(to.contains(expected.name), with_head) << expected.name;
  EXPECT_EQ(names.loaded.size() + names.dropped.size(), set.tensors.size());
  EXPECT_EQ(names.new_head.size(), with_head ? 0 : layout.language_head.size());
  EXPECT_FALSE(names.has_pooler);
}

TEST(NameMap, LanguageModelsLoadWithTheirHeads) {
  for (const char* name : {"bert-base-uncased", "bert-base-uncased with buffers", "BertForMaskedLM",
                           "BertForPreTraining", "RobertaForMaskedLM", "XLMRobertaForMaskedLM", "DistilBertForMaskedLM",
                           "ElectraForMaskedLM", "ModernBertForMaskedLM"}) {
    SCOPED_TRACE(name);
    const KeySet set = key_set(name);
    expect_whole_language_model(set, map_names(set, {.language_head = true}), true);
  }
}

TEST(NameMap, FilesWithoutALanguageHeadGetANewOne) {
  for (const char* name :
       {"BertModel", "BertForSequenceClassification", "BertForQuestionAnswering", "sentence-transformers",
        "RobertaModel", "RobertaForSequenceClassification", "DistilBertForSequenceClassification", "ElectraModel",
        "ElectraForPreTraining", "ModernBertModel", "ModernBertForSequenceClassification", "DataParallel"}) {
    SCOPED_TRACE(name);
    const KeySet set = key_set(name);
    expect_whole_language_model(set, map_names(set, {.language_head = true}), false);
  }
}

TEST(NameMap, TheVocabularysBiasIsKnownUnderBothItsNames) {
  KeySet set = key_set("BertForMaskedLM");
  EXPECT_THAT(dropped_names(map_names(set, {.language_head = true})),
              UnorderedElementsAre("cls.predictions.decoder.weight", "cls.predictions.decoder.bias"));
  set.remove("cls.predictions.bias");
  const NameMap names = map_names(set, {.language_head = true});
  EXPECT_THAT(dropped_names(names), ElementsAre("cls.predictions.decoder.weight"));
  ASSERT_EQ(names.renamed.size(), 1u);
  EXPECT_EQ(names.renamed.front().file_name, "cls.predictions.decoder.bias");
  EXPECT_EQ(names.renamed.front().name, "cls.predictions.bias");
}

TEST(NameMap, HalfALanguageHeadOfALanguageModelIsRefused) {
  KeySet set = key_set("RobertaForMaskedLM");
  set.remove("lm_head.dense.bias");
  EXPECT_THAT(test::message_of(Code::kArtefact, [&] { map_names(set, {.language_head = true}); }),
              HasSubstr("tensor 'lm_head.dense.bias' is missing"));
}

TEST(NameMap, BuffersAreDroppedAndListed) {
  const KeySet set = key_set("bert-base-uncased with buffers");
  const NameMap names = map_names(set);
  expect_whole_model(set, names);
  EXPECT_EQ(names.dropped.front().file_name, "bert.embeddings.position_ids");
  EXPECT_THAT(names.dropped.front().why, HasSubstr("buffer"));
  EXPECT_THAT(names.renamed, IsEmpty());
}

TEST(NameMap, BareModelsGetTheirPrefix) {
  for (const char* kind : {"BertModel", "BertModel with buffers"}) {
    const KeySet set = key_set(kind);
    const NameMap names = map_names(set, {.num_labels = 1});
    expect_whole_model(set, names);
    EXPECT_EQ(names.loaded.front().file_name, "embeddings.word_embeddings.weight");
    EXPECT_EQ(names.loaded.front().name, "bert.embeddings.word_embeddings.weight");
    EXPECT_EQ(names.renamed.size(), names.loaded.size());
  }
}

TEST(NameMap, SentenceTransformersAndDataParallelPrefixesAreKnown) {
  const KeySet sentence = key_set("sentence-transformers");
  expect_whole_model(sentence, map_names(sentence));
  const KeySet parallel = key_set("DataParallel");
  const NameMap names = map_names(parallel, {.num_labels = 1});
  expect_whole_model(parallel, names, 2);
  EXPECT_EQ(names.loaded.back().file_name, "module.classifier.bias");
  EXPECT_EQ(names.loaded.back().name, "classifier.bias");
}

TEST(NameMap, AModelWithoutAPoolerLoadsUnlessTheHeadReadsIt) {
  const KeySet set = key_set("BertForMaskedLM");
  const NameMap names = map_names(set);
  expect_whole_model(set, names);
  EXPECT_FALSE(names.has_pooler);
  EXPECT_THAT(failure([&] { map_names(set, {.require_pooler = true}); }),
              AllOf(StartsWith("configuration: model.safetensors"), HasSubstr("set pooling to mean or cls")));
}

TEST(NameMap, HalfAPoolerIsAnError) {
  KeySet set = key_set("BertModel");
  set.remove("pooler.dense.bias");
  EXPECT_THAT(failure([&] { map_names(set); }),
              AllOf(StartsWith("artefact"), HasSubstr("'bert.pooler.dense.bias' is missing: expected [8]")));
}

TEST(NameMap, AFittingClassifierIsKept) {
  const KeySet set = key_set("BertForSequenceClassification");
  const NameMap names = map_names(set, {.num_labels = 3});
  expect_whole_model(set, names, 2);
  EXPECT_THAT(names.new_head, IsEmpty());
  EXPECT_THAT(names.dropped, IsEmpty());
}

TEST(NameMap, AClassifierOfAnotherSizeIsReplacedAndSaid) {
  const KeySet set = key_set("BertForSequenceClassification");
  const NameMap names = map_names(set, {.num_labels = 1});
  expect_whole_model(set, names);
  EXPECT_THAT(dropped_names(names), UnorderedElementsAre("classifier.weight", "classifier.bias"));
  EXPECT_EQ(names.dropped.front().why, "3 outputs, wanted 1");
  EXPECT_EQ(names.new_head.front().shape, (std::vector<int64_t>{1, 8}));
  EXPECT_EQ(names.new_head.front().why, "the file's classifier has 3 outputs");
}

TEST(NameMap, AClassifierOfAnotherTaskIsNeverTakenForOurs) {
  const KeySet set = key_set("BertForTokenClassification");  // its classifier.weight has the same name and shape
  const NameMap names = map_names(set, {.num_labels = 3});
  EXPECT_THAT(dropped_names(names), UnorderedElementsAre("classifier.weight", "classifier.bias"));
  EXPECT_EQ(names.new_head.front().why, "the file's classifier is one of BertForTokenClassification");
  const KeySet answers = key_set("BertForQuestionAnswering");
  EXPECT_THAT(dropped_names(map_names(answers)), UnorderedElementsAre("qa_outputs.weight", "qa_outputs.bias"));
}

TEST(NameMap, WithoutAWantedHeadTheClassifierIsDropped) {
  const NameMap names = map_names(key_set("BertForSequenceClassification"));
  EXPECT_EQ(names.dropped.size(), 2u);
  EXPECT_THAT(names.new_head, IsEmpty());
}

TEST(NameMap, AMissingTensorIsNamedWithItsShape) {
  KeySet set = key_set("BertForPreTraining");
  set.remove("bert.encoder.layer.1.output.dense.weight");
  set.remove("bert.encoder.layer.1.output.dense.bias");
  EXPECT_EQ(
      failure([&] { map_names(set); }),
      "artefact: model.safetensors: tensor 'bert.encoder.layer.1.output.dense.weight' is missing: expected [8,16], got "
      "none (and 1 more); is this the right config.json?");
}

TEST(NameMap, AMisshapenTensorIsNamedWithBothShapes) {
  KeySet set = key_set("BertForPreTraining");
  set.at("bert.pooler.dense.weight").shape = {16, 8};
  EXPECT_EQ(
      failure([&] { map_names(set); }),
      "artefact: model.safetensors: tensor 'bert.pooler.dense.weight': expected [8,8] of floating numbers, got [16,8] "
      "F32; is this the right config.json?");
}

TEST(NameMap, AnExtraTensorIsNamed) {
  KeySet set = key_set("BertForPreTraining");
  set.add("bert.embeddings.extra.weight", {4});
  EXPECT_THAT(failure([&] { map_names(set); }),
              AllOf(StartsWith("artefact"), HasSubstr("'bert.embeddings.extra.weight' [4] is not part")));
  KeySet outside = key_set("BertForPreTraining");
  outside.add("2.linear.weight", {4, 4});
  EXPECT_THAT(failure([&] { map_names(outside); }), HasSubstr("'2.linear.weight' [4,4] is not part"));
  KeySet headed = key_set("BertForPreTraining");
  headed.add("regressor.weight", {1, 8});
  EXPECT_THAT(failure([&] { map_names(headed); }), HasSubstr("'regressor.weight'"));
}

TEST(NameMap, AConfigWithFewerLayersThanTheFileIsRefused) {
  KeySet set = key_set("BertForPreTraining");
  set.config["num_hidden_layers"] = 1;
  EXPECT_THAT(failure([&] { map_names(set); }), AllOf(HasSubstr("'bert.encoder.layer.1."), HasSubstr("(and 15 more)")));
}

TEST(NameMap, WholeNumbersWhereWeightsBelongAreRefused) {
  KeySet set = key_set("BertModel");
  set.at("embeddings.LayerNorm.weight").dtype = format::DType::kI64;
  EXPECT_THAT(failure([&] { map_names(set); }), HasSubstr("expected [8] of floating numbers, got [8] I64"));
}

TEST(NameMap, TwoTensorsForOneParameterAreRefused) {
  KeySet set = key_set("BertModel");
  set.add("embeddings.LayerNorm.gamma", {8});
  EXPECT_THAT(failure([&] { map_names(set); }),
              HasSubstr("'embeddings.LayerNorm.weight' and 'embeddings.LayerNorm.gamma' are both "
                        "'bert.embeddings.LayerNorm.weight'"));
}

TEST(NameMap, TwoEncodersInOneFileAreRefused) {
  KeySet set = key_set("BertModel");
  set.add("query.embeddings.word_embeddings.weight", {50, 8});
  EXPECT_THAT(failure([&] { map_names(set); }), HasSubstr("2 encoders in one file"));
}

TEST(NameMap, UnknownPrefixesAndOtherModelsAreRefused) {
  KeySet set = key_set("BertModel");
  for (auto& tensor : set.tensors) tensor.name = "student." + tensor.name;
  EXPECT_THAT(failure([&] { map_names(set); }), HasSubstr("unknown prefix 'student.'"));
  KeySet other = key_set("BertModel");
  other.tensors.clear();
  other.add("transformer.wte.weight", {50, 8});
  EXPECT_THAT(failure([&] { map_names(other); }), HasSubstr("expected the weights of a BERT encoder"));
}

TEST(NameMap, ABrokenClassifierIsAnErrorNotANewHead) {
  KeySet half = key_set("BertForSequenceClassification");
  half.remove("classifier.bias");
  EXPECT_THAT(failure([&] { map_names(half, {.num_labels = 3}); }),
              HasSubstr("classifier.weight and classifier.bias alone"));
  KeySet wide = key_set("BertForSequenceClassification");
  wide.at("classifier.weight").shape = {3, 9};
  EXPECT_THAT(failure([&] { map_names(wide, {.num_labels = 3}); }),
              HasSubstr("expected [labels,8] with a bias of [labels], got [3,9]"));
}

}  // namespace
}  // namespace rift::checkpoint
