#pragma once

#include <string>
#include <vector>

#include "rift/base/json.h"

namespace rift {

/// Where two values differ, as a person reads it: "settings.optim.lr: 0.001 then, 0.002 now", "rows.training: changed"
/// for digests, lists and texts that are too long to be read, "files.texts: not there then". Members in the order of
/// `then`, those of `now` alone last; empty when both are equal.
std::vector<std::string> differences(const Json& then, const Json& now);

/// The first few of them in one line, and how many more there are.
std::string differences_text(const Json& then, const Json& now);

}  // namespace rift
