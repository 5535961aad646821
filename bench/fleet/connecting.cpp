#include "connecting.hpp"

#include "process_figures.hpp"

#include <fmt/format.h>

#include <chrono>
#include <limits>
#include <stdexcept>
#include <thread>

namespace loadsim::bench {
namespace {
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
constexpr auto look = 1ms;
constexpr int looks_until_asked = 20; ///< asking whether all is done costs more than a look
constexpr auto within = 120s;
} // namespace

double connects_per_second(child& process, std::uint32_t sessions, const std::function<bool()>& done) {
    clock::time_point tenth{};
    clock::time_point last{};
    std::uint64_t at_tenth = 0;
    std::uint64_t at_last = 0;
    const auto give_up = clock::now() + within;
    for (int looks = 1; looks % looks_until_asked != 0 || !done(); ++looks) {
        process.must_run();
        const auto now = clock::now();
        const auto files = open_files(process.pid());
        if (files >= sessions / 10 && at_tenth == 0) {
            tenth = now;
            at_tenth = files;
        }
        if (files >= sessions / 10 * 9 && at_last == 0) {
            last = now;
            at_last = files;
        }
        if (now > give_up) throw std::runtime_error(fmt::format("{} sessions are not on line in time", sessions));
        std::this_thread::sleep_for(look);
    }
    if (at_last <= at_tenth) return std::numeric_limits<double>::quiet_NaN(); // too quick to be seen
    return static_cast<double>(at_last - at_tenth) / std::chrono::duration<double>(last - tenth).count();
}

} // namespace loadsim::bench
