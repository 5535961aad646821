// Terminal output of a run: progress line and final summary.
#pragma once

#include <loadsim/measure/run_result.hpp>
#include <loadsim/verdict/verdict.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace loadsim::report {

/// Progress as one line: phase, elapsed and remaining time, sessions online, actual and target rate, p50 and p99 of e2e, requests in
/// flight, unexpected ones. Rates and latencies are of the interval, `unexpected` and `refused` since the start.
/// `columns` > 0: at most that wide, with a bar; the least important fields are dropped first. 0: all fields, no bar.
std::string progress_line(const measure::progress&, const measure::labels&, unsigned columns);

/// Final summary: outcomes, matrix of expected against observed, latencies by hop, sessions, anomalies, budgets, verdict with
/// reasons, path of the report. `colour`: ANSI colours for the verdicts.
std::string summary_text(const measure::run_result&, const verdict::evaluation&, const measure::labels&,
                         const std::filesystem::path& folder, bool colour);

/// Capabilities of the terminal behind an output stream.
struct terminal {
    bool takes_escape_codes = false;
    std::optional<unsigned> columns; ///< absent: queried for each line, because the window can be resized
};
/// Escape codes are supported by a terminal whose TERM is not "dumb".
terminal terminal_of(std::FILE* out);
/// True if escape codes are supported and NO_COLOR is not set (https://no-color.org).
bool wants_colour(const terminal&);

/// Progress display: one live line on a terminal, periodic plain lines elsewhere, nothing when quiet.
class console {
public:
    /// `plain_interval`: between plain lines, in run time (simulated in a rehearsal).
    console(std::FILE* out, bool quiet, terminal, std::chrono::seconds plain_interval = std::chrono::seconds(10));
    void show(const measure::progress&, const measure::labels&);
    /// Ends the live line and prints the text unchanged.
    void print(const std::string& text);

private:
    void redraw(const measure::progress&, const measure::labels&);
    void print_plain_line(const measure::progress&, const measure::labels&);

    std::FILE* out_;
    bool quiet_;
    terminal terminal_;
    std::chrono::seconds plain_interval_;
    bool line_open_ = false;

    // Plain lines: time and stage of the last one, and the sum of all intervals since: a line covers all of them.
    std::optional<nanoseconds> last_line_at_;
    measure::stage last_line_stage_ = measure::stage::connecting;
    measure::totals pending_;
    double pending_s_ = 0;
};

} // namespace loadsim::report
