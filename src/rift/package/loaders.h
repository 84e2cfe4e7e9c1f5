#pragma once

#include "rift/package/format/package.h"

/// Torch-free header of the part of the room that needs LibTorch.
namespace rift::package {

/// classic_loaders() and "fine-tuned" on `device` ("cpu", "cuda"), for packages of every kind.
PartLoaders all_loaders(const std::string& device = "cpu");

}  // namespace rift::package
