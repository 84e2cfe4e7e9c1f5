#include "rift/package/language_head.h"

#include "rift/base/files.h"
#include "rift/checkpoint/load_model.h"
#include "rift/models/options.h"

namespace rift::package {

namespace fs = std::filesystem;

void keep_language_head(const checkpoint::HfDirectory& base, const checkpoint::ModelLayout& layout,
                        const fs::path& package) {
  const bool is_decoder = layout.head_pooling == name_of(models::Pooling::kLast);
  if (!is_decoder || layout.language_head.empty()) return;
  tensor::LazyTensors head;
  if (const fs::path kept = language_head_of(base.root); !kept.empty()) {
    head = checkpoint::read_tensors(kept);
  } else {
    const checkpoint::LoadedModel loaded = checkpoint::load_model(base, layout, {.language_head = true});
    if (!loaded.names.new_head.empty()) return;
    for (const checkpoint::NamedShape& part : layout.language_head) {
      head.emplace(part.name, *loaded.tensors.find(part.name));
    }
  }
  checkpoint::write_tensors(package / kLanguageHeadFile, head);
}

fs::path language_head_of(const fs::path& package) {
  std::error_code ignored;
  const fs::path file = package / kLanguageHeadFile;
  return fs::is_regular_file(file, ignored) ? file : fs::path();
}

}  // namespace rift::package
