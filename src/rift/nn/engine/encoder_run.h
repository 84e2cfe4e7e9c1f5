#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "rift/nn/engine/layer.h"
#include "rift/nn/engine/memory.h"
#include "rift/nn/engine/panels.h"
#include "rift/nn/engine/states.h"
#include "rift/nn/engine/weight_gradients.h"

namespace rift::nn::engine {

/// One batch through some layers of an encoder. Whole rows are packed into panels (panels.h) and a thread takes a panel
/// through all layers; threads meet at the end of the pass forward and twice a layer on the way back. Every number that
/// leaves is the same for any number of threads, and a row's states do not depend on the rows beside it.
///
/// E = float computes in f32. E = Bf16 keeps states and weights in bf16 and computes sums, norms, exponentials and all
/// that is added up over tokens in f32. In f32 maps may have their weights in bytes and multiply bytes; such a run
/// keeps nothing.
///
///   EncoderRun<float> run(call, pool);
///   run.forward(x, y);              // x [S,width], y [S,width] or [B,width]
///   run.backward(d_y, d_x, wanted, {}); // once, with call.keeps
template <class E>
class EncoderRun {
 public:
  struct Call {
    EncoderView<E> encoder;  // weights must stay as they are until backward() is done
    PassDropout dropout;
    std::vector<int64_t> row_begin;  // [B+1]
    std::vector<uint64_t> row_keys;  // [B]
    bool first_only = false;         // of the last layer only the rows' first tokens are read
    bool keeps = false;              // what backward() needs
    size_t most_bytes = 0;           // that it may take for this; 0 = no limit
  };
  /// Takes its memory from `pool` and gives it back. Throws OutOfMemory when there is not enough.
  EncoderRun(Call call, std::shared_ptr<BlockPool> pool);
  ~EncoderRun();
  EncoderRun(const EncoderRun&) = delete;
  EncoderRun& operator=(const EncoderRun&) = delete;

  void forward(const float* x, float* y);
  /// wanted: a layer each. d_x is written; nullptr where nobody asks for it. `whole` (may be empty) hears of rows of a
  /// weight's gradient that are finished; the layer's weights are not read any more then.
  void backward(const float* d_y, float* d_x, std::span<const LayerGradients> wanted, const WholeRows& whole);

 private:
  /// What backward() needs beside the kept states; one layer after the other uses it.
  struct BackwardBuffers {
    float* d = nullptr;       // [tokens, width] gradient of the present layer's output, then input
    float* d_rows = nullptr;  // [rows, width] the same of the rows' first tokens
    E* d_context_rows = nullptr;
    E* d_q_rows = nullptr;
    E* x_rows_paired = nullptr;  // bf16: what x_rows_ is to a weight gradient
    LayerOperands<E> operands;
    std::vector<float*> token_sums;  // of each panel
    std::vector<float*> row_sums;    // of each stretch of rows
  };

  void place(Layout& layout);
  LayerStates<E> placed_states(Layout& layout, bool first_only) const;
  void place_backward(Layout& layout);
  void place_operands(Layout& layout);
  ScratchSize scratch_size() const;
  PanelPass<E> pass_of(const TokenSet& tokens, const typename Scratch<E>::Places& scratch) const;
  PanelPass<E> pass_of(const Panel& panel, const typename Scratch<E>::Places& scratch) const;
  PanelPass<E> pass_of(const Stretch& rows, const typename Scratch<E>::Places& scratch) const;
  int64_t layer_count() const { return static_cast<int64_t>(call_.encoder.layers.size()); }
  bool first_only(int64_t layer) const { return call_.first_only && layer + 1 == layer_count(); }
  bool attends_from_input(int64_t layer) const;
  LayerStates<E> states_of(int64_t layer, const Panel& panel, const typename Scratch<E>::Places& scratch) const;

  void forward_panel(const Panel& panel, const float* x, float* y);
  void forward_shared(const float* x, float* y);
  void forward_rows(const Stretch& rows, float* y);
  void gather_first_tokens(const Panel& panel, const E* x);
  void backward_layer(int64_t layer, const LayerGradients& wanted, const WholeRows& whole, bool needs_input);
  void backward_panel(int64_t layer, const Panel& panel, const LayerGradients& wanted, float* sums, bool needs_input);
  void backward_rows(int64_t layer, const LayerGradients& wanted, bool needs_input);
  void finish_rows(int64_t layer, const LayerGradients& wanted);
  void alias_operands(int64_t layer);
  LinearOperands<E> operands_of(int64_t layer, size_t place) const;
  void add_gradients(int64_t layer, const LayerGradients& wanted, const WholeRows& whole);

  Call call_;
  const kernels::Kernels<E>& kernels_;
  std::shared_ptr<BlockPool> pool_;
  std::vector<Panel> panels_;
  std::vector<Stretch> row_stretches_;
  std::vector<Stretch> summed_tokens_, summed_rows_;  // those of a weight gradient
  int64_t tokens_ = 0;                                // places for tokens, pairing included
  int64_t rows_ = 0;
  ScratchSize scratch_size_;
  Block block_;
  std::vector<LayerStates<E>> states_;  // a layer each where they are kept; of rows' first tokens alone otherwise
  std::vector<Stretch> parts_;          // of the only panel's tokens, when threads share it
  LayerStates<E> shared_;               // of that panel
  E* x_rows_ = nullptr;                 // [rows, width] the last layer's input at the first tokens
  BackwardBuffers back_;
};

}  // namespace rift::nn::engine
