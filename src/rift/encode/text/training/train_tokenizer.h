#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "rift/base/options.h"
#include "rift/encode/text/tokenizer.h"

namespace rift::encode::text {

/// BERT's: WordPiece over words in lower case, with [PAD] [UNK] [CLS] [SEP] [MASK].
struct BertTraining {
  bool lower_case = true;
  std::optional<bool> strip_accents;
  bool handle_chinese_chars = true;
  int64_t limit_alphabet = 0;
  template <class V>
  void visit(V& v) {
    v("lower_case", lower_case, "Texts in lower case.");
    v("strip_accents", strip_accents, "Letters without their accents; left out: as lower_case.");
    v("handle_chinese_chars", handle_chinese_chars, "Each ideograph is a word of its own.");
    v("limit_alphabet", limit_alphabet, "Keep this many characters, the most frequent ones; 0 = all.", at_least(0));
  }
};

/// Byte-level BPE over the words of GPT-2's regular expression; any text can be written.
struct ByteLevelTraining {
  bool add_prefix_space = false;
  template <class V>
  void visit(V& v) {
    v("add_prefix_space", add_prefix_space, "The first word of a text counts as one behind a space.");
  }
};
struct RobertaTraining : ByteLevelTraining {};  // with <s> <pad> </s> <unk> <mask>
struct Gpt2Training : ByteLevelTraining {};     // with <|endoftext|>

inline constexpr std::array<std::string_view, 3> kTokenizerKindNames = {"bert", "roberta", "gpt2"};

struct TokenizerTrainingOptions {
  std::variant<BertTraining, RobertaTraining, Gpt2Training> kind;
  int64_t vocab_size = 30'000;
  int64_t min_frequency = 2;
  int64_t max_tokens = 512;
  std::vector<std::string> special_tokens;
  template <class V>
  void visit(V& v) {
    v("vocab_size", vocab_size, "Tokens, special ones and alphabet included.", in_range(1, 4'000'000));
    v("min_frequency", min_frequency, "A pair of tokens that is rarer does not merge.", at_least(1));
    v("max_tokens", max_tokens, "Tokens that the model will read of a text, written as model_max_length.", at_least(3));
    v("special_tokens", special_tokens, "Further special tokens, behind those of the kind.");
    v.choice("kind", kind, kTokenizerKindNames, "bert is WordPiece; roberta and gpt2 are byte-level BPE.");
  }
};

/// Sets `text` to the next text, or returns false behind the last one. The view has to hold until the next call.
using TextStream = std::function<bool(std::string_view& text)>;

struct TrainedTokenizer {
  std::unique_ptr<Tokenizer> tokenizer;                    // what load_tokenizer() would make of the files
  std::vector<std::pair<std::string, std::string>> files;  // name and bytes, below
};

/// Learns a tokenizer from texts, each read once; only the counts of their words are held. The same texts give the same
/// bytes whatever their order.
///   bert: tokenizer.json, vocab.txt; roberta, gpt2: tokenizer.json, vocab.json, merges.txt; all:
///   tokenizer_config.json, special_tokens_map.json. transformers' AutoTokenizer loads them.
/// Vocabulary and merges are those of `tokenizers` 0.22.2 (WordPieceTrainer; BpeTrainer with the whole alphabet of
/// bytes). Where that library goes by the order of a hash map, the lowest code point goes first here: ids of the ##
/// characters, which settle what of equally frequent pairs merges first, and, with limit_alphabet, which of equally
/// frequent characters stay.
/// Throws kData: no text has a word; a text of 1 GiB or more (its number is named). kConfig: a special token that is
/// empty or named twice, vocab_size below special tokens and alphabet (the library would exceed it).
TrainedTokenizer train_tokenizer(const TokenizerTrainingOptions& options, const TextStream& texts);

/// Writes the files into `directory`, which is made. Throws kEnvironment.
void write_tokenizer(const TrainedTokenizer& trained, const std::filesystem::path& directory);

}  // namespace rift::encode::text
