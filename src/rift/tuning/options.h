#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rift/base/options.h"

/// Which parameters move, as stated in run.yaml's `tuning:`. Torch-free: the command line and the studies read it.
namespace rift::tuning {

/// Every parameter of encoder, pooler and head.
struct FullOptions {
  template <class V>
  void visit(V&) {}
};

/// The classification head (and the pooler, which belongs to it) on frozen features.
struct HeadOptions {
  template <class V>
  void visit(V&) {}
};

/// The last `layers` encoder layers, the pooler and the head.
struct TopKOptions {
  int64_t layers = 2;
  template <class V>
  void visit(V& v) {
    v("layers", layers, "Encoder layers that train, counted from the top.", at_least(1));
  }
};

/// Bias terms, pooler and head; of an encoder that has bias terms. Source: arXiv:2106.10199.
struct BitFitOptions {
  template <class V>
  void visit(V&) {}
};

/// Weights and biases of every norm, pooler and head. Source: arXiv:2312.11420.
struct NormOptions {
  template <class V>
  void visit(V&) {}
};

/// classic: alpha / rank; rank_stabilised: alpha / sqrt(rank), so that a higher rank does not make the update smaller
/// (rsLoRA, arXiv:2312.03732).
enum class LoraScaling { kClassic, kRankStabilised };
constexpr auto enum_names(LoraScaling) {
  return std::to_array<EnumName<LoraScaling>>(
      {{LoraScaling::kClassic, "classic"}, {LoraScaling::kRankStabilised, "rank_stabilised"}});
}

/// kaiming: A at random, B zero. pissa: the principal part of the weight itself, which is taken off the frozen rest
/// (arXiv:2404.02948).
enum class LoraInit { kKaiming, kPissa };
constexpr auto enum_names(LoraInit) {
  return std::to_array<EnumName<LoraInit>>({{LoraInit::kKaiming, "kaiming"}, {LoraInit::kPissa, "pissa"}});
}

/// A low-rank update of the named linear maps, with the head trained in full. Source: arXiv:2106.09685; dora: a
/// trained length for each output beside it, arXiv:2402.09353; b_lr_ratio: LoRA+, arXiv:2402.12354.
struct LoraOptions {
  int64_t rank = 8;
  double alpha = 16.0;
  double dropout = 0.0;
  std::vector<std::string> targets;  // empty: the maps of query and value
  LoraScaling scaling = LoraScaling::kClassic;
  bool dora = false;
  LoraInit init = LoraInit::kKaiming;
  double b_lr_ratio = 1.0;
  template <class V>
  void visit(V& v) {
    v("rank", rank, "Rank of the update. Beyond 32 the layers do not run fused.", at_least(1));
    v("alpha", alpha, "Scale numerator: the update is scaled by alpha / rank.", positive());
    v("dropout", dropout, "Dropout probability on the input of the update.", in_half_open(0.0, 1.0));
    v("targets", targets,
      "Linear maps that get an update, by last name parts; of a BERT: query, key, value, attention.output.dense, "
      "intermediate.dense, output.dense. Empty: those of query and value.");
    v("scaling", scaling, "classic: alpha / rank. rank_stabilised (rsLoRA): alpha / sqrt(rank), for high ranks.");
    v("dora", dora,
      "DoRA: the updated weight's rows keep a length that is trained apart from their direction. Takes more time: the "
      "layers do not run fused.");
    v("init", init,
      "kaiming: the update begins at zero. pissa: it begins as the weight's principal part, which the frozen rest then "
      "lacks; needs base_weights f32.");
    v("b_lr_ratio", b_lr_ratio, "LoRA+: learning rate of B over that of A; 16 is what its authors recommend.",
      positive());
  }
  double scale() const {
    const auto r = static_cast<double>(rank);
    return alpha / (scaling == LoraScaling::kRankStabilised ? std::sqrt(r) : r);
  }
};

/// A trained vector that scales what linear maps give (keys, values) or read (out of the feed-forward part), with the
/// head trained in full. Source: arXiv:2205.05638.
struct Ia3Options {
  std::vector<std::string> targets;       // empty: the model's
  std::vector<std::string> feed_forward;  // of the targets
  template <class V>
  void visit(V& v) {
    v("targets", targets,
      "Linear maps that are scaled, by last name parts. Empty: those of keys, values and out of the feed-forward part, "
      "as PEFT chooses them.");
    v("feed_forward", feed_forward,
      "Those of the targets whose input is scaled; of the others it is the output. Only beside targets of one's own.");
  }
  void check(std::string_view path) const {
    for (const std::string& name : feed_forward) {
      RIFT_REQUIRE(std::find(targets.begin(), targets.end(), name) != targets.end(), Code::kConfig,
                   "{}.feed_forward: '{}' is none of targets; name it there too", path, name);
    }
  }
};

/// Every parameter in the end, but one stage after the other: the head and the pooler, then the layers from the top
/// down, last the embeddings. The optimizer begins anew with each stage. Source: arXiv:1801.06146 sec. 3.3.
struct GradualOptions {
  int64_t layers_per_stage = 1;
  std::optional<double> epochs_per_stage;
  template <class V>
  void visit(V& v) {
    v("layers_per_stage", layers_per_stage, "Layers that join in each stage.", at_least(1));
    v("epochs_per_stage", epochs_per_stage,
      "Epochs from one stage to the next; left out: optim.epochs, shared out evenly.", positive());
  }
};

/// houlsby: behind attention and behind the feed-forward part (arXiv:1902.00751); pfeiffer: behind the feed-forward
/// part alone, after its norm (arXiv:2005.00247).
enum class BottleneckStyle { kHoulsby, kPfeiffer };
constexpr auto enum_names(BottleneckStyle) {
  return std::to_array<EnumName<BottleneckStyle>>(
      {{BottleneckStyle::kHoulsby, "houlsby"}, {BottleneckStyle::kPfeiffer, "pfeiffer"}});
}

/// Small networks behind the parts of each layer, with the head trained in full. They cannot be merged.
struct BottleneckOptions {
  BottleneckStyle style = BottleneckStyle::kPfeiffer;
  int64_t reduction = 16;
  template <class V>
  void visit(V& v) {
    v("style", style,
      "houlsby: behind attention and the feed-forward part. pfeiffer: behind the feed-forward part alone.");
    v("reduction", reduction, "Width of the states over that of the bottleneck.", at_least(1));
  }
};

/// Trained token embeddings before each row, with the head trained in full. They cannot be merged.
/// Source: arXiv:2104.08691; the start from the vocabulary, sec. 3.2 there.
struct PromptOptions {
  int64_t tokens = 20;
  template <class V>
  void visit(V& v) {
    v("tokens", tokens, "Virtual tokens before each row; they count against the model's positions.",
      in_range(1, 65536));
  }
};

/// Trained keys and values of every layer before each row's own, with the head trained in full. They cannot be merged.
/// Source: arXiv:2101.00190, without its reparametrisation.
struct PrefixOptions {
  int64_t tokens = 20;
  template <class V>
  void visit(V& v) {
    v("tokens", tokens, "Virtual tokens before each row; they count against the model's positions.",
      in_range(1, 65536));
  }
};

inline constexpr std::array<std::string_view, 11> kMethodNames = {
    "full", "head", "top_k", "gradual", "bitfit", "norm", "lora", "ia3", "bottleneck", "prompt", "prefix"};

struct TuningOptions {
  std::variant<FullOptions, HeadOptions, TopKOptions, GradualOptions, BitFitOptions, NormOptions, LoraOptions,
               Ia3Options, BottleneckOptions, PromptOptions, PrefixOptions>
      method;
  std::vector<std::string> freeze;
  template <class V>
  void visit(V& v) {
    v.choice("method", method, kMethodNames, "Which parameters move.");
    v("freeze", freeze,
      "Parts of parameter names that stay as pretrained whatever the method, such as word_embeddings.");
  }
  void check(std::string_view path) const {
    if (const auto* ia3 = std::get_if<Ia3Options>(&method)) ia3->check(path);
  }
  /// Whether what was tuned can be folded into the pretrained weights. If not, a package keeps it beside them.
  bool merges() const {
    return !std::holds_alternative<BottleneckOptions>(method) && !std::holds_alternative<PromptOptions>(method) &&
           !std::holds_alternative<PrefixOptions>(method);
  }
  std::string_view method_name() const { return kMethodNames[method.index()]; }
  /// Layers whose own weights move where not all of them do, counted from the top.
  int64_t trained_layers() const {
    const auto* top = std::get_if<TopKOptions>(&method);
    return top == nullptr ? 0 : top->layers;
  }
};

}  // namespace rift::tuning
