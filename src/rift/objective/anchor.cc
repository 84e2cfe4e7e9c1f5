#include "rift/objective/anchor.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/base/threads.h"

namespace rift::objective {
namespace {

constexpr int64_t kChunk = 1 << 14;  // partial sums have this length whatever the threads

/// L2-SP (arXiv:1802.01483, eq. 2): 1/2 * sum (theta - theta_p)^2.
template <class T>
class L2Sp : public Anchor<T> {
 public:
  L2Sp(double lambda, std::span<const T> pretrained, std::vector<AnchoredSlice> slices)
      : lambda_(lambda), slices_(std::move(slices)) {
    for (const AnchoredSlice& slice : slices_) {
      RIFT_CHECK(slice.offset >= 0 && slice.offset + slice.size <= static_cast<int64_t>(pretrained.size()));
      start_.insert(start_.end(), pretrained.begin() + slice.offset, pretrained.begin() + slice.offset + slice.size);
    }
  }

  double lambda() const override { return lambda_; }

  double add_gradient(std::span<const T> theta, std::span<T> gradient) const override {
    return accumulate([&](int64_t at, int64_t from, int64_t size) {
      return half_square(theta.data() + at, start_.data() + from, size, gradient.data() + at);
    });
  }

 private:
  double half_square(const T* theta, const T* start, int64_t size, T* gradient) const {
    const T lambda = static_cast<T>(lambda_);
    double sum = 0;
    for (int64_t i = 0; i < size; ++i) {
      const T difference = theta[i] - start[i];
      sum += static_cast<double>(difference) * static_cast<double>(difference);
      gradient[i] += lambda * difference;
    }
    return 0.5 * sum;
  }

  // Partial sums of fixed chunks, added in order: the same bits with any number of threads.
  template <class Body>
  double accumulate(const Body& body) const {
    double total = 0;
    int64_t from = 0;
    for (const AnchoredSlice& slice : slices_) {
      std::vector<double> partial(static_cast<size_t>((slice.size + kChunk - 1) / kChunk));
      parallel_for(static_cast<int64_t>(partial.size()), 4, [&](int64_t begin, int64_t end) {
        for (int64_t chunk = begin; chunk < end; ++chunk) {
          const int64_t skip = chunk * kChunk;
          partial[static_cast<size_t>(chunk)] =
              body(slice.offset + skip, from + skip, std::min(kChunk, slice.size - skip));
        }
      });
      for (double sum : partial) total += sum;
      from += slice.size;
    }
    return total;
  }

  double lambda_;
  std::vector<AnchoredSlice> slices_;
  std::vector<T> start_;  // theta_p, slice after slice
};

}  // namespace

template <class T>
std::unique_ptr<Anchor<T>> make_anchor(const AnchorOptions& options, std::span<const T> pretrained,
                                       std::vector<AnchoredSlice> slices) {
  const auto* l2_sp = std::get_if<L2SpAnchor>(&options.kind);
  if (l2_sp == nullptr || l2_sp->lambda == 0) return nullptr;
  RIFT_REQUIRE(
      !slices.empty(), Code::kConfig,
      "objective.anchor.lambda: nothing that was pretrained moves under this tuning.method, so there is nothing "
      "to hold; set it to 0 or choose full, top_k or bitfit");
  return std::make_unique<L2Sp<T>>(l2_sp->lambda, pretrained, std::move(slices));
}

template std::unique_ptr<Anchor<float>> make_anchor(const AnchorOptions&, std::span<const float>,
                                                    std::vector<AnchoredSlice>);
template std::unique_ptr<Anchor<double>> make_anchor(const AnchorOptions&, std::span<const double>,
                                                     std::vector<AnchoredSlice>);

}  // namespace rift::objective
