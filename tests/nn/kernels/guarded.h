#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <new>

namespace rift::test {

/// Zeros at first, of plain elements; whoever reads or writes beyond the last one is stopped by the system.
template <class T>
class Guarded {
 public:
  explicit Guarded(size_t size) : size_(size) {
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t usable = (size * sizeof(T) + page - 1) / page * page;
    mapped_ = usable + page;
    void* memory = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    begin_ = static_cast<std::byte*>(memory);
    if (mprotect(begin_ + usable, page, PROT_NONE) != 0) throw std::bad_alloc();
    data_ = reinterpret_cast<T*>(begin_ + usable - size * sizeof(T));
  }
  Guarded(const Guarded& other) : Guarded(other.size_) { std::copy(other.begin(), other.end(), begin()); }
  Guarded& operator=(const Guarded&) = delete;
  ~Guarded() { munmap(begin_, mapped_); }

  T* data() { return data_; }
  const T* data() const { return data_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }

 private:
  size_t size_ = 0;
  size_t mapped_ = 0;
  std::byte* begin_ = nullptr;
  T* data_ = nullptr;
};

}  // namespace rift::test
