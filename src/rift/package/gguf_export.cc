#include "rift/package/gguf_export.h"

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/checkpoint/gguf/write.h"
#include "rift/checkpoint/hf_directory.h"
#include "rift/checkpoint/licence.h"
#include "rift/encode/text/pipeline/gguf_tokenizer.h"
#include "rift/package/format/manifest.h"
#include "rift/package/pretrained.h"

namespace rift::package {
namespace {

namespace fs = std::filesystem;
using checkpoint::format::GgmlType;
using checkpoint::format::GgufKind;
using checkpoint::format::GgufMetadata;
using checkpoint::format::GgufValue;

GgmlType type_of(GgufNumbers numbers) {
  switch (numbers) {
    case GgufNumbers::kF32:
      return GgmlType::kF32;
    case GgufNumbers::kF16:
      return GgmlType::kF16;
    case GgufNumbers::kBf16:
      return GgmlType::kBF16;
    case GgufNumbers::kQ8_0:
      return GgmlType::kQ8_0;
  }
  RIFT_FAIL(Code::kBug, "numbers without a type");
}

/// A special token's id: what config.json says, which may be a list of several.
std::optional<int64_t> id_in(const Json& config, std::string_view key) {
  const Json* id = config.find(key);
  if (id != nullptr && id->is_array() && id->size() > 0) id = &id->at(size_t{0});
  if (id == nullptr || !id->is_integer() || id->as_int() < 0) return std::nullopt;
  return id->as_int();
}

std::string chat_template_of(const fs::path& directory) {
  const fs::path path = directory / "tokenizer_config.json";
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return "";
  const Json config = read_json(path);
  const Json* text = config.find("chat_template");
  return text != nullptr && text->is_string() ? text->as_string() : "";
}

/// Keys below tokenizer.; the lists are as long as the embeddings have rows.
GgufMetadata tokenizer_metadata(const checkpoint::HfDirectory& model) {
  auto lists = encode::text::gguf_lists(encode::text::read_tokenizer_files(model.encoder));
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
  const auto put_id = [&](const char* key, std::optional<int64_t> id) {
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
  put_id("bos_token_id",
         lists.bos_token_id ? std::optional<int64_t>(*lists.bos_token_id) : id_in(model.config, "bos_token_id"));
  put_id("eos_token_id",
         lists.eos_token_id ? std::optional<int64_t>(*lists.eos_token_id) : id_in(model.config, "eos_token_id"));
  put_id("unknown_token_id", lists.unknown_token_id ? std::optional<int64_t>(*lists.unknown_token_id) : std::nullopt);
  put_id("padding_token_id", id_in(model.config, "pad_token_id"));
  put("add_bos_token", GgufKind::kBool, truth(lists.add_bos_token.value_or(false)));
  put("add_eos_token", GgufKind::kBool, truth(lists.add_eos_token.value_or(false)));
  if (const std::string chat = chat_template_of(model.encoder); !chat.empty()) {
    metadata.emplace_back("tokenizer.chat_template", GgufValue{GgufKind::kText, chat});
  }
  return metadata;
}

}  // namespace

void export_gguf(const fs::path& model, const fs::path& out, GgufNumbers numbers) {
  std::error_code ignored;
  RIFT_REQUIRE(out.extension() == ".gguf", Code::kConfig, "--out {}: expected a file that ends in .gguf", out.string());
  RIFT_REQUIRE(!fs::exists(out, ignored), Code::kConfig, "--out {}: it is there already; name a new file",
               out.string());
  if (fs::exists(model / "rift.json", ignored)) {
    check_manifest(model);
    RIFT_REQUIRE(fs::exists(model / "config.json", ignored), Code::kUnsupported,
                 "{}: the package holds no text model, so there is nothing for a GGUF file", model.string());
  }
  const auto directory = checkpoint::open_hf_directory(model);
  const Pretrained pretrained = describe_pretrained(directory, "");
  checkpoint::require_decoder_of_gguf(directory);
  checkpoint::write_gguf_model(out, directory,
                               {.type = type_of(numbers),
                                .name = pretrained.name,
                                .licence = pretrained.licence,
                                .tokenizer = tokenizer_metadata(directory)});
}

}  // namespace rift::package
