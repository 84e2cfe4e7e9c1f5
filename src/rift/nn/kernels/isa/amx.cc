#define RIFT_LANES 16
#include "rift/nn/kernels/isa/tile_product.h"
#include "rift/nn/kernels/isa/tiles.h"
#include "rift/nn/kernels/tables.h"

namespace rift::nn::kernels {

constinit const Kernels<Bf16> kAmxBf16 = tile_table<HardwareTiles>();

}  // namespace rift::nn::kernels
