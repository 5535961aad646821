// Sample run with known values.
#pragma once

#include <loadsim/measure/run_result.hpp>
#include <loadsim/report/report_folder.hpp>
#include <loadsim/verdict/verdict.hpp>

#include <optional>
#include <string>

namespace loadsim::report::sample_run {

/// Two services, two phases, two segments.
measure::labels labels();

/// 60 requests due, one of them unexpected; samples of e2e and lag, one connect, three unexpected and two expected anomalies, seven
/// queued commands, two occurrences of a condition.
measure::run_result run();

/// Two groups, of which one lost messages, backlogs, and a tap with findings.
void add_telemetry(measure::totals&);
measure::run_result run_with_telemetry();
measure::run_cost cost(); ///< of no run above, by shipped prices and for a fleet

/// Version of the program and start time.
run_header header();
load_start load_started(); ///< four seconds later

/// Three budgets: failed, passed, without data.
verdict::evaluation missed_budget();

/// Second 12 of 30 of the load. `cumulative` points to the argument.
measure::progress under_load(const measure::totals& sum);

/// Request without completion event, although its vehicle responded.
measure::request_record request();
measure::anomaly_record anomaly(); ///< of that request
measure::session_record session(); ///< of its vehicle, before the request
measure::telemetry_finding finding();

/// Sets the local time zone to UTC+8; the destructor restores it.
class non_utc_time_zone {
public:
    non_utc_time_zone();
    ~non_utc_time_zone();
    non_utc_time_zone(const non_utc_time_zone&) = delete;
    non_utc_time_zone& operator=(const non_utc_time_zone&) = delete;

private:
    std::optional<std::string> saved_;
};

} // namespace loadsim::report::sample_run
