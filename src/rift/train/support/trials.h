#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "rift/train/support/support.h"

namespace rift::train {

/// What a model or a tokenizer is called in messages.
using Names = std::vector<std::string>;
template <class Any>
Names names_of(const Any& architecture) {
  return {std::string(architecture.title), std::string(architecture.model_type)};
}

/// `message` with every one of `names` left out: equal for refusals that differ in whom they name only.
std::string without_names(std::string message, const Names& names);

/// Tries things out and remembers in which words they were refused. Refusals that are equal but for `names` have one
/// number, and the message of the first.
class Trials {
 public:
  /// kYes where `action` goes through, kNo where it throws kConfig, kUnsupported or kArtefact. Passes on what is no
  /// refusal: a bug, a machine without memory.
  SupportCell of(const std::function<void()>& action, const Names& names = {});

  std::vector<Refusal> take() { return std::move(refusals_); }

 private:
  std::vector<Refusal> refusals_;
  std::vector<Refusal> nameless_;  // the same without the names they were met with
};

inline SupportCell yes_or_no(bool holds) {
  return {.answer = holds ? SupportCell::Answer::kYes : SupportCell::Answer::kNo};
}
inline SupportCell name_cell(std::string text) {
  return {.answer = SupportCell::Answer::kText, .text = std::move(text)};
}

/// Each in the file of its name.
void add_text_tables(SupportMatrix& matrix, Trials& trials);
void add_tuning_tables(SupportMatrix& matrix, Trials& trials);
void add_file_tables(SupportMatrix& matrix, Trials& trials);
void add_export_tables(SupportMatrix& matrix, Trials& trials);
void add_tokenizer_tables(SupportMatrix& matrix, Trials& trials);
void add_setting_tables(SupportMatrix& matrix, Trials& trials);

}  // namespace rift::train
