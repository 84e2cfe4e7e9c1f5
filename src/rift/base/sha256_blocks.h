#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

/// The compression function of SHA-256 over whole 64-byte blocks; both give the same state.
namespace rift::sha256 {

using State = std::array<uint32_t, 8>;

void blocks_portable(State& state, const uint8_t* data, size_t count);

/// With the CPU's SHA instructions; may be called only where they exist.
bool has_instructions();
void blocks_with_instructions(State& state, const uint8_t* data, size_t count);

}  // namespace rift::sha256
