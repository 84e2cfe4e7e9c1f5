#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "encode/variant_encodings.h"
#include "rift/encode/text/training/train_tokenizer.h"
#include "support/client.h"
#include "support/outside_data.h"
#include "support/temp_directory.h"

// Tokenizers trained on real texts beside the trainers of the `tokenizers` library; transformers loads them.
namespace rift::encode::text {
namespace {

struct Variant {
  std::string name;  // <corpus>.<what is special>
  TokenizerTrainingOptions options;
};

std::vector<Variant> variants() {
  const BertTraining cased{.lower_case = false}, accents{.strip_accents = false},
      together{.handle_chinese_chars = false};
  return {
      {"phrases.bert_500", {.vocab_size = 500, .min_frequency = 1}},
      {"phrases.bert_4000", {.vocab_size = 4000}},
      {"phrases.bert_all", {.vocab_size = 100'000, .min_frequency = 3}},
      {"phrases.bert_cased", {.kind = cased, .vocab_size = 2000, .max_tokens = 128}},
      {"phrases.bert_limited", {.kind = BertTraining{.limit_alphabet = 30}, .vocab_size = 1500}},
      {"posts.bert_3500", {.vocab_size = 3500}},
      {"posts.bert_runs", {.kind = together, .vocab_size = 12'000}},
      {"posts.bert_limited", {.kind = BertTraining{.limit_alphabet = 350}, .vocab_size = 3000}},
      {"nasty.bert", {.vocab_size = 7000, .special_tokens = {"[ROW]", "[DATE]"}}},
      {"nasty.bert_accents", {.kind = accents, .vocab_size = 20'000, .min_frequency = 1}},
      {"phrases.gpt2_1000", {.kind = Gpt2Training{}, .vocab_size = 1000, .max_tokens = 1024}},
      {"phrases.gpt2_all", {.kind = Gpt2Training{}, .vocab_size = 100'000, .min_frequency = 1}},
      {"phrases.roberta_5000", {.kind = RobertaTraining{}, .vocab_size = 5000, .special_tokens = {"<row>"}}},
      {"phrases.roberta_prefix", {.kind = RobertaTraining{{.add_prefix_space = true}}, .vocab_size = 3000}},
      {"posts.roberta_6000", {.kind = RobertaTraining{}, .vocab_size = 6000}},
      {"posts.gpt2_20000", {.kind = Gpt2Training{}, .vocab_size = 20'000}},
      {"nasty.gpt2", {.kind = Gpt2Training{}, .vocab_size = 5000, .min_frequency = 1}},
      {"nasty.roberta", {.kind = RobertaTraining{}, .vocab_size = 1500}},
  };
}

std::vector<std::string> texts_of(const std::filesystem::path& file) {
  std::vector<std::string> texts;
  for (test::Words32 bytes(file); !bytes.done();) texts.emplace_back(bytes.text(bytes.number()));
  return texts;
}

TextStream stream_of(const std::vector<std::string>& texts) {
  return [&texts, at = size_t{0}](std::string_view& text) mutable {
    if (at == texts.size()) return false;
    text = texts[at++];
    return true;
  };
}

TEST(TokenizerTrainingClient, VocabularyAndMergesEqualTheLibrarysAndTransformersLoadsThem) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  RIFT_SKIP_WITHOUT(test::real_data("financial_phrasebank"));
  RIFT_SKIP_WITHOUT(test::real_data("finfe_zh"));
  const test::TempDirectory out;
  const std::string script = "tests/encode/clients/trained_tokenizers.py";
  const auto texts = test::run_client(script, {"texts", out.path(), test::test_data()});
  ASSERT_EQ(texts.status, 0) << texts.output;
  for (Variant& variant : variants()) {
    const auto corpus = texts_of(out / (variant.name.substr(0, variant.name.find('.')) + ".bin"));
    const auto directory = out / "trained/" / variant.name;
    write_tokenizer(train_tokenizer(variant.options, stream_of(corpus)), directory);
    test::write_plainly(directory / "options.json", to_json_text(write_options(variant.options)));
  }
  const auto run = test::run_client(script, {"check", out.path()});
  std::cout << run.output;
  ASSERT_EQ(run.status, 0);
  EXPECT_THAT(run.output, testing::HasSubstr("all equal"));
  EXPECT_EQ(test::expect_all_equal(out / "encodings", 300), static_cast<int>(variants().size()));
}

}  // namespace
}  // namespace rift::encode::text
