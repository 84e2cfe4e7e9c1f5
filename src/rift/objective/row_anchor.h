#pragma once

#include <cstdint>
#include <span>

#include "rift/objective/task_loss.h"

/// Terms of L_pretrain that compare what two models say of the same rows: theta_f (whose gradient is asked for) and the
/// frozen theta_p. T = float or double; sums are f64.
namespace rift::objective {

/// What is compared: N rows of `width` values, row-major.
template <class T>
struct RowPairs {
  std::span<const T> tuned;       // [N*width] theta_f's
  std::span<const T> pretrained;  // [N*width] theta_p's
  int64_t width = 0;
  std::span<const double> weights;  // [N], >= 0
};

/// Each adds up weight * loss of the rows and writes d(sum)/d(tuned) into `gradient` [N*width].

/// Mean over the values of (tuned - pretrained)^2: PyTorch's MSELoss of each row.
template <class T>
LossSum squared_difference(const RowPairs<T>& rows, std::span<T> gradient);

/// Values are logits, divided by T > 0: T^2 * KL(softmax(pretrained / T) | softmax(tuned / T)), PyTorch's KLDivLoss; of
/// width 1, T^2 * KL of the two classes that a sigmoid tells apart.
template <class T>
LossSum divergence(const RowPairs<T>& rows, double temperature, std::span<T> gradient);

/// The same where every logit is a sigmoid of its own, as of labels that do not exclude each other: the sum over them.
template <class T>
LossSum divergence_of_each(const RowPairs<T>& rows, double temperature, std::span<T> gradient);

/// 1 - cosine(tuned, pretrained): PyTorch's CosineEmbeddingLoss for alike pairs. A row of zeros on either side has no
/// direction and counts as 0 without a gradient.
template <class T>
LossSum cosine_distance(const RowPairs<T>& rows, std::span<T> gradient);

/// (sum of weights) * (1 - CKA) of all rows together, whatever the weight of each, with
///   CKA = <K,L> / (|K| |L|),  K and L the Gram matrices [N,N] of the rows centred by column
/// Two rows or fewer, or rows that are all alike, have no CKA and count as 0 without a gradient. Costs N^2 * width.
/// Source: arXiv:1905.00414, eq. 4 and sec. 3.
template <class T>
LossSum cka_distance(const RowPairs<T>& rows, std::span<T> gradient);

/// Linear CKA of rows, in [0,1], as above with widths that may differ; NaN where there is none.
template <class T>
double linear_cka(std::span<const T> a, std::span<const T> b, int64_t rows);

}  // namespace rift::objective
