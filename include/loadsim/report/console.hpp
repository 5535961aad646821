// What a run says on the terminal.
#pragma once

#include <loadsim/measure/run_facts.hpp>
#include <loadsim/verdict/conclusion.hpp>

#include <cstdio>
#include <filesystem>
#include <string>

namespace loadsim::report {

/// One line about how the run stands. `columns` > 0: fits a terminal of that width, with a bar; 0: plain, no bar.
/// phase, elapsed/left, sessions on line, asked and achieved rate, p50/p99 of e2e, in flight, unexpected.
std::string progress_line(const measure::progress&, const measure::legend&, unsigned columns);

/// The final summary: outcomes, the matrix where it is off the diagonal, latencies by hop, sessions, anomalies, budgets, the verdict
/// with its reasons, where the report is. `colour`: ANSI colours for the verdicts.
std::string summary_text(const measure::run_facts&, const verdict::conclusion&, const measure::legend&,
                         const std::filesystem::path& folder, bool colour);

/// Shows progress: one live line on a terminal, a plain line every 10 s elsewhere, nothing when quiet.
class console {
public:
    console(std::FILE* out, bool quiet);
    void show(const measure::progress&, const measure::legend&);
    /// Ends the live line and prints the text as it is.
    void print(const std::string& text);

private:
    std::FILE* out_;
    bool quiet_;
    bool terminal_;
    bool line_open_ = false;
    nanoseconds said_{-1};
    measure::stage said_stage_ = measure::stage::done;
};

} // namespace loadsim::report
