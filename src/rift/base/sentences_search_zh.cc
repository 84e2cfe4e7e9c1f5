#include "rift/base/sentence_tables.h"

namespace rift {

// What rift search says; the rules of sentences_en.cc hold.
std::span<const SentenceEntry> chinese_search_sentences() {
  static constexpr SentenceEntry kTable[] = {
      {"search.trials",
       "完成 {complete} 次试验，提前停止 {pruned} 次，失败 {failed} 次；其中 {saw} 次看过 {rows} 行验证数据。"},
      {"search.waiting", "其他进程正在运行 {running} 次试验；{waiting} 次等待继续。"},
      {"search.none", "还没有完成的试验。"},
      {"search.winner", "验证数据上最好的是第 {number} 号试验：{metric} {value}（{settings}）。"},
      {"search.front",
       "没有一组参数在 {first} 和 {second} 上都更好：{count} 次试验是最佳折中；训练并发布其中 {first} 最好的一个。"},
      {"search.optimism",
       "它是同一批数据上 {trials} 次试验中最好的，因此其 {metric} {value} 偏乐观 "
       "{optimism}：这样挑选在未参与挑选的数据上值 {corrected}（{replicates} 次重抽样的中间 95 %：{low} 至 {high}）。"},
      {"search.no_optimism",
       "无法算出优胜者的指标有多少得益于从多次试验中挑选：这里没有各次试验在验证数据上的评分，或者指标是训练损失。"},
      {"search.test", "在没有任何试验看过的测试数据上：{metric} {value}（{interval}）。"},
      {"search.title", "参数搜索"},
      {"search.best_trials", "按验证数据最好的试验"},
      {"search.all_trials", "全部试验"},
      {"search.trial", "试验"},
      {"search.state", "状态"},
      {"search.settings", "参数"},
      {"search.evaluations", "评估次数"},
      {"search.history_caption", "每次完成的试验在验证数据上的 {metric}，以及迄今最好的值。"},
      {"search.each", "每次试验"},
      {"search.best_so_far", "迄今最好"},
      {"search.importance_caption",
       "{metric} "
       "取决于什么：把一个参数的取值在回归树森林未见过的试验之间互换后，预测变差的程度中该参数所占的份额（Breiman "
       "2001）。只对当前的搜索空间和试验成立。"},
      {"search.importance", "重要性"},
      {"search.parallel_caption",
       "每条线是一次完成的试验，从参数到 {metric}；左边的参数最重要。参数未启用时，线从该轴下方经过。"},
      {"search.front_caption", "每次完成的试验的 {first} 和 {second}；最佳折中单独标出。"},
      {"search.front_name", "最佳折中"},
      {"search.others", "其他试验"},
  };
  return kTable;
}

}  // namespace rift
