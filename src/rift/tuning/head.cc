#include "rift/tuning/method.h"

namespace rift::tuning {

Selection select(const HeadOptions&, models::TunableModel& model, uint64_t) {
  return {{}, head_parameters(model), "the head"};
}

}  // namespace rift::tuning
