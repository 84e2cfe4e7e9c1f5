#pragma once

#include <gtest/gtest.h>

#include <string>
#include <type_traits>

#include "nn/kernels/emulated_amx.h"
#include "rift/nn/kernels/kernels.h"

namespace rift::test {

/// Tests of kernels in E = float, Bf16 that run on every instruction set of this machine and, in Bf16, on "amx" with
/// emulated tiles.
template <class E>
class EverySet : public testing::Test {
 protected:
  ~EverySet() override { nn::kernels::force_instruction_set(before_); }
  template <class Body>
  void on_every_set(Body body) {
    for (const nn::kernels::InstructionSet set : nn::kernels::usable_instruction_sets()) {
      SCOPED_TRACE(std::string(name_of(set)));
      nn::kernels::force_instruction_set(set);
      body(nn::kernels::kernels<E>());
    }
    if constexpr (std::is_same_v<E, nn::kernels::Bf16>) {
      SCOPED_TRACE("amx with emulated tiles");
      body(kEmulatedAmx);
    }
  }

 private:
  nn::kernels::InstructionSet before_ = nn::kernels::instruction_set();
};

class ElementNames {
 public:
  template <class E>
  static std::string GetName(int) {
    return nn::kernels::kPerUnit<E> == 1 ? "f32" : "bf16";
  }
};
using Elements = testing::Types<float, nn::kernels::Bf16>;

}  // namespace rift::test
