#pragma once

namespace rift::tensor {

/// Gives ATen and its products rift::threads() threads. Called once after set_threads() and whenever that changes.
void apply_threads();

}  // namespace rift::tensor
