#include "rift/metrics/interval.h"

#include <cmath>
#include <numbers>

#include "rift/base/error.h"
#include "rift/base/normal.h"

namespace rift::metrics {

double two_sided_p(double z) { return std::erfc(std::abs(z) / std::numbers::sqrt2); }

double normal_width(double level) {
  RIFT_CHECK(level > 0.0 && level < 1.0);
  return normal_quantile(0.5 + level / 2.0);
}

}  // namespace rift::metrics
