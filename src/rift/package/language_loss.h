#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "rift/data/table.h"

namespace rift::package {

class TextInputs;

/// How well a model's own language head knows some texts: mean -ln p of tokens that it has to guess.
struct LanguageLoss {
  std::string objective;  // "masked_token" or "next_token"; "" where nothing was measured
  double nats_per_token = 0.0;
  int64_t tokens = 0;  // that were guessed
  std::string why_not;
};

/// Of at most 512 rows of the table that have a token to guess, the first by the rule of splits (data/split.h) of the
/// rows' keys. Masked tokens: of each row 15 % of the tokens (at least one), chosen by
/// a hash of row and place, are replaced by [MASK], all of them. Next tokens: every token behind the first. Special
/// tokens are neither hidden nor guessed. Comparable between models of one tokenizer only. Without a language head in
/// the files, a mask token or anything to guess, `why_not` says so. Throws as the loading of a model does,
/// kInterrupted.
LanguageLoss language_loss(const std::filesystem::path& directory, const TextInputs& inputs, const data::Table& rows,
                           const std::string& device);

}  // namespace rift::package
