#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "rift/base/json.h"
#include "rift/base/options.h"
#include "rift/models/config_reader.h"
#include "rift/nn/rotary_scaling.h"

/// `rope_scaling` of a config.json, under transformers' names.
namespace rift::models {

inline constexpr std::string_view kRopeScaling = "rope_scaling";

struct DefaultRopeOptions {
  template <class V>
  void visit(V&) {}
};

struct LinearRopeOptions {
  double factor = 1;
  template <class V>
  void visit(V& v) {
    v("factor", factor, "Every frequency is divided by it.", at_least(1));
  }
};

/// Changes nothing but the frequencies of rows beyond max_position_embeddings. Such rows are refused, so that what is
/// left is the default.
struct DynamicRopeOptions {
  double factor = 1;
  std::optional<int64_t> original_max_position_embeddings;
  template <class V>
  void visit(V& v) {
    v("factor", factor, "Of rows longer than the model was trained on.", at_least(1));
    v("original_max_position_embeddings", original_max_position_embeddings, "Not read by transformers.");
  }
};

struct Llama3RopeOptions {
  double factor = 8;
  double low_freq_factor = 1;
  double high_freq_factor = 4;
  int64_t original_max_position_embeddings = 8192;
  template <class V>
  void visit(V& v) {
    v("factor", factor, "Low frequencies are divided by it.", at_least(1));
    v("low_freq_factor", low_freq_factor, "Where low frequencies begin.", positive());
    v("high_freq_factor", high_freq_factor, "Where high frequencies begin.", positive());
    v("original_max_position_embeddings", original_max_position_embeddings, "Positions before the stretch.",
      in_range(1, kLargestSize));
  }
};

struct YarnRopeOptions {
  double factor = 1;
  std::optional<int64_t> original_max_position_embeddings;
  std::optional<double> attention_factor;
  std::optional<double> beta_fast;
  std::optional<double> beta_slow;
  std::optional<double> mscale;
  std::optional<double> mscale_all_dim;
  bool truncate = true;
  template <class V>
  void visit(V& v) {
    v("factor", factor, "Low frequencies are divided by it.", at_least(1));
    v("original_max_position_embeddings", original_max_position_embeddings,
      "Positions before the stretch; max_position_embeddings where it is left out.", in_range(1, kLargestSize));
    v("attention_factor", attention_factor, "Of cosines and sines.", positive());
    v("beta_fast", beta_fast, "Turns within the positions above which a pair keeps its frequency.", at_least(0));
    v("beta_slow", beta_slow, "Turns below which its frequency is divided.", at_least(0));
    v("mscale", mscale, "Of attention_factor where that is left out.", at_least(0));
    v("mscale_all_dim", mscale_all_dim, "Divides it.", at_least(0));
    v("truncate", truncate, "Whole pairs as the ends of the ramp between.");
  }

  double fast_turns() const { return or_usual(beta_fast, 32); }
  double slow_turns() const { return or_usual(beta_slow, 1); }

 private:
  /// 0 is left out, as transformers takes it.
  static double or_usual(const std::optional<double>& value, double usual) {
    return value.value_or(0) == 0 ? usual : *value;
  }
};

inline constexpr std::array<std::string_view, 5> kRopeTypes = {"default", "linear", "dynamic", "llama3", "yarn"};

struct RopeScalingOptions {
  std::variant<DefaultRopeOptions, LinearRopeOptions, DynamicRopeOptions, Llama3RopeOptions, YarnRopeOptions> rope_type;
  template <class V>
  void visit(V& v) {
    v.choice("rope_type", rope_type, kRopeTypes, "How frequencies are stretched.");
  }
};

/// Of config.json's `rope_scaling`, absent or null: none.
///   positions: max_position_embeddings
/// Throws kUnsupported naming another rope_type, kArtefact for a missing, unknown or wrong value.
nn::RotaryScaling read_rope_scaling(const Json& config, std::string_view source, int64_t positions);

/// The same with every key that has a value, under the newer name of the type: defaults are filled in, and what YaRN
/// takes from elsewhere. Null where nothing is scaled. Throws as read_rope_scaling() does.
Json complete_rope_scaling(const Json& config, std::string_view source, int64_t positions);

}  // namespace rift::models
