#include "rift/base/sentence_tables.h"

namespace rift {

// Of rift models rank and support.
std::span<const SentenceEntry> chinese_models_sentences() {
  static constexpr SentenceEntry kTable[] = {
      // rift models rank
      {"rank.title", "哪个预训练模型适合这些数据"},
      {"rank.judged_on", "{rows} 行带标签数据，{folds} 折；所有模型保持冻结，未做任何微调"},
      {"rank.model", "模型"},
      {"rank.probe", "线性探针 {metric}"},
      {"rank.neighbours", "近邻 {metric}"},
      {"rank.log_me", "LogME"},
      {"rank.h_score", "H 分数"},
      {"rank.shrunk", "H 分数（收缩）"},
      {"rank.parameters", "参数（百万）"},
      {"rank.speed", "行/秒"},
      {"rank.memory", "MiB"},
      {"rank.tokens_word", "每词词元数"},
      {"rank.unknown", "未知词元"},
      {"rank.cut", "截断的行"},
      {"rank.language", "每词元奈特数"},
      {"rank.masked_token", "{nats}（遮盖）"},
      {"rank.next_token", "{nats}（下一个）"},
      {"rank.auc", "AUC"},
      {"rank.accuracy", "准确率"},
      {"rank.r2", "R²"},
      {"rank.and", "、"},
      {"rank.problem", "{model} 无法评估：{why}"},
      {"rank.none", "没有可评估的模型。"},
      {"rank.only", "只有 {best} 可以评估：线性探针 {metric} {value} [{low}, {high}]。"},
      {"rank.clear", "建议选 {best}：线性探针 {metric} {value} [{low}, {high}]；其余模型的差距都超出噪声范围。"},
      {"rank.level",
       "建议选 {best}：线性探针 {metric} {value} [{low}, "
       "{high}]。与它的差距在噪声范围内、但也没有快多少的：{others}。"},
      {"rank.cheaper",
       "{best} 以线性探针 {metric} {value} [{low}, {high}] 领先，但 {take} 与它的差距在噪声范围内（落后 {difference}，"
       "至多 {to}），速度是它的 {times} 倍：建议选 {take}；若千分之一也重要，两者都微调后再比较。"},
      {"rank.chance", "即使最好的模型在这些行上也不优于随机水平（{chance}）：不要对微调期望过高，或提供更多数据。"},
      {"rank.by_neighbours", "按最近邻则 {leader} 领先。"},
      {"rank.by_h_score", "按 H-score 则 {leader} 领先。"},
      {"rank.knows_rows", "{model} 曾用该来源的行微调：其指标偏高。"},
      {"rank.unfit", "这些行的词元中有 {share} 是 {take} 不认识的：它是为别的文本训练的，请寻找适合这种语言的模型。"},
      {"rank.many_cut", "有 {share} 的行 {take} 只读到开头：请增大词元数上限，或减少文本列。"},
      {"rank.chart", "各模型冻结特征上线性探针的结果，以及各折给出的 95% 区间"},
      {"rank.meaning",
       "线性探针与近邻：在冻结特征上交叉验证，区间采用考虑各折共享训练行的 t 检验。LogME 与 H "
       "分数：特征对标签的解释程度，"
       "区间由逐折剔除得到。每词元奈特数（越低越好）是猜出被遮盖的词元或下一个词元的代价，"
       "只能在同一类型且使用同一分词器的模型之间比较。速度与内存取决于本机和这些数据；速度为实测，"
       "模型相近时可能改变推荐结果。"},
      // rift models support
      {"support.title", "支持情况一览"},
      {"support.intro",
       "rift "
       "从常见的文件中读取下列架构的预训练模型，用十一种方法微调，并写出其他库能加载的文件。并非所有组合都存在：下面各"
       "表"
       "列出哪些可用；凡写“否”之处，括号中的编号对应页末程序给出的错误信息原文。每个组合要么可用，要么被拒绝：不做近似"
       "，也不会默默忽略任何设置。\n\n本页是 `rift models support --markdown` "
       "的输出。程序并不查表：它为每种架构建立一个只有几千个虚构权重的模型并逐一尝试。有测试将本页（英文版）与程序比对"
       "，另有测试对每个允许的组合训练一步。所尝试的模型采用该架构的通常设置；如果 config.json "
       "的某项设置会改变结论（例如 `attention_bias: true` 的 Llama 带有偏置项），则在加载时由具体模型决定。"},
      {"support.yes", "是"},
      {"support.own", "自有"},
      {"support.no", "否"},
      {"support.refused", "否（{number}）"},
      {"support_column.engine", "融合引擎"},
      {"support_column.kind", "读作"},
      {"support_column.weights_alone", "没有 config.json 的权重"},
      {"support_column.read", "读取"},
      {"support_column.write", "写出"},
      {"support_column.works", "接受"},
      {"support_title.architectures", "文本架构"},
      {"support_note.architectures",
       "按 config.json 的 `model_type`。`transformers`：能加载 `rift export --format hf` "
       "结果的类。`tokenizer`"
       "：分词器文件未指明时采用的类；分词器可以是分词器表中的任何一类，只要模型的词表容得下它的全部词元。`masked_"
       "token` 与 `next_token`：`rift pretrain` 的 `pretrain.objective`。`label_tokens`：`model.text.head`。"},
      {"support_title.poolings", "池化与分类头"},
      {"support_note.poolings",
       "`model.text.pooling`。**自有**：transformers 的类所读取的方式，因此该类加载导出结果时 logits "
       "相同；采用其他池化时，AutoModel 加载的编码器状态相同。`automatic`：检查点自带 pooler（如果可能有）且旁边没有 "
       "1_Pooling/config.json 时的结果。图像模型列在文本模型之下。"},
      {"support_title.execution", "引擎与精度"},
      {"support_note.execution",
       "融合引擎在 CPU 上运行，要求宽度为 32 的倍数且激活函数为 gelu；否则各层在 LibTorch 中逐层运行，结果相同，此时 "
       "`train.precision: auto` 为 f32。`--precision` 属于 `rift score`、`evaluate` 和 `embed`。在 GPU 上逐层运行。"},
      {"support_title.tuning", "微调方法"},
      {"support_note.tuning",
       "`tuning.method`。图像模型目前通过库来微调，还没有子命令训练它们；未另作说明的行为 `batch_norm: frozen`。"},
      {"support_title.fused", "融合引擎上的微调"},
      {"support_note.fused",
       "在引擎能够运行的架构中，哪些方法仍由引擎运行（训练时；无法合并的，打分时亦然）。`dora`："
       "`tuning: {{method: lora, dora: true}}`。其他方法逐层运行，结果相同；运行日志会写明是哪一种。"},
      {"support_title.stored", "在量化底座旁微调"},
      {"support_note.stored",
       "`model.text.base_weights: as_stored`：嵌入表和线性映射保持 GGUF 文件中的分块形式，只训练其余部分。`top_k` "
       "保留嵌入表及其各层以下的映射。"},
      {"support_title.anchor", "向预训练参数的拉力"},
      {"support_note.anchor",
       "`objective.anchor: {{kind: l2_sp}}`。需要有会移动的预训练参数：对 `head`、`bottleneck`、`prompt` 和 `prefix` "
       "而言，即检查点自带的 pooler；对 `lora` 而言，约束的是乘积；`ia3` 和带 `dora` 的 `lora` 则拒绝它。"},
      {"support_title.files", "权重文件"},
      {"support_note.files",
       "按文件名后缀，并须与文件开头的字节相符。分片索引与各分片放在同一目录。pickle "
       "只作为数据读取，其中的任何内容都不会执行。"},
      {"support_title.loading", "模型的来源形式"},
      {"support_note.loading",
       "`config.json`：含有它和上表任一权重文件的目录。`.gguf`：单独一个这样的文件。没有 config.json "
       "的权重按名称和形状识别：torchvision 的 ResNet 与 EfficientNet-lite0。"},
      {"support_title.gguf_types", "GGUF 文件中张量的类型"},
      {"support_note.gguf_types",
       "名称与 ggml 相同。低位数的块读作 f32；`model.text.base_weights: as_stored` 则保留原样。"},
      {"support_title.tokenizers", "分词器"},
      {"support_note.tokenizers",
       "按 tokenizer_config.json 的 `tokenizer_class`，否则按架构自己的类；最后一行代表所有其他的类。tokenizer.json "
       "按其库中 WordPiece、BPE 和 Unigram 的各部件读取；rift 没有的部件会指名拒绝。"},
      {"support_title.gguf_tokenizers", "GGUF 文件中的分词器"},
      {"support_note.gguf_tokenizers", "按切分词的模型；括号内为 `tokenizer.ggml.model`。"},
      {"support_title.export", "导出"},
      {"support_note.export",
       "`rift export --format`。`peft` 适用于微调了适配器的模型包（见下表）。"
       "GGUF 文件无法表达的设置（Gemma 3 以外的滑动窗口、YaRN 的 `attention_factor` 等）按名称拒绝；"
       "transformers 不从 GGUF 文件读取 rope 缩放，gguf-py 会读取。"},
      {"support_title.packages", "按微调内容导出"},
      {"support_note.packages", "还取决于模型包里有什么。"},
      {"support_title.settings", "单项设置"},
      {"support_note.settings", "不按架构区分的每类拒绝各举一项设置。"},
      {"support.refusals.title", "拒绝信息"},
      {"support.refusals.note",
       "程序的原文及其退出状态。信息中提到模型或类名之处，是第一个遇到它的名称；其他的以同样的措辞、各自的名称被拒绝"
       "。"},
      {"support.refusals.exit", "退出状态"},
      {"support.refusals.message", "信息"},
  };
  return kTable;
}

}  // namespace rift
