#include "rift/base/sentence_tables.h"

namespace rift {

// What rift search says; the rules of sentences_en.cc hold.
std::span<const SentenceEntry> english_search_sentences() {
  static constexpr SentenceEntry kTable[] = {
      {"search.trials",
       "{complete} complete trials, {pruned} stopped early, {failed} failed; {saw} of them saw the {rows} validation "
       "rows."},
      {"search.waiting", "{running} trials are running in other processes; {waiting} wait to be taken up."},
      {"search.none", "No trial is complete yet."},
      {"search.winner", "Best on the validation rows: trial {number} with {metric} {value} ({settings})."},
      {"search.front",
       "No setting is better in both {first} and {second}: {count} trials are the best trade-offs; the one that is "
       "best in {first} is trained and published."},
      {"search.optimism",
       "As the best of {trials} on the same rows its {metric} of {value} is too good by {optimism}: choosing this way "
       "is worth {corrected} on rows that the choice has not seen (middle 95 % of {replicates} draws: {low} to "
       "{high})."},
      {"search.no_optimism",
       "How much the winner's figure owes to being the best of many could not be worked out: the trials' scores of the "
       "validation rows do not lie here, or the metric is the training's loss."},
      {"search.test", "On the test rows, which no trial has seen: {metric} {value} ({interval})."},
      {"search.title", "Search"},
      {"search.best_trials", "The best trials, by the validation rows"},
      {"search.all_trials", "All trials"},
      {"search.trial", "trial"},
      {"search.state", "state"},
      {"search.settings", "settings"},
      {"search.evaluations", "evaluations"},
      {"search.history_caption", "{metric} of each complete trial on the validation rows, and the best so far."},
      {"search.each", "each trial"},
      {"search.best_so_far", "best so far"},
      {"search.importance_caption",
       "What {metric} goes by: the share of a parameter in how much worse a forest of regression trees predicts trials "
       "that it has not seen once the parameter's values are exchanged among them (Breiman 2001). It holds for the "
       "space and the trials at hand."},
      {"search.importance", "importance"},
      {"search.parallel_caption",
       "Each line is a complete trial from its settings to its {metric}; parameters on the left matter most. A line "
       "passes below an axis where the parameter was not active."},
      {"search.front_caption", "{first} and {second} of each complete trial; the best trade-offs are set apart."},
      {"search.front_name", "best trade-offs"},
      {"search.others", "other trials"},
  };
  return kTable;
}

}  // namespace rift
