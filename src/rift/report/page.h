#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/json.h"

namespace rift::report {

/// One self-contained HTML page (opens offline; light and dark; readable on a phone; printable): sections of headings,
/// paragraphs, tables and Vega-Lite charts, everything escaped. The chart libraries are bundled into the program.
class Page {
 public:
  explicit Page(std::string title, std::string subtitle = {});

  void section(std::string heading, std::string id);  // id: anchor and entry of the contents list
  void heading(std::string text);                     // within a section
  void paragraph(std::string_view text);
  void notice(std::string_view text);  // a sentence that stands out: the verdict, a warning

  struct Cell {
    std::string text;
    bool number = false;  // right-aligned
    bool strong = false;
  };
  struct TableSpec {
    std::vector<std::string> columns;
    std::vector<std::vector<Cell>> rows;
    std::string caption;
  };
  void table(const TableSpec& table);
  /// `spec`: a Vega-Lite specification without $schema; `caption` says in words what is seen (read by screen readers).
  void chart(Json spec, std::string_view caption);
  /// Text kept as it is in a fixed-width block: settings.
  void preformatted(std::string_view text);
  void details(std::string summary, std::string_view preformatted);  // folded away until asked for
  void folded_table(std::string summary, const TableSpec& table);    // the same for a table
  void footer(std::string text);                                     // last line of the page

  std::string html() const;
  void write(const std::filesystem::path& file) const;  // atomic

 private:
  struct Entry {
    std::string heading;
    std::string id;
  };
  std::string head_html(std::string_view policy) const;
  std::string contents_html() const;

  std::string title_;
  std::string subtitle_;
  std::string footer_;
  std::string body_;
  std::vector<Entry> contents_;
  std::vector<Json> charts_;
  bool section_open_ = false;
};

}  // namespace rift::report
