#include "rift/base/sentences.h"
#include "rift/study/report/figure_text.h"
#include "rift/study/search/search.h"
#include "rift/study/search/words.h"

namespace rift::study {

std::string search_text(const Json& search) {
  std::string text;
  const std::vector<const Json*> best = best_trials(search, 10);
  if (!best.empty()) {
    std::vector<std::vector<std::string>> lines = {{sentence("search.trial")}};
    for (const Json& metric : search.at("metrics").as_array()) lines[0].push_back(metric_caption(metric));
    lines[0].push_back(sentence("search.settings"));
    for (const Json* trial : best) {
      std::vector<std::string> line = {fmt::format("{}", trial->at("number").as_int())};
      for (std::string& value : value_texts(search, *trial)) line.push_back(std::move(value));
      line.push_back(settings_of(*trial));
      lines.push_back(std::move(line));
    }
    text += aligned(lines) + "\n";
  }
  for (const std::string& line : search_sentences(search)) text += line + "\n";
  return text;
}

}  // namespace rift::study
