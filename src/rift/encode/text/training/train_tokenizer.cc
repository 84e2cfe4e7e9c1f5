#include "rift/encode/text/training/train_tokenizer.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/encode/text/configured_tokens.h"
#include "rift/encode/text/tokenizer_json.h"
#include "rift/encode/text/training/alphabet.h"
#include "rift/encode/text/training/tokenizer_files.h"

namespace rift::encode::text {
namespace {

std::vector<std::string> all_special_tokens(const TokenizerTrainingOptions& options) {
  std::vector<std::string> tokens;
  for (const auto& [role, text] : special_tokens_of(options)) {
    if (std::ranges::find(tokens, text) == tokens.end()) tokens.emplace_back(text);
  }
  for (const std::string& token : options.special_tokens) {
    RIFT_REQUIRE(!token.empty() && token.find_first_of("\r\n") == std::string::npos, Code::kConfig,
                 "special_tokens: a token is empty or of several lines");
    RIFT_REQUIRE(std::ranges::find(tokens, token) == tokens.end(), Code::kConfig,
                 "special_tokens: '{}' is there already, by the kind of the tokenizer or named twice", token);
    tokens.push_back(token);
  }
  return tokens;
}

MergeLearning start_of(const BertTraining& kind, std::vector<std::string> special, const WordCounts& words) {
  return wordpiece_start(std::move(special), words, kind.limit_alphabet);
}
MergeLearning start_of(const ByteLevelTraining&, std::vector<std::string> special, const WordCounts& words) {
  return byte_level_start(std::move(special), words);
}

/// Through the files, so that what is used now is what will be loaded.
std::unique_ptr<Tokenizer> tokenizer_of(const std::vector<std::pair<std::string, std::string>>& files) {
  return make_tokenizer(read_tokenizer_json(files.front().second, files.front().first));
}

}  // namespace

TrainedTokenizer train_tokenizer(const TokenizerTrainingOptions& options, const TextStream& texts) {
  const std::vector<std::string> special = all_special_tokens(options);
  const WordCounts words = count_words(options, texts);
  MergeLearning start = std::visit([&](const auto& kind) { return start_of(kind, special, words); }, options.kind);
  RIFT_REQUIRE(
      static_cast<int64_t>(start.tokens.size()) <= options.vocab_size, Code::kConfig,
      "vocab_size: expected at least {} ({} special tokens, the rest the alphabet of the texts), got {}; raise "
      "it{}",
      start.tokens.size(), special.size(), options.vocab_size,
      std::holds_alternative<BertTraining>(options.kind) ? " or set limit_alphabet" : "");
  start.vocab_size = options.vocab_size;
  start.min_frequency = options.min_frequency;
  TrainedTokenizer trained;
  trained.files = tokenizer_files(options, learn_merges(std::move(start)), special.size());
  trained.tokenizer = tokenizer_of(trained.files);
  return trained;
}

void write_tokenizer(const TrainedTokenizer& trained, const std::filesystem::path& directory) {
  require_writable_directory(directory);
  for (const auto& [name, bytes] : trained.files) write_file_atomic(directory / name, bytes);
}

}  // namespace rift::encode::text
