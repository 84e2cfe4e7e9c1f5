#include "rift/train/pretrain/language_start.h"

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/log.h"
#include "rift/base/progress.h"
#include "rift/checkpoint/archive.h"
#include "rift/checkpoint/load_model.h"
#include "rift/package/backbone.h"
#include "rift/package/model_tokenizer.h"
#include "rift/train/pretrain/token_cache.h"

namespace rift::train {
namespace {

namespace fs = std::filesystem;
using models::LanguageObjective;

/// Learns a tokenizer from the documents that are trained on.
void learn_tokenizer(const LanguageStartSpec& spec, const fs::path& directory) {
  const LanguageOptions& pretrain = spec.options.pretrain;
  const auto documents = open_documents(spec.documents);
  Progress progress("learning a tokenizer", 0, "documents");
  DocumentBatch batch;
  size_t next = 0;
  const auto trained = encode::text::train_tokenizer(*spec.options.tokenizer.train, [&](std::string_view& text) {
    while (true) {
      for (; next < batch.texts.size(); ++next) {
        if (is_held_out(batch.numbers[next], pretrain.held_out, static_cast<uint64_t>(pretrain.held_out_seed)))
          continue;
        text = batch.texts[next++];
        return true;
      }
      progress.advance(std::ssize(batch.texts));
      next = 0;
      if (!documents->next(batch)) return false;
    }
  });
  StagedDirectory staged(directory);
  encode::text::write_tokenizer(trained, staged.path());
  staged.publish();
}

/// Documents begin and end with the token `end`.
void take_end(Json& config, int32_t end, const std::string& file) {
  const Json token = static_cast<int64_t>(end);
  for (const char* key : {"bos_token_id", "eos_token_id"}) {
    const Json* stated = config.find(key);
    RIFT_REQUIRE(stated == nullptr || stated->is_null() || *stated == token, Code::kConfig,
                 "{}: {} is {}, but documents begin and end with the tokenizer's token {}; leave it out, and the "
                 "tokenizer's is taken",
                 file, key, shorten(to_json_text(*stated)), end);
    config[key] = token;
  }
}

fs::path tokenizer_directory(const LanguageStartSpec& spec) {
  if (spec.options.tokenizer.from) return package::resolve_backbone(*spec.options.tokenizer.from, spec.base_directory);
  fs::path directory = spec.directory / "tokenizer";
  learn_tokenizer(spec, directory);
  return directory;
}

/// The id of padding, whose row of the embeddings begins with zeros; RoBERTa's positions count from it.
void take_padding(Json& config, const LanguageStart& start, const std::string& file) {
  const Json* stated = config.find("pad_token_id");
  if (start.special.padding < 0) return;
  const auto padding = static_cast<int64_t>(start.special.padding);
  RIFT_REQUIRE(
      stated == nullptr || stated->is_null() || *stated == Json(padding), Code::kConfig,
      "{}: pad_token_id is {}, but the tokenizer pads with token {}; leave it out, and the tokenizer's is taken", file,
      to_json_text(*stated), padding);
  if (stated == nullptr) config["pad_token_id"] = padding;
}

/// Fills in what follows from the tokenizer, and refuses what contradicts it.
Json config_for(Json config, const LanguageStart& start, const std::string& file) {
  const int64_t vocabulary = start.tokenizer->vocab_size();
  const Json* stated = config.find("vocab_size");
  RIFT_REQUIRE(stated == nullptr || (stated->is_integer() && stated->as_int() >= vocabulary), Code::kConfig,
               "{}: vocab_size is {}, but the tokenizer has {} tokens; leave it out, and the tokenizer's is taken",
               file, to_json_text(*stated), vocabulary);
  if (stated == nullptr) config["vocab_size"] = vocabulary;
  take_padding(config, start, file);
  if (start.special.end >= 0 && start.special.before.empty()) {
    take_end(config, start.special.end, file);
  }
  return config;
}

void make_new(const LanguageStartSpec& spec, LanguageStart& start) {
  const fs::path file = spec.base_directory / *spec.options.model.text.config;
  const fs::path tokenizer = tokenizer_directory(spec);
  start.from_scratch = true;
  start.base.root = tokenizer;
  start.base.encoder = tokenizer;
  start.base.tokenizer_files = checkpoint::tokenizer_files_in(tokenizer);
  start.tokenizer = encode::text::load_tokenizer(tokenizer);
  start.special = encode::text::find_special_tokens(*start.tokenizer, tokenizer);
  Json config = read_json(file);
  RIFT_REQUIRE(config.is_object(), Code::kConfig, "{}: expected a mapping, got {}", file.string(), config.kind_name());
  start.base.config = config_for(std::move(config), start, file.string());
  models::TextModelDescription described = models::describe_text_model(start.base.config, file.string());
  start.layout = std::move(described.layout);
  start.sizes = described.sizes;
  start.model = std::make_unique<models::LanguageModel>(
      models::LanguageModelOptions{.config = start.base.config,
                                   .config_file = file.string(),
                                   .from_scratch = true,
                                   .seed = static_cast<uint64_t>(spec.options.train.seed),
                                   .device = spec.device},
      tensor::LazyTensors());
}

/// A tokenizer that lies in a GGUF file is written into the run's directory: the model that is published gets it.
void load_tokenizer(const LanguageStartSpec& spec, LanguageStart& start) {
  start.tokenizer = package::load_tokenizer(start.base);
  fs::path directory = start.base.encoder;
  if (!start.base.gguf.empty() && start.base.tokenizer_files.empty()) {
    directory = spec.directory / "tokenizer";
    StagedDirectory staged(directory);
    package::write_gguf_tokenizer(start.base, staged.path());
    staged.publish();
    start.base.tokenizer_files = checkpoint::tokenizer_files_in(directory);
  }
  start.special = encode::text::find_special_tokens(*start.tokenizer, directory);
}

void load(const LanguageStartSpec& spec, LanguageStart& start) {
  const fs::path directory =
      package::model_in(package::resolve_backbone(spec.options.model.text.backbone, spec.base_directory));
  start.base = checkpoint::open_hf_directory(directory);
  start.weights_sha256 = checkpoint::archive_sha256(checkpoint::weights_file(start.base));
  start.pretrained = package::describe_pretrained(start.base, start.weights_sha256);
  const std::string config_file = start.base.config_path().string();
  models::TextModelDescription described = models::describe_text_model(start.base.config, config_file);
  start.layout = std::move(described.layout);
  start.sizes = described.sizes;
  checkpoint::LoadedModel loaded = checkpoint::load_model(start.base, start.layout, {.language_head = true});
  start.dropped = std::move(loaded.names.dropped);
  start.model = std::make_unique<models::LanguageModel>(
      models::LanguageModelOptions{.config = start.base.config,
                                   .config_file = config_file,
                                   .seed = static_cast<uint64_t>(spec.options.train.seed),
                                   .device = spec.device},
      loaded.tensors);
  load_tokenizer(spec, start);
  RIFT_REQUIRE(start.tokenizer->vocab_size() <= start.sizes.vocab_size, Code::kArtefact,
               "{}: the tokenizer has {} tokens, the model embeds {}; tokenizer and weights do not belong together",
               start.base.encoder.string(), start.tokenizer->vocab_size(), start.sizes.vocab_size);
}

void require_fitting(const PretrainOptions& options, const LanguageStart& start) {
  require_objective(options.pretrain.objective, start.model->objective(), start.layout.title);
  RIFT_REQUIRE(options.model.text.max_tokens <= start.sizes.positions, Code::kConfig,
               "model.text.max_tokens: {} tokens, but the model has {} positions; set it to {} at most",
               options.model.text.max_tokens, start.sizes.positions, start.sizes.positions);
  const bool masks = start.model->objective() == LanguageObjective::kMaskedToken;
  const LanguageOptions left_out;
  const auto require_masks = [&](bool is_set, std::string_view key) {
    RIFT_REQUIRE(masks || !is_set, Code::kConfig, "pretrain.{}: {} says next tokens and hides none; leave it out", key,
                 start.layout.title);
  };
  require_masks(options.pretrain.mask_share != left_out.mask_share, "mask_share");
  require_masks(options.pretrain.whole_word != left_out.whole_word, "whole_word");
  RIFT_REQUIRE(!masks || start.special.mask >= 0, Code::kConfig,
               "{}: the tokenizer has no mask token (mask_token of tokenizer_config.json), which masked_token needs",
               start.base.encoder.string());
}

}  // namespace

void require_objective(PretrainObjective asked, LanguageObjective own, std::string_view title) {
  const bool masks = own == LanguageObjective::kMaskedToken;
  const PretrainObjective made_for = masks ? PretrainObjective::kMaskedToken : PretrainObjective::kNextToken;
  RIFT_REQUIRE(asked == PretrainObjective::kAutomatic || asked == made_for, Code::kConfig,
               "pretrain.objective: {} is not what {} is made for; leave it at automatic ({})", name_of(asked), title,
               name_of(made_for));
}

LanguageStart start_language_model(const LanguageStartSpec& spec) {
  LanguageStart start;
  if (spec.options.model.text.config) {
    make_new(spec, start);
  } else {
    load(spec, start);
  }
  require_fitting(spec.options, start);
  log_info(start.from_scratch ? "new language model" : "language model loaded",
           {{"architecture", start.model->architecture().model_type},
            {"parameters", start.model->parameters().parameter_count()},
            {"vocabulary", start.sizes.vocab_size},
            {"new", static_cast<int64_t>(start.model->new_parameters().size())}});
  return start;
}

Json describe(const LanguageStart& start) {
  Json dropped = Json::array();
  for (const auto& entry : start.dropped) dropped.push_back(Json{{"name", entry.file_name}, {"why", entry.why}});
  Json json = {{"architecture", start.model->architecture().model_type},
               {"class", start.layout.language_class},
               {"from_scratch", start.from_scratch},
               {"parameters", start.model->parameters().parameter_count()},
               {"vocabulary", start.sizes.vocab_size},
               {"tokenizer_tokens", start.tokenizer->vocab_size()}};
  if (start.from_scratch) return json;
  json["name"] = start.base.root.filename().string();
  json["weights_sha256"] = start.weights_sha256;
  json["pretrained"] = package::to_json(*start.pretrained);
  json["new_head"] = start.model->new_parameters();
  json["dropped"] = std::move(dropped);
  return json;
}

}  // namespace rift::train
