// index.html of a suite.
#include "text_format.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/report/page.hpp>
#include <loadsim/report/suite.hpp>

#include <fmt/format.h>

#include <string_view>

namespace loadsim::report {
namespace {

constexpr std::string_view page_begin = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>loadsim suite</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color: #1b1f24; background: #fff; --good: #1a7f37; --bad: #cf222e; --other: #9a6700; }
table { border-collapse: collapse; }
th, td { padding: .3rem .9rem .3rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid #8886; }
td.number { text-align: right; white-space: nowrap; }
td.name { min-width: 8em; overflow-wrap: anywhere; }
td.verdict { font-weight: 600; white-space: nowrap; }
.pass { color: var(--good); }
.fail, .error { color: var(--bad); }
.other { color: var(--other); }
@media (prefers-color-scheme: dark) {
  body { color: #e6edf3; background: #0d1117; --good: #3fb950; --bad: #ff7b72; --other: #d29922; }
  a { color: #79c0ff; }
}
@media (max-width: 640px) {
  body { margin: 1rem; }
  thead th:last-child { display: none; }
  tr { display: grid; grid-template-columns: 1fr 6em 3.5em 3.5em; border-bottom: 1px solid #8886; }
  th, td { border: 0; }
  td.verdict { white-space: normal; }
  td.reason { grid-column: 1 / -1; overflow-wrap: anywhere; }
  td.reason:empty { display: none; }
}
</style>
</head>
<body>
)";

/// Text between tags or in a quoted attribute. Invalid UTF-8 and control characters are written as \xNN.
std::string html_text(std::string_view text) {
    std::string made;
    for (const char c : escape_for_terminal(text)) {
        switch (c) {
        case '&': made += "&amp;"; break;
        case '<': made += "&lt;"; break;
        case '>': made += "&gt;"; break;
        case '"': made += "&quot;"; break;
        case '\'': made += "&#39;"; break;
        default: made += c;
        }
    }
    return made;
}

std::string_view style_of(std::string_view verdict) {
    for (const std::string_view style : {"pass", "fail", "error"})
        if (verdict == style) return style;
    return "other";
}

/// Links to the page of a run that has a verdict, or else to its folder.
std::string name_cell(const suite_run& run) {
    const auto name = html_text(run.name);
    if (run.folder.empty()) return name;
    return fmt::format("<a href=\"{}/{}\">{}</a>",
                       html_text(percent_encode(run.folder.generic_string(), url_part::path)),
                       run.end ? page_file_name : "", name);
}

std::string page_row(const suite_run& run) {
    auto verdict = suite_verdict(run);
    const auto style = style_of(verdict);
    if (run.retries != 0) verdict += fmt::format(" (retry {})", run.retries);
    const auto code = run.code ? fmt::format("{}", static_cast<int>(*run.code)) : "";
    const auto length = std::chrono::duration_cast<nanoseconds>(std::chrono::duration<double>(run.seconds));
    return fmt::format("<tr><td class=\"name\">{}</td><td class=\"verdict {}\">{}</td><td class=\"number\">{}</td>"
                       "<td class=\"number\">{}</td><td class=\"reason\">{}</td></tr>\n",
                       name_cell(run), style, html_text(verdict), code, run.code ? human_elapsed(length) : "",
                       html_text(suite_reason(run)));
}

} // namespace

std::string suite_page(const std::vector<suite_run>& runs, std::chrono::system_clock::time_point started) {
    std::string page(page_begin);
    page += fmt::format("<h1>{}</h1>\n<p>Started {}, exit code {}.</p>\n", suite_counts(runs),
                        iso_time(started, iso_format::seconds), static_cast<int>(suite_code(runs)));
    page += "<table>\n<thead><tr><th>scenario</th><th>verdict</th><th>code</th><th>time</th><th>what decided</th></tr>"
            "</thead>\n<tbody>\n";
    for (const auto& run : runs) page += page_row(run);
    return page + "</tbody>\n</table>\n<p>All test cases: <a href=\"junit.xml\">junit.xml</a></p>\n</body>\n</html>\n";
}

bool is_suite_page(std::string_view page) {
    return page.substr(0, page_begin.size()).find("<title>loadsim suite</title>") != std::string_view::npos;
}

} // namespace loadsim::report
