#pragma once

#include <memory>
#include <vector>

#include "rift/objective/loss.h"
#include "rift/objective/loss_options.h"

namespace rift::objective {

/// What a loss has to know of the rows besides its settings.
struct LossTarget {
  /// Of losses that know both: the target is the number of one of several classes, each with a logit; else it is a set
  /// of labels, label l its bit l, each with a logit, of which 0 and 1 are those of a single label.
  bool is_classes = false;
  std::vector<double> class_weight;  // of each class, empty = all one: rows come weighted with it already
};

/// One per loss, each in the file of its family.
std::unique_ptr<Loss> make_loss(const BceLoss& options, const LossTarget& target);
std::unique_ptr<Loss> make_loss(const CrossEntropyLoss& options, const LossTarget& target);
std::unique_ptr<Loss> make_loss(const FocalLoss& options, const LossTarget& target);
std::unique_ptr<Loss> make_loss(const AsymmetricLoss& options, const LossTarget& target);
std::unique_ptr<Loss> make_loss(const MseLoss& options, const LossTarget& target);
std::unique_ptr<Loss> make_loss(const HuberLoss& options, const LossTarget& target);
std::unique_ptr<Loss> make_loss(const QuantileLoss& options, const LossTarget& target);
std::unique_ptr<Loss> make_loss(const PoissonLoss& options, const LossTarget& target);
std::unique_ptr<Loss> make_loss(const GammaLoss& options, const LossTarget& target);
std::unique_ptr<Loss> make_loss(const TweedieLoss& options, const LossTarget& target);
std::unique_ptr<Loss> make_loss(const CornLoss& options, const LossTarget& target);
std::unique_ptr<Loss> make_loss(const AucLoss& options, const LossTarget& target);

}  // namespace rift::objective
