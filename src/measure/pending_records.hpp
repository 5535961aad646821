// Records of completed requests whose vehicle has not sent its final response; late events are added to them.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/measure/record.hpp>

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace loadsim::measure {

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
    std::unordered_map<std::string, pending_record> by_request_;
};

} // namespace loadsim::measure
