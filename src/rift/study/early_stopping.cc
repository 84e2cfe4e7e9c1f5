#include "rift/study/early_stopping.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/base/log.h"
#include "rift/base/sentences.h"
#include "rift/study/learner.h"

namespace rift::study {
namespace {

std::string note(std::string_view model) {
  return sentence("note.no_early_stopping", fmt::arg("model", model_caption(model)));
}

}  // namespace

std::string_view idle_key(const train::EarlyStoppingOptions& options) {
  const train::EarlyStoppingOptions unset;
  if (options.metric != unset.metric) return "train.early_stopping.metric";
  return options.patience != unset.patience && options.patience != 0 ? "train.early_stopping.patience"
                                                                     : std::string_view();
}

void check_early_stopping(const RunOptions& options, const std::vector<Parts>& parts) {
  const bool all_have_some =
      std::all_of(parts.begin(), parts.end(), [](const Parts& one) { return !one.fit.validation.empty(); });
  if (all_have_some) return;
  const std::string_view idle = idle_key(options.train.early_stopping);
  RIFT_REQUIRE(idle.empty(), Code::kConfig,
               "{}: the split has no validation rows, by which a fine-tuning could stop early; give it some, such as "
               "split.validation: 0.1 (split.validation: FILE where the parts are files), or leave the key out",
               idle);
  if (options.train.early_stopping.patience != 0) log_warning(note(name_of(ModelKind::kFineTuned)));
}

std::string no_early_stopping_note(std::string_view model, const Json& summary) {
  const Json* rows = summary.find("rows");
  const Json* validation = rows == nullptr ? nullptr : rows->find("validation");
  const bool had_some = validation == nullptr || validation->at("rows").as_int() > 0;
  return had_some ? std::string() : note(model);
}

}  // namespace rift::study
