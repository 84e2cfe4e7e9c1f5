#include "rift/package/gguf_export.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/places.h"
#include "rift/base/shell.h"
#include "rift/checkpoint/hf_directory.h"
#include "rift/checkpoint/licence.h"
#include "rift/encode/text/pipeline/gguf_tokenizer.h"
#include "rift/models/architecture.h"
#include "rift/package/export.h"
#include "rift/package/format/manifest.h"
#include "rift/package/language_head.h"
#include "rift/package/model_tokenizer.h"
#include "rift/package/pretrained.h"

namespace rift::package {
namespace {

namespace fs = std::filesystem;
using checkpoint::format::GgufKind;
using checkpoint::format::GgufMetadata;
using checkpoint::format::GgufValue;

/// A special token's id: what config.json says, which may be a list of several.
std::optional<int64_t> id_in(const Json& config, std::string_view key) {
  const Json* id = config.find(key);
  if (id != nullptr && id->is_array() && id->size() > 0) id = &id->at(size_t{0});
  if (id == nullptr || !id->is_integer() || id->as_int() < 0) return std::nullopt;
  return id->as_int();
}

/// In a file of its own, as transformers writes it since 2025, or among the settings.
std::string chat_template_of(const checkpoint::HfDirectory& model, const Json& settings) {
  constexpr int64_t kMostBytes = int64_t{1} << 20;
  std::error_code ignored;
  const fs::path alone = model.encoder / "chat_template.jinja";
  if (fs::is_regular_file(alone, ignored)) return read_file(alone, kMostBytes);
  const Json* text = settings.find("chat_template");
  return text != nullptr && text->is_string() ? text->as_string() : "";
}

/// The id of a token that the tokenizer's settings name ("unk_token").
std::optional<int64_t> named_id(const Json& settings, const std::vector<std::string>& tokens, const std::string& name) {
  const Json* token = settings.find(name);
  if (token != nullptr && token->is_object()) token = token->find("content");
  if (token == nullptr || !token->is_string()) return std::nullopt;
  const auto found = std::ranges::find(tokens, token->as_string());
  return found == tokens.end() ? std::nullopt : std::optional<int64_t>(found - tokens.begin());
}

/// Keys below tokenizer.; the lists are as long as the embeddings have rows.
GgufMetadata tokenizer_metadata(const checkpoint::HfDirectory& model) {
  auto lists = encode::text::gguf_lists(read_tokenizer(model));
  const Json settings = tokenizer_settings(model);
  const int64_t rows = model.config.at("vocab_size").as_int();
  RIFT_REQUIRE(static_cast<int64_t>(lists.tokens.size()) <= rows, Code::kArtefact,
               "{}: the tokenizer has {} tokens, the model embeds {}; tokenizer and weights do not belong together",
               model.encoder.string(), lists.tokens.size(), rows);
  while (static_cast<int64_t>(lists.tokens.size()) < rows) {
    lists.tokens.push_back(fmt::format("[PAD{}]", lists.tokens.size()));
    lists.token_types.push_back(static_cast<int32_t>(encode::text::GgufTokenType::kUnused));
    if (!lists.scores.empty()) lists.scores.push_back(0.0F);
  }
  GgufMetadata metadata;
  const auto put = [&](const char* key, GgufKind kind, auto value) {
    metadata.emplace_back(std::string("tokenizer.ggml.") + key, GgufValue{kind, std::move(value)});
  };
  const auto put_id = [&](const char* key, const std::optional<int32_t>& used, const std::string& name) {
    auto id = used ? std::optional<int64_t>(*used) : id_in(model.config, name + "_id");
    if (!id) id = named_id(settings, lists.tokens, name);
    if (id && *id < rows) put(key, GgufKind::kU32, static_cast<uint64_t>(*id));
  };
  const auto truth = [](bool value) { return uint64_t{value ? 1U : 0U}; };
  put("model", GgufKind::kText, lists.model);
  put("pre", GgufKind::kText, lists.pre);
  put("tokens", GgufKind::kText, lists.tokens);
  if (!lists.scores.empty()) {
    put("scores", GgufKind::kF32, std::vector<double>(lists.scores.begin(), lists.scores.end()));
    put("add_space_prefix", GgufKind::kBool, truth(lists.add_space_prefix));
  }
  put("token_type", GgufKind::kI32, std::vector<int64_t>(lists.token_types.begin(), lists.token_types.end()));
  if (!lists.merges.empty()) put("merges", GgufKind::kText, lists.merges);
  put_id("bos_token_id", lists.bos_token_id, "bos_token");
  put_id("eos_token_id", lists.eos_token_id, "eos_token");
  if (lists.scores.empty() || lists.unknown_token_id)  // of SentencePiece only one that its model has
    put_id("unknown_token_id", lists.unknown_token_id, "unk_token");
  put_id("padding_token_id", std::nullopt, "pad_token");
  put("add_bos_token", GgufKind::kBool, truth(lists.add_bos_token.value_or(false)));
  put("add_eos_token", GgufKind::kBool, truth(lists.add_eos_token.value_or(false)));
  if (const std::string chat = chat_template_of(model, settings); !chat.empty()) {
    metadata.emplace_back("tokenizer.chat_template", GgufValue{GgufKind::kText, chat});
  }
  return metadata;
}

}  // namespace

checkpoint::GgufWriteOptions describe_for_gguf(const checkpoint::HfDirectory& model) {
  Pretrained pretrained = describe_pretrained(model, "");
  if (!model.gguf.empty()) {
    const auto file = checkpoint::format::Gguf::open(model.gguf);
    if (file.find_value("general.name") != nullptr) pretrained.name = file.text("general.name");
  }
  return {.complete = models::complete_settings,
          .type = {},
          .name = pretrained.name,
          .licence = pretrained.licence,
          .tokenizer = tokenizer_metadata(model),
          .language_head = {}};
}

void export_gguf(const fs::path& package, const fs::path& out, checkpoint::FloatType type) {
  std::error_code ignored;
  RIFT_REQUIRE(out.extension() == ".gguf", Code::kConfig,
               "--out {}: expected a file that ends in .gguf, as in --out {}.gguf", out.string(), out.string());
  RIFT_REQUIRE(!fs::exists(out, ignored), Code::kConfig, "--out {}: it is there already; name a new file",
               out.string());
  RIFT_REQUIRE(fs::exists(package, ignored), Code::kArtefact,
               "{}: no such package directory; rift train and rift compare publish packages", package.string());
  require_outside_of_packages(out);
  RIFT_REQUIRE(
      fs::exists(package / "rift.json", ignored), Code::kUnsupported,
      "{}: this is no package of rift; a model that was never tuned is written by: rift models convert {} --to "
      "gguf --dtype {} --out {}",
      package.string(), shell_word(package.string()), name_of(type), shell_word(out.string()));
  std::vector<std::string> files;
  for (PackageFile& file : check_manifest(package)) files.push_back(std::move(file.name));
  require_exportable(files, ExportFormat::kGguf, package);
  const auto directory = checkpoint::open_hf_directory(package);
  checkpoint::require_decoder_of_gguf(directory);
  require_place_for(out);
  checkpoint::GgufWriteOptions options = describe_for_gguf(directory);
  options.type = type;
  options.language_head = language_head_of(package);
  checkpoint::write_gguf_model(out, directory, options);
}

}  // namespace rift::package
