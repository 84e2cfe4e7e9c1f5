#include "rift/search/trial.h"

namespace rift::search {
namespace {

const Json* find_in(const std::map<std::string, Json>& attributes, const std::string& key) {
  const auto found = attributes.find(key);
  return found == attributes.end() ? nullptr : &found->second;
}

}  // namespace

std::optional<int64_t> Trial::last_step() const {
  if (intermediate.empty()) return std::nullopt;
  return intermediate.rbegin()->first;
}

const Json* Trial::user_attribute(const std::string& key) const { return find_in(user_attributes, key); }
const Json* Trial::system_attribute(const std::string& key) const { return find_in(system_attributes, key); }

}  // namespace rift::search
