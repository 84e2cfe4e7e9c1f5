// The page in a real browser, under its own Content-Security-Policy.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "rift/report/charts.h"
#include "rift/report/page.h"
#include "support/temp_directory.h"

namespace rift::report {
namespace {

std::string output_of(const std::string& command) {
  std::string output;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return output;
  char buffer[4096];
  for (size_t got = 0; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, got);
  pclose(pipe);
  return output;
}

TEST(Browser, DrawsEveryKindOfChartUnderThePolicy) {
  if (output_of("command -v chromium").empty()) GTEST_SKIP() << "chromium is not installed";
  Page page("Charts", "");
  page.section("Charts", "charts-section");
  const Series series{"gbdt", {0, .5, 1}, {0, .7, 1}};
  page.chart(line_chart({.series = {series}, .x_title = "x", .y_title = "y", .diagonal = true}), "line");
  page.chart(histogram_chart({.series = {{"good", {}, {.4, .6}}, {"bad", {}, {.9, .1}}}}), "histogram");
  page.chart(interval_chart({.names = {"gbdt"}, .value = {.7}, .low = {.6}, .high = {.8}}), "interval");
  page.chart(bar_chart({.names = {"income"}, .values = {1.0}}), "bars");
  page.chart(parallel_chart({.axes = {{"lr", {0, 1}, {{0, "1e-5"}, {1, "1e-3"}}}, {"auc", {1, 0}, {{0, ".7"}}}},
                             .value = {.8, .7},
                             .value_title = "auc",
                             .names = {"trial 0", "trial 1"}}),
             "parallel");
  page.chart(point_chart({.series = {series}, .x_title = "auc", .y_title = "brier"}), "points");
  const FittedSeries::Values values{.x = {50, 100}, .y = {.6, .7}, .low = {.5, .6}, .high = {.7, .8}};
  page.chart(fitted_chart({.series = {{"gbdt", values, values}, {"fine-tuned", values, {}}},
                           .measured_to = 100,
                           .ticks = {50, 100},
                           .x_title = "labels",
                           .y_title = "auc"}),
             "fitted");
  test::TempDirectory directory;
  page.write(directory.path() / "page.html");
  const std::string dom = output_of(
      "chromium --headless=new --no-sandbox --disable-gpu --disable-background-networking "
      "--user-data-dir=" +
      (directory.path() / "profile").string() + " --virtual-time-budget=8000 --dump-dom file://" +
      (directory.path() / "page.html").string() + " 2>/dev/null");
  size_t drawings = 0;
  for (size_t at = dom.find("class=\"marks\""); at != std::string::npos; at = dom.find("class=\"marks\"", at + 1))
    ++drawings;
  EXPECT_EQ(drawings, 7u);
}

}  // namespace
}  // namespace rift::report
