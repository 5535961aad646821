#include "ranks/rank_worker.hpp"

#include "clock_conversion.hpp"
#include "ranks/interval_totals.hpp"

#include <algorithm>

namespace loadsim::run {
namespace {

using namespace std::chrono_literals;

constexpr nanoseconds report_interval_waiting = 200ms; ///< connecting, draining: rank 0 waits for the reports
constexpr nanoseconds report_interval_load = 1s;

} // namespace

rank_worker::rank_worker(cluster::channel& channel, cluster::spool_writer& spool, stop_signals& signals,
                         const time_source& time)
    : channel_(channel), spool_(spool), signals_(signals), time_(time), started_at_(time.now()),
      next_report_at_(started_at_), report_interval_(report_interval_waiting) {}

bool rank_worker::run(generator* local, const std::string& error) {
    while (channel_.error().empty()) {
        while (const auto received = channel_.receive()) {
            const auto command = cluster::decode_as<cluster::control_command>(received->text);
            if (!command) continue;
            if (!execute(*command, local)) return true;
            ++executed_commands_;
            send_report(local, error); // at once: rank 0 waits for it
        }
        if (time_.now() >= next_report_at_) {
            send_report(local, error);
            next_report_at_ = next_report_after(time_.now());
        }
        auto wait = cluster::poll_interval;
        if (local != nullptr) {
            local->poll();
            wait = std::min(wait, local->next_deadline());
        }
        if (signals_.wait_until(std::min(next_report_at_, time_.now() + wait))) send_report(local, error);
    }
    return false;
}

bool rank_worker::execute(const cluster::control_command& command, generator* local) {
    using kind = cluster::control_command::kind;
    if (command.what == kind::leave) return false;
    if (local == nullptr) return true;
    switch (command.what) {
    case kind::connect: local->connect(); break;
    case kind::load: {
        load_start_ = to_monotonic(command.start_wall_us, time_.now());
        local->begin_load(load_start_);
        report_interval_ = report_interval_load;
        next_report_at_ = next_report_after(time_.now());
        break;
    }
    case kind::stop_arrivals:
        local->stop_arrivals();
        report_interval_ = report_interval_waiting;
        next_report_at_ = next_report_after(time_.now());
        break;
    case kind::expire_open_requests: local->expire_open_requests(); break;
    case kind::flush_records: local->flush_records(); break;
    case kind::stop: local->stop(); break;
    case kind::leave: break;
    }
    return true;
}

/// Reports are due when intervals of the timeline end, however late the previous one was.
monotonic_time rank_worker::next_report_after(monotonic_time now) const {
    if (load_start_ != never && now < load_start_) return load_start_;
    const auto first = load_start_ == never ? started_at_ : load_start_;
    return first + ((now - first) / report_interval_ + 1) * report_interval_;
}

void rank_worker::report_busy() {
    channel_.progress();
    if (time_.now() < next_busy_report_at_) return;
    next_busy_report_at_ = time_.now() + report_interval_load;
    channel_.send(0, cluster::encode(cluster::busy_report{}));
}

void rank_worker::report_failed_hook(const std::string& error) {
    channel_.send(0, cluster::encode(cluster::busy_report{.failed_hook = error}));
}

void rank_worker::send_report(generator* local, const std::string& error) {
    cluster::status_report status;
    const bool done = local == nullptr || local->idle(); // checked first, so that the following collect() is complete
    status.complete_intervals = complete_intervals(load_start_, time_.now());
    if (local != nullptr) status.snapshot = local->collect(never);
    if (!error.empty()) status.snapshot.setup_error = error;
    status.commands_executed = done ? executed_commands_ : executed_commands_ - 1;
    status.interrupted = signals_.requested() == stop_signals::kind::interrupt;
    status.terminated = signals_.requested() == stop_signals::kind::terminate;
    spool_.write(status, time_.now() - started_at_);
    channel_.send(0, cluster::encode(status));
}

} // namespace loadsim::run
