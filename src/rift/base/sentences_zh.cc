#include "rift/base/sentence_tables.h"

namespace rift {

std::span<const SentenceEntry> chinese_sentences() {
  static constexpr SentenceEntry kTable[] = {
      {"report.comparison", "模型比较"}, {"report.data", "数据"},      {"report.leakage", "数据泄漏检查"},
      {"report.settings", "设置"},       {"report.digests", "摘要值"},
  };
  return kTable;
}

}  // namespace rift
