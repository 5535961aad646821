// Everything a run says: on the terminal, in its folder, in the log.
#pragma once

#include <loadsim/report/console.hpp>
#include <loadsim/report/report.hpp>
#include <loadsim/run/run.hpp>
#include <loadsim/scenario/scenario.hpp>
#include <loadsim/verdict/conclusion.hpp>

#include <filesystem>
#include <string>

namespace loadsim::app {

struct report_options {
    bool quiet = false;
    report::terminal terminal;
    measure::mode how = measure::mode::run;
    /// What the folder has already: with `begun` the files of a run whose process is gone.
    report::folder_writer::files there = report::folder_writer::files::none;
};

/// Writes a run's report while it goes, judges it at its end, and says how it was. A replay is not judged by the scenario's budgets:
/// they are for a whole fleet.
class run_report {
public:
    /// `folder` exists.
    run_report(const scenario::document&, std::filesystem::path folder, const report_options&);

    /// To be handed to the run; this must outlive it.
    run::listener listener();
    void finish(const measure::run_facts&);
    /// The run could not be done.
    void give_up(const problems&);
    /// The exit code, once finish() has been called.
    verdict::exit_code code() const { return code_; }

private:
    const scenario::document& scenario_;
    std::filesystem::path folder_;
    report_options options_;
    measure::legend names_;
    report::console console_;
    report::folder_writer files_;
    std::string unwritten_; ///< what of scenario.yaml could not be written
    verdict::exit_code code_ = verdict::exit_code::internal_error;
};

} // namespace loadsim::app
