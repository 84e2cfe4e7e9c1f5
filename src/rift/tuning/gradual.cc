#include <algorithm>

#include "rift/base/count_text.h"
#include "rift/base/error.h"
#include "rift/tuning/method.h"

namespace rift::tuning {

Selection select(const GradualOptions& options, models::TunableModel& model, uint64_t seed) {
  Selection selection = select(FullOptions{}, model, seed);
  const std::vector<models::Part>& layers = model.layers();
  for (size_t left = layers.size(); left > 0;) {
    std::vector<std::string>& stage = selection.stages.emplace_back();
    const size_t joining = std::min(left, static_cast<size_t>(options.layers_per_stage));
    for (size_t i = left - joining; i < left; ++i) {
      stage.insert(stage.end(), layers[i].parameters.begin(), layers[i].parameters.end());
    }
    left -= joining;
  }
  selection.stages.push_back(model.stem().parameters);
  selection.what = fmt::format("the whole model in {} stages from the head down", selection.stages.size() + 1);
  return selection;
}

}  // namespace rift::tuning
