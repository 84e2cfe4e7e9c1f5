#include "rift/train/pretrain/unlabelled_rows.h"

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/log.h"
#include "rift/train/pretrain/token_cache.h"

namespace rift::train {
namespace {

constexpr const char* kChosen = "chosen";

void write_chosen(const std::filesystem::path& folder, const TokenStore& all, int64_t count) {
  TokenStoreWriter writer(folder, kChosen);
  std::vector<int32_t> ids;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t row = i * all.rows() / count;
    all.read(row, ids);
    writer.add(ids, all.origin(row));
  }
  writer.finish();
}

}  // namespace

UnlabelledRows::UnlabelledRows(const Spec& spec, const OwnLanguage& language) {
  RIFT_REQUIRE(!spec.texts.texts.empty(), Code::kConfig,
               "{}: name a file of texts: .txt with one a line, or a table with `column`", spec.key);
  const StagedDirectory folder(spec.scratch / "tokens");  // never published: open files outlive their names
  DocumentSource source{.source = spec.texts.texts,
                        .source_key = spec.key,
                        .columns_key = spec.key.substr(0, spec.key.rfind('.') + 1) + "column"};
  if (!spec.texts.column.empty()) source.columns = {spec.texts.column};
  const TokenCacheCounts counts = write_token_cache(
      folder.path(), {.source = source, .tokenizer = language.tokenizer(), .rule = language.rule(), .held_out = 0.0});
  digest_ = counts.digest;
  none_ = std::make_unique<TokenStore>(folder.path(), kHeldOutRows);
  rows_ = std::make_unique<TokenStore>(folder.path(), kTrainRows);
  if (spec.most_rows > 0 && rows_->rows() > spec.most_rows) {
    write_chosen(folder.path(), *rows_, spec.most_rows);
    rows_ = std::make_unique<TokenStore>(folder.path(), kChosen);
  }
  log_info("texts read", {{"of", spec.key}, {"documents", counts.documents}, {"rows", rows_->rows()}});
}

package::EncodedRows UnlabelledRows::encoded() const {
  package::EncodedRows encoded;
  std::vector<int32_t> ids;
  for (int64_t row = 0; row < rows_->rows(); ++row) {
    rows_->read(row, ids);
    encoded.ids.insert(encoded.ids.end(), ids.begin(), ids.end());
    encoded.begin.push_back(static_cast<int64_t>(encoded.ids.size()));
    encoded.keys.push_back(rows_->origin(row).key);
  }
  return encoded;
}

}  // namespace rift::train
