// Numbers of JSON documents that other programs may have written: whether they can be those of a run.
#pragma once

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <string>

namespace loadsim::report {

/// Most requests or samples that a file may name. A year at 500,000 a second has fewer, and thousands of files can be added.
inline constexpr std::uint64_t count_max = std::uint64_t{1} << 44;

/// Of a summary.json or a baseline: sentence about the first number that no run can have; empty: there is none.
/// No number is negative or infinite; requests and anomalies are whole numbers up to count_max, and there are not more outcomes, sent
/// or unexpected requests than requests due. Of telemetry and taps the same: no more messages have ended than were due, and no more were
/// found than were sent or consumed.
std::string count_error(const boost::json::object& document);

} // namespace loadsim::report
