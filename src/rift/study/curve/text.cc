#include "rift/base/count_text.h"
#include "rift/base/sentences.h"
#include "rift/study/curve/learning_curve.h"
#include "rift/study/curve/words.h"
#include "rift/study/learner.h"
#include "rift/study/report/figure_text.h"

namespace rift::study {

std::string learning_curve_text(const Json& curve) {
  std::vector<std::vector<std::string>> lines = {{sentence("curve.labels")}};
  for (const Json& size : curve.at("sizes").as_array()) lines.push_back({count_text(size.at("labels").as_int())});
  for (const Json& model : curve.at("models").as_array()) {
    lines.front().push_back(model_caption(model.at("name").as_string()));
    size_t line = 0;
    for (const Json& point : model.at("points").as_array()) lines[++line].push_back(value_text(curve, point));
  }
  std::string text = curve_metric_caption(curve) + "\n" + aligned(lines) + "\n";
  for (const Json& skipped : curve.at("skipped").as_array()) {
    text += sentence("done.skipped_model", fmt::arg("model", model_caption(skipped.at("name").as_string())),
                     fmt::arg("why", skipped.at("why").as_string())) +
            "\n";
  }
  for (const std::string& line : curve_answers(curve)) text += line + "\n";
  for (const std::string& line : curve_notes(curve)) text += line + "\n";
  return text;
}

}  // namespace rift::study
