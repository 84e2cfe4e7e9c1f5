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

/// By polynomials of the clamped argument, without a division or an exponential: the value within 6e-5 |x|, the slope
/// within 4e-4, where bf16 rounds by 4e-3. Coefficients: tools/fixtures/nn/gelu_polynomials.py.
template <>
struct Gelu<Bf16> {
  static constexpr float kDistribution[] = {3.987064660e-01f, -6.578986347e-02f, 9.362550452e-03f, -9.441791335e-04f,
                                            6.234772445e-05f, -2.376248631e-06f, 3.912425228e-08f};
  static constexpr float kSlope[] = {7.967216372e-01f, -2.620298266e-01f, 5.591481179e-02f, -7.687437348e-03f,
                                     6.876447005e-04f, -3.845950414e-05f, 1.213803216e-06f, -1.641973491e-08f};

  /// NaN stays NaN.
  [[gnu::always_inline]] static F clamped(F x, float most) { return at_most(at_least(x, -most), most); }
  template <size_t kTerms>
  [[gnu::always_inline]] static F half_plus_odd(F t, const float (&coefficients)[kTerms]) {
    const F u = t * t;
    F sum = all(coefficients[kTerms - 1]);
    for (size_t k = kTerms - 1; k-- > 0;) sum = sum * u + coefficients[k];
    return t * sum + 0.5f;
  }
  [[gnu::always_inline]] static F value(F x) { return x * half_plus_odd(clamped(x, 3.75f), kDistribution); }
  [[gnu::always_inline]] static GeluPair both(F x) { return {value(x), half_plus_odd(clamped(x, 4.0f), kSlope)}; }
};

}  // namespace
}  // namespace rift::nn::kernels
