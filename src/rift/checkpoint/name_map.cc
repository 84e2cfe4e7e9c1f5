#include "rift/checkpoint/name_map.h"

#include <algorithm>
#include <map>
#include <set>

#include "rift/base/error.h"

namespace rift::checkpoint {
namespace {

using format::shape_text;
using format::TensorInfo;

/// What stands before "embeddings.word_embeddings.weight" in the files that rift knows.
constexpr std::string_view kBackbonePrefixes[] = {
    "",                    // BertModel
    "bert.",               // BertFor...
    "module.",             // BertModel saved inside DataParallel
    "module.bert.",        // BertFor... saved inside DataParallel
    "0.auto_model.",       // sentence-transformers, all modules in one file
    "0.auto_model.bert.",  //
    "auto_model.",         // sentence-transformers' Transformer module
    "model.",              // wrappers that call the encoder `model`
};
constexpr std::string_view kAnchor = "embeddings.word_embeddings.weight";
constexpr std::string_view kCanonicalPrefix = "bert.";
constexpr std::string_view kSequenceClassification = "BertForSequenceClassification";

struct KnownHead {
  std::string_view prefix;
  std::string_view why;
};
constexpr KnownHead kDroppedHeads[] = {
    {"cls.", "pretraining head"},
    {"qa_outputs.", "head of question answering"},
};
constexpr std::string_view kBuffers[] = {"embeddings.position_ids", "embeddings.token_type_ids"};

bool removes_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::string find_backbone_prefix(std::span<const TensorInfo> tensors, std::string_view file_name) {
  std::vector<std::string_view> prefixes;
  for (const auto& tensor : tensors) {
    const std::string_view name = tensor.name;
    if (name.ends_with(kAnchor)) prefixes.push_back(name.substr(0, name.size() - kAnchor.size()));
  }
  RIFT_REQUIRE(!prefixes.empty(), Code::kArtefact,
               "{}: no tensor '...{}' among {}; expected the weights of a BERT encoder", file_name, kAnchor,
               tensors.size());
  RIFT_REQUIRE(prefixes.size() == 1, Code::kArtefact,
               "{}: {} encoders in one file ('{}{}', '{}{}'); expected one, save it alone", file_name, prefixes.size(),
               shorten(prefixes[0]), kAnchor, shorten(prefixes[1]), kAnchor);
  const bool known =
      std::find(std::begin(kBackbonePrefixes), std::end(kBackbonePrefixes), prefixes[0]) != std::end(kBackbonePrefixes);
  RIFT_REQUIRE(known, Code::kArtefact, "{}: tensor '{}{}': unknown prefix '{}'; expected 'bert.' or none", file_name,
               shorten(prefixes[0]), kAnchor, shorten(prefixes[0]));
  return std::string(prefixes[0]);
}

/// "LayerNorm.gamma" -> "LayerNorm.weight", "LayerNorm.beta" -> "LayerNorm.bias": names of files from before 2019.
std::string with_modern_layer_norm(std::string_view name) {
  constexpr std::string_view kGamma = "LayerNorm.gamma";
  constexpr std::string_view kBeta = "LayerNorm.beta";
  if (name.ends_with(kGamma)) return std::string(name.substr(0, name.size() - kGamma.size())) + "LayerNorm.weight";
  if (name.ends_with(kBeta)) return std::string(name.substr(0, name.size() - kBeta.size())) + "LayerNorm.bias";
  return std::string(name);
}

/// The tensors of one file, sorted into what they are by their names alone.
struct SortedTensors {
  std::map<std::string, const TensorInfo*, std::less<>> backbone;  // canonical name -> tensor
  std::map<std::string, const TensorInfo*, std::less<>> classifier;
  std::vector<NameMap::Dropped> dropped;
  std::vector<const TensorInfo*> extra;
};

class TensorSorter {
 public:
  TensorSorter(std::string backbone_prefix, std::string_view file_name)
      : backbone_prefix_(std::move(backbone_prefix)), outer_prefix_(backbone_prefix_), file_name_(file_name) {
    if (outer_prefix_.ends_with(kCanonicalPrefix)) outer_prefix_.resize(outer_prefix_.size() - kCanonicalPrefix.size());
  }

  void add(const TensorInfo& tensor) {
    std::string_view name = tensor.name;
    if (add_head(tensor, name)) return;
    if (!removes_prefix(name, backbone_prefix_)) {
      sorted_.extra.push_back(&tensor);
    } else if (std::find(std::begin(kBuffers), std::end(kBuffers), name) != std::end(kBuffers)) {
      sorted_.dropped.push_back({tensor.name, tensor.shape, "buffer that the model makes itself"});
    } else {
      insert(sorted_.backbone, std::string(kCanonicalPrefix) + with_modern_layer_norm(name), tensor);
    }
  }

  SortedTensors take() { return std::move(sorted_); }

 private:
  bool add_head(const TensorInfo& tensor, std::string_view name) {
    if (!removes_prefix(name, outer_prefix_)) return false;
    for (const auto& head : kDroppedHeads) {
      if (name.starts_with(head.prefix)) {
        sorted_.dropped.push_back({tensor.name, tensor.shape, std::string(head.why)});
        return true;
      }
    }
    if (!name.starts_with("classifier.")) return false;
    insert(sorted_.classifier, std::string(name), tensor);
    return true;
  }

  void insert(std::map<std::string, const TensorInfo*, std::less<>>& map, std::string name, const TensorInfo& tensor) {
    const auto [at, inserted] = map.emplace(std::move(name), &tensor);
    RIFT_REQUIRE(inserted, Code::kArtefact, "{}: tensors '{}' and '{}' are both '{}' of the model", file_name_,
                 at->second->name, tensor.name, at->first);
  }

  std::string backbone_prefix_;
  std::string outer_prefix_;  // what stands before "bert." and before the heads
  std::string_view file_name_;
  SortedTensors sorted_;
};

/// Fills a NameMap from sorted tensors; every complaint names the file and the tensor.
class Matcher {
 public:
  Matcher(const SortedTensors& sorted, std::string_view file_name) : sorted_(sorted), file_name_(file_name) {
    result_.dropped = sorted.dropped;
  }

  void load(const NamedShape& expected) {
    const auto found = sorted_.backbone.find(expected.name);
    if (found == sorted_.backbone.end())
      missing_.push_back(&expected);
    else
      keep(*found->second, expected);
  }

  /// Both of the pooler's tensors or none.
  void load_pooler(const std::vector<NamedShape>& pooler, bool required) {
    result_.has_pooler = std::any_of(pooler.begin(), pooler.end(),
                                     [&](const NamedShape& part) { return sorted_.backbone.contains(part.name); });
    RIFT_REQUIRE(result_.has_pooler || !required, Code::kConfig,
                 "{}: the model has no pooler ('{}'); set pooling to mean or cls", file_name_, pooler.front().name);
    if (!result_.has_pooler) return;
    for (const auto& part : pooler) load(part);
  }

  void load_head(int64_t width, const NameMapOptions& options) {
    if (sorted_.classifier.empty() || options.num_labels == 0) {
      drop_classifier("no head is wanted");
      add_new_head(width, options.num_labels, "the file has no classifier");
      return;
    }
    const std::string& architecture = options.architecture;
    const bool other_task = architecture.starts_with("BertFor") && architecture != kSequenceClassification;
    const int64_t outputs = classifier_outputs(width);
    if (other_task) {
      drop_classifier(fmt::format("head of {}", shorten(architecture)));
      add_new_head(width, options.num_labels, fmt::format("the file's classifier is one of {}", shorten(architecture)));
    } else if (outputs != options.num_labels) {
      drop_classifier(fmt::format("{} outputs, wanted {}", outputs, options.num_labels));
      add_new_head(width, options.num_labels, fmt::format("the file's classifier has {} outputs", outputs));
    } else {
      for (const auto& part : classifier_shapes(width, outputs)) keep(*sorted_.classifier.at(part.name), part);
    }
  }

  NameMap take(const BertShape& shape) {
    report_extra(shape);
    report_missing();
    return std::move(result_);
  }

 private:
  void keep(const TensorInfo& tensor, const NamedShape& expected) {
    RIFT_REQUIRE(tensor.shape == expected.shape && format::is_floating(tensor.dtype), Code::kArtefact,
                 "{}: tensor '{}': expected {} of floating numbers, got {} {}; is this the right config.json?",
                 file_name_, tensor.name, shape_text(expected.shape), shape_text(tensor.shape),
                 format::dtype_name(tensor.dtype));
    used_.insert(&tensor);
    result_.loaded.push_back({tensor.name, expected.name});
    if (tensor.name != expected.name) result_.renamed.push_back({tensor.name, expected.name});
  }

  void drop_classifier(const std::string& why) {
    for (const auto& [name, tensor] : sorted_.classifier) result_.dropped.push_back({tensor->name, tensor->shape, why});
  }

  void add_new_head(int64_t width, int64_t num_labels, const std::string& why) {
    if (num_labels == 0) return;
    for (const auto& part : classifier_shapes(width, num_labels))
      result_.new_head.push_back({part.name, part.shape, why});
  }

  /// Outputs of the file's classifier, which must be a whole linear head on this width.
  int64_t classifier_outputs(int64_t width) const {
    const auto weight = sorted_.classifier.find("classifier.weight");
    const auto bias = sorted_.classifier.find("classifier.bias");
    const bool whole =
        sorted_.classifier.size() == 2 && weight != sorted_.classifier.end() && bias != sorted_.classifier.end();
    RIFT_REQUIRE(whole, Code::kArtefact,
                 "{}: tensor '{}': expected a head of classifier.weight and classifier.bias alone", file_name_,
                 sorted_.classifier.begin()->second->name);
    const auto& shape = weight->second->shape;
    const bool fits = shape.size() == 2 && shape[1] == width && bias->second->shape == std::vector<int64_t>{shape[0]};
    RIFT_REQUIRE(
        fits, Code::kArtefact,
        "{}: tensor '{}': expected [labels,{}] with a bias of [labels], got {} and {}; is this the right config.json?",
        file_name_, weight->second->name, width, shape_text(shape), shape_text(bias->second->shape));
    return shape[0];
  }

  void report_extra(const BertShape& shape) const {
    std::vector<const TensorInfo*> extra = sorted_.extra;
    for (const auto& [name, tensor] : sorted_.backbone) {
      if (!used_.contains(tensor)) extra.push_back(tensor);
    }
    if (extra.empty()) return;
    RIFT_FAIL(Code::kArtefact,
              "{}: tensor '{}' {} is not part of the BERT of {} layers that config.json describes{}; is this the right "
              "config.json?",
              file_name_, extra.front()->name, shape_text(extra.front()->shape), shape.layers, and_more(extra.size()));
  }

  void report_missing() const {
    if (missing_.empty()) return;
    RIFT_FAIL(Code::kArtefact, "{}: tensor '{}' is missing: expected {}, got none{}; is this the right config.json?",
              file_name_, missing_.front()->name, shape_text(missing_.front()->shape), and_more(missing_.size()));
  }

  static std::string and_more(size_t count) { return count > 1 ? fmt::format(" (and {} more)", count - 1) : ""; }

  const SortedTensors& sorted_;
  std::string_view file_name_;
  NameMap result_;
  std::set<const TensorInfo*> used_;
  std::vector<const NamedShape*> missing_;
};

}  // namespace

NameMap map_bert_names(std::span<const TensorInfo> tensors, const BertShape& shape, const NameMapOptions& options,
                       std::string_view file_name) {
  TensorSorter sorter(find_backbone_prefix(tensors, file_name), file_name);
  for (const auto& tensor : tensors) sorter.add(tensor);
  const SortedTensors sorted = sorter.take();
  const auto encoder = bert_encoder_shapes(shape);
  const auto pooler = bert_pooler_shapes(shape);
  Matcher matcher(sorted, file_name);
  for (const auto& expected : encoder) matcher.load(expected);
  matcher.load_pooler(pooler, options.require_pooler);
  matcher.load_head(shape.hidden_size, options);
  return matcher.take(shape);
}

}  // namespace rift::checkpoint
