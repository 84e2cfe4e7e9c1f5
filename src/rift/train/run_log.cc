#include "rift/train/run_log.h"

#include <array>
#include <cmath>
#include <string_view>

#include "rift/base/peak_memory.h"

namespace rift::train {
namespace {

namespace fs = std::filesystem;

}  // namespace

Json to_json(const StepRecord& record) {
  return Json{{"step", record.step},           {"epoch", record.epoch},
              {"loss_task", record.loss_task}, {"loss_anchor", record.loss_anchor},
              {"loss", record.loss},           {"lr", record.lr},
              {"head_lr", record.head_lr},     {"gradient_norm", record.gradient_norm},
              {"rows", record.rows},           {"tokens", record.tokens}};
}

Scalars scalars_of(const Json& line) {
  constexpr std::array kOfStep = {"loss", "loss_task", "loss_anchor", "lr", "head_lr", "gradient_norm", "epoch"};
  Scalars scalars;
  if (const Json* validation = line.find("validation")) {
    const auto add = [&](const char* group, const Json& figures) {
      for (const Json::Member& figure : figures.as_object()) {
        if (figure.value.is_number()) scalars.emplace_back(group + figure.key, figure.value.as_double());
      }
    };
    add("validation/", *validation);
    if (const Json* forgetting = line.find("forgetting")) add("forgetting/", *forgetting);
    return scalars;
  }
  for (const char* key : kOfStep) {
    if (const Json* figure = line.find(key); figure != nullptr && figure->is_number()) {
      scalars.emplace_back(std::string("train/") + key, figure->as_double());
    }
  }
  return scalars;
}

RunLog::RunLog(const fs::path& directory, int64_t keep_bytes, std::unique_ptr<Tracking> tracking)
    : tracking_(std::move(tracking)) {
  if (directory.empty()) return;
  log_ = std::make_unique<LineWriter>(directory / "log.jsonl", keep_bytes);
  events_ = std::make_unique<EventFile>(directory / "tb");
  if (keep_bytes > 0) repeat_events(directory / "log.jsonl");
  const fs::path timing = directory / "timing.jsonl";
  std::error_code missing;
  const auto size = fs::file_size(timing, missing);
  timing_ = std::make_unique<LineWriter>(timing, keep_bytes < 0 || missing ? -1 : static_cast<int64_t>(size));
}

void RunLog::step(const StepRecord& record) {
  ++steps_;
  rows_ += record.rows;
  tokens_ += record.tokens;
  epoch_ = record.epoch;
  write(to_json(record));
}

void RunLog::evaluation(const StepRecord& at, const Json& figures, bool best, const Json& forgetting) {
  Json line = {{"step", at.step}, {"epoch", at.epoch}, {"validation", figures}, {"best", best}};
  if (!forgetting.is_null()) line["forgetting"] = forgetting;
  write(line);
}

void RunLog::write(const Json& line) {
  if (!log_) return;
  log_->append(to_json_text(line));
  take(line);
}

void RunLog::take(const Json& line) {
  const int64_t step = line.at("step").as_int();
  const Scalars scalars = scalars_of(line);
  events_->add(step, scalars);
  if (tracking_) tracking_->add(step, scalars);
}

void RunLog::repeat_events(const fs::path& log) {
  const std::string text = read_file(log);
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const Json line = parse_json(std::string_view(text).substr(begin, end - begin), log.string());
    take(line);
    begin = end + 1;
  }
}

void RunLog::timing(int64_t step, int64_t total_steps, bool last) {
  const auto now = Clock::now();
  const bool epoch_ended = epoch_ == std::floor(epoch_);
  if (!timing_ || (!last && !epoch_ended && now - written_ < std::chrono::seconds(1))) return;
  written_ = now;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double rate = seconds > 0 ? static_cast<double>(steps_) / seconds : 0.0;
  Json line = {{"step", step},
               {"epoch", epoch_},
               {"seconds", seconds},
               {"rows_per_second", seconds > 0 ? static_cast<double>(rows_) / seconds : 0.0},
               {"tokens_per_second", seconds > 0 ? static_cast<double>(tokens_) / seconds : 0.0},
               {"peak_memory_mib", peak_memory_mib()}};
  if (rate > 0) line["left_s"] = static_cast<double>(total_steps - step) / rate;
  timing_->append(to_json_text(line));
  if (!tracking_) return;
  Scalars speed;
  for (const char* figure : {"rows_per_second", "tokens_per_second", "peak_memory_mib", "left_s"}) {
    if (const Json* value = line.find(figure)) speed.emplace_back(std::string("timing/") + figure, value->as_double());
  }
  tracking_->add(step, speed);
}

void RunLog::finish(Ending ending) {
  if (tracking_) tracking_->finish(ending);
}

void RunLog::sync() {
  if (log_) log_->sync();
}

}  // namespace rift::train
