#pragma once

#include <string>

#include "rift/base/json.h"
#include "rift/study/compare.h"

namespace rift::study {

struct SearchSpec {
  StudySpec run;        // options of run.yaml; `directory` is --out
  Json configuration;   // the same run.yaml as a mapping, --set applied: what a trial's values are put into
  int64_t trials = 0;   // that the study has in the end
  std::string storage;  // sqlite:///FILE; empty = study.db in the directory
  std::string name = "rift";
};

/// Searches run.yaml's `search.space`: each trial is a fine-tuning on the training rows, judged on the validation rows.
/// Goes on with a study that is there, beside other processes on it. Who finishes the last trial trains the winner
/// again, judges it on the test rows, which nothing has touched before, and publishes it with a report in `directory`.
/// Returns search.json; "winner" is null as long as other processes are at work. Throws kConfig for a space that does
/// not fit run.yaml, a split without validation rows and metrics that the task lacks; a study that was
/// begun on other rows, settings or files, or with ranges that cannot stand beside these; kInterrupted after Ctrl-C,
/// the trial waiting to be taken up; kData when the first three trials fail, or all of them.
Json run_search(const SearchSpec& spec);

/// search.json as people read it on a terminal.
std::string search_text(const Json& search);

}  // namespace rift::study
