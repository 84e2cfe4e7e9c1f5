#include "rift/models/tunable_model.h"

namespace rift::models {

std::vector<const nn::LinearMap*> TunableModel::linear_maps() const {
  const auto maps = const_cast<TunableModel*>(this)->linear_maps();  // hands out slots; here they are only read
  return {maps.begin(), maps.end()};
}

}  // namespace rift::models
