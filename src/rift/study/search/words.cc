#include "rift/study/search/words.h"

#include <algorithm>

#include "rift/base/count_text.h"
#include "rift/base/sentences.h"
#include "rift/study/report/figure_text.h"

namespace rift::study {
namespace {

const Json* trial_numbered(const Json& search, int64_t number) {
  for (const Json& trial : search.at("trials").as_array()) {
    if (trial.at("number").as_int() == number) return &trial;
  }
  return nullptr;
}

std::string figure(const Json& metric, const Json& value) {
  return value.is_number() ? shown_figure(metric.at("name").as_string(), value.as_double()) : std::string("-");
}

std::string optimism_sentence(const Json& search) {
  const Json& found = search.at("optimism");
  if (found.is_null()) return sentence("search.no_optimism");
  const Json& metric = search.at("metrics").at(size_t{0});
  return sentence("search.optimism", fmt::arg("trials", found.at("trials").as_int()),
                  fmt::arg("metric", metric_caption(metric)), fmt::arg("value", figure(metric, found.at("apparent"))),
                  fmt::arg("optimism", figure(metric, found.at("optimism"))),
                  fmt::arg("corrected", figure(metric, found.at("corrected"))),
                  fmt::arg("replicates", found.at("replicates").as_int()),
                  fmt::arg("low", figure(metric, found.at("low"))), fmt::arg("high", figure(metric, found.at("high"))));
}

}  // namespace

std::string metric_caption(const Json& metric) { return sentence("table." + metric.at("name").as_string()); }

std::vector<const Json*> best_trials(const Json& search, size_t most) {
  const bool up = search.at("metrics").at(size_t{0}).at("direction").as_string() == "MAXIMIZE";
  std::vector<const Json*> trials;
  for (const Json& trial : search.at("trials").as_array()) {
    const bool complete = trial.at("state").as_string() == "COMPLETE";
    if (complete && trial.at("values").at(size_t{0}).is_number()) trials.push_back(&trial);
  }
  std::ranges::stable_sort(trials, {}, [&](const Json* trial) {
    const double value = trial->at("values").at(size_t{0}).as_double();
    return up ? -value : value;
  });
  if (trials.size() > most) trials.resize(most);
  return trials;
}

std::string settings_of(const Json& trial) {
  std::string text;
  for (const Json::Member& member : trial.at("settings").as_object()) {
    const std::string value = member.value.is_number() && !member.value.is_integer()
                                  ? fmt::format("{:.4g}", member.value.as_double())
                                  : member.value.written();
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", member.key, value);
  }
  return text;
}

std::vector<std::string> value_texts(const Json& search, const Json& trial) {
  std::vector<std::string> texts;
  const Json::Array& metrics = search.at("metrics").as_array();
  for (size_t k = 0; k < metrics.size(); ++k) texts.push_back(figure(metrics[k], trial.at("values").at(k)));
  return texts;
}

std::vector<std::string> search_sentences(const Json& search) {
  const Json& counts = search.at("counts");
  std::vector<std::string> lines = {sentence("search.trials", fmt::arg("complete", counts.at("complete").as_int()),
                                             fmt::arg("pruned", counts.at("pruned").as_int()),
                                             fmt::arg("failed", counts.at("failed").as_int()),
                                             fmt::arg("saw", search.at("saw_validation").as_int()),
                                             fmt::arg("rows", count_text(search.at("validation_rows").as_int())))};
  const int64_t running = counts.at("running").as_int(), waiting = counts.at("waiting").as_int();
  if (running + waiting > 0) {
    lines.push_back(sentence("search.waiting", fmt::arg("running", running), fmt::arg("waiting", waiting)));
  }
  if (search.at("winner").is_null()) {
    lines.push_back(sentence("search.none"));
    return lines;
  }
  const Json& metric = search.at("metrics").at(size_t{0});
  const Json* winner = trial_numbered(search, search.at("winner").as_int());
  lines.push_back(sentence(
      "search.winner", fmt::arg("number", search.at("winner").as_int()), fmt::arg("metric", metric_caption(metric)),
      fmt::arg("value", value_texts(search, *winner).front()), fmt::arg("settings", settings_of(*winner))));
  if (search.at("metrics").size() > 1) {
    lines.push_back(sentence("search.front", fmt::arg("first", metric_caption(metric)),
                             fmt::arg("second", metric_caption(search.at("metrics").at(size_t{1}))),
                             fmt::arg("count", static_cast<int64_t>(search.at("front").size()))));
  }
  lines.push_back(optimism_sentence(search));
  const std::string& name = metric.at("name").as_string();
  if (const Json* test = search.find("test"); test != nullptr && test->contains(name)) {
    lines.push_back(sentence("search.test", fmt::arg("metric", metric_caption(metric)),
                             fmt::arg("value", figure_text(*test, name)),
                             fmt::arg("interval", interval_text(*test, name))));
  }
  return lines;
}

}  // namespace rift::study
