#include "rift/report/page.h"

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/sentences.h"
#include "rift/report/assets.h"
#include "rift/report/html.h"

namespace rift::report {
namespace {

std::string attribute(std::string_view name, std::string_view value) {
  return fmt::format(" {}=\"{}\"", name, html_escape(value));
}

std::string element(std::string_view tag, std::string_view attributes, std::string_view text) {
  return fmt::format("<{}{}>{}</{}>\n", tag, attributes, html_escape(text), tag);
}

std::string cell_class(const Page::Cell& cell) {
  std::string names;
  if (cell.number) names += "number";
  if (cell.strong) names += names.empty() ? "strong" : " strong";
  return names.empty() ? "" : attribute("class", names);
}

/// A column is a column of numbers, for its heading, when its first row says so.
bool is_number_column(const Page::TableSpec& table, size_t column) {
  return !table.rows.empty() && column < table.rows.front().size() && table.rows.front()[column].number;
}

std::string row_html(const std::vector<Page::Cell>& row) {
  std::string html = "<tr>";
  for (size_t i = 0; i < row.size(); ++i) {
    html += i == 0 ? fmt::format("<th scope=\"row\"{}>{}</th>", cell_class(row[i]), html_escape(row[i].text))
                   : fmt::format("<td{}>{}</td>", cell_class(row[i]), html_escape(row[i].text));
  }
  return html + "</tr>\n";
}

struct Script {
  std::string content;
  std::string html() const { return "<script>" + content + "</script>\n"; }
};

std::vector<Script> page_scripts() {
  return {{script_source(asset(Asset::kVega))},
          {script_source(asset(Asset::kVegaLite))},
          {script_source(asset(Asset::kVegaEmbed))},
          {script_source(asset(Asset::kScript))}};
}

/// Nothing is fetched and only the scripts and styles that stand in the page run, each known by its hash.
std::string content_policy(const std::vector<Script>& scripts) {
  std::string script_hashes;
  for (const Script& script : scripts) script_hashes += " " + policy_hash(script.content);
  return fmt::format("default-src 'none'; script-src{}; style-src {}; base-uri 'none'; form-action 'none'",
                     script_hashes.empty() ? " 'none'" : script_hashes, policy_hash(asset(Asset::kStyle)));
}

}  // namespace

Page::Page(std::string title, std::string subtitle) : title_(std::move(title)), subtitle_(std::move(subtitle)) {}

void Page::section(std::string heading, std::string id) {
  if (section_open_) body_ += "</section>\n";
  section_open_ = true;
  body_ += fmt::format("<section{}>\n", attribute("id", id));
  body_ += element("h2", "", heading);
  contents_.push_back({std::move(heading), std::move(id)});
}

void Page::heading(std::string text) { body_ += element("h3", "", text); }

void Page::paragraph(std::string_view text) { body_ += element("p", "", text); }

void Page::notice(std::string_view text) { body_ += element("p", attribute("class", "notice"), text); }

void Page::table(const TableSpec& table) {
  const std::string label = table.caption.empty() && !contents_.empty() ? contents_.back().heading : table.caption;
  body_ +=
      fmt::format("<div class=\"scroll\" role=\"region\" tabindex=\"0\"{}>\n<table>\n", attribute("aria-label", label));
  if (!table.caption.empty()) body_ += element("caption", "", table.caption);
  body_ += "<thead><tr>";
  for (size_t i = 0; i < table.columns.size(); ++i) {
    body_ += fmt::format("<th scope=\"col\"{}>{}</th>", is_number_column(table, i) ? " class=\"number\"" : "",
                         html_escape(table.columns[i]));
  }
  body_ += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    RIFT_CHECK(row.size() == table.columns.size());
    body_ += row_html(row);
  }
  body_ += "</tbody>\n</table>\n</div>\n";
}

void Page::chart(Json spec, std::string_view caption) {
  body_ += fmt::format("<figure>\n<div class=\"chart\" id=\"chart-{}\" role=\"img\"{}></div>\n", charts_.size(),
                       attribute("aria-label", caption));
  body_ += element("figcaption", "", caption);
  body_ += "</figure>\n";
  charts_.push_back(std::move(spec));
}

void Page::preformatted(std::string_view text) { body_ += element("pre", attribute("tabindex", "0"), text); }

void Page::details(std::string summary, std::string_view preformatted) {
  body_ += "<details>\n" + element("summary", "", summary);
  this->preformatted(preformatted);
  body_ += "</details>\n";
}

void Page::folded_table(std::string summary, const TableSpec& table) {
  body_ += "<details>\n" + element("summary", "", summary);
  this->table(table);
  body_ += "</details>\n";
}

void Page::footer(std::string text) { footer_ = std::move(text); }

std::string Page::head_html(std::string_view policy) const {
  std::string html = fmt::format("<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n",
                                 language() == Language::kChinese ? "zh-CN" : "en");
  html += fmt::format("<meta http-equiv=\"Content-Security-Policy\"{}>\n", attribute("content", policy));
  html += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  html += "<meta name=\"referrer\" content=\"no-referrer\">\n";
  html += element("title", "", title_);
  html += fmt::format("<style>{}</style>\n</head>\n", asset(Asset::kStyle));
  return html;
}

std::string Page::contents_html() const {
  const std::string heading = sentence("report.contents");
  std::string html = fmt::format("<nav{}>\n", attribute("aria-label", heading)) + element("h2", "", heading) + "<ol>\n";
  for (const Entry& entry : contents_) {
    html += fmt::format("<li><a{}>{}</a></li>\n", attribute("href", "#" + entry.id), html_escape(entry.heading));
  }
  return html + "</ol>\n</nav>\n";
}

std::string Page::html() const {
  const std::vector<Script> scripts = charts_.empty() ? std::vector<Script>{} : page_scripts();
  std::string html = head_html(content_policy(scripts));
  html += "<body>\n";
  html += element("a", attribute("class", "skip") + attribute("href", "#content"), sentence("report.to_content"));
  html += "<header>\n" + element("h1", "", title_);
  if (!subtitle_.empty()) html += element("p", attribute("class", "subtitle"), subtitle_);
  html += "</header>\n<div class=\"columns\">\n" + contents_html() + "<main id=\"content\">\n";
  if (!charts_.empty()) html += "<noscript>" + element("p", "", sentence("report.no_script")) + "</noscript>\n";
  html += body_;
  if (section_open_) html += "</section>\n";
  html += "</main>\n</div>\n";
  if (!footer_.empty()) html += "<footer>\n" + element("p", "", footer_) + "</footer>\n";
  if (!charts_.empty()) {
    html += fmt::format("<script type=\"application/json\" id=\"charts\">{}</script>\n", script_json(Json(charts_)));
  }
  for (const Script& script : scripts) html += script.html();
  return html + "</body>\n</html>\n";
}

void Page::write(const std::filesystem::path& file) const { write_file_atomic(file, html()); }

}  // namespace rift::report
