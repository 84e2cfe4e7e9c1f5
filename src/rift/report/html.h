#pragma once

#include <string>
#include <string_view>

#include "rift/base/json.h"

/// The three ways in which text enters an HTML page. Whatever stands in the text, it stays text.
namespace rift::report {

/// For element content and quoted attributes: & < > " ' as references; ill-formed UTF-8 and control characters (other
/// than line feed and tab) as U+FFFD.
std::string html_escape(std::string_view text);

/// A library's source for the inside of <script>: no "</script" is left in it that could end the element. The code
/// means the same ("<\/script" in a string or regular expression).
std::string script_source(std::string_view source);

/// JSON for the inside of <script type="application/json">: "<" as its escape \u003c.
std::string script_json(const Json& value);

/// 'sha256-...' of an inline element's content, as a Content-Security-Policy names it.
std::string policy_hash(std::string_view content);

}  // namespace rift::report
