#include <loadsim/net/link_shaper.hpp>

#include <algorithm>

namespace loadsim::net {

monotonic_time link_shaper::arrival_time(monotonic_time now, std::size_t bytes, const limits& l) {
    idle_from_ = std::max(idle_from_, now);
    if (l.bytes_per_second > 0)
        idle_from_ += nanoseconds{static_cast<std::int64_t>(static_cast<double>(bytes) / l.bytes_per_second * 1e9)};
    last_arrival_ = std::max(last_arrival_, idle_from_ + l.delay);
    return last_arrival_;
}

} // namespace loadsim::net
