#include <loadsim/observer/poll_observer.hpp>

#include <cmath>

namespace loadsim::observer {

nanoseconds poll_delay(const poll_options& wanted, std::uint32_t n) noexcept {
    // As double: the product may overflow nanoseconds, and then exceeds the cap.
    const double delay = static_cast<double>(wanted.first.count()) * std::pow(wanted.factor, n);
    if (!(delay < static_cast<double>(wanted.cap.count()))) return wanted.cap;
    return nanoseconds{static_cast<nanoseconds::rep>(delay)};
}

} // namespace loadsim::observer
