#include "rift/base/sentence_tables.h"

namespace rift {

// What rift learning-curve says; the rules of sentences_en.cc hold.
std::span<const SentenceEntry> chinese_curve_sentences() {
  static constexpr SentenceEntry kTable[] = {
      {"model.frozen_features", "冻结特征上的分类头"},
      // who is ahead, and from where on
      {"curve.best", "在测得的最大标注量 {labels} 条上，最好的是{model}（{metric} {value}，{interval}）。"},
      {"curve.passes_from_start", "按拟合曲线，{a}从测得的最小标注量 {labels} 条起就领先于{b}{span}。"},
      {"curve.passes_within", "{a}在约 {labels} 条标注时超过{b}{span}。"},
      {"curve.passes_beyond", "{a}在测得的标注量之内没有超过{b}；按拟合曲线约在 {labels} 条时超过{span}，这是外推。"},
      {"curve.passes_never", "{a}在测得的标注量之内没有超过{b}，按拟合曲线直到最大标注量的十倍也没有{span}。"},
      {"curve.passes_ends", "{a}只在标注很少时领先于{b}；约从 {labels} 条起{b}领先。"},
      {"curve.measured_ahead", "{a}在测得的每个标注量上都领先于{b}。"},
      {"curve.measured_behind", "{a}在测得的每个标注量上都落后于{b}。"},
      {"curve.measured_from", "在测得的标注量中，{a}从 {labels} 条起领先于{b}。"},
      {"curve.measured_mixed", "在测得的标注量上，{a}与{b}互有先后。"},
      {"curve.gain_ahead", "在 {labels} 条标注时，其 {metric} 领先 {gain}{noise}。"},
      {"curve.gain_behind", "在 {labels} 条标注时，其 {metric} 落后 {gain}{noise}。"},
      {"curve.gain_unclear", "在 {labels} 条标注时，{metric} 相差 {gain}，可能只是随机波动{noise}。"},
      {"curve.span", "（95% 区间：{low} 至 {high}）"},
      {"curve.at_most", "{labels} 或更少"},
      {"curve.more_than", "多于 {labels}"},
      // what more labels are worth
      {"curve.doubling",
       "标注量翻一倍（从 {from} 条到 {to} 条）对{model}约值 {worth} 的 "
       "{metric}{noise}；这是其拟合曲线在测量范围之外一倍处的值。"},
      {"curve.last_step", "从 {from} 条到 {to} 条标注，{model}的 {metric} 由 {before} 变为 {after}。"},
      {"curve.stop_from_start",
       "从测得的最小标注量起，翻一倍对{model}就不足 {worth} 的 {metric}{span}：它缺的不是更多标注。"},
      {"curve.stop_within",
       "约从 {labels} 条标注起，翻一倍对{model}不足 {worth} 的 {metric}{span}：可以在那里停止标注。"},
      {"curve.stop_beyond",
       "在测得的每个标注量上，翻一倍对{model}都值 {worth} 以上的 {metric}，按拟合曲线直到约 {labels} "
       "条{span}，这是外推：请继续标注。"},
      {"curve.stop_never",
       "在测得的每个标注量上，翻一倍对{model}都值 {worth} 以上的 "
       "{metric}，按拟合曲线直到最大标注量的十倍仍是如此{span}：请继续标注。"},
      // how far this goes
      {"curve.too_few_sizes",
       "{sizes} 个标注量不足以拟合幂律，至少需要三个不同的标注量：这里只陈述测得的结果，不涉及更多。"},
      {"curve.three_sizes", "三个标注量恰好确定一条幂律：没有余量来检验曲线是否真有这种形式。"},
      {"curve.few_seeds", "{seeds} 个种子很难说明样本的偶然性有多大：区间较粗略，增加种子会有改善。"},
      {"curve.one_seed", "只有一个种子：区间只反映测试行的抽样误差，不反映标注样本的抽样误差。"},
      {"curve.all_labels", "{labels} 条标注已是全部，每个种子的样本相同：那里的离散只来自训练本身。"},
      {"curve.method",
       "区间（95%）是对测试行和种子重抽样 {replicates} 次的百分位数。拟合曲线为 误差 = 下限 + 系数 × "
       "标注量^-"
       "速率，对各标注量作加权最小二乘，权重为种子间方差的倒数（方差向所有标注量的均值收缩）。标注量包括训练、验证"
       "和校准所用的全部标注。"},
      // the report
      {"curve.title", "学习曲线"},
      {"curve.report_title", "多少标注才够"},
      {"curve.labels", "标注量"},
      {"curve.chart_caption",
       "各模型在同样 {rows} 行测试数据上的 {metric} 随标注量（对数轴）的变化。点：各种子的均值及 95% "
       "区间。线：拟合的幂律及其区间，测量范围之外为虚线。"},
      {"curve.chart_caption_measured",
       "各模型在同样 {rows} 行测试数据上的 {metric} 随标注量（对数轴）的变化：各种子的均值及 95% "
       "区间。标注量太少，无法拟合曲线。"},
      {"curve.points_caption", "测试数据上的 {metric}：各种子的均值（95% 区间）"},
      {"curve.laws_caption",
       "拟合曲线：误差 = 下限 + 系数 × 标注量^-速率（95% 区间；系数的区间见 curve.json）。误差为 {error}。"},
      {"curve.error_is_rest", "1 - {metric}"},
      {"curve.floor", "下限"},
      {"curve.scale", "系数"},
      {"curve.rate", "速率"},
      {"curve.worth", "标注翻倍的价值"},
      {"curve.stop_at", "翻倍不足 {worth} 的起点"},
      {"curve.gains_caption", "{model}的 {metric} 领先多少（95% 区间；小于 0 为落后），以及按拟合曲线从何处起领先"},
      {"curve.passes_at", "领先起点"},
      {"curve.never_short", "直到 {labels} 都没有"},
      {"curve.ends_short", "只到 {labels}"},
      {"curve.extrapolated", "{labels}（外推）"},
      {"curve.spread", "每个种子的指标"},
      {"curve.seed", "种子 {seed}"},
      {"curve.deviation", "标准差"},
  };
  return kTable;
}

}  // namespace rift
