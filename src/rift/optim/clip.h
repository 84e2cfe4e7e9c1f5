#pragma once

namespace rift::optim {

/// Factor that brings `norm` down to `largest`: min(1, largest / (norm + 1e-6)) as torch.nn.utils.clip_grad_norm_;
/// 1 when largest is 0 (no clipping).
double clip_factor(double norm, double largest);

}  // namespace rift::optim
