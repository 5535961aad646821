#include "saying_again.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace loadsim::backend {
namespace {

using namespace std::chrono_literals;

constexpr nanoseconds first_wait = 200ms;
constexpr nanoseconds longest_wait = 5s;
constexpr std::int64_t seconds_at_most = 3'600; ///< of Retry-After

} // namespace

std::optional<nanoseconds> say_again_after(unsigned status, std::string_view retry_after, std::uint32_t tries) {
    const bool later = status == 0 || status == 408 || status == 429 || status >= 500;
    if (!later) return std::nullopt;
    const nanoseconds own = std::min(longest_wait, first_wait * (std::int64_t{1} << std::min(tries, 5U)) / 2);
    std::int64_t asked = 0;
    const auto* end = retry_after.data() + retry_after.size();
    if (std::from_chars(retry_after.data(), end, asked).ptr != end || asked < 0) return own;
    return std::max<nanoseconds>(own, std::chrono::seconds{std::min(asked, seconds_at_most)});
}

} // namespace loadsim::backend
