#include "rift/base/error.h"
#include "rift/tuning/method.h"

namespace rift::tuning {

Selection select(const TopKOptions& options, models::TunableModel& model, uint64_t) {
  const auto& layers = model.layers();
  const auto count = static_cast<int64_t>(layers.size());
  RIFT_REQUIRE(options.layers <= count, Code::kConfig,
               "tuning.layers: the model has {} layers, got {}; set it to {} at most, or tuning.method to full", count,
               options.layers, count);
  Selection selection{
      {}, head_parameters(model), fmt::format("the top {} of {} layers and the head", options.layers, count)};
  for (int64_t i = count - options.layers; i < count; ++i) {
    selection.encoder.insert(selection.encoder.end(), layers[i].parameters.begin(), layers[i].parameters.end());
  }
  return selection;
}

}  // namespace rift::tuning
