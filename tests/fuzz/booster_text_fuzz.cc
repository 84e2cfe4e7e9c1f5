#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "rift/base/error.h"
#include "rift/classic/booster.h"
#include "rift/classic/booster_text.h"

namespace {

using namespace rift;

/// Reads the bytes as a model text. What our check lets through, LightGBM loads and scores a few rows with; it takes no
/// care of its own.
void read_booster_text(const std::string& text) {
  classic::without_surroundings(text);
  try {
    const auto booster = classic::Booster::from_text(text, 3, "fuzz");
    const double none = std::numeric_limits<double>::quiet_NaN();
    booster.predict({.rows = 4, .features = 3, .values = {0, 0, 0, 1, -1, 5, none, none, none, 1e300, -1e300, -1}});
    booster.gain();
  } catch (const Error& error) {
    if (error.code() != Code::kArtefact) throw;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  read_booster_text({reinterpret_cast<const char*>(data), size});
  return 0;
}
