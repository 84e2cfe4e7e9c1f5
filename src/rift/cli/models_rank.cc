#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>

#include "rift/base/error.h"
#include "rift/base/sentences.h"
#include "rift/cli/choice_flag.h"
#include "rift/cli/output.h"
#include "rift/cli/run_flags.h"
#include "rift/cli/verb.h"
#include "rift/study/rank/rank.h"

namespace rift::cli {
namespace {

struct Arguments {
  study::RankSpec spec;
  std::string out;
};

void add_options(CLI::App& command, Arguments& arguments) {
  study::RankSpec& spec = arguments.spec;
  command
      .add_option("DATA", spec.source,
                  "Labelled records: a file, a glob or 'sql: SELECT ...'; or a run.yaml, whose test rows stay "
                  "unseen (of folds that it leaves open: those of fold 0)")
      ->required();
  command.add_option("MODELS", spec.models, std::string("Several of: ") + kModelHelp)->required();
  command.add_option("--label", spec.label, "Column to be predicted")->type_name("COL");
  command.add_option("--positive", spec.positive, "Value of the label that counts as bad (repeatable)")
      ->type_name("VALUE")
      ->allow_extra_args(false);
  command.add_option("--id", spec.id, "Column that names a row; queries and globs need one")->type_name("COL");
  add_choice_flag(command, "--task", spec.task, "binary, multiclass or regression; left out: guessed from the label")
      ->type_name("TASK");
  command
      .add_option("--columns", spec.columns,
                  "Texts in the model's reading order, split by commas; left out: every text column")
      ->type_name("COL,...")
      ->delimiter(',')
      ->allow_extra_args(false);
  command.add_option("--rows", spec.rows, "Rows that are read at most, drawn by --seed")
      ->type_name("N")
      ->check(CLI::Range(20, 1'000'000).description(""))
      ->capture_default_str();
  command.add_option("--folds", spec.folds, "Folds of the cross-validation")
      ->type_name("N")
      ->check(CLI::Range(2, 20).description(""))
      ->capture_default_str();
  command
      .add_option("--max-tokens", spec.max_tokens,
                  "Longest row in tokens; left out: what a fine-tuning reads, or run.yaml's")
      ->type_name("N")
      ->check(CLI::Range(3, 1'000'000).description(""));
  command.add_option("--seed", spec.seed, "Of the rows and the folds")->type_name("N")->capture_default_str();
  command.add_option("--out", arguments.out, "Also write the ranking to a .html or .json file")->type_name("FILE");
  add_device_flag(command, spec.device);
}

}  // namespace

Run add_models_rank(CLI::App& command) {
  auto arguments = std::make_shared<Arguments>();
  add_options(command, *arguments);
  return [arguments](const CommonFlags& flags) {
    const std::string ending = std::filesystem::path(arguments->out).extension().string();
    RIFT_REQUIRE(arguments->out.empty() || ending == ".html" || ending == ".json", Code::kConfig,
                 "--out {}: a ranking is written to .json or .html; give the file such an ending", arguments->out);
    const study::Ranking ranking = study::rank_models(arguments->spec);
    if (!arguments->out.empty()) study::write_ranking(ranking, arguments->out);
    if (flags.json)
      print_json(study::to_json(ranking));
    else
      print_result(study::ranking_text(ranking));
    RIFT_REQUIRE(ranking.take, Code::kArtefact, "none of the models could be judged");
    return 0;
  };
}

}  // namespace rift::cli
