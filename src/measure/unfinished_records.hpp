// Records of requests that have ended while their vehicles have not said their last word: what comes late belongs into them.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/measure/record.hpp>

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace loadsim::measure {

/// Threads: one. Pure: it reads no clock.
class unfinished_records {
public:
    /// Its `request` must not be empty.
    void hold(request_record, monotonic_time until);
    request_record* find(std::string_view request);
    /// Not longer than until then.
    void hurry(std::string_view request, monotonic_time until);
    /// Those whose time is over, in order of their arrivals. `never`: all.
    std::vector<request_record> take(monotonic_time now);

private:
    struct held {
        request_record record;
        monotonic_time until;
    };
    std::unordered_map<std::string, held> by_request_;
};

} // namespace loadsim::measure
