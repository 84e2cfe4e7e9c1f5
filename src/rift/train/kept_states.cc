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

KeptStates::KeptStates(Form form, KeptBudget budget)
    : form_(form), budget_(std::move(budget)), at_place_(static_cast<size_t>(form.places)) {
  RIFT_CHECK(form.layers > 0);
}

KeptStates::~KeptStates() {
  for (const Slab& slab : slabs_) {
    if (slab.mapped) munmap(slab.data, kSlabBytes);
  }
}

int64_t KeptStates::bytes_of(int64_t tokens) const {
  const int64_t element = form_.precision == nn::Precision::kBf16 ? 2 : 4;
  return (tokens * width_ * element + 63) / 64 * 64;
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
char* KeptStates::room(int64_t bytes) {
  if (bytes > kSlabBytes) return nullptr;
  if (slabs_.empty() || slabs_.back().used + bytes > kSlabBytes) {
    if (!add_slab()) return nullptr;
  }
  Slab& slab = slabs_.back();
  return slab.data + std::exchange(slab.used, slab.used + bytes);
}

void KeptStates::keep(int64_t place, const float* states, int64_t tokens) {
  char* to = room(bytes_of(tokens));
  if (to == nullptr) return;
  const int64_t width = width_;
  if (form_.precision == nn::Precision::kBf16) {
    nn::kernels::kernels<nn::kernels::Bf16>().narrow({states, width}, tokens, width,
                                                     {reinterpret_cast<nn::kernels::Bf16*>(to), width});
  } else {
    std::memcpy(to, states, static_cast<size_t>(tokens * width) * sizeof(float));
  }
  at_place_[static_cast<size_t>(place)] = to;
  ++rows_kept_;
}

void KeptStates::read(int64_t place, int64_t tokens, float* to) const {
  const char* from = at_place_[static_cast<size_t>(place)];
  const int64_t width = width_;
  if (form_.precision == nn::Precision::kBf16) {
    nn::kernels::kernels<nn::kernels::Bf16>().widen({reinterpret_cast<const nn::kernels::Bf16*>(from), width}, tokens,
                                                    width, {to, width});
  } else {
    std::memcpy(to, from, static_cast<size_t>(tokens * width) * sizeof(float));
  }
}

/// missing: which of the asked rows.
void KeptStates::compute_missing(const models::TextEncoder& encoder, const Asked& asked,
                                 std::span<const size_t> missing, float* to) {
  const at::NoGradGuard no_gradient;
  const nn::ForwardContext context{.precision = form_.precision};
  std::vector<int64_t> rows;
  for (const size_t i : missing) rows.push_back(asked.chosen[i]);
  const tensor::PackedBatch own = package::make_batch(asked.rows, rows, asked.batch.ids.device());
  const at::Tensor computed =
      encoder.run_layers(encoder.embed(own, context), 0, form_.layers, own, context, models::TokensRead::kAll)
          .cpu()
          .contiguous();
  for (size_t k = 0; k < missing.size(); ++k) {
    const auto row = static_cast<int64_t>(k);
    const float* states = computed.const_data_ptr<float>() + own.row_begin_host[k] * width_;
    std::copy_n(states, own.row_tokens(row) * width_, to + asked.batch.row_begin_host[missing[k]] * width_);
    keep(asked.place[missing[k]], states, own.row_tokens(row));
  }
}

at::Tensor KeptStates::states(const models::TextEncoder& encoder, const Asked& asked) {
  const tensor::PackedBatch& batch = asked.batch;
  RIFT_CHECK(static_cast<int64_t>(asked.chosen.size()) == batch.rows && asked.place.size() == asked.chosen.size());
  RIFT_CHECK(form_.layers < encoder.layer_count() && (width_ == 0 || width_ == encoder.width()));
  width_ = encoder.width();
  at::Tensor result = at::empty({batch.tokens, width_}, at::kFloat);
  auto* to = result.mutable_data_ptr<float>();
  std::vector<size_t> missing;
  for (size_t i = 0; i < asked.place.size(); ++i) {
    if (at_place_[static_cast<size_t>(asked.place[i])] == nullptr) {
      missing.push_back(i);
    } else {
      read(asked.place[i], batch.row_tokens(static_cast<int64_t>(i)), to + batch.row_begin_host[i] * width_);
    }
  }
  if (!missing.empty()) compute_missing(encoder, asked, missing, to);
  return result.to(batch.ids.device());
}

}  // namespace rift::train
