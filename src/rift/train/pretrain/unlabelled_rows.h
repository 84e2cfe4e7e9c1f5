#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "rift/package/inputs.h"
#include "rift/train/options.h"
#include "rift/train/pretrain/own_language.h"
#include "rift/train/pretrain/token_store.h"

namespace rift::train {

/// Texts without labels, as rows of tokens that the language head can be asked about. They lie in files without a name,
/// which are gone with the process.
class UnlabelledRows {
 public:
  struct Spec {
    const objective::UnlabelledTexts& texts;
    std::string key;                // names them in errors: "train.forgetting.texts"
    std::filesystem::path scratch;  // a folder that may be written to
    int64_t most_rows = 0;          // evenly spread over the source; 0 = all
  };
  /// Throws kConfig (none named), kArtefact, kData (no text), kInterrupted, kEnvironment.
  UnlabelledRows(const Spec& spec, const OwnLanguage& language);

  const TokenStore& rows() const { return *rows_; }
  const TokenStore& none() const { return *none_; }      // without rows
  const std::string& digest() const { return digest_; }  // of all rows of the source
  package::EncodedRows encoded() const;

 private:
  std::unique_ptr<TokenStore> rows_, none_;
  std::string digest_;
};

}  // namespace rift::train
