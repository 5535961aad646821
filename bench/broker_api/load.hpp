// HTTP load generator posting commands like a platform: closed loop over keep-alive connections, or a fixed rate.
#pragma once

#include <cstdint>

namespace loadsim::bench {

struct load_result {
    double requests = 0;
    double seconds = 0;
    std::uint64_t failed = 0; ///< responses with a status other than 202
    double per_second() const { return requests / seconds; }
};

/// `rate`: requests per second; 0: closed loop. Commands are spread over 24.5 million vehicles. Errors: std::runtime_error.
load_result post_commands(std::uint16_t port, std::uint32_t connections, double seconds, double rate);

} // namespace loadsim::bench
