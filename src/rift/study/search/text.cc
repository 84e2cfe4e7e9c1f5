#include <sstream>

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
    std::vector<std::string> settings = {sentence("search.settings")};  // long: not lined up with the figures
    for (const Json& metric : search.at("metrics").as_array()) lines[0].push_back(metric_caption(metric));
    for (const Json* trial : best) {
      std::vector<std::string> line = {fmt::format("{}", trial->at("number").as_int())};
      for (std::string& value : value_texts(search, *trial)) line.push_back(std::move(value));
      lines.push_back(std::move(line));
      settings.push_back(settings_of(*trial));
    }
    std::istringstream table(aligned(lines));
    std::string line;
    for (size_t i = 0; std::getline(table, line) && i < settings.size(); ++i) text += line + "  " + settings[i] + "\n";
    text += "\n";
  }
  for (const std::string& line : search_sentences(search)) text += line + "\n";
  return text;
}

}  // namespace rift::study
