#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>

#include "rift/base/enum_names.h"
#include "rift/base/sentences.h"
#include "rift/cli/choice_flag.h"
#include "rift/cli/output.h"
#include "rift/cli/run_flags.h"
#include "rift/cli/verb.h"
#include "rift/study/files/embed_file.h"

namespace rift::cli {
namespace {

struct Arguments {
  study::EmbedFileSpec spec;
  bool unit = false;
  bool as_computed = false;
};

void print_report(const study::EmbedFileResult& result, const study::EmbedFileSpec& spec) {
  print_result(sentence("done.embedded", fmt::arg("count", result.rows), fmt::arg("width", result.width),
                        fmt::arg("pooling", result.pooling), fmt::arg("tokens", result.max_tokens),
                        fmt::arg("path", spec.out)));
  if (result.truncated > 0)
    print_result(sentence(result.is_package ? "done.truncated_by_package" : "done.truncated",
                          fmt::arg("count", result.truncated)));
  if (result.rejected > 0)
    print_result(sentence("done.rejected", fmt::arg("count", result.rejected), fmt::arg("path", spec.rejects)));
  if (result.quoted > 0) print_result(sentence("done.quoted", fmt::arg("count", result.quoted)));
}

Json to_json(const study::EmbedFileResult& result, const Arguments& arguments) {
  return Json{{"rows", result.rows},
              {"width", result.width},
              {"pooling", result.pooling},
              {"unit_length", result.unit_length},
              {"max_tokens", result.max_tokens},
              {"truncated", result.truncated},
              {"rejected", result.rejected},
              {"quoted", result.quoted},
              {"seconds", result.seconds},
              {"precision", name_of(arguments.spec.precision)},
              {"out", arguments.spec.out}};
}

void add_options(CLI::App& command, Arguments& arguments) {
  study::EmbedFileSpec& spec = arguments.spec;
  command.add_option("MODEL", spec.model, kModelHelp)->required();
  command.add_option("FILE", spec.source, "Rows: a file, a glob or 'sql: SELECT ...'; .txt: one text a line")
      ->required();
  command.add_option("--out", spec.out, "Vectors: .parquet, .csv, .csv.gz or .jsonl; columns id, v0, v1, ...")
      ->type_name("FILE")
      ->required();
  command
      .add_option("--columns", spec.columns,
                  "Texts of a row in the model's reading order, split by commas; left out: the only column")
      ->type_name("COL,...")
      ->delimiter(',')
      ->allow_extra_args(false);
  command.add_option("--id", spec.id, "Column that names a row; left out: a package's, else the 0-based row")
      ->type_name("COL");
  add_choice_flag(command, "--pooling", spec.pooling,
                  "automatic, cls, mean, pooler or last; automatic: what the model's files say, else pooler or mean")
      ->type_name("POOLING");
  auto* unit = command.add_flag("--normalize", arguments.unit,
                                "Vectors of length 1; left out: where the model's modules.json says so");
  command.add_flag("--no-normalize", arguments.as_computed, "Vectors as they are pooled, whatever modules.json says")
      ->excludes(unit);
  command
      .add_option("--max-tokens", spec.max_tokens,
                  "Longest row in tokens, special ones included; 0: what the model's files say, else at most 512")
      ->type_name("N")
      ->check(CLI::Range(0, 1'000'000).description(""));
  command
      .add_option("--rejects", spec.rejects, "Rows that cannot be read, with the reason; left out: they are an error")
      ->type_name("FILE");
  add_device_flag(command, spec.device);
  add_precision_flag(command, spec.precision, "move the vectors by about a hundredth of their length");
}

}  // namespace

Run add_embed(CLI::App& command) {
  auto arguments = std::make_shared<Arguments>();
  add_options(command, *arguments);
  return [arguments](const CommonFlags& flags) {
    using Length = package::EmbedderSpec::Length;
    study::EmbedFileSpec& spec = arguments->spec;
    if (arguments->unit) spec.length = Length::kUnit;
    if (arguments->as_computed) spec.length = Length::kAsComputed;
    const study::EmbedFileResult result = study::embed_file(spec);
    if (flags.json)
      print_json(to_json(result, *arguments));
    else
      print_report(result, spec);
    return 0;
  };
}

}  // namespace rift::cli
