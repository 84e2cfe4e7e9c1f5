#include "rift/base/sentence_tables.h"

namespace rift {

std::span<const SentenceEntry> english_sentences() {
  static constexpr SentenceEntry kTable[] = {
      {"report.comparison", "Comparison"}, {"report.data", "Data"},       {"report.leakage", "Leakage findings"},
      {"report.settings", "Settings"},     {"report.digests", "Digests"},
  };
  return kTable;
}

}  // namespace rift
