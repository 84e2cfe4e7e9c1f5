#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "rift/base/error.h"

/// Large stretches of memory that are used again in every step: asking the system anew would cost a page fault for
/// every 4 KiB of them.
namespace rift::nn::engine {

/// A batch needs more memory than there is, or than it may take. Nothing was computed of it yet.
class OutOfMemory : public Error {
 public:
  explicit OutOfMemory(size_t bytes);
};

/// Zeroed when it comes from the system, stale when it comes from the pool. 64-byte aligned, in 2 MiB pages where the
/// system has them.
class Block {
 public:
  Block() = default;
  /// Throws kEnvironment when the system has none left.
  explicit Block(size_t bytes);
  ~Block();
  Block(Block&& other) noexcept;
  Block& operator=(Block&& other) noexcept;
  char* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  char* data_ = nullptr;
  size_t size_ = 0;
};

/// Of all blocks that there are (in pools, scratch, packed weights): what the engine holds of the system. For tests.
size_t held_bytes();

/// Places arrays one after the other. Without a block it only counts, so that the same function can first measure and
/// then place:   place(Layout());  ...  place(Layout(block.data()))
class Layout {
 public:
  explicit Layout(char* base = nullptr) : base_(base) {}
  template <class T>
  T* take(int64_t count) {
    char* at = base_ == nullptr ? nullptr : base_ + used_;
    used_ += (static_cast<size_t>(count) * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
    return reinterpret_cast<T*>(at);
  }
  size_t used() const { return used_; }

 private:
  static constexpr size_t kAlignment = 64;
  char* base_;
  size_t used_ = 0;
};

/// Blocks for batches: those that were given back, for the next one who asks. Thread-safe.
class BlockPool {
 public:
  /// Throws OutOfMemory when the system has none left.
  Block take(size_t bytes);
  void give_back(Block block);

 private:
  std::mutex mutex_;
  std::vector<Block> blocks_;
};

}  // namespace rift::nn::engine
