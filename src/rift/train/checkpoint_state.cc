#include "rift/train/checkpoint_state.h"

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/json_difference.h"
#include "rift/base/log.h"
#include "rift/base/sha256.h"
#include "rift/base/staged_file.h"
#include "rift/base/temporary.h"
#include "rift/checkpoint/tensor_file.h"

namespace rift::train {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kFormat = 4;  // 1 did not name the machine, 2 held one best evaluation, 3 a digest of the run
constexpr int64_t kMaxStateBytes = int64_t{64} << 20;
constexpr const char* kState = "state.json";
constexpr const char* kParameters = "parameters.safetensors";
constexpr const char* kOptimizer = "optimizer.safetensors";
constexpr const char* kMean = "mean.safetensors";

std::string best_name(size_t place) { return fmt::format("best-{}.safetensors", place); }
std::string directory_name(int64_t step) { return fmt::format("step-{:06}", step); }

at::Tensor to_tensor(const std::vector<float>& values) {
  at::Tensor tensor = at::empty({static_cast<int64_t>(values.size())}, at::kFloat);
  std::ranges::copy(values, tensor.mutable_data_ptr<float>());
  return tensor;
}

std::vector<float> to_vector(const tensor::TensorMap& tensors, const std::string& name) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) return {};
  RIFT_REQUIRE(found->second.scalar_type() == at::kFloat, Code::kArtefact, "{}: tensor '{}': expected f32", kOptimizer,
               name);
  const float* values = found->second.const_data_ptr<float>();
  return {values, values + found->second.numel()};
}

tensor::TensorMap optimizer_tensors(const optim::Optimizer<float>::State& state) {
  tensor::TensorMap tensors;
  if (!state.first.empty()) tensors.emplace("first", to_tensor(state.first));
  if (!state.second.empty()) tensors.emplace("second", to_tensor(state.second));
  return tensors;
}

int64_t bytes_of(const tensor::TensorMap& tensors) {
  int64_t bytes = 0;
  for (const auto& [name, tensor] : tensors) bytes += static_cast<int64_t>(tensor.nbytes());
  return bytes;
}

/// Of the tensors: the rest is small.
int64_t bytes_of(const CheckpointState& state) {
  int64_t bytes = bytes_of(state.parameters) + bytes_of(state.mean);
  for (const EvaluatedState& one : state.best) bytes += bytes_of(one.tensors);
  return bytes + static_cast<int64_t>((state.optimizer.first.size() + state.optimizer.second.size()) * sizeof(float));
}

/// By step, newest first; names that are no checkpoint's (a stage that was never published) are passed over.
std::vector<std::pair<int64_t, fs::path>> list_checkpoints(const fs::path& folder) {
  std::vector<std::pair<int64_t, fs::path>> found;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(folder, missing)) {
    const std::string name = entry.path().filename().string();
    const std::string_view digits = std::string_view(name).substr(std::min<size_t>(name.size(), 5));
    if (!name.starts_with("step-") || digits.empty() || digits.size() > 18) continue;
    if (!std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; })) continue;
    found.emplace_back(std::stoll(std::string(digits)), entry.path());
  }
  std::ranges::sort(found, std::greater<>());
  return found;
}

tensor::TensorMap read_checked(const fs::path& directory, const Json& files, const std::string& name) {
  const Json* digest = files.find(name);
  if (digest == nullptr) return {};
  RIFT_REQUIRE(sha256_file(directory / name) == digest->as_string(), Code::kArtefact,
               "{}: its digest is not the one in {}; the file is damaged", (directory / name).string(), kState);
  return checkpoint::read_tensors(directory / name);
}

}  // namespace

Json to_json(const Progressed& progressed) {
  return Json{{"step", progressed.step},
              {"evaluation_due", progressed.evaluation_due},
              {"worse_evaluations", progressed.worse_evaluations},
              {"log_bytes", progressed.log_bytes},
              {"best_evaluation", progressed.best_evaluation},
              {"evaluations", progressed.evaluations},
              {"last_step", progressed.last_step},
              {"plateau", Json{{"factor", progressed.plateau.factor},
                               {"best", progressed.plateau.best ? Json(*progressed.plateau.best) : Json()},
                               {"worse", progressed.plateau.worse}}},
              {"more_epochs", progressed.more_epochs}};
}

Progressed progressed_from_json(const Json& json) {
  Progressed progressed;
  progressed.step = json.at("step").as_int();
  progressed.evaluation_due = json.at("evaluation_due").as_bool();
  progressed.worse_evaluations = json.at("worse_evaluations").as_int();
  progressed.log_bytes = json.at("log_bytes").as_int();
  progressed.best_evaluation = json.at("best_evaluation");
  progressed.evaluations = json.at("evaluations");
  progressed.last_step = json.at("last_step");
  const Json& plateau = json.at("plateau");
  progressed.plateau.factor = plateau.at("factor").as_double();
  if (!plateau.at("best").is_null()) progressed.plateau.best = plateau.at("best").as_double();
  progressed.plateau.worse = plateau.at("worse").as_int();
  progressed.more_epochs = json.at("more_epochs").as_double();
  return progressed;
}

CheckpointFolder::CheckpointFolder(fs::path folder, Json run, std::string machine)
    : folder_(std::move(folder)), run_(std::move(run)), machine_(std::move(machine)) {
  std::error_code missing;
  std::vector<std::string> begun;
  for (const auto& entry : fs::directory_iterator(folder_, missing)) begun.push_back(entry.path().filename());
  for (const std::string& name : begun) {
    const size_t end = name.find(".tmp-");
    if (name.starts_with(".step-") && end != std::string::npos) temporary::tidy_up(folder_ / name.substr(1, end - 1));
  }
}

fs::path CheckpointFolder::write(const CheckpointState& state, int64_t keep) const {
  require_writable_directory(folder_);
  require_free_space(folder_, bytes_of(state) * 3 / 2,
                     "lower train.keep_checkpoints; the run goes on from the checkpoint before with --resume");
  const fs::path target = folder_ / directory_name(state.progressed.step);
  StagedDirectory stage(target);
  Json files = Json::object();
  const auto add = [&](const std::string& name, const tensor::TensorMap& tensors) {
    if (tensors.empty()) return;
    checkpoint::write_tensors(stage.path() / name, tensors);
    files[name] = sha256_file(stage.path() / name);
  };
  add(kParameters, state.parameters);
  add(kOptimizer, optimizer_tensors(state.optimizer));
  add(kMean, state.mean);
  Json best = Json::array();
  for (const EvaluatedState& one : state.best) {
    add(best_name(best.size()), one.tensors);
    best.push_back(Json{{"step", one.step}, {"value", one.value}});
  }
  const Json json = {{"format", kFormat},   {"run", run_},
                     {"machine", machine_}, {"optimizer_steps", state.optimizer.steps},
                     {"files", files},      {"progressed", to_json(state.progressed)},
                     {"best", best}};
  write_file_atomic(stage.path() / kState, to_json_text(json, 1) + "\n");
  stage.publish();
  keep_newest(keep, std::numeric_limits<int64_t>::max());
  return target;
}

void CheckpointFolder::keep_newest(int64_t keep, int64_t step) const {
  int64_t seen = 0;
  for (const auto& [own_step, directory] : list_checkpoints(folder_)) {
    if (own_step <= step && ++seen > keep) temporary::discard_directory(directory);
  }
}

CheckpointState CheckpointFolder::read(const fs::path& directory) const {
  const fs::path file = directory / kState;
  const Json json = read_json(file, {.max_bytes = kMaxStateBytes});
  RIFT_REQUIRE(json.at("format").as_int() == kFormat, Code::kUnsupported,
               "{}: format {}, this build reads {}; go on with the version that began the run", file.string(),
               json.at("format").as_int(), kFormat);
  RIFT_REQUIRE(json.at("run") == run_, Code::kConfig,
               "{}: the checkpoint belongs to another run ({}); go on with what it was begun with, or start anew "
               "without --resume",
               directory.string(), differences_text(json.at("run"), run_));
  if (const std::string& then = json.at("machine").as_string(); then != machine_) {
    log_warning("the run goes on on another kind of machine: its results may differ in the last digits",
                {{"then", then}, {"now", machine_}});
  }
  CheckpointState state;
  state.progressed = progressed_from_json(json.at("progressed"));
  const Json& files = json.at("files");
  state.parameters = read_checked(directory, files, kParameters);
  state.mean = read_checked(directory, files, kMean);
  for (const Json& one : json.at("best").as_array()) {
    tensor::TensorMap tensors = read_checked(directory, files, best_name(state.best.size()));
    state.best.push_back({one.at("step").as_int(), one.at("value").as_double(), std::move(tensors)});
  }
  const tensor::TensorMap optimizer = read_checked(directory, files, kOptimizer);
  state.optimizer = {json.at("optimizer_steps").as_int(), to_vector(optimizer, "first"),
                     to_vector(optimizer, "second")};
  return state;
}

std::optional<CheckpointState> CheckpointFolder::read_newest() const {
  const auto all = list_checkpoints(folder_);
  for (const auto& [step, directory] : all) {
    try {
      return read(directory);
    } catch (const Error& error) {
      if (error.code() != Code::kArtefact) throw;
      log_warning("a damaged checkpoint is passed over",
                  {{"checkpoint", directory.string()}, {"why", error.message()}});
    }
  }
  RIFT_REQUIRE(all.empty(), Code::kArtefact, "{}: every checkpoint is damaged; start anew without --resume",
               folder_.string());
  return std::nullopt;
}

void CheckpointFolder::clear() const {
  for (const auto& [step, directory] : list_checkpoints(folder_)) temporary::discard_directory(directory);
}

}  // namespace rift::train
