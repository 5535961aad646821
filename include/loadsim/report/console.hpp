// What a run says on the terminal.
#pragma once

#include <loadsim/measure/run_facts.hpp>
#include <loadsim/verdict/conclusion.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace loadsim::report {

/// Text from outside, with control characters as \xNN: it must not command the terminal.
std::string printable(std::string_view);

/// One line about how the run stands: phase, elapsed and left, sessions on line, achieved and asked rate, p50 and p99 of e2e,
/// in flight, unexpected. Rates and latencies are the interval's, `unexpected` and `refused` count from the start.
/// `columns` > 0: fits a terminal of that width, with a bar; what matters least gives way first. 0: plain, all of it, no bar.
std::string progress_line(const measure::progress&, const measure::legend&, unsigned columns);

/// The final summary: outcomes, the matrix where it is off the diagonal, latencies by hop, sessions, anomalies, budgets, the verdict
/// with its reasons, where the report is. `colour`: ANSI colours for the verdicts.
std::string summary_text(const measure::run_facts&, const verdict::conclusion&, const measure::legend&,
                         const std::filesystem::path& folder, bool colour);

/// What is at the other end of a stream.
struct terminal {
    bool takes_escape_codes = false;
    std::optional<unsigned> columns; ///< absent: asked each time, for it changes when the window does
};
/// A terminal, and TERM not "dumb".
terminal terminal_of(std::FILE* out);
/// Whether to colour what goes there: NO_COLOR not set (https://no-color.org).
bool wants_colour(const terminal&);

/// Shows progress: one live line on a terminal, elsewhere a plain line now and then, nothing when quiet.
class console {
public:
    /// `plain_every`: of the run's time. A rehearsal's passes quickly.
    console(std::FILE* out, bool quiet, terminal, std::chrono::seconds plain_every = std::chrono::seconds(10));
    void show(const measure::progress&, const measure::legend&);
    /// Ends the live line and prints the text as it is.
    void print(const std::string& text);

private:
    void redraw(const measure::progress&, const measure::legend&);
    void say_sometimes(const measure::progress&, const measure::legend&);

    std::FILE* out_;
    bool quiet_;
    terminal terminal_;
    std::chrono::seconds plain_every_;
    bool line_open_ = false;

    // Plain lines: when the last one was, and what has happened since, for a line tells of all the time since.
    std::optional<nanoseconds> said_;
    measure::stage said_stage_ = measure::stage::connecting;
    measure::totals unsaid_;
    double unsaid_s_ = 0;
};

} // namespace loadsim::report
