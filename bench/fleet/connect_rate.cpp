#include "connect_rate.hpp"

#include "process_usage.hpp"

#include <fmt/format.h>

#include <chrono>
#include <limits>
#include <stdexcept>
#include <thread>

namespace loadsim::bench {
namespace {
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
constexpr auto poll_interval = 1ms;
constexpr int polls_per_done_check = 20; ///< done() costs more than counting open files
constexpr auto connect_timeout = 120s;
} // namespace

double measure_connect_rate(measured_process& process, std::uint32_t sessions, const std::function<bool()>& done) {
    clock::time_point tenth{};
    clock::time_point last{};
    std::uint64_t at_tenth = 0;
    std::uint64_t at_last = 0;
    const auto deadline = clock::now() + connect_timeout;
    for (int polls = 1; polls % polls_per_done_check != 0 || !done(); ++polls) {
        process.require_running();
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
        if (now > deadline) throw std::runtime_error(fmt::format("{} sessions are not online in time", sessions));
        std::this_thread::sleep_for(poll_interval);
    }
    if (at_last <= at_tenth) return std::numeric_limits<double>::quiet_NaN(); // too fast to be measured
    return static_cast<double>(at_last - at_tenth) / std::chrono::duration<double>(last - tenth).count();
}

} // namespace loadsim::bench
