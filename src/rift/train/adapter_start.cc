#include "rift/train/adapter_start.h"

#include "rift/base/log.h"
#include "rift/base/sha256.h"
#include "rift/checkpoint/peft_directory.h"
#include "rift/tuning/peft_start.h"

namespace rift::train {

namespace fs = std::filesystem;

bool is_adapter(const fs::path& directory) {
  std::error_code ignored;
  return fs::is_regular_file(directory / "adapter_config.json", ignored);
}

AdapterStart start_from_adapter(const fs::path& directory, const tuning::TuningOptions& options,
                                package::TextModel& text) {
  const checkpoint::ModelLayout layout =
      models::describe_text_model(text.base.config, text.base.config_path().string()).layout;
  const checkpoint::PeftAdapter adapter = checkpoint::read_peft_directory(directory, layout);
  tuning::start_from(adapter, options, *text.model);
  AdapterStart start;
  for (const auto& [name, values] : adapter.saved) start.held.insert(name);
  for (const char* file : {"adapter_config.json", "adapter_model.safetensors", "adapter_model.bin"}) {
    std::error_code ignored;
    if (fs::exists(directory / file, ignored)) start.digests += " " + sha256_file(directory / file);
  }
  log_info("started from an adapter in PEFT's form", {{"adapter", directory.filename().string()},
                                                      {"made_on", adapter.config.base_model},
                                                      {"tensors_of_head", static_cast<int64_t>(start.held.size())}});
  return start;
}

}  // namespace rift::train
