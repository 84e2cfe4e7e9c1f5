#include "rift/checkpoint/name_map.h"

#include <algorithm>
#include <set>

#include "rift/base/error.h"
#include "rift/checkpoint/sorted_tensors.h"

namespace rift::checkpoint {
namespace {

using format::shape_text;
using format::TensorInfo;

/// Whether a class of transformers has a language head: BertForMaskedLM, BertForPreTraining, LlamaForCausalLM ...
bool is_language_model(std::string_view class_name) {
  constexpr std::string_view kEnds[] = {"ForMaskedLM", "ForCausalLM", "ForPreTraining", "LMHeadModel"};
  return std::ranges::any_of(kEnds, [&](std::string_view end) { return class_name.ends_with(end); });
}

/// Fills a NameMap from sorted tensors; every complaint names the file and the tensor.
class Matcher {
 public:
  Matcher(const ModelLayout& layout, const SortedTensors& sorted, const NameMapOptions& options,
          std::string_view file_name)
      : layout_(layout), sorted_(sorted), options_(options), file_name_(file_name) {
    result_.dropped = sorted.dropped;
    const std::string& architecture = options.architecture;
    is_of_other_task_ = architecture.starts_with(layout.class_name + "For") &&
                        !(options.language_head ? is_language_model(architecture)
                                                : architecture == layout.class_name + layout.head_class);
  }

  NameMap match() {
    for (const NamedShape& expected : layout_.encoder) load(expected);
    for (const NamedBuffer& expected : layout_.buffers) load_buffer(expected);
    if (options_.language_head) {
      drop_other_heads();
      load_language_head();
    } else {
      load_pooler();
      load_head();
    }
    report_extra();
    report_missing();
    return std::move(result_);
  }

 private:
  const TensorInfo* find(const std::string& name) const {
    for (const TensorsByName* map : {&sorted_.backbone, &sorted_.head, &sorted_.language}) {
      if (const auto found = map->find(name); found != map->end()) return found->second;
    }
    return nullptr;
  }

  void load(const NamedShape& expected) {
    const TensorInfo* found = find(expected.name);
    if (found == nullptr) {
      missing_.push_back(expected);
    } else {
      keep(*found, expected);
    }
  }

  void load_buffer(const NamedBuffer& expected) {
    if (const TensorInfo* found = expected.is_count ? find(expected.name) : nullptr) {
      RIFT_REQUIRE(found->shape == expected.shape && found->dtype == format::DType::kI64, Code::kArtefact,
                   "{}: tensor '{}': expected {} I64, got {} {}", file_name_, found->name, shape_text(expected.shape),
                   shape_text(found->shape), format::dtype_name(found->dtype));
      take(*found, expected.name);
    } else if (!expected.is_count) {
      load({expected.name, expected.shape});
    }
  }

  void keep(const TensorInfo& tensor, const NamedShape& expected) {
    RIFT_REQUIRE(tensor.shape == expected.shape_in_files() && format::is_floating(tensor.dtype), Code::kArtefact,
                 "{}: tensor '{}': expected {} of floating numbers, got {} {}; is this the right config.json?",
                 file_name_, tensor.name, shape_text(expected.shape_in_files()), shape_text(tensor.shape),
                 format::dtype_name(tensor.dtype));
    take(tensor, expected.name, expected.transposed_in_files);
  }

  void take(const TensorInfo& tensor, const std::string& name, bool transposed = false) {
    used_.insert(&tensor);
    result_.loaded.push_back({tensor.name, name, transposed});
    if (tensor.name != name) result_.renamed.push_back(result_.loaded.back());
  }

  /// All of the pooler's tensors or none.
  void load_pooler() {
    const bool may_be_ours = layout_.pooler_is_pretrained || !is_of_other_task_;
    result_.has_pooler = may_be_ours && std::ranges::any_of(layout_.pooler, [&](const NamedShape& part) {
                           return find(part.name) != nullptr;
                         });
    const bool may_be_made = !layout_.pooler.empty() && !layout_.pooler_is_pretrained;
    RIFT_REQUIRE(result_.has_pooler || !options_.require_pooler || may_be_made, Code::kConfig,
                 "{}: the model has no pooler; set pooling to {}", file_name_,
                 layout_.pooler.empty() ? "last or mean" : "mean or cls");
    for (const NamedShape& part : layout_.pooler) {
      if (result_.has_pooler) {
        load(part);
      } else if (options_.require_pooler) {
        result_.new_head.push_back({part.name, part.shape, "the file has no head of sequence classification"});
      }
    }
  }

  /// What a language model does not read.
  void drop_other_heads() {
    drop(sorted_.head, "no classifier is wanted");
    for (const NamedShape& part : layout_.pooler) {
      const auto found = sorted_.backbone.find(part.name);
      if (found == sorted_.backbone.end()) continue;
      used_.insert(found->second);
      result_.dropped.push_back({found->second->name, found->second->shape, "a language model has no pooler"});
    }
  }

  /// Whole where the file is a language model's; of another file all of it or none.
  void load_language_head() {
    const bool whole = sorted_.language.size() == layout_.language_head.size();
    if (whole || (!sorted_.language.empty() && !is_of_other_task_)) {
      for (const NamedShape& part : layout_.language_head) load(part);
      return;
    }
    drop(sorted_.language, "part of another head");
    for (const NamedShape& part : layout_.language_head) {
      result_.new_head.push_back({part.name, part.shape, "the file has no language head"});
    }
  }

  void load_head() {
    TensorsByName head = sorted_.head;
    std::erase_if(head, [&](const auto& entry) { return used_.contains(entry.second); });
    if (head.empty() || options_.num_labels == 0) {
      drop(head, "no head is wanted");
      add_new_classifier("the file has no classifier");
      return;
    }
    const std::string architecture = shorten(options_.architecture);
    if (is_of_other_task_) {
      drop(head, fmt::format("head of {}", architecture));
      add_new_classifier(fmt::format("the file's classifier is one of {}", architecture));
      return;
    }
    const int64_t outputs = classifier_outputs(head);
    if (outputs != options_.num_labels) {
      drop(head, fmt::format("{} outputs, wanted {}", outputs, options_.num_labels));
      add_new_classifier(fmt::format("the file's classifier has {} outputs", outputs));
      return;
    }
    for (const NamedShape& part : classifier_shapes(layout_, outputs)) keep(*head.at(part.name), part);
  }

  void drop(const TensorsByName& tensors, const std::string& why) {
    for (const auto& [name, tensor] : tensors) result_.dropped.push_back({tensor->name, tensor->shape, why});
  }

  void add_new_classifier(const std::string& why) {
    if (options_.num_labels == 0) return;
    for (const NamedShape& part : classifier_shapes(layout_, options_.num_labels)) {
      result_.new_head.push_back({part.name, part.shape, why});
    }
  }

  /// Outputs of the file's classifier, which must be a whole linear head on this width.
  int64_t classifier_outputs(const TensorsByName& head) const {
    const auto weight = head.find(layout_.classifier + ".weight");
    const bool has_weight = weight != head.end() && !weight->second->shape.empty();
    const int64_t outputs = has_weight ? weight->second->shape.front() : 0;
    const std::vector<NamedShape> parts = classifier_shapes(layout_, outputs);
    const bool whole = has_weight && head.size() == parts.size() &&
                       std::ranges::all_of(parts, [&](const NamedShape& part) { return head.contains(part.name); });
    RIFT_REQUIRE(whole, Code::kArtefact, "{}: tensor '{}': expected a head of {}.weight{} alone", file_name_,
                 head.begin()->second->name, layout_.classifier,
                 layout_.classifier_has_bias ? fmt::format(" and {}.bias", layout_.classifier) : "");
    for (const NamedShape& part : parts) {
      const TensorInfo& found = *head.at(part.name);
      RIFT_REQUIRE(found.shape == part.shape, Code::kArtefact,
                   "{}: tensor '{}': expected [labels,{}]{}, got {}; is this the right config.json?", file_name_,
                   found.name, layout_.width, layout_.classifier_has_bias ? " with a bias of [labels]" : "",
                   shape_text(found.shape));
    }
    return outputs;
  }

  void report_extra() const {
    std::vector<const TensorInfo*> extra = sorted_.extra;
    for (const auto& [name, tensor] : sorted_.backbone) {
      if (!used_.contains(tensor)) extra.push_back(tensor);
    }
    if (extra.empty()) return;
    RIFT_FAIL(Code::kArtefact,
              "{}: tensor '{}' {} is not part of the model that config.json describes, {}{}; is this the right "
              "config.json?",
              file_name_, extra.front()->name, shape_text(extra.front()->shape), layout_.title, and_more(extra.size()));
  }

  void report_missing() const {
    if (missing_.empty()) return;
    RIFT_FAIL(Code::kArtefact, "{}: tensor '{}' is missing: expected {}, got none{}; is this the right config.json?",
              file_name_, missing_.front().name, shape_text(missing_.front().shape), and_more(missing_.size()));
  }

  static std::string and_more(size_t count) { return count > 1 ? fmt::format(" (and {} more)", count - 1) : ""; }

  const ModelLayout& layout_;
  const SortedTensors& sorted_;
  const NameMapOptions& options_;
  std::string_view file_name_;
  bool is_of_other_task_ = false;  // the file's head
  NameMap result_;
  std::set<const TensorInfo*> used_;
  std::vector<NamedShape> missing_;
};

}  // namespace

NameMap map_names(std::span<const TensorInfo> tensors, const ModelLayout& layout, const NameMapOptions& options,
                  std::string_view file_name) {
  const SortedTensors sorted = sort_tensors(tensors, layout, options, file_name);
  return Matcher(layout, sorted, options, file_name).match();
}

}  // namespace rift::checkpoint
