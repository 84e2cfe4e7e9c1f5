#pragma once

#include <cstddef>

namespace rift::encode::text {

/// Bytes of a thread's buffer that are kept from text to text.
inline constexpr size_t kKeptBytes = size_t{4} << 20;

/// Gives the memory back that one long text has made a buffer take.
template <class Buffer>
void keep_small(Buffer& buffer) {
  if (buffer.capacity() * sizeof(typename Buffer::value_type) > kKeptBytes) Buffer().swap(buffer);
}

}  // namespace rift::encode::text
