#pragma once

#include "rift/checkpoint/peft_directory.h"
#include "rift/models/tunable_model.h"
#include "rift/tuning/options.h"

namespace rift::tuning {

/// Gives what a method is to train the values of an adapter in PEFT's form, whoever made it: the model, tuned with
/// `options` a moment ago (apply()), then computes what the base model computes with the adapter, head and pooler
/// included where the adapter holds them. Throws kConfig naming the setting where the adapter is another method's, has
/// another rank, scale, number of tokens or other modules than the options ask for, kArtefact naming the tensor where
/// it was made for another model, kUnsupported for a method that PEFT has no form for and for init pissa, which starts
/// from the base weights. What is refused leaves the model as it was.
void start_from(const checkpoint::PeftAdapter& adapter, const TuningOptions& options, models::TunableModel& model);

}  // namespace rift::tuning
