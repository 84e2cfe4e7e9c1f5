// GELU and its derivative, as exactly as the element type can show. Included by finish.h and rows.h.
#pragma once

#include "rift/nn/kernels/isa/gelu_pieces.h"
#include "rift/nn/kernels/isa/vector.h"

namespace rift::nn::kernels {
namespace {

struct GeluPair {
  F value;
  F slope;
};

template <class E>
struct Gelu;

/// By pieces of a polynomial of |x|, looked up in registers: the value within 1e-7 |x|, the slope within 2e-7.
template <>
struct Gelu<float> {
  /// Where |x| lies: the number of the piece in the low bits, the place in it from -1/2 to 1/2. NaN stays NaN in both.
  struct Place {
    U piece;
    F within;
    U sign;
  };
  [[gnu::always_inline]] static Place place_of(F x) {
    constexpr float kRounds = 0x1.8p23f;  // added and taken away again, it rounds to a whole number
    const F pieces = at_most(absolute(x) * kPiecesPerUnit, 15.49f);
    const F shifted = pieces + kRounds;
    return {(U)shifted, pieces - (shifted - kRounds), (U)x & 0x80000000};
  }
  template <size_t kTerms>
  [[gnu::always_inline]] static F half_plus_odd(const Place& place, const float (&coefficients)[kTerms][16]) {
    F sum = looked_up(coefficients[kTerms - 1], place.piece);
    for (size_t k = kTerms - 1; k-- > 0;) sum = sum * place.within + looked_up(coefficients[k], place.piece);
    return (F)((U)sum ^ place.sign) + 0.5f;
  }
  [[gnu::always_inline]] static F value(F x) { return x * half_plus_odd(place_of(x), kDistributionPieces); }
  [[gnu::always_inline]] static GeluPair both(F x) {
    const Place place = place_of(x);
    return {x * half_plus_odd(place, kDistributionPieces), half_plus_odd(place, kSlopePieces)};
  }
};

/// By polynomials of the clamped argument, without a division or an exponential: the value within 2e-5 |x|, the slope
/// within 4e-4, where bf16 rounds by 4e-3. Coefficients: tools/fixtures/nn/gelu_polynomials.py.
template <>
struct Gelu<Bf16> {
  static constexpr float kDistribution[] = {3.989023268e-01f,  -6.634449214e-02f, 9.815972298e-03f,
                                            -1.108561526e-03f, 9.341880650e-05f,  -5.626438906e-06f,
                                            2.255434310e-07f,  -5.327777775e-09f, 5.564883970e-11f};
  static constexpr float kSlope[] = {7.976261377e-01f, -2.649256587e-01f, 5.860929936e-02f, -8.815859444e-03f,
                                     9.405425517e-04f, -7.122207171e-05f, 3.721945632e-06f, -1.268058867e-07f,
                                     2.521332698e-09f, -2.210817640e-11f};

  /// NaN stays NaN.
  [[gnu::always_inline]] static F clamped(F x, float most) { return at_most(at_least(x, -most), most); }
  template <size_t kTerms>
  [[gnu::always_inline]] static F half_plus_odd(F t, const float (&coefficients)[kTerms]) {
    const F u = t * t;
    F sum = all(coefficients[kTerms - 1]);
    for (size_t k = kTerms - 1; k-- > 0;) sum = sum * u + coefficients[k];
    return t * sum + 0.5f;
  }
  [[gnu::always_inline]] static F value(F x) { return x * half_plus_odd(clamped(x, 4.25f), kDistribution); }
  [[gnu::always_inline]] static GeluPair both(F x) { return {value(x), half_plus_odd(clamped(x, 4.5f), kSlope)}; }
};

}  // namespace
}  // namespace rift::nn::kernels
