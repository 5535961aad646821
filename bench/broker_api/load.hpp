// Commands as a platform posts them: a closed loop over kept-alive connections, or so many a second.
#pragma once

#include <cstdint>

namespace loadsim::bench {

struct load_figures {
    double requests = 0;
    double seconds = 0;
    std::uint64_t trouble = 0; ///< answers that are no 202
    double per_second() const { return requests / seconds; }
};

/// `rate` 0: each answer sends the next. Each command is of another of 24.5 million vehicles. Errors: std::runtime_error.
load_figures post_commands(std::uint16_t port, std::uint32_t connections, double seconds, double rate);

} // namespace loadsim::bench
