#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rift/base/json.h"
#include "rift/search/space.h"
#include "rift/study/run/options.h"
#include "rift/study/search/metrics.h"

/// A trial's values as options of a training.
namespace rift::study {

struct TrialOptionsSpec {
  const Json& configuration;  // run.yaml as a mapping
  std::string place;          // its name in errors
  const search::Space& space;
  const SearchMetric& metric;  // what early stopping goes by, unless run.yaml says
};

/// Removes what stands at a dotted path, and mappings that become empty.
void erase_path(Json& root, std::string_view path);

/// run.yaml with the values put in, also of parameters that the space has no more; a parameter of the space that is not
/// active is left out, whatever run.yaml says of it. Throws kConfig as read_options() does.
RunOptions trial_options(const TrialOptionsSpec& spec, const search::Assignment& values);

/// Before the first trial: every parameter's ends and choices are options that run.yaml may have, and change nothing
/// but the training. Throws kConfig naming the parameter.
void check_space(const TrialOptionsSpec& spec);

}  // namespace rift::study
