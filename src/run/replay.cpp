#include <loadsim/run/replay.hpp>

#include "interrupts.hpp"
#include "part.hpp"
#include "selected.hpp"
#include "set_up.hpp"
#include "wall_clock.hpp"
#include "whole_course.hpp"

#include <loadsim/net/packet_file.hpp>

#include <memory>

namespace loadsim::run {
namespace {

/// The fleet connects as slowly as its scenario says; one vehicle need not wait for its turn.
scenario::document for_one(const scenario::document& whole) {
    auto d = whole;
    d.fleet.connect_rate.per_second = whole.fleet.vehicles;
    d.record = scenario::record::all;
    return d;
}

result<void> run_part(const scenario::document& scenario, const rerun& again, const std::filesystem::path& folder,
                      const listener& tell) {
    const auto words = scenario::learn(scenario);
    if (!words) return words.error();
    auto up = set_up(scenario, *words, folder, tell.said);
    if (!up) return up.error();
    const steady_time time;
    part own(scenario, *words, *up, 1, {}, time, again);
    interrupts signals(false);
    return take_whole_course(own, own, signals, tell, time).how;
}

} // namespace

result<void> replay(const scenario::document& whole, const replay_options& wanted, const listener& tell) {
    const auto scenario = for_one(whole);
    auto chosen = select(scenario, wanted.vehicle, wanted.arrivals);
    if (!chosen) return chosen.error();
    std::unique_ptr<net::packet_file> packets;
    if (!wanted.packets.empty()) {
        auto opened = net::packet_file::open(wanted.packets, steady_time{}.now(), wall_us());
        if (!opened) return opened.error();
        packets = std::move(*opened);
    }
    const auto done = run_part(scenario, {.only = *chosen, .tap = packets.get()}, wanted.folder, tell);
    if (!done) return done;
    if (packets)
        if (const auto trouble = packets->trouble(); !trouble.empty())
            return problems{wanted.packets.string(), trouble};
    return {};
}

} // namespace loadsim::run
