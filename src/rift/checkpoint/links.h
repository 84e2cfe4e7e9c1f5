#pragma once

#include <filesystem>

/// Links in a model's directory, where a copy is made that is to be handed on.
namespace rift::checkpoint {

/// Where links of a directory may lead: into it or, when it is a snapshot of a cache, into the cache's folder of the
/// model. Throws kEnvironment.
std::filesystem::path bounds_of_links(const std::filesystem::path& directory);

/// A link to a file elsewhere, such as a key of the user's, is not followed: throws kArtefact where `file` does not
/// lie in `bounds`, leads to nothing or is larger than a file beside weights may be.
void require_inside(const std::filesystem::path& file, const std::filesystem::path& bounds);

}  // namespace rift::checkpoint
