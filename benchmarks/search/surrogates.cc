#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <numbers>
#include <string>

#include "rift/base/files.h"
#include "rift/search/tpe.h"

// The best value that rift's TPE finds of a surrogate function, for benchmarks/search_peer.py:
//   search_surrogates FUNCTION TRIALS FIRST_SEED SEEDS [random]   -> a JSON list, one value a seed
namespace {

using rift::search::Assignment;
using rift::search::Dimension;
using rift::search::Distribution;
using rift::search::Space;
using Kind = Distribution::Kind;

Dimension number(const std::string& name, double low, double high) {
  return {.name = name,
          .distribution = {.kind = Kind::kFloat, .low = low, .high = high, .choices = {}},
          .when = {},
          .grid = {}};
}

Dimension in_log(Dimension dimension) {
  dimension.distribution.log = true;
  return dimension;
}

Dimension choice(const std::string& name, std::vector<rift::Json> choices) {
  return {.name = name,
          .distribution = {.kind = Kind::kCategorical, .choices = std::move(choices)},
          .when = {},
          .grid = {}};
}

Dimension whole(const std::string& name, double low, double high) {
  return {.name = name,
          .distribution = {.kind = Kind::kInt, .low = low, .high = high, .step = 1, .choices = {}},
          .when = {},
          .grid = {}};
}

double value(const Assignment& at, const std::string& name) { return at.at(name).value; }

/// Branin and Hoo's function; least value .397887.
double branin(const Assignment& at) {
  using std::numbers::pi;
  const double x = value(at, "x"), y = value(at, "y");
  const double bowl = y - 5.1 / (4 * pi * pi) * x * x + 5 / pi * x - 6;
  return bowl * bowl + 10 * (1 - 1 / (8 * pi)) * std::cos(x) + 10;
}

/// Hartmann's function of six variables; least value -3.32237.
double hartmann6(const Assignment& at) {
  constexpr double kA[4][6] = {
      {10, 3, 17, 3.5, 1.7, 8}, {0.05, 10, 17, 0.1, 8, 14}, {3, 3.5, 1.7, 10, 17, 8}, {17, 8, 0.05, 10, 0.1, 14}};
  constexpr double kP[4][6] = {{0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886},
                               {0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991},
                               {0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650},
                               {0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381}};
  constexpr std::array<double, 4> kAlpha = {1.0, 1.2, 3.0, 3.2};
  double sum = 0;
  for (size_t i = 0; i < 4; ++i) {
    double inner = 0;
    for (size_t d = 0; d < 6; ++d) {
      const double gap = value(at, fmt::format("x{}", d)) - kP[i][d];
      inner += kA[i][d] * gap * gap;
    }
    sum -= kAlpha[i] * std::exp(-inner);
  }
  return sum;
}

/// Rosenbrock's valley of four variables, each the logarithm of its parameter: 1e-3 .. 1e3 is -3 .. 3. Least value 0;
/// its logarithm, so that seeds weigh alike.
double log_rosenbrock(const Assignment& at) {
  double sum = 0;
  for (int d = 0; d < 3; ++d) {
    const double here = std::log10(value(at, fmt::format("x{}", d)));
    const double next = std::log10(value(at, fmt::format("x{}", d + 1)));
    sum += 100 * (next - here * here) * (next - here * here) + (1 - here) * (1 - here);
  }
  return std::log10(sum + 1e-12);
}

/// As a fine-tuning's settings are: a method with a parameter of its own, a rate that goes with it, a batch size.
double methods(const Assignment& at) {
  const double lr = std::log10(value(at, "lr"));
  const std::array<double, 3> rows = {0.05, 0.0, 0.1};
  const double batch = rows[static_cast<size_t>(value(at, "rows"))];
  const double decay = 0.3 * std::abs(value(at, "decay") - 0.1);
  if (value(at, "method") == 0) {  // lora
    const double rank = std::log2(value(at, "rank")) - 3;
    return 0.05 * rank * rank + 0.2 * (lr + 3.2) * (lr + 3.2) + batch + decay;
  }
  if (value(at, "method") == 1) {  // top_k
    const double layers = value(at, "layers") - 4;
    return 0.03 + 0.02 * layers * layers + 0.3 * (lr + 4.5) * (lr + 4.5) + batch + decay;
  }
  return 0.25 + 0.05 * (lr + 2) * (lr + 2) + batch + decay;  // head
}

struct Surrogate {
  std::string name;
  Space space;
  std::function<double(const Assignment&)> loss;
};

/// Trainings that were done before (benchmarks/search/real_task.py): each dimension a place in its list, the last one
/// fastest.
Surrogate real_task() {
  constexpr const char* kFile = "benchmarks/results/search-task.json";  // of the repository that it runs in
  const rift::Json table = rift::read_json(kFile);
  std::vector<Dimension> dimensions;
  std::vector<std::pair<std::string, int64_t>> places;
  for (const rift::Json::Member& member : table.at("places").as_object()) {
    const auto count = static_cast<int64_t>(member.value.size());
    places.emplace_back(member.key, count);
    dimensions.push_back(whole(member.key, 0, static_cast<double>(count - 1)));
  }
  return {"real_task", Space(std::move(dimensions)),
          [places, losses = table.at("losses").as_doubles()](const Assignment& at) {
            int64_t flat = 0;
            for (const auto& [name, count] : places) flat = flat * count + static_cast<int64_t>(value(at, name));
            return losses.at(static_cast<size_t>(flat));
          }};
}

std::vector<Surrogate> surrogates() {
  std::vector<Dimension> six, four;
  for (int d = 0; d < 6; ++d) six.push_back(number(fmt::format("x{}", d), 0, 1));
  for (int d = 0; d < 4; ++d) four.push_back(in_log(number(fmt::format("x{}", d), 1e-3, 1e3)));
  Dimension rank = whole("rank", 2, 64);
  rank.distribution.log = true;
  rank.when = {{.parameter = "method", .places = {0}}};
  Dimension layers = whole("layers", 1, 6);
  layers.when = {{.parameter = "method", .places = {1}}};
  return {{"branin", Space({number("x", -5, 10), number("y", 0, 15)}), branin},
          {"hartmann6", Space(six), hartmann6},
          {"log_rosenbrock", Space(four), log_rosenbrock},
          {"methods",
           Space({choice("method", {"lora", "top_k", "head"}), in_log(number("lr", 1e-6, 1e-1)), rank, layers,
                  choice("rows", {16, 32, 64}), number("decay", 0, 1)}),
           methods}};
}

double best_of(const Surrogate& surrogate, bool random, int64_t trials, int64_t seed) {
  rift::search::SamplerOptions options;
  if (random) options.kind = rift::search::RandomOptions{};
  const auto sampler = rift::search::make_sampler(options, {.space = surrogate.space,
                                                            .directions = {rift::search::Direction::kMinimize},
                                                            .seed = static_cast<uint64_t>(seed)});
  std::vector<rift::search::Trial> done;
  double best = 0;
  for (int64_t number = 0; number < trials; ++number) {
    const Assignment taken = *sampler->suggest(done, number);
    const double loss = surrogate.loss(taken);
    best = number == 0 ? loss : std::min(best, loss);
    done.push_back({.id = number + 1,
                    .number = number,
                    .state = rift::search::TrialState::kComplete,
                    .parameters = taken,
                    .values = {loss},
                    .intermediate = {},
                    .user_attributes = {},
                    .system_attributes = {}});
  }
  return best;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 5) {
    fmt::print(stderr, "usage: search_surrogates FUNCTION TRIALS FIRST_SEED SEEDS [random]\n");
    return 2;
  }
  const std::string name = arguments[1];
  const bool random = count > 5 && std::string(arguments[5]) == "random";
  const int64_t trials = std::atoll(arguments[2]), first = std::atoll(arguments[3]), seeds = std::atoll(arguments[4]);
  const std::vector<Surrogate> all = name == "real_task" ? std::vector<Surrogate>{real_task()} : surrogates();
  for (const Surrogate& surrogate : all) {
    if (surrogate.name != name) continue;
    std::string text;
    for (int64_t seed = first; seed < first + seeds; ++seed) {
      text += fmt::format("{}{}", text.empty() ? "" : ", ", best_of(surrogate, random, trials, seed));
    }
    fmt::print("[{}]\n", text);
    return 0;
  }
  fmt::print(stderr, "{}: no such function\n", name);
  return 2;
}
