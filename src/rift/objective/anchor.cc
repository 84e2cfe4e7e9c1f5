#include "rift/objective/anchor.h"

#include "rift/base/error.h"

namespace rift::objective {

template <class T>
std::optional<Anchor<T>> make_anchor(const AnchorOptions& options, std::span<const T> pretrained,
                                     std::vector<AnchoredSlice> slices) {
  const auto* l2_sp = std::get_if<L2SpAnchor>(&options.kind);
  if (l2_sp == nullptr || l2_sp->lambda == 0) return std::nullopt;
  RIFT_REQUIRE(
      !slices.empty(), Code::kConfig,
      "objective.anchor.lambda: nothing that was pretrained moves under this tuning.method, so there is nothing "
      "to hold; set it to 0 or choose full, top_k or bitfit");
  Anchor<T> anchor{l2_sp->lambda, std::move(slices), {}};
  for (const AnchoredSlice& slice : anchor.slices) {
    RIFT_CHECK(slice.offset >= 0 && slice.offset + slice.size <= static_cast<int64_t>(pretrained.size()));
    const auto begin = pretrained.begin() + slice.offset;
    anchor.centre.insert(anchor.centre.end(), begin, begin + slice.size);
  }
  return anchor;
}

template std::optional<Anchor<float>> make_anchor(const AnchorOptions&, std::span<const float>,
                                                  std::vector<AnchoredSlice>);
template std::optional<Anchor<double>> make_anchor(const AnchorOptions&, std::span<const double>,
                                                   std::vector<AnchoredSlice>);

}  // namespace rift::objective
