// Everything a run says: on the terminal, in its folder, in the log.
#pragma once

#include <loadsim/report/console.hpp>
#include <loadsim/report/report.hpp>
#include <loadsim/run/run.hpp>
#include <loadsim/scenario/scenario.hpp>
#include <loadsim/verdict/conclusion.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::app {

/// The folder's name for a run that starts now, when none was asked for.
std::filesystem::path report_folder(const std::string& asked, const scenario::document&);

/// Writes a run's report while it goes, judges it at its end, and says how it was.
class run_report {
public:
    /// `folder` exists; with `begun`, and has the files of a run whose process is gone.
    run_report(const scenario::document&, std::filesystem::path folder, bool quiet, report::terminal,
               report::folder_writer::files = report::folder_writer::files::none);

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
    bool quiet_;
    report::terminal terminal_;
    measure::legend names_;
    report::console console_;
    report::folder_writer files_;
    std::string unwritten_; ///< what of scenario.yaml could not be written
    verdict::exit_code code_ = verdict::exit_code::internal_error;
};

} // namespace loadsim::app
