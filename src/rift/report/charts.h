#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rift/base/json.h"

/// Vega-Lite specifications out of plain figures.
namespace rift::report {

struct Series {
  std::string name;
  std::vector<double> x;
  std::vector<double> y;
};

struct LineChartSpec {
  std::vector<Series> series;
  std::string x_title;
  std::string y_title;
  bool diagonal = false;  // a reference line from (0,0) to (1,1)
  std::string diagonal_name;
  bool points = false;
  bool unit_square = false;  // both axes 0 to 1
  bool percent_x = false;
  bool percent_y = false;
  bool whole_x = false;  // steps: no marks between whole numbers
};
Json line_chart(const LineChartSpec& spec);

struct HistogramChartSpec {
  double low = 0;
  double high = 1;
  std::vector<Series> series;  // y = share per bin of equal width; x unused
  std::string x_title;
  std::string y_title;
};
Json histogram_chart(const HistogramChartSpec& spec);

/// Points with intervals, one row a name (AUC of every model).
struct IntervalChartSpec {
  std::vector<std::string> names;
  std::vector<double> value, low, high;
  std::string x_title;
};
Json interval_chart(const IntervalChartSpec& spec);

struct BarChartSpec {
  std::vector<std::string> names;
  std::vector<double> values;
  std::string x_title;
  std::string y_title;
};
Json bar_chart(const BarChartSpec& spec);

/// One axis of a parallel-coordinates chart: where each line crosses it, from 0 (below) to 1; a negative place lies
/// under the axis. `ticks` says what places mean.
struct ParallelAxis {
  std::string name;
  std::vector<double> place;  // [lines]
  std::vector<std::pair<double, std::string>> ticks;
};
struct ParallelChartSpec {
  std::vector<ParallelAxis> axes;
  std::vector<double> value;  // [lines] what colours a line
  std::string value_title;
  std::vector<std::string> names;  // [lines]
};
Json parallel_chart(const ParallelChartSpec& spec);

/// Figures against a number of something on a logarithmic axis: measured points with intervals, and a fitted line with
/// its band, dashed beyond what was measured.
struct FittedSeries {
  struct Values {
    std::vector<double> x, y, low, high;  // of equal length
  };
  std::string name;
  Values points;
  Values line;  // empty: the points are joined
};
struct FittedChartSpec {
  std::vector<FittedSeries> series;
  double measured_to = 0.0;
  std::vector<double> ticks;  // of the axis of x
  std::string x_title;
  std::string y_title;
};
Json fitted_chart(const FittedChartSpec& spec);

/// Points of series, without lines between them.
struct PointChartSpec {
  std::vector<Series> series;
  std::string x_title;
  std::string y_title;
};
Json point_chart(const PointChartSpec& spec);

}  // namespace rift::report
