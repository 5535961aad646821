// Figures as people read them, and how wide they are on a terminal.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/measure/run_facts.hpp>
#include <loadsim/report/console.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::report {

std::string human_count(std::uint64_t);                                           ///< "1,234,567"
std::string count_of(std::uint64_t, std::string_view one, std::string_view many); ///< "1 session", "2,000 sessions"
std::string human_latency(nanoseconds); ///< three digits: "0.14 ms", "41.2 ms", "812 ms", "2.35 s", "75.0 s"
std::string human_elapsed(nanoseconds); ///< whole seconds: "34s", "2m05s", "3h07m"
std::string human_rate(double);         ///< "0.5/s", "200/s", "12,000/s"
std::string human_bytes(std::uint64_t); ///< "512 B", "12.3 kB", "4.56 MB"
std::string human_share(std::uint64_t part, std::uint64_t whole); ///< "79.9 %"; "<0.1 %" rather than a false 0

/// The name at an index, or its number where the legend is short: a report never hides a row.
std::string name_at(const std::vector<std::string>& names, std::size_t i);

/// What kind of run it was, when not an ordinary one: "rehearsed", "replay"; else nothing.
std::string_view kind_of(measure::mode);

/// Columns that a UTF-8 text takes; a double-width character counts 2.
std::size_t columns_of(std::string_view);
/// Cut to at most so many columns, never inside a character.
std::string_view cut_to(std::string_view, std::size_t columns);
std::string pad_right(std::string_view, std::size_t columns); ///< text, then blanks
std::string pad_left(std::string_view, std::size_t columns);  ///< blanks, then text

} // namespace loadsim::report
