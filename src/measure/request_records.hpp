// Records of requests: conversion from open requests, and records that wait for a late response.
#pragma once

#include "open_request.hpp"

#include <loadsim/base/time.hpp>
#include <loadsim/measure/record.hpp>
#include <loadsim/measure/totals.hpp>

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace loadsim::measure {

/// Milliseconds since the load's start; NaN for never.
double instant_ms(monotonic_time, monotonic_time load_start);

/// Duration for sentences: "1.2ms", "75.3s".
std::string format_latency(nanoseconds);

struct request_completion {
    outcome final_outcome{};
    bool unexpected = false;
    std::string_view why;
    monotonic_time observed = never;
};

/// `vin`: of the vehicle of the request.
request_record make_request_record(const open_request&, const request_completion&, const labels&, std::string vin,
                                   monotonic_time load_start);

/// Records of the slowest requests so far, at most max_slowest_requests.
/// Threads: one.
class slowest_records {
public:
    /// One comparison for a request that is not slow enough.
    bool admits(nanoseconds e2e) const {
        return fastest_first_.size() < max_slowest_requests || e2e > fastest_first_.front().e2e;
    }
    void add(nanoseconds e2e, request_record); ///< Precondition: admits(e2e).
    std::vector<request_record> take();        ///< removes and returns all, the slowest first

private:
    struct timed_record {
        nanoseconds e2e;
        request_record record;
    };
    static bool is_slower(const timed_record& a, const timed_record& b) { return a.e2e > b.e2e; }

    std::vector<timed_record> fastest_first_; ///< heap
};

/// Records of completed requests whose vehicle has not sent its final response; late events are added to them.
/// Threads: one. Pure: it reads no clock.
class pending_records {
public:
    /// Precondition: `request` of the record is not empty.
    void add(request_record, monotonic_time deadline);
    request_record* find(std::string_view request);
    /// Moves the deadline of the record forward to `deadline` if that is earlier.
    void expire_by(std::string_view request, monotonic_time deadline);
    /// Removes and returns expired records, ordered by arrival. `never`: all.
    std::vector<request_record> take_expired(monotonic_time now);

private:
    struct pending_record {
        request_record record;
        monotonic_time deadline;
    };
    std::unordered_multimap<std::string, pending_record> by_request_; ///< a platform may give two requests one id
};

} // namespace loadsim::measure
