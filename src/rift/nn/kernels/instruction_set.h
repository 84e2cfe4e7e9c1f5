#pragma once

#include <string_view>
#include <vector>

/// Which vector instructions the kernels use, found out once and changeable for tests.
namespace rift::nn::kernels {

/// From the slowest to the fastest; each has what stands before it.
///   kBaseline    SSE2, any x86-64
///   kAvx2        AVX2 and FMA
///   kAvx512      AVX-512 F, BW, DQ, VL
///   kAvx512Vnni  products of four bytes on top (vpdpbusd)
///   kAvx512Bf16  products of bf16 pairs on top (vdpbf16ps)
///   kAmx         products of bf16 on tiles on top (tdpbf16ps), where the system lends tiles
enum class InstructionSet { kBaseline, kAvx2, kAvx512, kAvx512Vnni, kAvx512Bf16, kAmx };

/// What RIFT_INSTRUCTION_SET names: "baseline", "avx2", "avx512", "avx512_vnni", "avx512_bf16", "amx".
std::string_view name_of(InstructionSet set);

/// Whether it has products of bf16, of bytes: without, the kernels make do with those of wider numbers.
constexpr bool multiplies_bf16(InstructionSet set) { return set >= InstructionSet::kAvx512Bf16; }
constexpr bool multiplies_bytes(InstructionSet set) { return set >= InstructionSet::kAvx512Vnni; }

/// Those that this CPU runs, slowest first; never empty.
std::vector<InstructionSet> usable_instruction_sets();

/// The usable one of this name. Throws kConfig naming RIFT_INSTRUCTION_SET, where users give it, when there is none.
InstructionSet usable_instruction_set(std::string_view name);

/// The one in use: the fastest usable one, or what the environment variable RIFT_INSTRUCTION_SET names. Throws as
/// above.
InstructionSet instruction_set();

/// For tests and benchmarks: kernels asked for from now on are of `set`, which must be usable. Not while others
/// compute.
void force_instruction_set(InstructionSet set);

}  // namespace rift::nn::kernels
