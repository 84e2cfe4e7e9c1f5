#pragma once

#include <array>
#include <cstdint>
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

/// A low-rank update of the named linear maps, with the head trained in full. Source: arXiv:2106.09685.
struct LoraOptions {
  int64_t rank = 8;
  double alpha = 16.0;
  double dropout = 0.0;
  std::vector<std::string> targets;  // empty: the maps of query and value
  template <class V>
  void visit(V& v) {
    v("rank", rank, "Rank of the update.", at_least(1));
    v("alpha", alpha, "Scale numerator: the update is scaled by alpha / rank.", positive());
    v("dropout", dropout, "Dropout probability on the input of the update.", in_half_open(0.0, 1.0));
    v("targets", targets,
      "Linear maps that get an update, by last name parts; of a BERT: query, key, value, attention.output.dense, "
      "intermediate.dense, output.dense. Empty: those of query and value.");
  }
};

inline constexpr std::array<std::string_view, 5> kMethodNames = {"full", "head", "top_k", "bitfit", "lora"};

struct TuningOptions {
  std::variant<FullOptions, HeadOptions, TopKOptions, BitFitOptions, LoraOptions> method;
  std::vector<std::string> freeze;
  template <class V>
  void visit(V& v) {
    v.choice("method", method, kMethodNames, "Which parameters move.");
    v("freeze", freeze,
      "Parts of parameter names that stay as pretrained whatever the method, such as word_embeddings.");
  }
  std::string_view method_name() const { return kMethodNames[method.index()]; }
  /// Layers whose own weights move where not all of them do, counted from the top.
  int64_t trained_layers() const {
    const auto* top = std::get_if<TopKOptions>(&method);
    return top == nullptr ? 0 : top->layers;
  }
};

}  // namespace rift::tuning
