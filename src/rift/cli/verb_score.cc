#include <fmt/format.h>

#include <memory>
#include <string>

#include "rift/base/sentences.h"
#include "rift/cli/output.h"
#include "rift/cli/run_flags.h"
#include "rift/cli/verb.h"
#include "rift/study/files/score_file.h"

namespace rift::cli {

Run add_score(CLI::App& command) {
  auto spec = std::make_shared<study::ScoreFileSpec>();
  command.add_option("PACKAGE", spec->package, "Package directory")->required();
  command.add_option("DATA", spec->source, "Rows: a file, a glob or 'sql: SELECT ...'")->required();
  command.add_option("--out", spec->out, "Scores: .parquet, .csv, .csv.gz or .jsonl")->type_name("FILE")->required();
  command
      .add_option("--rejects", spec->rejects,
                  "Rows that cannot be scored, with the reason; left out: they are an error")
      ->type_name("FILE");
  add_device_flag(command, spec->device);
  add_precision_flag(command, spec->precision,
                     "are refused where nobody measured them or they move the scores too far");
  return [spec](const CommonFlags& flags) {
    const study::RowCounts result = study::score_file(*spec);
    if (flags.json) {
      print_json(Json{{"rows", result.rows},
                      {"rejected", result.rejected},
                      {"quoted", result.quoted},
                      {"seconds", result.seconds},
                      {"precision", name_of(spec->precision)},
                      {"out", spec->out}});
    } else {
      print_result(sentence("done.scored", fmt::arg("count", result.rows), fmt::arg("path", spec->out)));
      if (result.rejected > 0)
        print_result(sentence("done.rejected", fmt::arg("count", result.rejected), fmt::arg("path", spec->rejects)));
      if (result.quoted > 0) print_result(sentence("done.quoted", fmt::arg("count", result.quoted)));
    }
    return 0;
  };
}

}  // namespace rift::cli
