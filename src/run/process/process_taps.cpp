#include "process/process_taps.hpp"

#include "tap_groups.hpp"

#include <loadsim/base/counters.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

namespace loadsim::run {
namespace {

/// For the records that the bridge forwards when it stops.
constexpr std::chrono::milliseconds last_records_time{100};
constexpr int max_last_records_waits = 10;
constexpr std::chrono::seconds last_answer_timeout{2};

/// From an external cluster every rank consumes the records of the whole fleet: each handles those of its own vehicles, rank 0 counts
/// those of unknown ones.
observer::tap_destination destination_of(const process_taps::set_up& with, std::uint32_t tap) {
    const bool own_cluster = with.plan.scenario.taps[tap].consumer.connection.brokers.empty();
    return {.find_vehicle = [&plan = with.plan](std::string_view vin) { return plan.vehicle_of(vin); },
            .shards = with.shards,
            .shard_of = with.shard_of,
            .counts_unknown = own_cluster || with.rank == 0,
            .on_records =
                [tap, pass_on = with.on_records](std::uint32_t shard, std::vector<measure::consumed_record> records) {
                    pass_on(tap, shard, std::move(records));
                }};
}

} // namespace

process_taps::~process_taps() {
    if (stopped_.valid()) stopped_.wait();
}

result<void> process_taps::start(const set_up& with) {
    if (with.plan.replay) return {};
    const auto& options = with.plan.scenario.taps;
    for (std::uint32_t i = 0; i < options.size(); ++i) {
        auto started = observer::tap::start(options[i], tap_groups_of(with.plan, options[i]).mapping, with.brokers,
                                            fmt::format("taps[{}].kafka", i), with.time, destination_of(with, i));
        if (!started) return started.error();
        taps_.push_back(std::move(*started));
        with.on_notice(fmt::format("tap {}: {}", options[i].name, taps_.back()->notice()));
    }
    return {};
}

void process_taps::begin_stop(std::function<void()> end_bridge) {
    try {
        stopped_ = std::async(std::launch::async, [this, end_bridge] { stop(end_bridge); });
    } catch (const std::system_error&) { // no thread
        stopped_ = std::async(std::launch::deferred, [] {});
        stop(end_bridge);
    }
}

void process_taps::stop(const std::function<void()>& end_bridge) {
    if (end_bridge) {
        end_bridge();
        const auto has_lag = [](const auto& tap) { return tap->lag() != 0; };
        int waits = 0;
        do {
            std::this_thread::sleep_for(last_records_time);
        } while (std::ranges::any_of(taps_, has_lag) && ++waits < max_last_records_waits);
    }
    for (const auto& tap : taps_) {
        tap->check_connection(last_answer_timeout);
        tap->stop();
    }
}

bool process_taps::take_stopped() {
    if (!stopped_.valid() || stopped_.wait_for(std::chrono::seconds{0}) == std::future_status::timeout) return false;
    stopped_.get();
    return true;
}

std::vector<process_taps::connection_change> process_taps::take_connection_changes() {
    std::vector<connection_change> changes;
    connected_.resize(taps_.size(), true);
    for (std::uint32_t i = 0; i < taps_.size(); ++i) {
        if (taps_[i]->connected() == connected_[i]) continue;
        connected_[i] = !connected_[i];
        changes.push_back({i, connected_[i]});
    }
    return changes;
}

void process_taps::take_counts(measure::totals& into) {
    for (std::uint32_t i = 0; i < taps_.size(); ++i) add(into.taps[i], taps_[i]->take_counts());
}

} // namespace loadsim::run
