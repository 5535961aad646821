#include <loadsim/base/signals.hpp>
#include <loadsim/base/stop_decision.hpp>

#include <unistd.h>

#include <array>
#include <atomic>
#include <string_view>

namespace loadsim {
namespace {

std::atomic<int> late_signal = 0;
static_assert(std::atomic<int>::is_always_lock_free); // for signal handlers

void end_at_once(int number) {
    constexpr std::string_view why = "loadsim: stopped by a signal before the run has begun\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, why.data(), why.size());
    ::_exit(stop_exit_code(number == SIGINT ? stop_signal::interrupt : stop_signal::terminate));
}

void handle_stop_signals_by(void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    ::sigfillset(&action.sa_mask);
    for (const int number : std::array{SIGINT, SIGTERM, SIGHUP})
        if (number != SIGHUP || !ignores_hangup()) ::sigaction(number, &action, nullptr);
}

} // namespace

void handle_early_signals() { handle_stop_signals_by(end_at_once); }

void keep_late_signal(int number) {
    int none = 0;
    late_signal.compare_exchange_strong(none, number);
}

void keep_late_signals() { handle_stop_signals_by(keep_late_signal); }

int take_late_signal() { return late_signal.exchange(0); }

} // namespace loadsim
