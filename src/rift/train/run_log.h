#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "rift/base/files.h"
#include "rift/base/json.h"
#include "rift/train/event_file.h"
#include "rift/train/tracking/tracking.h"

namespace rift::train {

/// One step as log.jsonl shows it.
struct StepRecord {
  int64_t step = 0;          // 1-based
  double epoch = 0.0;        // passes over the training rows so far
  double loss_task = 0.0;    // L_task, weighted mean over the step's rows
  double loss_anchor = 0.0;  // lambda * L_pretrain
  double loss = 0.0;         // their sum
  double lr = 0.0;           // of the encoder's group
  double head_lr = 0.0;
  double gradient_norm = 0.0;  // of the sum, before clipping
  int64_t rows = 0;
  int64_t tokens = 0;
};
Json to_json(const StepRecord& record);

/// The figures of a line of log.jsonl as TensorBoard shows them: "train/<figure>" of a step, "validation/<figure>" of
/// an evaluation, "forgetting/<figure>" of what it says of that. Figures that are not defined (null) are left out.
Scalars scalars_of(const Json& line);

/// log.jsonl (no clock value in it: the same seed gives the same bytes), the same figures for TensorBoard in tb/ and
/// for a tracking store, and, apart, timing.jsonl of one run. Without a directory nothing is written. A run that goes
/// on writes tb/ anew from the lines of log.jsonl that it keeps.
class RunLog {
 public:
  /// keep_bytes: length of log.jsonl at the checkpoint that the run goes on from, -1 = a new run.
  RunLog(const std::filesystem::path& directory, int64_t keep_bytes, std::unique_ptr<Tracking> tracking = {});

  void step(const StepRecord& record);
  /// forgetting: null = not measured.
  void evaluation(const StepRecord& at, const Json& figures, bool best, const Json& forgetting = {});
  /// Writes a line of speed and memory when a second has passed since the last one, when the step ended an epoch, or
  /// when `last`. Rates are those since the start; `epoch` tells what an epoch took.
  void timing(int64_t step, int64_t total_steps, bool last);
  int64_t bytes() const { return log_ ? log_->size_bytes() : 0; }
  void sync();
  void finish(Ending ending);  // of a tracking store; one that nobody tells the end takes the run for failed

 private:
  void take(const Json& line);
  void write(const Json& line);
  void repeat_events(const std::filesystem::path& log);
  using Clock = std::chrono::steady_clock;
  std::unique_ptr<LineWriter> log_;
  std::unique_ptr<EventFile> events_;
  std::unique_ptr<LineWriter> timing_;
  std::unique_ptr<Tracking> tracking_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point written_ = start_;
  int64_t steps_ = 0, rows_ = 0, tokens_ = 0;  // in this process
  double epoch_ = 0;                           // after the newest step
};

}  // namespace rift::train
