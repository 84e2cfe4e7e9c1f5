#include <ATen/core/Tensor.h>
#include <c10/core/CPUAllocator.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstring>
#include <functional>

#include "rift/base/files.h"
#include "rift/base/progress.h"
#include "rift/base/threads.h"
#include "rift/nn/engine/memory.h"
#include "rift/train/fine_tune.h"
#include "rift/train/support/samples.h"
#include "rift/tuning/tuning.h"
#include "train/small_options.h"

// train.gradient_checkpointing: the same gradients to the bit, of every architecture, for less memory.
namespace rift::train {
namespace {

constexpr uint64_t kSeed = 7;

tensor::PackedBatch batch_of(int64_t rows, int64_t tokens) {
  tensor::TokenRows some;
  for (int64_t row = 0; row < rows; ++row) {
    std::vector<int32_t> ids;
    for (int64_t token = 0; token < tokens - row % 3; ++token)
      ids.push_back(static_cast<int32_t>(3 + (row + token) % 7));
    some.add_row(ids, static_cast<uint64_t>(100 + row));
  }
  return tensor::make_packed_batch(some, c10::Device(c10::DeviceType::CPU));
}

/// Everything that a backward pass leaves, byte by byte.
struct Left {
  std::vector<float> logits;
  std::vector<float> gradients;
  std::vector<double> buffers;
};

std::vector<float> floats_of(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.detach().contiguous();
  return {flat.const_data_ptr<float>(), flat.const_data_ptr<float>() + flat.numel()};
}

template <class Model, class Batch>
Left pass(Model& model, const Batch& batch, const nn::ForwardContext& context) {
  nn::ParameterStore& store = model.parameters();
  store.zero_gradients();
  const at::Tensor logits = model.forward(batch, context);
  logits.square().sum().backward();
  Left left{.logits = floats_of(logits), .gradients = {}, .buffers = {}};
  const std::span<const float> all = std::as_const(store).template gradients<float>();
  for (const nn::Stretch& stretch : store.trainable_stretches()) {
    const auto part = all.subspan(static_cast<size_t>(stretch.offset), static_cast<size_t>(stretch.size));
    left.gradients.insert(left.gradients.end(), part.begin(), part.end());
  }
  for (const auto& [name, buffer] : store.buffers()) {
    const at::Tensor values = buffer.to(at::kDouble).contiguous();
    left.buffers.insert(left.buffers.end(), values.const_data_ptr<double>(),
                        values.const_data_ptr<double>() + values.numel());
  }
  return left;
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

void expect_same(const Left& got, const Left& expected) {
  EXPECT_TRUE(same_bits(got.logits, expected.logits));
  EXPECT_TRUE(same_bits(got.gradients, expected.gradients));
  EXPECT_TRUE(same_bits(got.buffers, expected.buffers));
  double size = 0;
  for (const float g : expected.gradients) size += std::abs(static_cast<double>(g));
  EXPECT_GT(size, 0) << "nothing was compared";
}

nn::ForwardContext training(bool recomputes) {
  return {.training = true, .seed = kSeed, .epoch = 2, .recomputes = recomputes};
}

/// Everything, some layers, and what stands beside every layer: an adapter with dropout of its own, one behind it,
/// tokens before it, keys and values that all layers share a parameter of.
std::vector<tuning::TuningOptions> tunings() {
  return {{.method = tuning::FullOptions{}},
          {.method = tuning::TopKOptions{.layers = 1}},
          {.method = tuning::LoraOptions{.rank = 4, .dropout = 0.2}},
          {.method = tuning::BottleneckOptions{}},
          {.method = tuning::PromptOptions{.tokens = 3}},
          {.method = tuning::PrefixOptions{.tokens = 3}}};
}

/// Applies the method. Prefixes are refused where transformers' model takes none.
bool is_refused(const tuning::TuningOptions& options, models::TextClassifier& model) {
  try {
    tuning::apply(options, model, kSeed);
    return false;
  } catch (const Error& error) {
    EXPECT_EQ(options.method_name(), "prefix") << error.message();
    return true;
  }
}

bool is_fused(const models::Architecture& architecture) {
  return models::why_not_fused({.config = example_config(architecture)}).empty();
}

TEST(GradientCheckpointing, GivesTheSameBitsForEveryArchitectureOfTexts) {
  set_threads(1);
  const tensor::PackedBatch batch = batch_of(5, 11);
  for (const models::Architecture* architecture : models::architectures()) {
    for (const tuning::TuningOptions& options : tunings()) {
      for (const auto execution : {nn::Execution::kAutomatic, nn::Execution::kPlain}) {
        for (const auto precision : {nn::Precision::kF32, nn::Precision::kBf16}) {
          const bool reads_precision = execution == nn::Execution::kAutomatic && is_fused(*architecture);
          if (precision == nn::Precision::kBf16 && !reads_precision) continue;
          SCOPED_TRACE(fmt::format("{}, {}, {}, {}", architecture->model_type, options.method_name(),
                                   static_cast<int>(execution), static_cast<int>(precision)));
          const auto model = sample_model(*architecture);
          if (is_refused(options, *model)) continue;
          nn::ForwardContext plain = training(false), again = training(true);
          plain.execution = again.execution = execution;
          plain.precision = again.precision = precision;
          const Left expected = pass(*model, batch, plain);
          expect_same(pass(*model, batch, again), expected);
        }
      }
    }
  }
}

TEST(GradientCheckpointing, GivesTheSameBitsForEveryArchitectureOfImages) {
  set_threads(1);
  for (const models::ImageArchitecture* architecture : models::image_architectures()) {
    for (const auto norm : {nn::BatchNormMode::kFrozen, nn::BatchNormMode::kTuned}) {
      SCOPED_TRACE(fmt::format("{}, {}", architecture->model_type, static_cast<int>(norm)));
      const auto of = [&](bool recomputes) {
        const auto model = sample_model(*architecture, models::Pooling::kAutomatic, norm);
        tuning::apply({}, *model, kSeed);
        const models::ImageSizes& sizes = model->encoder().sizes();
        const int64_t side = sizes.image_size > 0 ? sizes.image_size : std::max<int64_t>(32, sizes.least_size);
        const models::ImageBatch batch{.pixels = test::seeded_tensor("pixels", {4, sizes.channels, side, side}),
                                       .row_keys = {1, 2, 3, 4}};
        return pass(*model, batch, training(recomputes));
      };
      expect_same(of(true), of(false));
    }
  }
}

/// Bytes that ATen holds on the CPU, and the most it held.
class CountingAllocator final : public c10::Allocator {
 public:
  CountingAllocator() : own_(c10::GetCPUAllocator()) { c10::SetCPUAllocator(this, 100); }
  ~CountingAllocator() override { c10::SetCPUAllocator(own_, 100); }
  c10::DataPtr allocate(size_t bytes) override {
    void* place = ::aligned_alloc(64, (bytes + 64) / 64 * 64);
    const int64_t held = held_ += static_cast<int64_t>(::malloc_usable_size(place));
    peak_ = std::max(peak_, held);
    return {place, place, &give_back, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &give_back; }
  void copy_data(void* to, const void* from, size_t bytes) const override { std::memcpy(to, from, bytes); }
  int64_t peak_of(const std::function<void()>& work) {
    const int64_t before = held_;
    peak_ = before;
    work();
    return peak_ - before;
  }

 private:
  static void give_back(void* place) {
    held_ -= static_cast<int64_t>(::malloc_usable_size(place));
    ::free(place);
  }
  static inline std::atomic<int64_t> held_ = 0;
  c10::Allocator* own_;
  int64_t peak_ = 0;
};

/// A BERT of eight layers whose heads are `head_width` wide.
std::unique_ptr<models::TextClassifier> deep_model(int64_t head_width) {
  Json config = test::small_config();
  config["num_hidden_layers"] = 8;
  config["max_position_embeddings"] = 32;
  config["hidden_size"] = 64;
  config["num_attention_heads"] = 64 / head_width;
  config["intermediate_size"] = 256;
  const auto layout = models::describe_text_model(config, "config.json").layout;
  tensor::TensorMap tensors = sample_tensors(layout);
  for (const auto& part : layout.language_head) tensors.erase(part.name);
  return std::make_unique<models::TextClassifier>(models::TextClassifierOptions{.config = config}, tensors);
}

TEST(GradientCheckpointing, HoldsLessMemoryOnPlainExecution) {
  set_threads(1);
  CountingAllocator allocator;
  const auto model = deep_model(16);
  tuning::apply({}, *model, kSeed);
  const tensor::PackedBatch batch = batch_of(16, 24);
  const auto peak = [&](bool recomputes) {
    pass(*model, batch, training(recomputes));  // what is made once
    return allocator.peak_of([&] { pass(*model, batch, training(recomputes)); });
  };
  const int64_t with = peak(true), without = peak(false);
  std::cout << without << " bytes without, " << with << " with\n";
  EXPECT_LT(with, without / 3) << "eight layers, of which one is held at a time";
}

TEST(GradientCheckpointing, HoldsLessMemoryOnTheEngine) {
  set_threads(1);
  const tensor::PackedBatch batch = batch_of(512, 24);
  const auto held = [&](bool recomputes) {
    const auto model = deep_model(32);
    tuning::apply({}, *model, kSeed);
    EXPECT_EQ(model->encoder().why_not_fused(), "");
    const size_t before = nn::engine::held_bytes();
    pass(*model, batch, training(recomputes));
    return nn::engine::held_bytes() - before;  // blocks stay in the pool: what there was at most
  };
  const size_t with = held(true), without = held(false);
  std::cout << without << " bytes without, " << with << " with\n";
  EXPECT_LT(with, without / 2);
}

/// A setting that a layer which runs again has to live with.
struct Setting {
  const char* name;
  bool engine;
  void (*set)(FineTuneOptions& options, const std::string& texts);
  int threads = 1;
  bool same_parts = true;  // less memory may mean larger parts, whose sums are rounded otherwise
};

std::vector<Setting> settings() {
  using tuning::LoraOptions;
  return {
      {"two threads", false, [](auto&, const auto&) {}, 2},
      {"two threads", true, [](auto&, const auto&) {}, 2},
      {"batch_memory_mib", true,
       [](auto& o, const auto&) {
         o.train.batch_memory_mib = 1;
         o.optim.batch_rows = 64;
       },
       1, /*same_parts=*/false},
      {"sam, accumulate", false,
       [](auto& o, const auto&) {
         o.optim.sam_rho = 0.05;
         o.optim.accumulate = 2;
       }},
      {"replay, accumulate", false,
       [](auto& o, const auto& texts) {
         o.objective.anchor.kind = objective::ReplayAnchor{.lambda = 0.5, .source = {.texts = texts}};
         o.optim.accumulate = 2;
       }},
      {"distillation", false,
       [](auto& o, const auto&) { o.objective.anchor.kind = objective::DistillationAnchor{.lambda = 2}; }},
      {"kept states", false, [](auto& o, const auto&) { o.tuning.method = tuning::TopKOptions{.layers = 1}; }},
      {"dora", false,
       [](auto& o, const auto&) { o.tuning.method = LoraOptions{.rank = 2, .dropout = 0.1, .dora = true}; }},
      {"ia3", false, [](auto& o, const auto&) { o.tuning.method = tuning::Ia3Options{}; }},
      {"gradual", false, [](auto& o, const auto&) { o.tuning.method = tuning::GradualOptions{}; }},
  };
}

TEST(GradientCheckpointing, ARunComesToTheSameBytesBesideOtherSettings) {
  set_progress_style(ProgressStyle::kSilent);
  const data::Dataset dataset = test::small_dataset(96);
  for (const Setting& setting : settings()) {
    SCOPED_TRACE(setting.name);
    set_threads(setting.threads);
    const test::TempDirectory folder;
    FineTuneOptions options =
        test::small_options(setting.engine ? test::engine_backbone(folder) : test::language_backbone(folder));
    options.optim.epochs = 1;
    setting.set(options, test::general_texts(folder));
    const auto run = [&](bool recomputes) {
      options.train.gradient_checkpointing = recomputes;
      const auto place = folder.folder(recomputes ? "again" : "once");
      const FineTuned tuned = fine_tune({.dataset = dataset,
                                         .train = test::row_range(0, 64),
                                         .validation = test::row_range(64, 32),
                                         .options = options,
                                         .directory = place});
      return std::pair(read_file(place / "log.jsonl"), tuned.scorer->score(dataset.table).values);
    };
    const auto [log, scores] = run(true);
    const auto [expected_log, expected] = run(false);
    if (setting.same_parts) {
      EXPECT_EQ(log, expected_log);
      EXPECT_EQ(scores, expected);
    }
    ASSERT_EQ(scores.size(), expected.size());
    for (size_t i = 0; i < scores.size(); ++i) EXPECT_NEAR(scores[i], expected[i], 1e-4);
  }
  set_threads(1);
}

TEST(GradientCheckpointing, ARunComesToTheSameBytes) {
  set_progress_style(ProgressStyle::kSilent);
  set_threads(1);
  const test::TempDirectory folder;
  const data::Dataset dataset = test::small_dataset(96);
  for (const bool engine : {false, true}) {
    const std::string name = engine ? "engine" : "plain";
    const test::TempDirectory models;
    FineTuneOptions options =
        test::small_options(engine ? test::engine_backbone(models) : test::small_backbone(models));
    options.optim.epochs = 1;
    const auto log = [&](bool recomputes) {
      options.train.gradient_checkpointing = recomputes;
      const auto run = folder.folder(name + (recomputes ? " again" : ""));
      fine_tune({.dataset = dataset,
                 .train = test::row_range(0, 64),
                 .validation = test::row_range(64, 32),
                 .options = options,
                 .directory = run});
      return read_file(run / "log.jsonl");
    };
    EXPECT_EQ(log(true), log(false)) << name;
  }
}

}  // namespace
}  // namespace rift::train
