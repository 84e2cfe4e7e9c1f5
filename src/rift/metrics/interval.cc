#include "rift/metrics/interval.h"

#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <numbers>

#include "rift/base/error.h"

namespace rift::metrics {

double normal_quantile(double p) {
  RIFT_CHECK(p > 0.0 && p < 1.0);
  return boost::math::quantile(boost::math::normal(), p);
}

double two_sided_p(double z) { return std::erfc(std::abs(z) / std::numbers::sqrt2); }

double normal_width(double level) {
  RIFT_CHECK(level > 0.0 && level < 1.0);
  return normal_quantile(0.5 + level / 2.0);
}

}  // namespace rift::metrics
