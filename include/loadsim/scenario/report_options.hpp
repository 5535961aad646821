// Files of a report that are made on request.
#pragma once

#include <cstdint>

namespace loadsim::scenario {

struct report_options {
    std::uint32_t requests_csv = 0; ///< most rows of requests.csv.gz; 0: no such file
    friend bool operator==(const report_options&, const report_options&) = default;
};

} // namespace loadsim::scenario
