#include <loadsim/observe/poller.hpp>

#include <cmath>

namespace loadsim::observe {

nanoseconds poll_wait(const poll_options& wanted, std::uint32_t n) noexcept {
    // In double: it may be beyond any number of nanoseconds, and is then over the cap.
    const double wait = static_cast<double>(wanted.first.count()) * std::pow(wanted.factor, n);
    if (!(wait < static_cast<double>(wanted.cap.count()))) return wanted.cap;
    return nanoseconds{static_cast<nanoseconds::rep>(wait)};
}

} // namespace loadsim::observe
