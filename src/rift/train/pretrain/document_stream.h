#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

/// Unlabelled texts of any size, read in bounded memory. Torch-free.
namespace rift::train {

struct DocumentSource {
  std::string source;                // as data.source; or .txt files, one document a line
  std::vector<std::string> columns;  // of a table, joined as a text model's row is (RowTextReader)
  std::filesystem::path base_directory;
  std::string memory_limit = "2GB";
};

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

/// Throws kArtefact (no such file), kData (a column is missing: named, with the nearest), kConfig (a table without
/// columns named, lines of text with columns named, both kinds in one glob), kEnvironment.
std::unique_ptr<DocumentStream> open_documents(const DocumentSource& source);

}  // namespace rift::train
