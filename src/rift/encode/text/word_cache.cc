#include "rift/encode/text/word_cache.h"

#include <atomic>

namespace rift::encode::text {

uint32_t WordCache::next_number() {
  static std::atomic<uint32_t> last = 0;
  return ++last;
}

}  // namespace rift::encode::text
