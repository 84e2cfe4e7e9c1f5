#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rift::checkpoint {

/// A tensor of a model under its canonical name.
struct NamedShape {
  std::string name;
  std::vector<int64_t> shape;
  bool transposed_in_files =
      false;  // a linear map [out,in] that Hugging Face's files hold as [in,out] (GPT-2's Conv1D)

  /// As transformers' files have it.
  std::vector<int64_t> shape_in_files() const;
};

/// State that is saved but not trained: a BatchNorm's running statistics.
struct NamedBuffer {
  std::string name;
  std::vector<int64_t> shape;
  bool is_count = false;  // whole numbers, which older files leave out; else floating ones
};

/// Tensors of files that a model has no use for, by the beginning of their canonical names.
struct UnusedTensors {
  std::string_view prefix;
  std::string_view why;
};

/// Another name that files may have a tensor under.
struct Alias {
  std::string in_files;
  std::string name;  // canonical
};

/// Which tensors a model has and by what other names files call them. Canonical names are those of transformers' class
/// of its architecture for classification: "bert.encoder.layer.0.attention.self.query.weight", "classifier.weight". The
/// room `models` fills it from the parameters that a model registers, so that there is one list of them.
struct ModelLayout {
  std::string title;                      // "a BERT", for errors
  std::string class_name;                 // "Bert": transformers has BertModel, BertForSequenceClassification, ...
  std::string base_prefix;                // "bert.": of the encoder's names; files of the encoder alone leave it out
  std::vector<NamedShape> encoder;        // in storage order; files are recognised by the first
  std::vector<NamedBuffer> buffers = {};  // of the encoder, by name
  std::vector<NamedShape> pooler;         // what the architecture's own head lays on the encoder's states
  bool pooler_is_pretrained = true;       // it comes with the encoder; else it is made and kept with the head
  std::string classifier = "classifier";  // the linear map that gives the logits: [labels,width] and a bias
  bool classifier_has_bias = true;
  int64_t width = 0;  // of what it reads
  std::vector<NamedShape>
      language_head;  // of the architecture's language model, what it shares with the encoder left out
  std::vector<Alias> language_aliases;  // of its tensors
  std::string language_class;           // "BertForMaskedLM"
  std::vector<UnusedTensors> unused;    // pretraining heads, heads of other tasks
  /// transformers' class with the classifier is class_name + this, and what it reads is pooled by this name.
  std::string head_class = "ForSequenceClassification";
  std::string head_pooling = "pooler";  // "last" of decoders, which lack a pooler
  bool reads_text = true;
  /// Names by which another library calls the tensors; the two kinds of files are told apart by the encoder's first.
  std::vector<Alias> aliases = {};
  std::vector<std::string_view> file_buffers = {};  // that the model makes itself, by the ends of their names
  bool bare_alone = false;  // AutoModel reads the encoder's tensors without base_prefix only (Gemma 3)

  /// Whether Hugging Face's files hold this tensor of the encoder as [in,out].
  bool transposed_in_files(std::string_view name) const;
};

/// The classifier's tensors.
std::vector<NamedShape> classifier_shapes(const ModelLayout& layout, int64_t num_labels);

/// The module right below encoder or model that holds a tensor or module: with base_prefix "bert.", "pooler" for
/// "bert.pooler.dense.weight" and "classifier" for "classifier.weight".
std::string top_module(std::string_view base_prefix, std::string_view canonical_name);

/// Whether a canonical name belongs to what stands beside the encoder: the classifier, a pooler that is made with it.
bool is_of_head(const ModelLayout& layout, std::string_view canonical_name);

}  // namespace rift::checkpoint
