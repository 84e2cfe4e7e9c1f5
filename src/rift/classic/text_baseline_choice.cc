#include "rift/base/error.h"
#include "rift/classic/task_linear.h"
#include "rift/classic/text_baseline.h"
#include "rift/classic/text_documents.h"

namespace rift::classic {
namespace {

constexpr size_t kCheapRows = 5'000;

struct Group {
  TfidfOptions tfidf;
  std::vector<double> strengths;  // ascending: each fit starts from the one before
};

/// Words as in English texts, characters for scripts without spaces and misspelt words, and both.
std::vector<Group> groups() {
  return {{{.pieces = TextPieces::kWords}, {0.3, 3.0, 30.0}},
          {{.pieces = TextPieces::kBoth}, {0.1, 1.0, 10.0}},
          {{.pieces = TextPieces::kCharacters}, {1.0, 10.0}}};
}

/// Texts of the folds as matrices of one group's terms; the counting is shared by the strengths of a group.
struct FoldMatrices {
  SparseMatrix train, validation;
  SparseLinear last;
  bool has_last = false;
};

}  // namespace

Choice<TextBaselineOptions> choose_text_baseline(const data::Dataset& dataset, std::span<const int64_t> train,
                                                 std::span<const int64_t> validation,
                                                 const encode::text::RowTextOptions& text, int64_t tries) {
  RIFT_CHECK(tries >= 1);
  const encode::text::RowText row_text = require_text(dataset.schema, text);
  const std::vector<ChoiceFold> folds = choice_folds(dataset, train, validation, kCheapRows);
  std::vector<TextBaselineOptions> options;
  std::vector<bool> is_first;  // of its group
  for (const Group& group : groups()) {
    for (double c : group.strengths) {
      if (static_cast<int64_t>(options.size()) == tries) break;
      options.push_back({text, group.tfidf, c});
      is_first.push_back(c == group.strengths.front());
    }
  }
  Choice<TextBaselineOptions> choice{.options = {}, .tries = {}, .judges = judges_of(folds, validation)};
  for (const TextBaselineOptions& setting : options) choice.tries.push_back({.settings = write_options(setting)});

  std::vector<FoldMatrices> matrices(folds.size());
  const size_t best = choose_best(
      dataset.schema.task, folds.size(), choice.tries, "text-baseline: settings", [&](size_t setting, size_t fold) {
        FoldMatrices& own = matrices[fold];
        if (is_first[setting]) {
          own = FoldMatrices();
          const TextDocuments documents(row_text, dataset.table, folds[fold].train);
          const auto vectorizer = TfidfVectorizer::fit(documents.documents(), options[setting].tfidf, &own.train);
          const TextDocuments judges(row_text, dataset.table, folds[fold].validation);
          own.validation = vectorizer.transform(judges.documents());
        }
        own.last = fit_task_linear(own.train, dataset, folds[fold].train, options[setting].c,
                                   own.has_last ? &own.last : nullptr);
        own.has_last = true;
        return choice_value(dataset, folds[fold].validation,
                            {own.validation.rows(), own.last.outputs, predict_all(own.last, own.validation)});
      });
  choice.options = options[best];
  return choice;
}

}  // namespace rift::classic
