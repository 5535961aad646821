// Terminal output of a run: progress line and final summary.
#pragma once

#include <loadsim/measure/run_result.hpp>
#include <loadsim/verdict/verdict.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace loadsim::report {

/// Progress as one line: phase, elapsed and remaining time (the drain included: without and with all of its limit), sessions online,
/// actual and target rate, p50 and p99 of e2e, requests in flight, unexpected ones. Rates and latencies are of the interval, `unexpected`
/// and `refused` since the start.
/// `columns` > 0: at most that wide, with a bar; the bar and the least important fields are dropped first, rate and p99 last. 0: all
/// fields, no bar.
std::string progress_line(const measure::progress&, const measure::labels&, unsigned columns);

struct summary_style {
    bool colour = false;            ///< ANSI colours for the verdicts
    bool verbose = false;           ///< all sections, also those about what went as it should
    unsigned columns = 0;           ///< of the terminal, at least min_summary_columns; 0: any width
    bool has_unicode_glyphs = true; ///< false: with_ascii_glyphs()
};
inline constexpr unsigned min_summary_columns = 60;

struct baseline_comparison;

/// Final summary: verdict with reasons, budgets, what has changed against a baseline (null: none), share of the hops in the time; then
/// outcomes, unexpected requests, latencies by hop, sessions, anomalies and what else went wrong; path of the report at the end.
/// Sections without content are left out.
std::string summary_text(const measure::run_result&, const verdict::evaluation&, const measure::labels&,
                         const std::filesystem::path& folder, const summary_style& = {},
                         const baseline_comparison* = nullptr);

/// The text with '+' and 'x' for the marks of passed and failed, for terminals without UTF-8. Names that a scenario defines are kept as
/// they are.
std::string with_ascii_glyphs(std::string_view);

/// Capabilities of the terminal behind an output stream.
struct terminal {
    bool takes_escape_codes = false;
    std::optional<unsigned> columns; ///< absent: queried for each line, because the window can be resized
    bool has_unicode_glyphs = true;  ///< it shows the marks of passed and failed
};
/// Escape codes are supported by a terminal whose TERM is not "dumb"; the glyphs by a UTF-8 locale, but for TERM "linux".
terminal terminal_of(std::FILE* out);
/// By the values of the environment variables LC_ALL, LC_CTYPE and LANG, of which the first that is not empty counts.
bool is_utf8_locale(std::string_view lc_all, std::string_view lc_ctype, std::string_view lang);

enum class colour_choice : std::uint8_t { automatic, always, never };
/// Automatic: escape codes are supported and NO_COLOR is not set (https://no-color.org).
bool wants_colour(const terminal&, colour_choice = colour_choice::automatic);

/// Progress display: one live line on a terminal, periodic plain lines elsewhere, nothing when quiet.
class console {
public:
    /// `plain_interval`: between plain lines, in run time (simulated in a rehearsal).
    console(std::FILE* out, bool quiet, terminal, std::chrono::seconds plain_interval = std::chrono::seconds(10));
    void show(const measure::progress&, const measure::labels&);
    /// Ends the live line and prints the text unchanged.
    void print(const std::string& text);
    /// The same for sentences, which are broken to lines of the terminal's width.
    void print_wrapped(const std::string& text);
    /// Columns of the terminal now; 0: unknown, or no terminal.
    unsigned columns() const;

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
