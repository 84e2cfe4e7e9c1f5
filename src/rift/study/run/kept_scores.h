#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "rift/score/scorer.h"

namespace rift::study {

/// Raw scores kept in a Parquet file for a later look: `kinds` with the same number of outputs, each with rows of its
/// own or none.
void write_kept_scores(const std::filesystem::path& file, std::span<const score::RawScores* const> kinds);
/// As many kinds as were written, with the levels of quantiles; a variance power is not kept. Throws kArtefact.
std::vector<score::RawScores> read_kept_scores(const std::filesystem::path& file, size_t kinds);

}  // namespace rift::study
