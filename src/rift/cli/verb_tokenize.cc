#include <fmt/ranges.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/error.h"
#include "rift/cli/output.h"
#include "rift/cli/run_flags.h"
#include "rift/cli/verb.h"
#include "rift/data/line_reader.h"
#include "rift/encode/text/tokenizer.h"
#include "rift/package/backbone.h"
#include "rift/package/model_tokenizer.h"

namespace rift::cli {
namespace {

std::string line_of(const encode::text::Tokenizer& tokenizer, const encode::text::Encoding& encoding, bool json) {
  std::vector<std::string> tokens;
  for (const int32_t id : encoding.ids) tokens.emplace_back(tokenizer.token(id));
  if (!json) return fmt::format("{}", fmt::join(tokens, " "));
  Json offsets = Json::array();
  for (const auto& offset : encoding.offsets)
    offsets.push_back(Json(Json::Array{static_cast<int64_t>(offset.begin), static_cast<int64_t>(offset.end)}));
  Json ids = Json::array();
  for (const int32_t id : encoding.ids) ids.push_back(static_cast<int64_t>(id));
  return to_json_text(Json{{"ids", ids}, {"tokens", tokens}, {"offsets", offsets}});
}

/// Special tokens that frame a text, such as [CLS] and [SEP], leave room for one of its own.
void require_room_for_text(const encode::text::Tokenizer& tokenizer, int64_t max_tokens) {
  const int64_t special = package::frame_tokens(tokenizer);
  RIFT_REQUIRE(max_tokens == 0 || max_tokens > special, Code::kConfig,
               "rift tokenize --max-tokens: expected 0 or at least {} ({} special tokens of this model and one of the "
               "text), got {}",
               special + 1, special, max_tokens);
}

}  // namespace

Run add_tokenize(CLI::App& command) {
  struct Arguments {
    std::string model;
    std::string file;
    int64_t max_tokens = 0;
  };
  auto arguments = std::make_shared<Arguments>();
  command.add_option("MODEL", arguments->model, kModelHelp)->required();
  command.add_option("FILE", arguments->file, "Text file, one text a line")->required();
  command
      .add_option("--max-tokens", arguments->max_tokens, "Cut after this many tokens, special ones included; 0 = never")
      ->type_name("N")
      ->check(CLI::Range(0, 1'000'000).description(""));
  return [arguments](const CommonFlags& flags) {
    const auto tokenizer = package::load_tokenizer(package::resolve_model(arguments->model));
    encode::text::EncodeOptions options;
    options.max_tokens = arguments->max_tokens;
    options.want_offsets = flags.json;
    encode::text::Encoding encoding;
    require_room_for_text(*tokenizer, options.max_tokens);
    data::LineReader lines(arguments->file);
    for (std::string line; lines.next(line);) {
      tokenizer->encode(line, options, encoding);
      print_result(line_of(*tokenizer, encoding, flags.json) + "\n");
    }
    return 0;
  };
}

}  // namespace rift::cli
