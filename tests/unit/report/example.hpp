// A made-up run whose every figure is known.
#pragma once

#include <loadsim/measure/run_facts.hpp>
#include <loadsim/verdict/conclusion.hpp>

#include <optional>
#include <string>

namespace loadsim::report::example {

/// Two services, two phases, two segments.
measure::legend names();

/// 60 requests due, one of them unexpected; a second's worth of e2e and lag, one connect, one anomaly.
measure::run_facts run();

/// A missed budget, a kept one and one without data.
verdict::conclusion missed();

/// The 12th of 30 seconds of load. `sum` points into the argument.
measure::progress under_load(const measure::totals& sum);

measure::failure failure();

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
