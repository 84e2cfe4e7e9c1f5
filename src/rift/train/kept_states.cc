#include "rift/train/kept_states.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "rift/base/error.h"
#include "rift/base/log.h"
#include "rift/nn/kernels/kernels.h"

namespace rift::train {
namespace {

constexpr int64_t kSlabBytes = int64_t{64} << 20;

}  // namespace

KeptStates::KeptStates(const models::TextEncoder& encoder, int64_t layers, int64_t rows, nn::Precision precision,
                       KeptBudget budget)
    : encoder_(encoder),
      layers_(layers),
      precision_(precision),
      budget_(std::move(budget)),
      of_row_(static_cast<size_t>(rows)) {
  RIFT_CHECK(layers > 0 && layers < encoder.layer_count());
}

KeptStates::~KeptStates() {
  for (const Slab& slab : slabs_) {
    if (slab.mapped) munmap(slab.data, kSlabBytes);
  }
}

int64_t KeptStates::bytes_of(int64_t tokens) const {
  const int64_t element = precision_ == nn::Precision::kBf16 ? 2 : 4;
  return (tokens * encoder_.width() * element + 63) / 64 * 64;
}

/// Anonymous memory first, then the file.
bool KeptStates::add_slab() {
  if (budget_.memory_bytes < kSlabBytes) return add_file_slab();
  budget_.memory_bytes -= kSlabBytes;
  Slab& slab = slabs_.emplace_back();
  slab.memory = nn::engine::Block(static_cast<size_t>(kSlabBytes));
  slab.data = slab.memory.data();
  return true;
}

bool KeptStates::add_file_slab() {
  if (budget_.disk_bytes < kSlabBytes) return false;
  if (!file_) file_.emplace(budget_.folder, O_TMPFILE | O_RDWR | O_CLOEXEC);
  const auto mapped = std::ranges::count(slabs_, true, &Slab::mapped);
  const off_t offset = static_cast<off_t>(mapped * kSlabBytes);
  void* at = MAP_FAILED;
  if (posix_fallocate(file_->get(), offset, kSlabBytes) == 0) {
    at = mmap(nullptr, kSlabBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_->get(), offset);
  }
  if (at == MAP_FAILED) {
    log_warning("no room on disk for what frozen layers say; the remaining rows are computed in every epoch",
                {{"folder", budget_.folder.string()}, {"kept_mib", mapped * (kSlabBytes >> 20)}});
    budget_.disk_bytes = 0;
    return false;
  }
  budget_.disk_bytes -= kSlabBytes;
  Slab& slab = slabs_.emplace_back();
  slab.data = static_cast<char*>(at);
  slab.mapped = true;
  return true;
}

/// nullptr when the budget is used up.
char* KeptStates::place(int64_t bytes) {
  if (bytes > kSlabBytes) return nullptr;
  if (slabs_.empty() || slabs_.back().used + bytes > kSlabBytes) {
    if (!add_slab()) return nullptr;
  }
  Slab& slab = slabs_.back();
  return slab.data + std::exchange(slab.used, slab.used + bytes);
}

void KeptStates::keep(int64_t row, const float* states, int64_t tokens) {
  char* to = place(bytes_of(tokens));
  if (to == nullptr) return;
  const int64_t width = encoder_.width();
  if (precision_ == nn::Precision::kBf16) {
    nn::kernels::kernels<nn::kernels::Bf16>().narrow({states, width}, tokens, width,
                                                     {reinterpret_cast<nn::kernels::Bf16*>(to), width});
  } else {
    std::memcpy(to, states, static_cast<size_t>(tokens * width) * sizeof(float));
  }
  of_row_[static_cast<size_t>(row)] = to;
  ++rows_kept_;
}

void KeptStates::read(int64_t row, int64_t tokens, float* to) const {
  const char* from = of_row_[static_cast<size_t>(row)];
  const int64_t width = encoder_.width();
  if (precision_ == nn::Precision::kBf16) {
    nn::kernels::kernels<nn::kernels::Bf16>().widen({reinterpret_cast<const nn::kernels::Bf16*>(from), width}, tokens,
                                                    width, {to, width});
  } else {
    std::memcpy(to, from, static_cast<size_t>(tokens * width) * sizeof(float));
  }
}

/// begins: where each missing row's tokens go in `to`.
void KeptStates::compute_missing(const package::EncodedRows& rows, std::span<const int64_t> missing,
                                 const tensor::PackedBatch& batch, float* to, std::span<const int64_t> begins) {
  const at::NoGradGuard no_gradient;
  const nn::ForwardContext context{.precision = precision_};
  const tensor::PackedBatch own = package::make_batch(rows, missing, batch.ids.device());
  const at::Tensor computed =
      encoder_.run_layers(encoder_.embed(own, context), 0, layers_, own, context, models::TokensRead::kAll)
          .cpu()
          .contiguous();
  const int64_t width = encoder_.width();
  for (size_t i = 0; i < missing.size(); ++i) {
    const auto row = static_cast<int64_t>(i);
    const float* states = computed.const_data_ptr<float>() + own.row_begin_host[i] * width;
    std::copy_n(states, own.row_tokens(row) * width, to + begins[i] * width);
    keep(missing[i], states, own.row_tokens(row));
  }
}

at::Tensor KeptStates::states(const package::EncodedRows& rows, std::span<const int64_t> chosen,
                              const tensor::PackedBatch& batch) {
  RIFT_CHECK(static_cast<int64_t>(chosen.size()) == batch.rows);
  at::Tensor result = at::empty({batch.tokens, encoder_.width()}, at::kFloat);
  auto* to = result.mutable_data_ptr<float>();
  std::vector<int64_t> missing, begins;
  for (size_t i = 0; i < chosen.size(); ++i) {
    const int64_t begin = batch.row_begin_host[i];
    if (of_row_[static_cast<size_t>(chosen[i])] == nullptr) {
      missing.push_back(chosen[i]);
      begins.push_back(begin);
    } else {
      read(chosen[i], batch.row_tokens(static_cast<int64_t>(i)), to + begin * encoder_.width());
    }
  }
  if (!missing.empty()) compute_missing(rows, missing, batch, to, begins);
  return result.to(batch.ids.device());
}

}  // namespace rift::train
