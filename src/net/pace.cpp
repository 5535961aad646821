#include <loadsim/net/pace.hpp>

#include <algorithm>

namespace loadsim::net {

monotonic_time pace::carried(monotonic_time now, std::size_t bytes, const limits& l) {
    free_ = std::max(free_, now);
    if (l.bytes_per_second > 0)
        free_ += nanoseconds{static_cast<std::int64_t>(static_cast<double>(bytes) / l.bytes_per_second * 1e9)};
    last_ = std::max(last_, free_ + l.added);
    return last_;
}

} // namespace loadsim::net
