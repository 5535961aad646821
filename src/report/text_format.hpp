// Text for people: numbers, display width of UTF-8 text, tables with aligned columns.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/measure/run_result.hpp>
#include <loadsim/report/console.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::report {

std::string human_count(std::uint64_t);                                           ///< "1,234,567"
std::string count_of(std::uint64_t, std::string_view one, std::string_view many); ///< "1 session", "2,000 sessions"
std::string
    human_latency(nanoseconds); ///< three significant digits: "0.14 ms", "41.2 ms", "812 ms", "2.35 s", "75.0 s"
std::string human_percentile(const measure::histogram&,
                             double p); ///< "-": too few samples carry it (measure::is_carried())
std::string human_elapsed(nanoseconds); ///< whole seconds: "34s", "2m05s", "3h07m"
std::string human_rate(double);         ///< "0.5/s", "200/s", "12,000/s"
std::string human_bytes(std::uint64_t); ///< "512 B", "12.3 kB", "4.56 MB"
std::string human_percentage(std::uint64_t count,
                             std::uint64_t total); ///< "79.9 %"; "<0.1 %" and ">99.9 %" instead of a rounded 0 or 100

/// Name at an index; the index itself if there are fewer names, so that no row is lost.
std::string name_at(const std::vector<std::string>& names, std::size_t i);

/// "rehearsal" or "replay"; empty for an ordinary run.
std::string_view mode_text(measure::run_mode);

/// Terminal columns of a UTF-8 text; a double-width character counts 2, a combining one and a colour (SGR sequence) 0.
std::size_t display_width(std::string_view);
/// Prefix of at most `columns` columns; characters are not split.
std::string_view truncate_to_width(std::string_view, std::size_t columns);
std::string pad_right(std::string_view, std::size_t columns); ///< appends blanks
std::string pad_left(std::string_view, std::size_t columns);  ///< prepends blanks

/// Breaks lines that are wider than `columns` at a blank, and indents what follows: to the column of the labels' texts, or four more than
/// the line. A word is never broken, so that paths and URLs can be copied. 0: unchanged.
std::string wrap_lines(std::string_view text, std::size_t columns);

using row = std::vector<std::string>;

/// Which columns of a table hold text, and what fits it to the width of a terminal.
struct table_layout {
    std::size_t left_aligned = 1;                ///< so many columns at the left hold text
    std::size_t text_from = 99;                  ///< and those from this index on
    std::size_t width = 0;                       ///< columns of the terminal; 0: any number
    std::vector<std::size_t> optional_columns{}; ///< left out, in this order, until the table fits
};
/// A table that does not fit without its optional columns either has its widest texts cut, with "..." at the end.
std::string table(std::vector<row> rows, const table_layout&);

/// Columns are as wide as their widest cell. The first `left_aligned` columns and those from index `text_from` on hold text and are
/// left-aligned; the others hold numbers and are right-aligned. Control characters and invalid UTF-8 in cells are escaped.
std::string table(std::vector<row> rows, std::size_t left_aligned = 1, std::size_t text_from = 99);

} // namespace loadsim::report
