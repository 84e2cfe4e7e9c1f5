#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rift/checkpoint/format/tensor_archive.h"
#include "rift/checkpoint/model_layout.h"

namespace rift::checkpoint {

struct NameMapOptions {
  std::string architecture;     // architectures[0] of config.json, "" when it has none
  int64_t num_labels = 0;       // outputs of the head that is wanted; 0 = none
  bool require_pooler = false;  // the head reads the pooler
  bool language_head = false;   // the head that is wanted is the language model's; no pooler, no classifier
};

/// Which tensor of a file becomes which parameter of the model, and what does not.
struct NameMap {
  struct Loaded {
    std::string file_name;
    std::string name;         // canonical, see model_layout.h
    bool transposed = false;  // [in,out] in the file, [out,in] in the model
  };
  struct Dropped {
    std::string file_name;
    std::vector<int64_t> shape;
    std::string why;
  };
  struct NewHead {
    std::string name;  // canonical
    std::vector<int64_t> shape;
    std::string why;
  };
  std::vector<Loaded> loaded;     // in canonical order: embeddings, layers, pooler, head
  std::vector<Loaded> renamed;    // those of `loaded` whose two names differ
  std::vector<Dropped> dropped;   // known buffers, pretraining heads, heads of other tasks or sizes
  std::vector<NewHead> new_head;  // to be initialised by the model
  bool has_pooler = false;
};

/// Maps the tensors of a file to those of a model. Files are those of transformers' classes of the architecture and of
/// sentence-transformers: prefixes (base_prefix, module., 0.auto_model., ...) and the older LayerNorm.gamma/beta are
/// understood. Buffers and heads that rift does not use are dropped and listed; the file's classifier is kept when
/// it is one of sequence classification with num_labels outputs, else a new head is listed. Where a language head is
/// wanted, the file's is kept where it is whole or the file is a language model's, else a new one is listed. Anything
/// else missing, extra, twice or misshapen throws kArtefact naming the tensor, the expected and the found shape; a
/// pooler that is required, pretrained and absent throws kConfig.
NameMap map_names(std::span<const format::TensorInfo> tensors, const ModelLayout& layout, const NameMapOptions& options,
                  std::string_view file_name);

}  // namespace rift::checkpoint
