#include "rift/optim/clip.h"

#include <algorithm>

namespace rift::optim {

double clip_factor(double norm, double largest) { return largest <= 0 ? 1.0 : std::min(1.0, largest / (norm + 1e-6)); }

}  // namespace rift::optim
