#include "rift/objective/anchor.h"

#include <type_traits>

#include "rift/base/error.h"

namespace rift::objective {

double lambda_of(const AnchorOptions& options) {
  return std::visit(
      [](const auto& kind) {
        if constexpr (std::is_same_v<std::decay_t<decltype(kind)>, NoAnchor>) {
          return 0.0;
        } else {
          return kind.lambda.value_or(0.0);
        }
      },
      options.kind);
}

void AnchorOptions::check(std::string_view path) const {
  std::visit(
      [&](const auto& options) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(options)>, NoAnchor>) {
          RIFT_REQUIRE(options.lambda, Code::kConfig,
                       "{}.lambda: missing; say how strong '{}' is to be beside the task loss (0 = not at all)", path,
                       kAnchorNames[kind.index()]);
        }
      },
      kind);
  if (const auto* ewc = std::get_if<EwcAnchor>(&kind)) {
    const bool reads_texts = !ewc->source.texts.empty() || !ewc->source.column.empty() || ewc->rows != EwcAnchor{}.rows;
    RIFT_REQUIRE(
        ewc->fisher.empty() || !reads_texts, Code::kConfig,
        "{}.fisher: stands in place of texts, so that texts, column and rows would do nothing; leave them out, "
        "or fisher",
        path);
  }
  if (const auto* distillation = std::get_if<DistillationAnchor>(&kind)) {
    RIFT_REQUIRE(distillation->what == Distilled::kLogits || distillation->temperature == 1, Code::kConfig,
                 "{}.temperature: divides logits, and what is features; leave it out, or set what to logits", path);
  }
}

UnlabelledTexts* texts_of(AnchorOptions& options) {
  if (auto* ewc = std::get_if<EwcAnchor>(&options.kind)) return &ewc->source;
  if (auto* replay = std::get_if<ReplayAnchor>(&options.kind)) return &replay->source;
  return nullptr;
}

template <class T>
std::optional<Anchor<T>> make_anchor(const AnchorOptions& options, std::span<const T> pretrained,
                                     std::vector<AnchoredSlice> slices, std::vector<T> rates) {
  const bool holds_zero = std::holds_alternative<L2Anchor>(options.kind);
  const bool has_rates = std::holds_alternative<EwcAnchor>(options.kind);
  if (!holds_zero && !has_rates && !std::holds_alternative<L2SpAnchor>(options.kind)) return std::nullopt;
  if (lambda_of(options) == 0 || slices.empty()) return std::nullopt;
  Anchor<T> anchor{lambda_of(options), std::move(slices), {}, std::move(rates)};
  for (const AnchoredSlice& slice : anchor.slices) {
    RIFT_CHECK(slice.offset >= 0 && slice.offset + slice.size <= static_cast<int64_t>(pretrained.size()));
    const auto begin = pretrained.begin() + slice.offset;
    anchor.centre.insert(anchor.centre.end(), begin, begin + slice.size);
  }
  RIFT_CHECK(anchor.rates.size() == (has_rates ? anchor.centre.size() : 0));
  if (holds_zero) anchor.centre.assign(anchor.centre.size(), T(0));
  return anchor;
}

template std::optional<Anchor<float>> make_anchor(const AnchorOptions&, std::span<const float>,
                                                  std::vector<AnchoredSlice>, std::vector<float>);
template std::optional<Anchor<double>> make_anchor(const AnchorOptions&, std::span<const double>,
                                                   std::vector<AnchoredSlice>, std::vector<double>);

}  // namespace rift::objective
