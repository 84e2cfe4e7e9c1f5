#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "rift/encode/text/pipeline/aligned_text.h"
#include "rift/encode/text/pipeline/precompiled_charsmap.h"
#include "rift/encode/text/pipeline/unicode_forms.h"

namespace rift::encode::text {

/// Normalizers by the names of tokenizer.json; each changes a text as the `tokenizers` library does, origins included.
struct LowercaseStep {};
struct StripAccentsStep {};  // every mark goes: Mn, Mc, Me
struct StripStep {           // white space at the ends
  bool left = true, right = true;
};
struct PrependStep {  // before a text that is not empty
  std::string text;
};
struct ReplaceStep {
  std::string pattern;   // not empty
  bool repeats = false;  // the pattern two times or more stands for one match, as in " {2,}"
  std::string content;
};
using NormalizerStep = std::variant<UnicodeForm, LowercaseStep, StripAccentsStep, StripStep, PrependStep, ReplaceStep,
                                    std::shared_ptr<const PrecompiledCharsmap>>;

/// Steps one after the other.
class Normalizers {
 public:
  explicit Normalizers(std::vector<NormalizerStep> steps) : steps_(std::move(steps)) {}
  /// `spare` is memory that is used from call to call.
  void apply(AlignedText& text, AlignedText& spare) const;

 private:
  std::vector<NormalizerStep> steps_;
};

}  // namespace rift::encode::text
