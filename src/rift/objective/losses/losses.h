#pragma once

#include <memory>
#include <vector>

#include "rift/objective/loss.h"
#include "rift/objective/loss_options.h"

namespace rift::objective {

/// What a loss has to know of the rows besides its settings.
struct LossTarget {
  bool is_classes = false;  // the target is the number of one of several classes, each with a logit; else 0 / 1
  std::vector<double> class_weight;  // of each class, empty = all one: rows come weighted with it already
};

/// One per loss, each in the file of its family.
std::unique_ptr<Loss> make_loss(const BceLoss& options, const LossTarget& target);
std::unique_ptr<Loss> make_loss(const CrossEntropyLoss& options, const LossTarget& target);
std::unique_ptr<Loss> make_loss(const FocalLoss& options, const LossTarget& target);
std::unique_ptr<Loss> make_loss(const AsymmetricLoss& options, const LossTarget& target);
std::unique_ptr<Loss> make_loss(const MseLoss& options, const LossTarget& target);

}  // namespace rift::objective
