// Events of a run as JSON lines on standard output, for programs that follow it.
#pragma once

#include <loadsim/measure/run_result.hpp>
#include <loadsim/report/report_folder.hpp>
#include <loadsim/verdict/verdict.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::report {

/// Lines of the schema loadsim.events/1 (docs/schema/events-1.schema.json), each with its newline. They hold no control character, so
/// that a terminal shows them unchanged. Secrets in sentences are masked by the caller.
class event_lines {
public:
    event_lines(run_header, measure::labels, std::filesystem::path folder);

    /// The first line of a run.
    std::string started() const;
    /// A line about the interval; before it one for the stage or the phase of the load, if another has begun. Empty: the run is done.
    std::string progress(const measure::progress&);
    std::string notice(std::string_view sentence, std::chrono::system_clock::time_point) const;
    /// The last line: the run has ended and has been evaluated.
    std::string finished(const measure::run_result&, const verdict::evaluation&, verdict::exit_code) const;
    /// The last line, instead of finished(): the load could not start.
    std::string failed(const std::vector<std::string>& reasons, verdict::exit_code,
                       std::chrono::system_clock::time_point) const;

private:
    run_header header_;
    measure::labels labels_;
    std::string folder_;
    std::optional<std::pair<measure::stage, std::uint32_t>> last_stage_; ///< and phase; of the last progress
};

} // namespace loadsim::report
