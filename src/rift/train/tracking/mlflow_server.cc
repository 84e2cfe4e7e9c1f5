#include "rift/train/tracking/mlflow_server.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>

#include "rift/base/error.h"

namespace rift::train {
namespace {

constexpr int64_t kTimeout_s = 10;     // a step of the training waits for it
constexpr size_t kMostSettings = 100;  // of one request, as the server allows

std::string_view status_of(Ending ending) {
  switch (ending) {
    case Ending::kFinished:
      return "FINISHED";
    case Ending::kFailed:
      return "FAILED";
    case Ending::kStopped:
      return "KILLED";
  }
  RIFT_FAIL(Code::kBug, "an ending without a status");
}

Json pairs(std::span<const std::pair<std::string, std::string>> values) {
  Json list = Json::array();
  for (const auto& [key, value] : values) list.push_back(Json{{"key", key}, {"value", value}});
  return list;
}

/// A number of the answer, which protobuf writes as a text.
int64_t whole_number(const Json& value) { return value.is_string() ? std::stoll(value.as_string()) : value.as_int(); }

/// A text of the server's filter language.
std::string quoted(const std::string& text) {
  RIFT_CHECK(text.find('\'') == text.npos);
  return "'" + text + "'";
}

}  // namespace

MlflowServer::MlflowServer(std::string address) : address_(std::move(address)) {
  while (address_.ends_with('/')) address_.pop_back();
  if (const char* token = ::getenv("MLFLOW_TRACKING_TOKEN")) token_ = token;
  const bool fits = std::ranges::all_of(token_, [](char c) { return c > ' ' && c < 127; });
  RIFT_REQUIRE(fits, Code::kConfig, "MLFLOW_TRACKING_TOKEN holds a character that no header can hold");
}

Json MlflowServer::call(const char* method, const Json& body) {
  std::string answer_text;
  const hub::HttpAnswer answer =
      client_.post({.url = fmt::format("{}/api/2.0/mlflow/{}", address_, method),
                    .token = token_,
                    .body = to_json_text(body),
                    .timeout_s = kTimeout_s,
                    .goes_on_when_stopped = true},  // the trainer looks for signals between steps
                   {.begin = [](int64_t) {}, .append = [&](std::string_view bytes) { answer_text += bytes; }});
  RIFT_REQUIRE(answer.is_whole(), Code::kEnvironment, "{}: {}: {}", address_, method,
               answer.problem.empty() ? fmt::format("status {}", answer.status) : answer.problem);
  return parse_json(answer_text.empty() ? "{}" : answer_text, address_);
}

std::string MlflowServer::experiment(const std::string& name) {
  const auto find = [&] {
    return call("experiments/search", Json{{"filter", "name = " + quoted(name)}, {"max_results", 1}});
  };
  const Json found = find();
  const Json* list = found.find("experiments");
  if (list != nullptr && list->size() > 0) return list->at(size_t{0}).at("experiment_id").as_string();
  return call("experiments/create", Json{{"name", name}}).at("experiment_id").as_string();
}

std::string MlflowServer::begin(const TrackedRun& run) {
  const Json made = call("runs/create", Json{{"experiment_id", experiment(run.experiment)},
                                             {"run_name", run.name},
                                             {"start_time", run.begun_ms},
                                             {"tags", pairs(run.tags)}});
  const std::string id = made.at("run").at("info").at("run_id").as_string();
  const std::span settings(run.settings);
  for (size_t first = 0; first < settings.size(); first += kMostSettings) {
    call("runs/log-batch",
         Json{{"run_id", id},
              {"params", pairs(settings.subspan(first, std::min(kMostSettings, settings.size() - first)))}});
  }
  run_ = id;
  return id;
}

std::optional<std::map<std::string, int64_t>> MlflowServer::go_on(const std::string& id) {
  const auto experiments = [&] {
    Json ids = Json::array();
    const Json all = call("experiments/search", Json{{"max_results", 1000}});
    if (const Json* list = all.find("experiments")) {
      for (const Json& one : list->as_array()) ids.push_back(one.at("experiment_id"));
    }
    return ids;
  };
  const Json found = call(
      "runs/search",
      Json{{"experiment_ids", experiments()}, {"filter", "attributes.run_id = " + quoted(id)}, {"max_results", 1}});
  const Json* runs = found.find("runs");
  if (runs == nullptr || runs->size() == 0) return std::nullopt;
  std::map<std::string, int64_t> steps;
  if (const Json* metrics = runs->at(size_t{0}).at("data").find("metrics")) {
    for (const Json& metric : metrics->as_array()) {
      const Json* step = metric.find("step");
      steps[metric.at("key").as_string()] = step == nullptr ? 0 : whole_number(*step);
    }
  }
  run_ = id;
  call("runs/update", Json{{"run_id", id}, {"status", "RUNNING"}});
  return steps;
}

void MlflowServer::add(std::span<const Figure> figures) {
  Json list = Json::array();
  for (const Figure& figure : figures) {
    list.push_back(
        Json{{"key", figure.name}, {"value", figure.value}, {"timestamp", figure.at_ms}, {"step", figure.step}});
  }
  call("runs/log-batch", Json{{"run_id", run_}, {"metrics", std::move(list)}});
}

void MlflowServer::finish(Ending ending, int64_t at_ms) {
  call("runs/update", Json{{"run_id", run_}, {"status", status_of(ending)}, {"end_time", at_ms}});
}

}  // namespace rift::train
