#include "rift/train/pretrain/document_cutter.h"

#include <algorithm>

#include "rift/base/error.h"

namespace rift::train {
namespace {

void cut_with_tokens_around(std::span<const int32_t> ids, const CutRule& rule, const RowVisitor& visit) {
  const std::vector<int32_t>& before = rule.special.before;
  const std::vector<int32_t>& after = rule.special.after;
  const size_t room = static_cast<size_t>(rule.max_tokens) - before.size() - after.size();
  std::vector<int32_t> row;
  for (size_t first = 0; first < ids.size(); first += room) {
    const auto part = ids.subspan(first, std::min(room, ids.size() - first));
    row.assign(before.begin(), before.end());
    row.insert(row.end(), part.begin(), part.end());
    row.insert(row.end(), after.begin(), after.end());
    visit(row);
  }
}

void cut_overlapping(std::span<const int32_t> ids, const CutRule& rule, const RowVisitor& visit) {
  const encode::text::SpecialTokens& special = rule.special;
  std::vector<int32_t> document = special.before;
  document.insert(document.end(), ids.begin(), ids.end());
  if (special.after.empty() && special.end >= 0) {
    document.push_back(special.end);
  } else {
    document.insert(document.end(), special.after.begin(), special.after.end());
  }
  const auto longest = static_cast<size_t>(rule.max_tokens);
  for (size_t first = 0; first + 1 < document.size(); first += longest - 1) {
    visit(std::span(document).subspan(first, std::min(longest, document.size() - first)));
  }
}

}  // namespace

void cut_document(std::span<const int32_t> ids, const CutRule& rule, const RowVisitor& visit) {
  RIFT_CHECK(rule.max_tokens >= least_max_tokens(rule));
  if (ids.empty()) return;
  if (rule.objective == models::LanguageObjective::kMaskedToken) {
    cut_with_tokens_around(ids, rule, visit);
  } else {
    cut_overlapping(ids, rule, visit);
  }
}

int64_t least_max_tokens(const CutRule& rule) {
  if (rule.objective == models::LanguageObjective::kNextToken) return 2;
  return static_cast<int64_t>(rule.special.before.size() + rule.special.after.size()) + 1;
}

}  // namespace rift::train
