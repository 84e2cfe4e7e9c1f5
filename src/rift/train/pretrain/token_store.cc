#include "rift/train/pretrain/token_store.h"

#include "rift/base/error.h"

namespace rift::train {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFlushBytes = size_t{1} << 20;

fs::path ids_file(const fs::path& folder, const std::string& name) { return folder / (name + ".ids"); }
fs::path rows_file(const fs::path& folder, const std::string& name) { return folder / (name + ".rows"); }

template <class T>
std::string_view bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

}  // namespace

TokenStoreWriter::TokenStoreWriter(const fs::path& folder, const std::string& name)
    : ids_file_(ids_file(folder, name)), rows_file_(rows_file(folder, name)) {}

void TokenStoreWriter::add(std::span<const int32_t> ids, const RowOrigin& origin) {
  RIFT_CHECK(!ids.empty());
  const TokenStore::Record record{.begin = tokens_, .length = static_cast<int64_t>(ids.size()), .origin = origin};
  const std::string_view row = bytes_of(std::span(&record, 1));
  digest_.update(row);
  digest_.update(bytes_of(ids));
  rows_bytes_ += row;
  ids_ += bytes_of(ids);
  ++rows_;
  tokens_ += record.length;
  if (ids_.size() >= kFlushBytes) flush();
}

void TokenStoreWriter::flush() {
  ids_file_.append_bytes(ids_);
  rows_file_.append_bytes(rows_bytes_);
  ids_.clear();
  rows_bytes_.clear();
}

std::string TokenStoreWriter::finish() {
  flush();
  ids_file_.sync();
  rows_file_.sync();
  return digest_.finish_hex();
}

TokenStore::TokenStore(const fs::path& folder, const std::string& name)
    : ids_(ids_file(folder, name)), table_(rows_file(folder, name)) {
  constexpr auto kRecord = static_cast<int64_t>(sizeof(Record));
  rows_ = table_.size_bytes() / kRecord;
  const int64_t tokens = ids_.size_bytes() / static_cast<int64_t>(sizeof(int32_t));
  const bool whole = table_.size_bytes() % kRecord == 0 &&
                     (rows_ == 0 ? tokens == 0 : record(rows_ - 1).begin + record(rows_ - 1).length == tokens);
  RIFT_REQUIRE(whole, Code::kArtefact, "{}: does not belong to {}; remove the folder and run again", ids_.name(),
               table_.name());
}

int64_t TokenStore::tokens() const { return ids_.size_bytes() / static_cast<int64_t>(sizeof(int32_t)); }

TokenStore::Record TokenStore::record(int64_t row) const {
  RIFT_CHECK(row >= 0 && row < rows_);
  Record record;
  table_.read(row * static_cast<int64_t>(sizeof(Record)), std::as_writable_bytes(std::span(&record, 1)));
  return record;
}

RowOrigin TokenStore::origin(int64_t row) const { return record(row).origin; }

int64_t TokenStore::length(int64_t row) const { return record(row).length; }

void TokenStore::read(int64_t row, std::vector<int32_t>& ids) const {
  const Record found = record(row);
  ids.resize(static_cast<size_t>(found.length));
  ids_.read(found.begin * static_cast<int64_t>(sizeof(int32_t)), std::as_writable_bytes(std::span(ids)));
}

}  // namespace rift::train
