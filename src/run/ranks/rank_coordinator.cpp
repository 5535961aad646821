#include "ranks/rank_coordinator.hpp"

#include "clock_conversion.hpp"

#include <loadsim/base/units.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace loadsim::run {
namespace {

using namespace std::chrono_literals;

/// Ranks report at least once a second; one that is silent for longer is lost, or stalled so long that its counts are
/// invalid.
constexpr nanoseconds max_silence = 20s;
constexpr nanoseconds max_setup_time = 60s; ///< until a rank's first report
/// Covers the delivery time of the command, longer on a busy machine, and clock offsets of up to half of this.
constexpr nanoseconds load_start_delay = 2s;

} // namespace

rank_coordinator::rank_coordinator(generator& local, cluster::channel& channel, cluster::spool_writer& spool,
                                   const time_source& time)
    : local_(local), channel_(channel), spool_(spool), time_(time), started_at_(time.now()),
      workers_(channel.info().count) {
    for (auto& o : workers_) o.last_report_at = started_at_;
}

void rank_coordinator::broadcast(const cluster::control_command& command) {
    ++commands_sent_;
    channel_.send_to_workers(cluster::encode(command));
}

void rank_coordinator::connect() {
    broadcast({.what = cluster::control_command::kind::connect});
    local_.connect();
}

void rank_coordinator::begin_load(monotonic_time start) {
    broadcast({.what = cluster::control_command::kind::load, .start_wall_us = to_wall_us(start, time_.now())});
    local_.begin_load(start);
}

void rank_coordinator::stop_arrivals() {
    broadcast({.what = cluster::control_command::kind::stop_arrivals});
    local_.stop_arrivals();
}

void rank_coordinator::expire_open_requests() {
    broadcast({.what = cluster::control_command::kind::expire_open_requests});
    local_.expire_open_requests();
}

void rank_coordinator::stop() {
    broadcast({.what = cluster::control_command::kind::stop});
    local_.stop();
}

nanoseconds rank_coordinator::next_deadline() const { return std::min(cluster::poll_interval, local_.next_deadline()); }
nanoseconds rank_coordinator::start_delay() const { return load_start_delay; }

void rank_coordinator::poll() {
    local_.poll();
    while (auto received = channel_.receive()) {
        auto message = cluster::decode(received->text);
        if (!message) {
            invalid_message_ =
                channel_.display_name(received->from) + " sent what cannot be read: " + to_string(message.error());
            continue;
        }
        if (auto* report = std::get_if<cluster::status_report>(&*message))
            on_report(received->from, std::move(*report));
    }
}

void rank_coordinator::on_report(std::uint32_t from, cluster::status_report status) {
    auto& o = workers_[from];
    o.reported = true;
    o.last_report_at = time_.now();
    o.executed_commands = status.commands_executed;
    stop_request_.interrupt = stop_request_.interrupt || status.interrupted;
    stop_request_.terminate = stop_request_.terminate || status.terminated;
    measure::snapshot increment;
    increment.counts = std::exchange(status.snapshot.counts, {});
    uncollected_.add(std::move(increment));
    o.latest = std::move(status.snapshot);
    if (!o.latest.setup_error.empty()) o.latest.setup_error = channel_.display_name(from) + ": " + o.latest.setup_error;
}

measure::snapshot rank_coordinator::collect() {
    poll();
    auto sum = local_.collect();
    spool_.write({.snapshot = sum, .commands_executed = commands_sent_}, time_.now() - started_at_);
    for (std::uint32_t rank = 1; rank < rank_count(); ++rank) sum.add(workers_[rank].latest);
    uncollected_.all_due = uncollected_.driver_ready = true;
    sum.add(std::exchange(uncollected_, {}));
    return sum;
}

bool rank_coordinator::idle() const {
    if (!local_.idle()) return false;
    for (std::uint32_t rank = 1; rank < rank_count(); ++rank)
        if (!workers_[rank].reported || workers_[rank].executed_commands != commands_sent_) return false;
    return true;
}

std::string rank_coordinator::lost_rank() const {
    if (auto error = channel_.error(); !error.empty()) return error;
    if (!invalid_message_.empty()) return invalid_message_;
    for (std::uint32_t rank = 1; rank < rank_count(); ++rank) {
        const auto limit = workers_[rank].reported ? max_silence : max_setup_time;
        if (time_.now() - workers_[rank].last_report_at > limit)
            return fmt::format("{} has sent nothing for {}", channel_.display_name(rank), format_duration(limit));
    }
    return {};
}

} // namespace loadsim::run
