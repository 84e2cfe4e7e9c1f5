#include "rift/package/engine_precision.h"

#include <string>

#include "rift/base/error.h"
#include "rift/score/precision.h"

namespace rift::package {

nn::Precision computed_in(score::Precision precision) {
  switch (precision) {
    case score::Precision::kF32:
      return nn::Precision::kF32;
    case score::Precision::kBf16:
      return nn::Precision::kBf16;
    case score::Precision::kInt8:
      return nn::Precision::kInt8;
  }
  RIFT_FAIL(Code::kBug, "precision that nothing computes in");
}

void require_engine(const models::TextEncoder& encoder, score::Precision precision) {
  const std::string plain = precision == score::Precision::kF32 ? "" : encoder.why_not_fused();
  RIFT_REQUIRE(plain.empty(), Code::kUnsupported,
               "--precision {}: only the fused engine computes in it, which does not run this model: {}; leave it at "
               "f32",
               name_of(precision), plain);
}

}  // namespace rift::package
