#include "rift/checkpoint/sorted_tensors.h"

#include <algorithm>

#include "rift/base/error.h"

namespace rift::checkpoint {
namespace {

using format::TensorInfo;

/// What wrappers of a model put before its names.
constexpr std::string_view kWrappers[] = {
    "",
    "module.",        // DataParallel
    "0.auto_model.",  // sentence-transformers, all modules in one file
    "auto_model.",    // sentence-transformers' Transformer module
    "model.",         // wrappers that call the encoder `model`
};
constexpr std::string_view kBuffers[] = {"embeddings.position_ids", "embeddings.token_type_ids"};

bool removes_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool is_known_prefix(std::string_view prefix, const ModelLayout& layout) {
  return std::ranges::any_of(kWrappers, [&](std::string_view wrapper) {
    std::string_view rest = prefix;
    return removes_prefix(rest, wrapper) && (rest.empty() || rest == layout.base_prefix);
  });
}

/// The canonical name of a tensor that another library named, nullptr when it is none of its names.
const std::string* canonical_of_alias(const ModelLayout& layout, std::string_view name) {
  removes_prefix(name, "module.");
  const auto found = std::ranges::find(layout.aliases, name, &Alias::in_files);
  return found == layout.aliases.end() ? nullptr : &found->name;
}

bool has_aliases(std::span<const TensorInfo> tensors, const ModelLayout& layout) {
  return std::ranges::any_of(tensors, [&](const TensorInfo& tensor) {
    const std::string* canonical = canonical_of_alias(layout, tensor.name);
    return canonical != nullptr && *canonical == layout.encoder.front().name;
  });
}

/// What stands before the encoder's names in this file: "" or "bert.", wrapped or not.
std::string find_backbone_prefix(std::span<const TensorInfo> tensors, const ModelLayout& layout,
                                 std::string_view file_name) {
  const std::string anchor = layout.encoder.front().name.substr(layout.base_prefix.size());
  std::vector<std::string_view> prefixes;
  for (const auto& tensor : tensors) {
    const std::string_view name = tensor.name;
    if (name.ends_with(anchor)) prefixes.push_back(name.substr(0, name.size() - anchor.size()));
  }
  RIFT_REQUIRE(!prefixes.empty(), Code::kArtefact, "{}: no tensor '...{}' among {}; expected the weights of {} encoder",
               file_name, anchor, tensors.size(), layout.title);
  RIFT_REQUIRE(prefixes.size() == 1, Code::kArtefact,
               "{}: {} encoders in one file ('{}{}', '{}{}'); expected one, save it alone", file_name, prefixes.size(),
               shorten(prefixes[0]), anchor, shorten(prefixes[1]), anchor);
  RIFT_REQUIRE(is_known_prefix(prefixes[0], layout), Code::kArtefact,
               "{}: tensor '{}{}': unknown prefix '{}'; expected '{}' or none", file_name, shorten(prefixes[0]), anchor,
               shorten(prefixes[0]), layout.base_prefix);
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

class TensorSorter {
 public:
  TensorSorter(const ModelLayout& layout, const NameMapOptions& options, std::string backbone_prefix,
               std::string_view file_name)
      : layout_(layout),
        wants_language_head_(options.language_head),
        backbone_prefix_(std::move(backbone_prefix)),
        outer_prefix_(backbone_prefix_),
        file_name_(file_name) {
    if (outer_prefix_.ends_with(layout.base_prefix)) {
      outer_prefix_.resize(outer_prefix_.size() - layout.base_prefix.size());
    }
  }

  void add(const TensorInfo& tensor) {
    std::string_view name = tensor.name;
    if (add_alias(tensor)) return;
    if (add_beside_encoder(tensor, name)) return;
    if (!removes_prefix(name, backbone_prefix_)) {
      sorted_.extra.push_back(&tensor);
    } else if (is_buffer(name)) {
      sorted_.dropped.push_back({tensor.name, tensor.shape, "buffer that the model makes itself"});
    } else {
      std::string canonical = layout_.base_prefix + with_modern_layer_norm(name);
      if (!drops(tensor, canonical)) insert(sorted_.backbone, std::move(canonical), tensor);
    }
  }

  SortedTensors take() {
    for (const auto& [name, tensor] : aliased_) {
      if (sorted_.language.emplace(name, tensor).second) continue;
      sorted_.dropped.push_back({tensor->name, tensor->shape, "the same as " + name});
    }
    return std::move(sorted_);
  }

 private:
  bool add_alias(const TensorInfo& tensor) {
    const std::string* canonical = canonical_of_alias(layout_, tensor.name);
    if (canonical == nullptr) return false;
    insert(is_of_head(layout_, *canonical) ? sorted_.head : sorted_.backbone, *canonical, tensor);
    return true;
  }

  bool is_buffer(std::string_view name) const {
    return std::ranges::find(kBuffers, name) != std::end(kBuffers) ||
           std::ranges::any_of(layout_.file_buffers, [&](std::string_view end) { return name.ends_with(end); });
  }

  bool add_beside_encoder(const TensorInfo& tensor, std::string_view name) {
    if (!removes_prefix(name, outer_prefix_)) return false;
    if (add_to_language_head(tensor, name) || drops(tensor, name)) return true;
    if (!is_of_head(layout_, name)) return false;
    insert(sorted_.head, std::string(name), tensor);
    return true;
  }

  bool add_to_language_head(const TensorInfo& tensor, std::string_view file_name) {
    if (!wants_language_head_) return false;
    const std::string name = with_modern_layer_norm(file_name);
    if (std::ranges::find(layout_.language_head, name, &NamedShape::name) != layout_.language_head.end()) {
      insert(sorted_.language, name, tensor);
      return true;
    }
    const auto alias = std::ranges::find(layout_.language_aliases, name, &Alias::in_files);
    if (alias == layout_.language_aliases.end()) return false;
    insert(aliased_, alias->name, tensor);
    return true;
  }

  bool drops(const TensorInfo& tensor, std::string_view canonical) {
    for (const UnusedTensors& unused : layout_.unused) {
      if (!canonical.starts_with(unused.prefix)) continue;
      sorted_.dropped.push_back({tensor.name, tensor.shape, std::string(unused.why)});
      return true;
    }
    return false;
  }

  void insert(TensorsByName& map, std::string name, const TensorInfo& tensor) {
    const auto [at, inserted] = map.emplace(std::move(name), &tensor);
    RIFT_REQUIRE(inserted, Code::kArtefact, "{}: tensors '{}' and '{}' are both '{}' of the model", file_name_,
                 at->second->name, tensor.name, at->first);
  }

  const ModelLayout& layout_;
  bool wants_language_head_;
  std::string backbone_prefix_;
  std::string outer_prefix_;  // what stands before base_prefix and before the heads
  std::string_view file_name_;
  SortedTensors sorted_;
  TensorsByName aliased_;  // of the language head; older files of transformers hold a tensor under both names
};

}  // namespace

SortedTensors sort_tensors(std::span<const TensorInfo> tensors, const ModelLayout& layout,
                           const NameMapOptions& options, std::string_view file_name) {
  const std::string prefix =
      has_aliases(tensors, layout) ? layout.base_prefix : find_backbone_prefix(tensors, layout, file_name);
  TensorSorter sorter(layout, options, prefix, file_name);
  for (const auto& tensor : tensors) sorter.add(tensor);
  return sorter.take();
}

}  // namespace rift::checkpoint
