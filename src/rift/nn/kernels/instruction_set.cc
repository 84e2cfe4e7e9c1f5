#include "rift/nn/kernels/instruction_set.h"

#include <fmt/ranges.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "rift/base/error.h"

namespace rift::nn::kernels {

namespace {

constexpr std::string_view kNames[] = {"baseline", "avx2", "avx512", "avx512_vnni", "avx512_bf16", "amx"};
constexpr const char* kVariable = "RIFT_INSTRUCTION_SET";

#if defined(__x86_64__)
/// Linux gives a process the tiles' registers, of all its threads, only after it has asked.
/// Source: Documentation/arch/x86/xstate.rst of the kernel.
bool system_lends_tiles() {
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;               // XFEATURE_XTILEDATA
  static const bool lends = syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  return lends;
}
#endif

bool runs(InstructionSet set) {
#if defined(__x86_64__)
  switch (set) {
    case InstructionSet::kBaseline:
      return true;
    case InstructionSet::kAvx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case InstructionSet::kAvx512:
      return runs(InstructionSet::kAvx2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    case InstructionSet::kAvx512Vnni:
      return runs(InstructionSet::kAvx512) && __builtin_cpu_supports("avx512vnni");
    case InstructionSet::kAvx512Bf16:
      return runs(InstructionSet::kAvx512Vnni) && __builtin_cpu_supports("avx512bf16");
    case InstructionSet::kAmx:
      return runs(InstructionSet::kAvx512Bf16) && __builtin_cpu_supports("amx-tile") &&
             __builtin_cpu_supports("amx-bf16") && system_lends_tiles();
  }
#endif
  return set == InstructionSet::kBaseline;
}

InstructionSet chosen() {
  const char* asked = std::getenv(kVariable);
  return asked == nullptr || *asked == '\0' ? usable_instruction_sets().back() : usable_instruction_set(asked);
}

std::atomic<int> g_set{-1};

}  // namespace

std::string_view name_of(InstructionSet set) { return kNames[static_cast<size_t>(set)]; }

std::vector<InstructionSet> usable_instruction_sets() {
  std::vector<InstructionSet> sets;
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (runs(static_cast<InstructionSet>(i))) sets.push_back(static_cast<InstructionSet>(i));
  }
  return sets;
}

InstructionSet usable_instruction_set(std::string_view name) {
  std::vector<std::string_view> names;
  for (const InstructionSet set : usable_instruction_sets()) {
    if (name_of(set) == name) return set;
    names.push_back(name_of(set));
  }
  RIFT_FAIL(Code::kConfig, "{}: this CPU runs {}, got '{}'", kVariable, fmt::join(names, ", "), shorten(name));
}

InstructionSet instruction_set() {
  int set = g_set.load(std::memory_order_relaxed);
  if (set < 0) g_set = set = static_cast<int>(chosen());
  return static_cast<InstructionSet>(set);
}

void force_instruction_set(InstructionSet set) {
  RIFT_CHECK(runs(set));
  g_set = static_cast<int>(set);
}

}  // namespace rift::nn::kernels
