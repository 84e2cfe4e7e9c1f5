#pragma once

namespace rift {

/// z with P(Z <= z) = p for a standard normal Z; p in (0, 1); relative error below 1e-15. normal_quantile(.975) = 1.96.
/// Source: Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37 (1988).
double normal_quantile(double p);

}  // namespace rift
