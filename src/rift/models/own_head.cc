#include "rift/models/own_head.h"

#include "rift/base/error.h"

namespace rift::models {

void require_reading(const OwnHead& head, Pooling pooling, std::string_view key) {
  const bool reads_first = pooling == Pooling::kCls || (pooling == Pooling::kPooler && !head.has_pooler());
  RIFT_REQUIRE(head.reading == Pooling::kPooler || !reads_first, Code::kConfig,
               "{}: {}: a decoder has no pooler and its first token has seen no other; set last or mean", key,
               name_of(pooling));
}

}  // namespace rift::models
