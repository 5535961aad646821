#include "ranks/rank_coordinator.hpp"

#include "clock_conversion.hpp"

#include <loadsim/base/units.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>
#include <variant>

namespace loadsim::run {
namespace {

using namespace std::chrono_literals;

/// Ranks send a message at least once a second, while they run hooks, too; one that is silent for longer is lost, or stalled so
/// long that its counts are invalid.
constexpr nanoseconds max_silence = 20s;
constexpr nanoseconds max_setup_time = 60s; ///< between messages, until a rank's first report
/// Covers the delivery time of the command, longer on a busy machine, and clock offsets of up to half of this.
constexpr nanoseconds load_start_delay = 2s;

} // namespace

rank_coordinator::rank_coordinator(generator& local, cluster::channel& channel, cluster::spool_writer& spool,
                                   const time_source& time)
    : local_(local), channel_(channel), spool_(spool), time_(time), started_at_(time.now()),
      ranks_(channel.info().count), totals_(channel.info().count) {
    for (auto& o : ranks_) o.last_message_at = started_at_;
}

void rank_coordinator::broadcast(const cluster::control_command& command) {
    ++commands_sent_;
    channel_.send_to_workers(cluster::encode(command));
}

void rank_coordinator::connect() {
    broadcast({.what = cluster::control_command::kind::connect});
    local_.connect();
}

void rank_coordinator::set_load(planned_load) { assert(false); }

void rank_coordinator::begin_load(monotonic_time start) {
    broadcast({.what = cluster::control_command::kind::load, .start_wall_us = to_wall_us(start, time_.now())});
    local_.begin_load(start);
    load_start_ = start;
}

void rank_coordinator::stop_arrivals() {
    broadcast({.what = cluster::control_command::kind::stop_arrivals});
    local_.stop_arrivals();
}

void rank_coordinator::expire_open_requests() {
    broadcast({.what = cluster::control_command::kind::expire_open_requests});
    local_.expire_open_requests();
}

void rank_coordinator::flush_records() {
    broadcast({.what = cluster::control_command::kind::flush_records});
    local_.flush_records();
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
        ranks_[received->from].last_message_at = time_.now();
        if (auto* report = std::get_if<cluster::status_report>(&*message))
            on_report(received->from, std::move(*report));
    }
}

result<void> rank_coordinator::named(result<void> of_own_hooks) const {
    if (of_own_hooks) return of_own_hooks;
    return problems{"", fmt::format("{}: {}", channel_.display_name(0), to_string(of_own_hooks.error()))};
}

void rank_coordinator::on_report(std::uint32_t from, cluster::status_report status) {
    auto& o = ranks_[from];
    o.reported = true;
    o.executed_commands = status.commands_executed;
    stop_request_.interrupt = stop_request_.interrupt || status.interrupted;
    stop_request_.terminate = stop_request_.terminate || status.terminated;
    totals_.add(from, status.complete_intervals, std::exchange(status.snapshot.counts, {}));
    o.latest = std::move(status.snapshot);
    if (!o.latest.setup_error.empty()) o.latest.setup_error = channel_.display_name(from) + ": " + o.latest.setup_error;
}

void rank_coordinator::collect_own() {
    cluster::status_report own;
    own.commands_executed = commands_sent_;
    own.complete_intervals = complete_intervals(load_start_, time_.now());
    own.snapshot = local_.collect(never);
    spool_.write(own, time_.now() - started_at_);
    totals_.add(0, own.complete_intervals, std::exchange(own.snapshot.counts, {}));
    ranks_[0].latest = std::move(own.snapshot);
}

measure::snapshot rank_coordinator::collect(monotonic_time until) {
    poll();
    collect_own();
    auto sum = ranks_[0].latest;
    for (std::uint32_t rank = 1; rank < rank_count(); ++rank) sum.add(ranks_[rank].latest);
    sum.counts = load_start_ == never || until == never ? totals_.take_all()
                                                        : totals_.take(complete_intervals(load_start_, until));
    return sum;
}

std::uint32_t rank_coordinator::late_ranks(monotonic_time interval_end) const {
    return totals_.late_ranks(complete_intervals(load_start_, interval_end));
}

bool rank_coordinator::idle() const {
    if (!local_.idle()) return false;
    for (std::uint32_t rank = 1; rank < rank_count(); ++rank)
        if (!ranks_[rank].reported || ranks_[rank].executed_commands != commands_sent_) return false;
    return true;
}

std::string rank_coordinator::lost_rank() const {
    if (auto error = channel_.error(); !error.empty()) return error;
    if (!invalid_message_.empty()) return invalid_message_;
    for (std::uint32_t rank = 1; rank < rank_count(); ++rank) {
        const auto limit = ranks_[rank].reported ? max_silence : max_setup_time;
        if (time_.now() - ranks_[rank].last_message_at > limit)
            return fmt::format("{} has sent nothing for {}", channel_.display_name(rank), format_duration(limit));
    }
    return {};
}

} // namespace loadsim::run
