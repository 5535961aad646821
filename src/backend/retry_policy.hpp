// Retry policy for HTTP POST requests.
#pragma once

#include <loadsim/base/time.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace loadsim::backend {

/// Delay before the next attempt; nullopt: do not retry. `status`: of the HTTP response; 0: none. `retry_after`: value
/// of the header, in seconds; a date is ignored. `attempts`: so far. No response, 408, 429 and 5xx are retried with
/// exponential backoff from 200 ms, at most 5 s, but not before Retry-After.
std::optional<nanoseconds> retry_delay(unsigned status, std::string_view retry_after, std::uint32_t attempts);

} // namespace loadsim::backend
