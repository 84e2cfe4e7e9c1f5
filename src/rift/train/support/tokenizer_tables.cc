#include "rift/encode/text/config_over_json.h"
#include "rift/encode/text/pipeline/gguf_tokenizer.h"
#include "rift/encode/text/pipeline/merges_file.h"
#include "rift/encode/text/pipeline/sentencepiece_model.h"
#include "rift/encode/text/tokenizer_classes.h"
#include "rift/encode/text/vocabulary_file.h"
#include "rift/train/support/trials.h"

namespace rift::train {

namespace {

using encode::text::GgufTokenizer;
using encode::text::PipelineSpec;
using encode::text::SentencePieceModel;
using encode::text::TokenizerSpec;

// Files of tokenizers as small as they come: every special token that a class may look for, and a letter.
constexpr const char* kVocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n";
constexpr const char* kMembers =
    R"({"<|endoftext|>": 0, "<s>": 1, "</s>": 2, "<pad>": 3, "<unk>": 4, "<mask>": 5, "a": 6, "b": 7, "ab": 8})";
constexpr const char* kMerges = "#version: 0.2\na b\n";
constexpr const char* kAnotherClass = "BertJapaneseTokenizer";

GgufTokenizer sample_lists(std::string model) {
  GgufTokenizer lists{.source = "model.gguf", .model = std::move(model), .pre = "gpt-2"};
  lists.tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "\u2581a", "b"};
  if (lists.model == "gpt2") {
    lists.tokens = {"<|endoftext|>", "a", "b", "ab"};
    lists.merges = {"a b"};
  }
  if (lists.model == "llama") {
    lists.pre = "default";
    lists.tokens = {"<unk>", "<s>", "</s>", "a", "b", "ab"};
    lists.scores = {0, 0, 0, -1, -2, -3};
    lists.token_types = {2, 3, 3, 1, 1, 1};
  }
  lists.unknown_token_id = lists.model == "bert" ? 1 : 0;
  lists.bos_token_id = lists.model == "bert" ? 2 : 1;
  lists.sep_token_id = 3;
  return lists;
}

SentencePieceModel sample_pieces() {
  SentencePieceModel model{.source = "tokenizer.model"};
  for (const char* piece : {"<unk>", "<s>", "</s>", "<pad>", "<eos>", "<bos>", "\u2581a", "a"}) {
    model.pieces.push_back({piece, -static_cast<double>(model.pieces.size())});
    model.kinds.push_back(SentencePieceModel::Kind::kNormal);
  }
  return model;
}

/// Reads a file of each kind as one of a tokenizer of this class.
std::vector<std::function<void()>> readers(const std::string& class_name) {
  const Json config{{"tokenizer_class", class_name}};
  const auto* known = encode::text::tokenizer_class_named(class_name);
  const char* model = known != nullptr && known->sets_normalizer ? "bert" : "llama";
  return {[=] {
            TokenizerSpec spec = encode::text::tokenizer_of(sample_lists(model));
            encode::text::apply_files_beside({config, Json::object(), class_name}, spec);
          },
          [=] {
            encode::text::require_class_of_vocabulary(class_name, "vocab.txt");
            encode::text::read_vocabulary(kVocabulary, "vocab.txt", config);
          },
          [=] {
            encode::text::read_merges_files({kMembers, kMerges, config, class_name});
          },
          [=] { encode::text::pipeline_of(sample_pieces(), config, class_name); }};
}

SupportTable classes(Trials& trials) {
  SupportTable table{.key = "tokenizers",
                     .columns = {"tokenizer.json", "vocab.txt", "vocab.json, merges.txt", ".model"}};
  const auto add = [&](const std::string& name) {
    SupportTable::Row row{name, {}};
    for (const auto& read : readers(name)) row.cells.push_back(trials.of(read, {"'" + name + "'"}));
    table.rows.push_back(std::move(row));
  };
  for (const auto& known : encode::text::tokenizer_classes()) add(std::string(known.name));
  add(kAnotherClass);
  return table;
}

/// Tokenizers in the metadata of GGUF files, by what splits the words.
SupportTable gguf_tokenizers(Trials& trials) {
  SupportTable table{.key = "gguf_tokenizers", .columns = {"read", "write"}};
  const auto add = [&](const char* name, const char* model) {
    table.rows.push_back({name, {trials.of([&] { encode::text::tokenizer_of(sample_lists(model)); }), trials.of([&] {
                                   encode::text::gguf_lists(encode::text::tokenizer_of(sample_lists(model)));
                                 })}});
  };
  add("WordPiece (bert)", "bert");
  add("BPE, ByteLevel (gpt2)", "gpt2");
  add("BPE, SentencePiece (llama)", "llama");
  const PipelineSpec unigram{.source = "tokenizer.json", .model = encode::text::UnigramOptions{}};
  table.rows.push_back({"Unigram (t5)",
                        {trials.of([&] { encode::text::tokenizer_of(sample_lists("t5")); }),
                         trials.of([&] { encode::text::gguf_lists(unigram); })}});
  return table;
}

}  // namespace

void add_tokenizer_tables(SupportMatrix& matrix, Trials& trials) {
  matrix.tables.push_back(classes(trials));
  matrix.tables.push_back(gguf_tokenizers(trials));
}

}  // namespace rift::train
