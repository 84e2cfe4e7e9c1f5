#pragma once

#include <utility>

#include "rift/models/tunable_model.h"

namespace rift::train {

/// For as long as it lives, a model that has not trained yet says what theta_p says: what a tuning method laid beside
/// its linear maps (a prompt, a prefix, bottlenecks), which begins as something, is taken out. Adapters of the maps
/// begin as nothing and stay.
class AsPretrained {
 public:
  explicit AsPretrained(models::TunableModel& model)
      : model_(model), taken_out_(std::exchange(model.additions(), models::Additions{})) {}
  AsPretrained(const AsPretrained&) = delete;
  AsPretrained& operator=(const AsPretrained&) = delete;
  ~AsPretrained() { model_.additions() = std::move(taken_out_); }

 private:
  models::TunableModel& model_;
  models::Additions taken_out_;
};

}  // namespace rift::train
