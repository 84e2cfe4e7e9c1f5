#include "rift/base/error.h"
#include "rift/base/sha256_blocks.h"
#include "rift/base/sha256_rounds.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

namespace rift::sha256 {

bool has_instructions() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (b & bit_SHA) == 0) return false;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_SSE4_1) != 0 && (c & bit_SSSE3) != 0;
}

// Four rounds a step. The instructions want the state as (ABEF, CDGH) and the message words in 16-byte groups, of which
// a new one is made from the last four: w[t] = w[t-16] + s0(w[t-15]) + w[t-7] + s1(w[t-2]).
// Source: Intel SHA Extensions, July 2013, section 4.
__attribute__((target("sha,sse4.1,ssse3"))) void blocks_with_instructions(State& state, const uint8_t* data,
                                                                          size_t count) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  const __m128i dcba = _mm_loadu_si128(reinterpret_cast<const __m128i*>(state.data()));
  const __m128i hgfe = _mm_loadu_si128(reinterpret_cast<const __m128i*>(state.data() + 4));
  const __m128i cdab = _mm_shuffle_epi32(dcba, 0xB1);
  const __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1B);
  __m128i abef = _mm_alignr_epi8(cdab, efgh, 8);
  __m128i cdgh = _mm_blend_epi16(efgh, cdab, 0xF0);

  for (; count > 0; --count, data += 64) {
    const __m128i abef_before = abef;
    const __m128i cdgh_before = cdgh;
    __m128i words[4];
    for (int group = 0; group < 16; ++group) {
      __m128i& now = words[group % 4];
      if (group < 4) {
        now = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(data) + group), big_endian);
      } else {
        const __m128i back12 = words[(group + 1) % 4], back8 = words[(group + 2) % 4], back4 = words[(group + 3) % 4];
        now = _mm_sha256msg1_epu32(now, back12);
        now = _mm_add_epi32(now, _mm_alignr_epi8(back4, back8, 4));
        now = _mm_sha256msg2_epu32(now, back4);
      }
      const __m128i round = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kRound.data() + 4 * group));
      const __m128i sum = _mm_add_epi32(now, round);
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0E));
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }

  const __m128i feba = _mm_shuffle_epi32(abef, 0x1B);
  const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xB1);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state.data()), _mm_blend_epi16(feba, dchg, 0xF0));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state.data() + 4), _mm_alignr_epi8(dchg, feba, 8));
}

}  // namespace rift::sha256

#else

namespace rift::sha256 {

bool has_instructions() { return false; }
void blocks_with_instructions(State&, const uint8_t*, size_t) { RIFT_CHECK(has_instructions()); }

}  // namespace rift::sha256

#endif
