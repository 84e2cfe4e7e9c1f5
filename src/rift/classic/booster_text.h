#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// LightGBM's model text, as a package holds it.
namespace rift::classic {

/// The text as LightGBM saves it without what is not the model: its parameters (the number of threads among them) and
/// the smallest and largest value of each feature, which are two customers' values.
std::string without_surroundings(std::string_view text);

/// Throws kArtefact naming `file` unless the text is whole and consistent: LightGBM itself trusts what it reads, runs
/// past the end of a text cut short and ends the process over a tree with a number missing or no objective.
///   header: objective, features and classes; tree_sizes are the sizes of the trees that follow
///   each tree: as many numbers as its leaves ask for, features and categories in range, children behind their parent,
///   an empty line at its end
void check_model_text(std::string_view text, int64_t features, const std::string& file);

}  // namespace rift::classic
