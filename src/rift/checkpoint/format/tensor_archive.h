#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rift/checkpoint/format/dtype.h"

namespace rift::checkpoint::format {

/// One tensor of a file. Whatever way the file keeps them, its elements are read row-major in little-endian order.
struct TensorInfo {
  std::string name;
  DType dtype = DType::kF32;   // of the elements as they are read
  std::vector<int64_t> shape;  // empty = one element (rank 0)
  int64_t begin = 0;           // where the file keeps it; counted from what the format counts from
  int64_t end = 0;
  std::string_view stored_as = {};  // "Q4_K" when the file keeps it in another form than dtype; else empty

  int64_t element_count() const;  // readers have checked that these two fit 63 bits
  int64_t size_bytes() const { return element_count() * dtype_size_bytes(dtype); }
  std::string_view stored_name() const { return stored_as.empty() ? dtype_name(dtype) : stored_as; }
  bool operator==(const TensorInfo&) const = default;
};

std::string shape_text(std::span<const int64_t> shape);  // "[768,768]", "[]"

/// Elements of `shape`, -1 when they pass 63 bits.
int64_t checked_element_count(std::span<const int64_t> shape);

/// Named tensors of a file, or of several files that belong together: the one face of every format. Whoever holds one
/// holds an index that passed every check of its format: reading a tensor cannot leave the file. Values are not looked
/// at: NaN and infinity are legal here, the room `checkpoint` refuses them.
class TensorArchive {
 public:
  TensorArchive() = default;
  TensorArchive(TensorArchive&&) = default;
  TensorArchive& operator=(TensorArchive&&) = default;
  virtual ~TensorArchive() = default;

  virtual const std::string& file_name() const = 0;  // for messages
  /// One tensor's elements; `out` has exactly tensor.size_bytes(), `tensor` is one of tensors(). Safe from several
  /// threads. Throws kArtefact (the file changed, a checksum is wrong), kEnvironment.
  virtual void read(const TensorInfo& tensor, std::span<std::byte> out) const = 0;

  const std::vector<TensorInfo>& tensors() const { return tensors_; }  // in order of their bytes
  const TensorInfo* find(std::string_view name) const;                 // nullptr when absent
  const TensorInfo& at(std::string_view name) const;                   // throws kArtefact with the nearest name

 protected:
  void set_tensors(std::vector<TensorInfo> tensors);  // names are unique
  size_t place_of(const TensorInfo& tensor) const;    // its place in tensors()

 private:
  std::vector<TensorInfo> tensors_;
  std::unordered_map<std::string_view, size_t> by_name_;  // views into tensors_
};

}  // namespace rift::checkpoint::format
