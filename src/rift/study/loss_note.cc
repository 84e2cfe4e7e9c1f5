#include "rift/study/loss_note.h"

#include "rift/base/sentences.h"
#include "rift/study/learner.h"

namespace rift::study {

std::string loss_note(std::string_view model, const Json& summary) {
  const Json* probabilities = summary.find("outputs_are_probabilities");
  if (probabilities == nullptr || probabilities->as_bool()) return {};
  return sentence("note.loss_ranks", fmt::arg("model", model_caption(model)),
                  fmt::arg("loss", summary.at("loss").as_string()));
}

}  // namespace rift::study
