#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/error.h"
#include "rift/base/json.h"

/// What this build does with every architecture, and what it refuses in which words: `rift models support`, of which
/// docs/models.md is made. Torch-free.
namespace rift::train {

/// What became of one thing that was tried.
struct SupportCell {
  enum class Answer : uint8_t {
    kYes,
    kOwn,   // yes, and it is what transformers' class of the architecture does
    kNo,    // for the reason that `refusal` names, where it does
    kText,  // no yes or no: a name
  };
  Answer answer = Answer::kYes;
  std::string text;    // of kText
  size_t refusal = 0;  // number of the message in SupportMatrix::refusals, counted from 1; 0 = there is none
};

struct SupportTable {
  struct Row {
    std::string name;  // as a file, a run.yaml or a command line has it
    std::vector<SupportCell> cells;
  };
  std::string key;  // "tuning": of its title and its note in base/sentences
  std::vector<std::string> columns;
  std::vector<Row> rows;

  const SupportCell& at(std::string_view row, std::string_view column) const;  // kBug when there is none
};

struct Refusal {
  Code code = Code::kUnsupported;
  std::string message;
  bool operator==(const Refusal&) const = default;
};

struct SupportMatrix {
  std::vector<SupportTable> tables;
  std::vector<Refusal> refusals;  // where one names a model, others may be met with the name of theirs

  const SupportTable& table(std::string_view key) const;  // kBug when there is none
};

/// Tries everything on models of every architecture's example, a few thousand random weights each, through the code
/// that a run goes through: nothing in it is a list of its own. Takes less than a second and touches no file.
SupportMatrix support_matrix();

/// {"tables": {"tuning": {"bert": {"full": "yes", "lora": "no: 3", ...}}}, "refusals": [{"number", "code",
/// "exit_status", "message"}]}
Json to_json(const SupportMatrix& matrix);

/// Titles, cells and names of columns in the language of base/sentences.
std::string title_of(const SupportTable& table);
std::string note_of(const SupportTable& table);
std::string column_name(std::string_view column);
std::string cell_text(const SupportCell& cell);

/// docs/models.md.
std::string markdown_text(const SupportMatrix& matrix);

}  // namespace rift::train
