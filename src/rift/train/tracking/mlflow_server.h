#pragma once

#include <string>

#include "rift/base/json.h"
#include "rift/hub/http_client.h"
#include "rift/train/tracking/store.h"

namespace rift::train {

/// A tracking server of MLflow by its REST API (version 2.0). Nothing but its address is called. The token of
/// MLFLOW_TRACKING_TOKEN goes with every request.
class MlflowServer final : public TrackingStore {
 public:
  /// address: "http://host:5000", with or without a path. Throws kConfig for a token that no header can hold.
  explicit MlflowServer(std::string address);
  std::string begin(const TrackedRun& run) override;
  std::optional<std::map<std::string, int64_t>> go_on(const std::string& id) override;
  void add(std::span<const Figure> figures) override;
  void finish(Ending ending, int64_t at_ms) override;

 private:
  std::string experiment(const std::string& name);
  Json call(const char* method, const Json& body);
  std::string address_;
  std::string token_;
  hub::HttpClient client_;
  std::string run_;
};

}  // namespace rift::train
