#include "rift/study/loss_note.h"

#include "rift/base/count_text.h"
#include "rift/base/sentences.h"
#include "rift/study/learner.h"

namespace rift::study {

std::vector<std::string> loss_notes(std::string_view model, const Json& summary) {
  std::vector<std::string> notes;
  const Json* probabilities = summary.find("outputs_are_probabilities");
  if (probabilities != nullptr && !probabilities->as_bool()) {
    notes.push_back(sentence("note.loss_ranks", fmt::arg("model", model_caption(model)),
                             fmt::arg("loss", summary.at("loss").as_string())));
  }
  if (const Json* sample = summary.find("sample")) {
    const auto percent = [&](const char* key) { return fmt::format("{:.2f} %", 100.0 * sample->at(key).as_double()); };
    notes.push_back(sentence("note.sample", fmt::arg("model", model_caption(model)),
                             fmt::arg("rows", count_text(sample->at("rows").as_int())),
                             fmt::arg("sampled", percent("sampled_rate")), fmt::arg("base", percent("base_rate"))));
  }
  return notes;
}

}  // namespace rift::study
