#include "rift/base/sentence_tables.h"

namespace rift {

// Of rift models rank and support.
std::span<const SentenceEntry> english_models_sentences() {
  static constexpr SentenceEntry kTable[] = {
      // rift models rank
      {"rank.title", "Which pretrained model suits these rows"},
      {"rank.judged_on", "{rows} labelled rows, {folds} folds; every model frozen, nothing fine-tuned"},
      {"rank.model", "model"},
      {"rank.probe", "linear probe, {metric}"},
      {"rank.neighbours", "neighbours, {metric}"},
      {"rank.log_me", "LogME"},
      {"rank.h_score", "H-score"},
      {"rank.shrunk", "H-score, shrunk"},
      {"rank.parameters", "million parameters"},
      {"rank.speed", "rows/s"},
      {"rank.memory", "MiB"},
      {"rank.tokens_word", "tokens a word"},
      {"rank.unknown", "unknown tokens"},
      {"rank.cut", "rows cut"},
      {"rank.language", "nats a token"},
      {"rank.masked_token", "{nats} hidden"},
      {"rank.next_token", "{nats} next"},
      {"rank.auc", "AUC"},
      {"rank.accuracy", "accuracy"},
      {"rank.r2", "R²"},
      {"rank.and", " and "},
      {"rank.problem", "{model} could not be judged: {why}"},
      {"rank.none", "None of the models could be judged."},
      {"rank.only",
       "{best} is the only model that could be judged: {metric} {value} [{low}, {high}] of a linear probe."},
      {"rank.clear",
       "Take {best}: {metric} {value} [{low}, {high}] of a linear probe; every other model is behind it by more than "
       "noise."},
      {"rank.level",
       "Take {best}: {metric} {value} [{low}, {high}] of a linear probe. These rows do not tell {others} from "
       "it; more rows (--rows) might."},
      {"rank.cheaper",
       "{best} leads with {metric} {value} [{low}, {high}] of a linear probe, but {take} is within noise of it (behind "
       "by {difference}, at most {to}) and {times} times as fast: take {take}; fine-tune both where every thousandth "
       "counts."},
      {"rank.chance",
       "Even the best model tells the label no better than chance ({chance}) on these rows: do not expect much of a "
       "fine-tuning, or give more rows."},
      {"rank.by_neighbours", "By nearest neighbours {leader} leads."},
      {"rank.by_h_score", "By the H-score {leader} leads."},
      {"rank.knows_rows", "{model} was fine-tuned on rows of this source: its figures are too good."},
      {"rank.unfit",
       "{share} of {take}'s tokens of these rows are unknown ones: it was made for other texts, so look for a model of "
       "their language."},
      {"rank.many_cut",
       "{take} reads only the beginning of {share} of the rows: raise the number of tokens, or name fewer columns."},
      {"rank.chart", "What a linear probe on each model's frozen features reaches, with 95 % intervals over the folds"},
      {"rank.meaning",
       "Linear probe and neighbours: cross-validated on frozen features, intervals by a t-test that knows that folds "
       "share "
       "training rows. LogME and H-score: how much of the label the features explain; intervals by leaving folds out. "
       "Nats a token (lower is better): what it costs to guess tokens that are hidden, or the next one; compare them "
       "between models of one kind and one tokenizer only. Speed and memory are of this machine and these rows; speed "
       "is measured and may move the recommendation where models lie close together."},
      // rift models support
      {"support.title", "What runs with what"},
      {"support.intro",
       "rift reads pretrained models of the architectures below, from the files that they usually come in, tunes them "
       "by eleven methods, and writes files that other libraries load. Not every combination exists. The tables say "
       "which do; where one says \"no\", the number names the error at the end of this page, in the words of the "
       "program. A combination is either there or refused: nothing is approximated, and no setting is silently "
       "ignored.\n\nThis page is what `rift models support --markdown` prints. The program does not look anything up "
       "for it: it builds a model of each architecture with a few thousand made-up weights and tries. A test compares "
       "this page with the program, and another one trains a step of every combination that is allowed. The models "
       "tried have the usual settings of their architecture; where a setting of config.json changes an answer (a Llama "
       "with `attention_bias: true` has bias terms), the model at hand decides, when it is loaded."},
      {"support.yes", "yes"},
      {"support.own", "own"},
      {"support.no", "no"},
      {"support.refused", "no ({number})"},
      {"support_column.engine", "fused engine"},
      {"support_column.kind", "read as"},
      {"support_column.weights_alone", "weights without a config.json"},
      {"support_column.read", "read"},
      {"support_column.write", "written"},
      {"support_column.works", "accepted"},
      {"support_title.architectures", "Architectures of texts"},
      {"support_note.architectures",
       "By `model_type` of config.json. `transformers`: the class that loads what `rift export --format hf` writes. "
       "`tokenizer`: the class that is taken where the tokenizer's files name none; the tokenizer may be of any class "
       "of the table of tokenizers, as long as the model embeds all of its tokens. `masked_token` and `next_token`: "
       "`pretrain.objective` of `rift pretrain`. `label_tokens`: `model.text.head`."},
      {"support_title.poolings", "Pooling and head"},
      {"support_note.poolings",
       "`model.text.pooling`. **own**: what transformers' class reads, so that this class loads an export with equal "
       "logits; with another pooling AutoModel loads the encoder with equal states. `automatic`: what it comes to for "
       "a checkpoint with a pooler of its own, where there can be one, and no 1_Pooling/config.json beside it. Models "
       "of images stand below those of texts."},
      {"support_title.execution", "Engine and precisions"},
      {"support_note.execution",
       "The fused engine runs on a CPU and needs widths that are multiples of 32 and gelu; without it, layers run one "
       "by one in LibTorch, with equal results. `train.precision: auto` is f32 there. `--precision` is that of `rift "
       "score`, `evaluate` and `embed`. On a GPU, layers run one by one."},
      {"support_title.tuning", "Tuning methods"},
      {"support_note.tuning",
       "`tuning.method`. Models of images are tuned through the library so far; no verb trains one. Their rows are of "
       "`batch_norm: frozen` where nothing else is said."},
      {"support_title.fused", "Tuning on the fused engine"},
      {"support_note.fused",
       "Of the architectures that the engine runs at all, the methods that leave it so, in training and where nothing "
       "can be merged in scoring. `dora`: `tuning: {{method: lora, dora: true}}`. With the others layers run one by "
       "one, with equal results; the log of a run says which it is."},
      {"support_title.stored", "Tuning beside a quantised base"},
      {"support_note.stored",
       "`model.text.base_weights: as_stored`: embeddings and linear maps stay in the blocks of their GGUF file while "
       "something beside them trains. `top_k` keeps the embeddings and the maps below its layers."},
      {"support_title.anchor", "Pull towards the pretrained parameters"},
      {"support_note.anchor",
       "`objective.anchor: {{kind: l2_sp}}`. It needs pretrained parameters that move: of `head`, `bottleneck`, "
       "`prompt` and `prefix`, a pooler that came with the checkpoint. Of `lora` it holds the product; `ia3` and "
       "`lora` "
       "with `dora` refuse it."},
      {"support_title.files", "Files of weights"},
      {"support_note.files",
       "By the ending of a name, which the first bytes have to bear out. An index of shards and its shards lie in one "
       "directory. Pickles are read as data; nothing in them is run."},
      {"support_title.loading", "What a model comes as"},
      {"support_note.loading",
       "`config.json`: a directory with it and weights in any file of the table above. `.gguf`: such a file alone. "
       "Weights without a config.json are recognised by names and shapes: torchvision's ResNets and "
       "EfficientNet-lite0."},
      {"support_title.gguf_types", "Types of tensors in GGUF files"},
      {"support_note.gguf_types",
       "As ggml names them. Blocks of few bits are read as f32; `model.text.base_weights: as_stored` keeps them."},
      {"support_title.tokenizers", "Tokenizers"},
      {"support_note.tokenizers",
       "By `tokenizer_class` of tokenizer_config.json, else by the architecture's own; the last row stands for all "
       "other classes. A tokenizer.json is read with the parts that its library has for WordPiece, BPE and Unigram; a "
       "part that rift does not have is refused by its name."},
      {"support_title.gguf_tokenizers", "Tokenizers in GGUF files"},
      {"support_note.gguf_tokenizers", "By the model that splits words; in brackets `tokenizer.ggml.model`."},
      {"support_title.export", "Export"},
      {"support_note.export",
       "`rift export --format`. `peft` is of a package whose adapter was tuned (next table). "
       "A setting that a GGUF file cannot say (a sliding window beside Gemma 3's, YaRN's `attention_factor`, ...) is "
       "refused by its name; transformers reads rope scaling from no GGUF file, gguf-py does."},
      {"support_title.packages", "Export by what was tuned"},
      {"support_note.packages", "What a package holds decides, too."},
      {"support_title.settings", "Single settings"},
      {"support_note.settings", "One setting for each kind of refusal that does not go by architecture."},
      {"support.refusals.title", "Refusals"},
      {"support.refusals.note",
       "The exact words of the program, with the status that it ends with. Where a message names a model or a class, "
       "it is the first that is met with it; others are refused in the same words under their own name."},
      {"support.refusals.exit", "Exit status"},
      {"support.refusals.message", "Message"},
  };
  return kTable;
}

}  // namespace rift
