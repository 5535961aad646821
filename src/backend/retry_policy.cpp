#include "retry_policy.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace loadsim::backend {
namespace {

using namespace std::chrono_literals;

constexpr nanoseconds first_delay = 200ms;
constexpr nanoseconds delay_max = 5s;
constexpr std::int64_t retry_after_max_s = 3'600; ///< limit of Retry-After

} // namespace

std::optional<nanoseconds> retry_delay(unsigned status, std::string_view retry_after, std::uint32_t attempts) {
    const bool retryable = status == 0 || status == 408 || status == 429 || status >= 500;
    if (!retryable) return std::nullopt;
    const nanoseconds backoff = std::min(delay_max, first_delay * (std::int64_t{1} << std::min(attempts, 5U)) / 2);
    std::int64_t requested = 0;
    const auto* end = retry_after.data() + retry_after.size();
    if (std::from_chars(retry_after.data(), end, requested).ptr != end || requested < 0) return backoff;
    return std::max<nanoseconds>(backoff, std::chrono::seconds{std::min(requested, retry_after_max_s)});
}

} // namespace loadsim::backend
