#pragma once

#include <cstdint>
#include <limits>

/// Inner loops of optimizers over a stretch of flat parameters. T = float, double; sums are f64 always.
namespace rift::nn::kernels {

/// The gradient of one stretch with a pull towards `centre`: gradient + pull * rates * (theta - centre), without the
/// second part where centre is null, with rates of 1 where those are null; each element held within +-largest.
template <class T>
struct Pulled {
  const T* gradient = nullptr;
  const T* centre = nullptr;
  const T* rates = nullptr;  // >= 0
  T pull = 0;
  T largest = std::numeric_limits<T>::infinity();
  int64_t size = 0;
};

/// One stretch in one step. The gradient that counts is  g = factor * the pulled one.
template <class T>
struct Update {
  Pulled<T> pulled;
  T* theta = nullptr;
  T* first = nullptr;   // momentum or first moment; nullptr where the method has none
  T* second = nullptr;  // second moment
  T factor = 1;
  T lr = 0;
  T decay = 0;  // g += decay * theta, but for AdamStep::shrink, LionStep::shrink
};

template <class T>
struct Momentum {
  T momentum = 0;
  bool nesterov = false;
  bool first_step = false;
};

/// theta = theta * shrink - (step_size * first + direct * g) / (sqrt(second) / root2 + epsilon), Update::lr is not
/// read.
template <class T>
struct AdamStep {
  T one_minus_beta1 = 0;
  T beta2 = 0;
  T one_minus_beta2 = 0;
  T epsilon = 0;
  T step_size = 0;
  T direct = 0;  // NAdam's; adam() does not read it
  T root2 = 1;
  T shrink = 1;
};

/// theta = theta * shrink - lr * sign(beta1 * first + (1 - beta1) * g), then first = beta2 * first + (1 - beta2) * g.
template <class T>
struct LionStep {
  T beta1 = 0;
  T one_minus_beta1 = 0;
  T beta2 = 0;
  T one_minus_beta2 = 0;
  T shrink = 1;
};

/// Sums over a stretch.
struct Measured {
  double gradient = 0;  // of the pulled gradient's squares
  double distance = 0;  // of rates * (theta - centre)^2
};

template <class T>
struct Updates {
  void (*plain)(const Update<T>&);  // theta -= lr * g
  void (*momentum)(const Update<T>&, const Momentum<T>&);
  void (*adam)(const Update<T>&, const AdamStep<T>&);
  void (*nadam)(const Update<T>&, const AdamStep<T>&);
  void (*lion)(const Update<T>&, const LionStep<T>&);
  void (*counted)(const Update<T>&, T* into);  // g without decay, [size]
  Measured (*measure)(const Pulled<T>&, const T* theta);
  void (*shrink)(T* theta, int64_t size, T by);  // theta *= by
  bool (*is_zero)(const T* values, int64_t size);
};

/// The table of the instruction set in use.
template <class T>
const Updates<T>& updates();

}  // namespace rift::nn::kernels
