#include <memory>
#include <string>
#include <vector>

#include "rift/base/log.h"
#include "rift/checkpoint/model_files.h"
#include "rift/cli/output.h"
#include "rift/cli/verb.h"
#include "rift/hub/cache.h"
#include "rift/hub/fetch.h"

namespace rift::cli {
namespace {

struct Arguments {
  std::string model;
  std::string revision = "main";
  std::string to;
  std::vector<std::string> include;
};

hub::FetchSpec fetch_spec(const Arguments& arguments) {
  hub::FetchSpec spec{.id = arguments.model,
                      .revision = arguments.revision,
                      .hub = hub::hub_settings(),
                      .cache = hub::cache_directory()};
  if (!arguments.to.empty()) spec.to = arguments.to;
  spec.choose = [include = arguments.include](std::span<const std::string> names) {
    return checkpoint::needed_files(names, include);
  };
  return spec;
}

}  // namespace

Run add_models_fetch(CLI::App& command) {
  auto arguments = std::make_shared<Arguments>();
  command.add_option("MODEL", arguments->model, "Name on the hub, such as sentence-transformers/all-MiniLM-L6-v2")
      ->required();
  command.add_option("--revision", arguments->revision, "Branch, tag or commit; default: main")->type_name("REVISION");
  command.add_option("--to", arguments->to, "Directory to be made; left out: the cache of Hugging Face's libraries")
      ->type_name("DIR");
  command
      .add_option("--include", arguments->include,
                  "Take the files that match, instead of what rift needs of a model; may be given several times")
      ->type_name("PATTERN");
  command.footer(
      "This is the only command of rift that uses the network, and it does so for this model alone.\n"
      "HF_ENDPOINT names the hub; the token of HF_TOKEN, else of the file that hf auth login leaves (HF_TOKEN_PATH,\n"
      "else token in HF_HOME), is sent to it and nowhere else. HF_HUB_CACHE or HF_HOME say where the cache is,\n"
      "HF_HUB_OFFLINE=1 forbids fetching, SSL_CERT_FILE names certificates of your own, and the usual proxy\n"
      "variables hold. Every file is checked by the size and digest that the hub states. What was begun goes on where\n"
      "it ended; what is there already is not fetched again.");
  return [arguments](const CommonFlags& flags) {
    const hub::FetchResult result = hub::fetch(fetch_spec(*arguments));
    if (flags.json) {
      print_json(hub::to_json(result));
    } else {
      log_info(result.downloaded_bytes == 0 ? "everything was there already" : "fetched",
               {{"commit", result.commit}, {"downloaded_bytes", result.downloaded_bytes}});
      print_result(result.directory.string());
    }
    return 0;
  };
}

}  // namespace rift::cli
