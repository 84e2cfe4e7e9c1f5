#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "rift/base/sha256.h"
#include "rift/train/pretrain/options.h"

/// Unlabelled texts of any size, read in bounded memory. Torch-free.
namespace rift::train {

struct DocumentSource {
  std::string source;                // as data.source; or .txt files, one document a line
  std::vector<std::string> columns;  // of a table, joined as a text model's row is (RowTextReader)
  std::filesystem::path base_directory;
  std::string memory_limit = "2GB";
  std::string source_key = "data.source", columns_key = "data.text";  // run.yaml's, for messages
};

/// What run.yaml names; `base_directory` is run.yaml's folder.
DocumentSource documents_of(const PretrainDataOptions& data, const std::filesystem::path& base_directory);

struct DocumentBatch {
  std::vector<std::string> texts;  // blank ones included
  std::vector<int64_t> numbers;    // 0-based, of the row or line in the source
  int64_t rejected = 0;            // rows that could not be read
};

/// The documents of a source in its order, some thousand at a time.
class DocumentStream {
 public:
  virtual ~DocumentStream() = default;
  virtual bool next(DocumentBatch& batch) = 0;  // false at the end
  /// That are read, in order; none for a query.
  virtual const std::vector<std::string>& files() const = 0;
};

/// Throws kArtefact (no such file), kData (a line that LineReader refuses), kConfig (a table without columns named, a
/// column that it lacks, lines of text with columns named, both kinds in one glob), kEnvironment.
std::unique_ptr<DocumentStream> open_documents(const DocumentSource& source);

/// SHA-256 of documents: of the texts in their order, each behind its length in bytes (64 bits, little endian).
class DocumentDigest {
 public:
  void add(const std::string& text);
  std::string finish_hex() { return sha256_.finish_hex(); }

 private:
  Sha256 sha256_;
};

/// The digest of all documents of a source, which is read for it. Throws as open_documents() does, kInterrupted.
std::string sha256_of_documents(const DocumentSource& source);

}  // namespace rift::train
