#include "rift/models/language_model.h"

#include <algorithm>

#include "rift/base/error.h"

namespace rift::models {

LanguageModel::LanguageModel(const LanguageModelOptions& options, const tensor::LazyTensors& pretrained)
    : architecture_(architecture_of(options.config, options.config_file)),
      store_(std::make_unique<nn::ParameterStore>(options.dtype, options.device)) {
  RIFT_CHECK(!options.from_scratch || pretrained.empty());
  BuiltEncoder built = architecture_.build(options.config, options.config_file, *store_);
  encoder_ = std::move(built.encoder);
  objective_ = built.language_head.objective;
  const size_t begin = store_->parameters().size();
  head_ = LanguageHead::add_to(*store_, built.language_head, encoder_->width(), encoder_->sizes().vocab_size);
  head_part_ = part_since(*store_, "language head", begin);
  store_->seal();
  initialise(store_->copy_from(pretrained), built.start, options);
}

LanguageModel::~LanguageModel() = default;

void LanguageModel::initialise(const std::vector<std::string>& names, const StartValues& values,
                               const LanguageModelOptions& options) {
  for (const std::string& name : names) {
    const nn::Parameter* parameter = store_->find(name);
    if (parameter == nullptr) continue;  // a buffer, which its maker has filled
    RIFT_REQUIRE(options.from_scratch || std::ranges::find(head_part_.parameters, name) != head_part_.parameters.end(),
                 Code::kArtefact, "tensor '{}' is missing from the pretrained weights; is this the right config.json?",
                 shorten(name));
    fill_start_values(*store_, *parameter, values, options.seed);
    new_parameters_.push_back(name);
  }
}

}  // namespace rift::models
