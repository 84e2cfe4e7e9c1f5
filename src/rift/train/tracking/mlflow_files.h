#pragma once

#include <filesystem>

#include "rift/train/tracking/store.h"

namespace rift::train {

/// A folder in the form of MLflow's file store (layout version of MLflow 1 to 3), which `mlflow ui --backend-store-uri`
/// and its Python library read:
///   <folder>/<experiment id>/meta.yaml
///   <folder>/<experiment id>/<run id>/{meta.yaml, params/<name>, metrics/<name>, tags/<name>, artifacts/}
/// A line of metrics/<name> is "<ms since 1970> <value> <step>". Source: mlflow/store/tracking/file_store.py.
class MlflowFiles final : public TrackingStore {
 public:
  explicit MlflowFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::string begin(const TrackedRun& run) override;
  std::optional<std::map<std::string, int64_t>> go_on(const std::string& id) override;
  void add(std::span<const Figure> figures) override;
  void finish(Ending ending, int64_t at_ms) override;

 private:
  std::filesystem::path experiment(const TrackedRun& run) const;
  std::filesystem::path folder_;
  std::filesystem::path run_;
};

}  // namespace rift::train
