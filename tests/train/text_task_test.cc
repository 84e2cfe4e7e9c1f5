#include "rift/train/text_task.h"

#include <gtest/gtest.h>

#include <cmath>

#include "rift/base/threads.h"
#include "rift/package/text_model.h"
#include "rift/tuning/tuning.h"
#include "train/small_options.h"

namespace rift::train {
namespace {

using test::row_range;

/// The small model on the small data as one task; every call of add_gradient() is as a step of training makes it.
class SmallTask {
 public:
  SmallTask(FineTuneOptions wanted, KeptBudget kept = {})
      : options_(std::move(wanted)),
        dataset_(test::small_dataset(128)),
        text_(package::load_text_model({.directory = options_.text.backbone, .pooling = options_.text.pooling})),
        applied_(tuning::apply(options_.tuning, *text_.model, 1)),
        inputs_(dataset_.schema, options_.text.text, text_.tokenizer, options_.text.max_tokens),
        task_({.class_names = dataset_.schema.class_names,
               .train = rows(0, 96),
               .validation = rows(96, 32),
               .objective = options_.objective,
               .kept = kept},
              *text_.model) {}

  LabelledRows rows(int64_t first, int64_t count) const {
    return take_rows(dataset_, row_range(first, count), inputs_);
  }
  TextTask& task() { return task_; }
  nn::ParameterStore& store() { return text_.model->parameters(); }

 private:
  FineTuneOptions options_;
  data::Dataset dataset_;
  package::TextModel text_;
  tuning::Applied applied_;
  package::TextInputs inputs_;
  TextTask task_;
};

/// What a task says: losses and gradients of some batches, then the evaluation.
struct Said {
  std::vector<double> losses;
  std::vector<float> gradients;
  double validation_loss = 0;
};

Said said_by(SmallTask small) {
  Said said;
  for (const int64_t rows : {1, 5, 32, 96}) {
    small.store().zero_gradients();
    const nn::ForwardContext context{.training = true, .seed = 7, .epoch = 2};
    said.losses.push_back(small.task().add_gradient(row_range(96 - rows, rows), context, 0.5).loss.sum);
    for (const nn::Parameter& parameter : small.store().parameters()) {
      if (!parameter.trainable) continue;
      const std::span<const float> all = small.store().gradients<float>();
      const auto own = all.subspan(static_cast<size_t>(parameter.offset), static_cast<size_t>(parameter.size));
      said.gradients.insert(said.gradients.end(), own.begin(), own.end());
    }
  }
  said.validation_loss = small.task().evaluate()->figures.at("loss").as_double();
  return said;
}

TEST(TextTask, AFrozenEncoderReadOnceSaysWhatOneReadEveryTimeSays) {
  set_threads(1);
  const test::TempDirectory folder;
  FineTuneOptions options = test::small_options(test::small_backbone(folder));
  options.tuning.method = tuning::HeadOptions{};
  for (const auto pooling :
       {models::Pooling::kPooler, models::Pooling::kCls, models::Pooling::kMean, models::Pooling::kLast}) {
    options.text.pooling = pooling;
    const Said once = said_by({options}), every_time = said_by({options, {.memory_bytes = 0}});
    EXPECT_EQ(once.losses, every_time.losses) << name_of(pooling);
    EXPECT_EQ(once.gradients, every_time.gradients) << name_of(pooling);
    // The validation rows come in another order, so that a logit may differ in its last bit.
    EXPECT_NEAR(once.validation_loss, every_time.validation_loss, 1e-8) << name_of(pooling);
  }
}

// A pooler trains although it reads the mean over a row's tokens: what is kept lies before it.
TEST(TextTask, APoolerBehindAMeanTrainsOnAFrozenEncoderReadOnce) {
  set_threads(1);
  const test::TempDirectory folder;
  FineTuneOptions options = test::small_options(test::encoder_backbone(folder, "modernbert_mean"));
  options.tuning.method = tuning::HeadOptions{};
  options.text.pooling = models::Pooling::kPooler;
  const Said once = said_by({options}), every_time = said_by({options, {.memory_bytes = 0}});
  ASSERT_EQ(once.gradients.size(), every_time.gradients.size());
  // The layers meet other rows beside a row, which their products round otherwise.
  for (size_t i = 0; i < once.gradients.size(); ++i) {
    EXPECT_NEAR(once.gradients[i], every_time.gradients[i], 1e-4 * (1 + std::abs(every_time.gradients[i]))) << i;
  }
  EXPECT_NEAR(once.validation_loss, every_time.validation_loss, 1e-6);
}

}  // namespace
}  // namespace rift::train
