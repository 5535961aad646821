// A made-up run whose every figure is known.
#pragma once

#include <loadsim/measure/run_facts.hpp>
#include <loadsim/report/report.hpp>
#include <loadsim/verdict/conclusion.hpp>

#include <optional>
#include <string>

namespace loadsim::report::example {

/// Two services, two phases, two segments.
measure::legend names();

/// 60 requests due, one of them unexpected; a second's worth of e2e and lag, one connect, three anomalies and two on purpose, seven
/// commands that waited, and two occurrences of a condition.
measure::run_facts run();

/// The version that wrote it, and when it began.
run_header header();

/// A missed budget, a kept one and one without data.
verdict::conclusion missed();

/// The 12th of 30 seconds of load. `sum` points into the argument.
measure::progress under_load(const measure::totals& sum);

/// It got no end; its vehicle answered when the platform no longer listened.
measure::request_record request();
measure::anomaly_record anomaly(); ///< of that request
measure::session_record session(); ///< of its vehicle, a moment before

/// While it lives, local time is eight hours ahead of UTC.
class far_from_utc {
public:
    far_from_utc();
    ~far_from_utc();
    far_from_utc(const far_from_utc&) = delete;
    far_from_utc& operator=(const far_from_utc&) = delete;

private:
    std::optional<std::string> before_;
};

} // namespace loadsim::report::example
