#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "rift/base/error.h"
#include "rift/base/log.h"
#include "rift/base/sentences.h"
#include "rift/base/utf8.h"
#include "rift/cli/output.h"
#include "rift/cli/verb.h"
#include "rift/package/model_list.h"

namespace rift::cli {
namespace {

constexpr size_t kProblemBytes = 120;  // --json has the rest

std::string text_or_dash(const std::string& text) { return text.empty() ? "-" : text; }

std::string millions(int64_t count) { return fmt::format("{:.1f}", 1e-6 * static_cast<double>(count)); }

std::vector<std::string> headings() {
  return {sentence("list.name"),      sentence("list.kind"),    sentence("list.architecture"),
          sentence("list.millions"),  sentence("list.size"),    sentence("list.weights"),
          sentence("list.tokenizer"), sentence("list.licence"), sentence("list.runs")};
}

std::string runs_text(const package::ListedModel& model) {
  if (!model.problem.empty()) return sentence("list.no", fmt::arg("why", shorten(model.problem, kProblemBytes)));
  return sentence(model.reads_images ? "list.images" : "list.yes");
}

std::vector<std::string> cells(const package::ListedModel& model) {
  const std::string commit = model.commit.substr(0, 8);
  return {model.name + (commit.empty() ? "" : "@" + commit),
          std::string(name_of(model.kind)),
          text_or_dash(model.architecture),
          model.parameters == 0 ? "-" : millions(model.parameters),
          millions(model.size_bytes) + " MB",
          text_or_dash(model.weights),
          text_or_dash(model.tokenizer),
          text_or_dash(model.licence),
          runs_text(model)};
}

std::string list_text(const package::ModelList& list) {
  if (list.models.empty()) return sentence("list.none", fmt::arg("places", fmt::join(list.places, ", ")));
  std::vector<std::vector<std::string>> lines = {headings()};
  for (const package::ListedModel& model : list.models) lines.push_back(cells(model));
  return columns_text(lines);
}

}  // namespace

Run add_models_list(CLI::App& command) {
  auto folders = std::make_shared<std::vector<std::string>>();
  command.add_option("DIR", *folders,
                     "Folders to look through; left out: the folder of packaged models, models/ and runs/ here, and "
                     "the cache of Hugging Face's libraries");
  return [folders](const CommonFlags& flags) {
    const std::vector<std::filesystem::path> named(folders->begin(), folders->end());
    const package::ModelList list = package::list_models(named.empty() ? package::model_places() : named);
    for (const std::string& note : list.notes) log_warning(note);
    if (flags.json)
      print_json(package::to_json(list));
    else
      print_result(list_text(list));
    return 0;
  };
}

}  // namespace rift::cli
