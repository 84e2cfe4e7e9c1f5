#include "rift/report/page.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "rift/base/files.h"
#include "rift/base/sentences.h"
#include "rift/report/assets.h"
#include "rift/report/charts.h"
#include "rift/report/html.h"
#include "support/temp_directory.h"

namespace rift::report {
namespace {

size_t count(std::string_view text, std::string_view part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

/// The page without what the program bundles into it.
std::string own_part(std::string html) {
  for (const Asset one : {Asset::kVega, Asset::kVegaLite, Asset::kVegaEmbed}) {
    const std::string source = script_source(asset(one));
    const size_t at = html.find(source);
    EXPECT_NE(at, std::string::npos) << "a chart library is missing";
    if (at != std::string::npos) html.erase(at, source.size());
  }
  return html;
}

constexpr std::string_view kHostile = "</script><img src=http://example.org/x onerror=\"go()\">'&";

Page hostile_page() {
  const std::string text(kHostile);
  Page page(text, text);
  page.section(text, "first\" onload=\"go()");
  page.heading(text);
  page.paragraph(text);
  page.notice(text);
  page.table({.columns = {text, text}, .rows = {{{text}, {text, true, true}}}, .caption = text});
  page.preformatted(text);
  page.details(text, text);
  page.footer(text);
  page.chart(interval_chart({.names = {text}, .value = {.7}, .low = {.6}, .high = {.8}, .x_title = text}), text);
  return page;
}

TEST(Page, TextOfAnyKindStaysText) {
  const std::string html = own_part(hostile_page().html());
  EXPECT_EQ(count(html, "<img"), 0u);
  EXPECT_EQ(count(html, " onload=\""), 0u);
  EXPECT_EQ(count(html, "</script"), count(html, "<script")) << "every element is closed once, by the page";
  EXPECT_EQ(count(html, "<script"), 5u) << "three libraries, the page's script and the charts' data";
  EXPECT_GT(count(html, html_escape(kHostile)), 10u);
}

TEST(Page, NothingIsFetchedAndNothingEvaluated) {
  const std::string html = hostile_page().html();
  const size_t from = html.find("Content-Security-Policy");
  const std::string policy = html.substr(from, html.find('>', from) - from);
  EXPECT_NE(policy.find("default-src &#39;none&#39;"), std::string::npos);
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  EXPECT_EQ(policy.find("http:"), std::string::npos);
  const std::string own = own_part(html);
  for (const std::string_view fetch : {" src=", "href=\"http", "url(", "@import", "<link", "<iframe"}) {
    const size_t at = own.find(fetch);
    EXPECT_TRUE(at == std::string::npos || fetch == " src=") << fetch;
  }
  EXPECT_EQ(count(own, " src="), count(own, "img src=")) << "only as escaped text";
}

TEST(Page, PolicyNamesTheHashOfEveryScript) {
  const std::string html = hostile_page().html();
  size_t scripts = 0;
  for (size_t at = html.find("<script>"); at != std::string::npos; at = html.find("<script>", at + 1)) {
    const size_t begin = at + 8;
    const std::string content = html.substr(begin, html.find("</script", begin) - begin);
    EXPECT_NE(html.find(html_escape(policy_hash(content))), std::string::npos);
    ++scripts;
  }
  EXPECT_EQ(scripts, 4u);
}

TEST(Page, ContentsLeadToEverySection) {
  Page page("t");
  page.section("One", "one");
  page.section("Two", "two");
  const std::string html = page.html();
  for (const char* id : {"one", "two"}) {
    EXPECT_EQ(count(html, fmt::format("href=\"#{}\"", id)), 1u);
    EXPECT_EQ(count(html, fmt::format("<section id=\"{}\"", id)), 1u);
  }
  EXPECT_EQ(count(html, "<section"), count(html, "</section>"));
}

TEST(Page, WithoutChartsThereIsNoScript) {
  Page page("t");
  page.section("One", "one");
  EXPECT_EQ(count(page.html(), "<script"), 0u);
  EXPECT_NE(page.html().find("script-src &#39;none&#39;"), std::string::npos);
}

TEST(Page, SaysItsLanguage) {
  Page page("标题");
  page.section("概述", "a");
  EXPECT_NE(page.html().find("<html lang=\"en\">"), std::string::npos);
  set_language(Language::kChinese);
  const std::string html = page.html();
  set_language(Language::kEnglish);
  EXPECT_NE(html.find("<html lang=\"zh-CN\">"), std::string::npos);
  EXPECT_NE(html.find("目录"), std::string::npos);
}

TEST(Page, NumbersStandToTheRightUnderTheirHeading) {
  Page page("t");
  page.section("One", "one");
  page.table({.columns = {"model", "AUC"}, .rows = {{{"gbdt"}, {".701", true}}}});
  const std::string html = page.html();
  EXPECT_NE(html.find("<th scope=\"col\" class=\"number\">AUC</th>"), std::string::npos);
  EXPECT_NE(html.find("<td class=\"number\">.701</td>"), std::string::npos);
  EXPECT_NE(html.find("<th scope=\"row\">gbdt</th>"), std::string::npos);
}

TEST(Html, EscapesReplacesAndHashes) {
  EXPECT_EQ(html_escape("a<b & \"c\" 'd'>"), "a&lt;b &amp; &quot;c&quot; &#39;d&#39;&gt;");
  EXPECT_EQ(html_escape(std::string_view("a\0b\x1b\xff\n", 6)),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD\xEF\xBF\xBD\n");
  EXPECT_EQ(script_source("a</script>b</SCRIPT >c</scr"), "a<\\/script>b<\\/SCRIPT >c</scr");
  EXPECT_EQ(script_json(Json("</script>")), "\"\\u003c/script>\"");
  // printf alert\(1\) | openssl dgst -sha256 -binary | base64
  EXPECT_EQ(policy_hash("alert(1)"), "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='");
}

TEST(Charts, SpecificationsHoldTheirFigures) {
  const Json line = line_chart({.series = {{"a", {0, 1}, {0.2, 0.4}}, {"b", {0, 1}, {0.3, 0.5}}},
                                .x_title = "x",
                                .y_title = "y",
                                .diagonal = true,
                                .diagonal_name = "random",
                                .unit_square = true});
  const auto& layers = line.at("layer").as_array();
  ASSERT_EQ(layers.size(), 3u) << "diagonal, its name, the lines";
  EXPECT_EQ(layers[2].at("data").at("values").size(), 4u);
  EXPECT_EQ(layers[2].at("data").at("values").at(size_t{3}), (Json{{"s", "b"}, {"x", 1.0}, {"y", 0.5}}));
  EXPECT_TRUE(layers[2].at("encoding").contains("strokeDash")) << "told apart without colour";
  const auto axis_of_x = [](const Json& chart) {
    return chart.at("layer").at(size_t{0}).at("encoding").at("x").at("axis");
  };
  const Json steps = line_chart({.series = {{"loss", {1, 2}, {0.7, 0.6}}}, .whole_x = true});
  EXPECT_EQ(axis_of_x(steps), (Json{{"format", ",d"}, {"tickMinStep", 1}})) << "no step 1.5";
  EXPECT_FALSE(axis_of_x(line_chart({.series = {{"a", {0, 1}, {0, 1}}}})).contains("tickMinStep"));
  const Json bars = histogram_chart({.low = 0, .high = 0.5, .series = {{"good", {}, {0.25, 0.75}}}});
  EXPECT_EQ(bars.at("data").at("values").at(size_t{1}), (Json{{"s", "good"}, {"x", 0.25}, {"to", 0.5}, {"y", 0.75}}));
}

}  // namespace
}  // namespace rift::report
