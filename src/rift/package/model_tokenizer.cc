#include "rift/package/model_tokenizer.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/places.h"
#include "rift/checkpoint/format/gguf.h"
#include "rift/encode/text/pipeline/gguf_tokenizer.h"
#include "rift/encode/text/write_tokenizer_json.h"

namespace rift::package {
namespace {

namespace fs = std::filesystem;
using checkpoint::format::Gguf;
using encode::text::GgufTokenizer;

constexpr std::string_view kKeys = "tokenizer.ggml.";

/// Reads the keys below tokenizer.ggml.
class Lists {
 public:
  explicit Lists(const Gguf& file) : file_(file) {}

  bool has(std::string_view key) const { return file_.find_value(name(key)) != nullptr; }
  std::string text(std::string_view key) const { return has(key) ? file_.text(name(key)) : ""; }
  std::optional<bool> truth(std::string_view key) const {
    return has(key) ? std::optional(file_.truth(name(key))) : std::nullopt;
  }
  std::vector<std::string> texts(std::string_view key) const {
    return has(key) ? file_.texts(name(key)) : std::vector<std::string>();
  }
  std::optional<int32_t> id(std::string_view key) const {
    if (!has(key)) return std::nullopt;
    const int64_t id = file_.whole_number(name(key));
    RIFT_REQUIRE(id >= 0 && id <= std::numeric_limits<int32_t>::max(), Code::kArtefact,
                 "{}: key '{}': expected the id of a token, got {}", file_.file_name(), name(key), id);
    return static_cast<int32_t>(id);
  }
  /// Numbers as T; `Held` is what the reader keeps them as.
  template <class T, class Held>
  std::vector<T> numbers(std::string_view key, std::string_view expected) const {
    if (!has(key)) return {};
    const auto* values = std::get_if<std::vector<Held>>(&file_.find_value(name(key))->data);
    RIFT_REQUIRE(values != nullptr, Code::kArtefact, "{}: key '{}': expected {}", file_.file_name(), name(key),
                 expected);
    std::vector<T> numbers;
    numbers.reserve(values->size());
    for (const Held value : *values) numbers.push_back(static_cast<T>(value));
    return numbers;
  }

 private:
  static std::string name(std::string_view key) { return std::string(kKeys) + std::string(key); }
  const Gguf& file_;
};

GgufTokenizer lists_of(const Gguf& file) {
  const Lists lists(file);
  RIFT_REQUIRE(
      lists.has("model"), Code::kArtefact,
      "{}: there is no tokenizer in it (key '{}model'); lay tokenizer.json beside it, in a directory of its own",
      file.file_name(), kKeys);
  GgufTokenizer tokenizer{.source = file.file_name(),
                          .model = lists.text("model"),
                          .pre = lists.text("pre"),
                          .tokens = lists.texts("tokens"),
                          .scores = lists.numbers<float, double>("scores", "a list of f32"),
                          .token_types = lists.numbers<int32_t, int64_t>("token_type", "a list of i32"),
                          .merges = lists.texts("merges"),
                          .bos_token_id = lists.id("bos_token_id"),
                          .eos_token_id = lists.id("eos_token_id"),
                          .unknown_token_id = lists.id("unknown_token_id"),
                          .sep_token_id = lists.id("seperator_token_id"),
                          .add_bos_token = lists.truth("add_bos_token"),
                          .add_eos_token = lists.truth("add_eos_token"),
                          .add_space_prefix = lists.truth("add_space_prefix").value_or(true)};
  if (const auto cls = lists.id("cls_token_id")) tokenizer.bos_token_id = cls;  // files of before 2025 name it so
  return tokenizer;
}

/// What transformers needs beside tokenizer.json: the class, and which tokens are special in which way.
Json tokenizer_config(const Gguf& file, const GgufTokenizer& lists) {
  const bool bert = lists.model == "bert";
  Json config{{"tokenizer_class", bert ? "BertTokenizer" : "PreTrainedTokenizerFast"}};
  const Lists keys(file);
  const auto name = [&](const char* key, const std::optional<int32_t>& id) {
    if (!id || static_cast<size_t>(*id) >= lists.tokens.size()) return;
    config[key] = lists.tokens[static_cast<size_t>(*id)];
  };
  name(bert ? "cls_token" : "bos_token", lists.bos_token_id);
  name(bert ? "sep_token" : "eos_token", bert ? lists.sep_token_id : lists.eos_token_id);
  name("unk_token", lists.unknown_token_id);
  name("pad_token", keys.id("padding_token_id"));
  name("mask_token", keys.id("mask_token_id"));
  if (file.find_value("tokenizer.chat_template") != nullptr)
    config["chat_template"] = file.text("tokenizer.chat_template");
  return config;
}

/// What the files' readers call by name alone, with the directory that it lies in.
template <class Load>
auto with_directory(const fs::path& directory, Load load) {
  try {
    return load();
  } catch (const Error& error) {
    const std::string place = (directory / "").string();
    if (error.code() == Code::kBug || error.message().starts_with(directory.string())) throw;
    const bool names_file = std::ranges::any_of(
        checkpoint::tokenizer_file_names(), [&](std::string_view name) { return error.message().starts_with(name); });
    RIFT_FAIL(error.code(), "{}{}", names_file ? place : directory.string() + ": ", error.message());
  }
}

}  // namespace

encode::text::TokenizerSpec read_tokenizer(const checkpoint::HfDirectory& model) {
  if (model.gguf.empty() || !model.tokenizer_files.empty())
    return with_directory(model.encoder, [&] { return encode::text::read_tokenizer_files(model.encoder); });
  return encode::text::tokenizer_of(lists_of(Gguf::open(model.gguf)));
}

Json tokenizer_settings(const checkpoint::HfDirectory& model) {
  if (!model.gguf.empty() && model.tokenizer_files.empty()) {
    const Gguf file = Gguf::open(model.gguf);
    return tokenizer_config(file, lists_of(file));
  }
  return encode::text::read_settings(model.encoder / "tokenizer_config.json");
}

std::unique_ptr<encode::text::Tokenizer> load_tokenizer(const checkpoint::HfDirectory& model) {
  encode::text::TokenizerSpec spec = read_tokenizer(model);
  return with_directory(model.encoder, [&] { return encode::text::make_tokenizer(std::move(spec)); });
}

encode::text::SpecialTokens special_tokens_of(const checkpoint::HfDirectory& model,
                                              const encode::text::Tokenizer& tokenizer, const fs::path& scratch) {
  if (model.gguf.empty() || !model.tokenizer_files.empty()) {
    return encode::text::find_special_tokens(tokenizer, model.encoder);
  }
  const StagedDirectory folder(scratch);
  write_gguf_tokenizer(model, folder.path());
  return encode::text::find_special_tokens(tokenizer, folder.path());
}

int64_t frame_tokens(const encode::text::Tokenizer& tokenizer) {
  encode::text::Encoding frame;
  tokenizer.encode("", {}, frame);
  return std::ssize(frame.ids);
}

void require_fits(const encode::text::Tokenizer& tokenizer, const checkpoint::HfDirectory& model, int64_t vocab_size) {
  RIFT_REQUIRE(tokenizer.vocab_size() <= vocab_size, Code::kArtefact,
               "{}: the tokenizer has {} tokens, the model embeds {}; tokenizer and weights do not belong together",
               model.encoder.string(), tokenizer.vocab_size(), vocab_size);
}

std::unique_ptr<encode::text::Tokenizer> load_tokenizer(const fs::path& model) {
  std::error_code ignored;
  const bool describes_a_model = is_file_there(model / "config.json") || is_file_there(model / "modules.json");
  const auto names = checkpoint::tokenizer_file_names();
  const bool tokenizer_alone = fs::is_directory(model, ignored) && !describes_a_model &&
                               std::ranges::any_of(names, [&](auto name) { return is_file_there(model / name); });
  if (tokenizer_alone) return with_directory(model, [&] { return encode::text::load_tokenizer(model); });
  return load_tokenizer(checkpoint::open_hf_directory(model));
}

void write_gguf_tokenizer(const checkpoint::HfDirectory& model, const fs::path& target) {
  if (model.gguf.empty() || !model.tokenizer_files.empty()) return;
  const Gguf file = Gguf::open(model.gguf);
  const GgufTokenizer lists = lists_of(file);
  const Json json = encode::text::tokenizer_json(encode::text::tokenizer_of(lists));
  Json config = tokenizer_config(file, lists);
  if (lists.model == "bert") config["do_lower_case"] = json.at("normalizer").at("lowercase");
  write_file_atomic(target / "tokenizer.json", to_json_text(json) + "\n");
  write_file_atomic(target / "tokenizer_config.json", to_json_text(config, 2) + "\n");
}

}  // namespace rift::package
