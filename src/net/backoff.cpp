#include <loadsim/net/backoff.hpp>

#include <algorithm>
#include <cmath>

namespace loadsim::net {

nanoseconds backoff(nanoseconds base, nanoseconds cap, std::uint32_t attempt, double unit) noexcept {
    const double grown = static_cast<double>(base.count()) * std::exp2(std::min(attempt, 62U));
    return nanoseconds{static_cast<std::int64_t>(unit * std::min(grown, static_cast<double>(cap.count())))};
}

} // namespace loadsim::net
