#include "rift/nn/engine/memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <utility>

namespace rift::nn::engine {

namespace {

constexpr size_t kPage = size_t{1} << 21;

size_t mebibytes(size_t bytes) { return (bytes + (size_t{1} << 20) - 1) >> 20; }
std::atomic<size_t> g_held_bytes = 0;

}  // namespace

OutOfMemory::OutOfMemory(size_t bytes)
    : Error(Code::kEnvironment,
            fmt::format("out of memory: one batch's activations need {} MiB; lower optim.batch_rows (and raise "
                        "optim.accumulate by the same factor: the steps stay the same), or model.text.max_tokens",
                        mebibytes(bytes))) {}

Block::Block(size_t bytes) : size_((bytes + kPage - 1) / kPage * kPage) {
  if (size_ == 0) return;
  void* at = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  RIFT_REQUIRE(at != MAP_FAILED, Code::kEnvironment,
               "out of memory: the model needs {} MiB more than the system gives; close other programs, or lower "
               "model.text.max_tokens",
               mebibytes(size_));
  madvise(at, size_, MADV_HUGEPAGE);
  data_ = static_cast<char*>(at);
  g_held_bytes += size_;
}

Block::~Block() {
  if (data_ == nullptr) return;
  munmap(data_, size_);
  g_held_bytes -= size_;
}

Block::Block(Block&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Block& Block::operator=(Block&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

size_t held_bytes() { return g_held_bytes; }

Block BlockPool::take(size_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    // The smallest that is large enough; without one, everything kept is too small and goes back to the system.
    const auto found = std::ranges::find_if(blocks_, [&](const Block& block) { return block.size() >= bytes; });
    if (found != blocks_.end()) {
      Block block = std::move(*found);
      blocks_.erase(found);
      return block;
    }
    blocks_.clear();
  }
  try {
    return Block(bytes + bytes / 8);  // batches differ in length: the next may be a little larger
  } catch (const Error&) {
    throw OutOfMemory(bytes);  // a smaller batch may still fit
  }
}

void BlockPool::give_back(Block block) {
  if (block.size() == 0) return;
  const std::lock_guard lock(mutex_);
  const auto larger = std::ranges::find_if(blocks_, [&](const Block& other) { return other.size() >= block.size(); });
  blocks_.insert(larger, std::move(block));
}

}  // namespace rift::nn::engine
