#pragma once

#include <string>
#include <string_view>
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

}  // namespace rift::report
