#include <loadsim/run/run.hpp>

#include "course.hpp"
#include "follower.hpp"
#include "interrupts.hpp"
#include "part.hpp"
#include "platform.hpp"
#include "ranked.hpp"

#include <loadsim/cluster/channel.hpp>
#include <loadsim/cluster/spool.hpp>
#include <loadsim/net/source_use.hpp>
#include <loadsim/net/sources.hpp>
#include <loadsim/run/ranks.hpp>
#include <loadsim/scenario/needs.hpp>
#include <loadsim/target/preflight.hpp>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

namespace loadsim::run {
namespace {

cluster::place place_of(const options& wanted) {
    return wanted.ranks != nullptr ? wanted.ranks->where() : cluster::place{};
}

/// maxVusers is divided over all shards: one that has none of it would skip whatever falls to it.
result<void> check_limits(const scenario::document& scenario, std::uint32_t shards) {
    problems all;
    for (const auto& p : scenario.load.phases)
        if (p.max_vusers && *p.max_vusers < shards)
            all.add("load.phases",
                    fmt::format("{}: maxVusers {} cannot be divided over {} shards (ranks times shards); raise "
                                "it, or run with fewer",
                                p.name, *p.max_vusers, shards));
    if (!all.empty()) return all;
    return {};
}

/// What this process needs to have and to bring up, before anything is connected.
result<platform> set_up(const scenario::document& scenario, const std::filesystem::path& folder,
                        const cluster::place& where, std::uint32_t shards,
                        const std::function<void(const std::string&)>& said) {
    if (const auto divided = check_limits(scenario, where.count * shards); !divided) return divided.error();
    target::raise_open_file_limit();
    const auto warnings =
        target::preflight(scenario::needs_of(scenario, {where.count, where.here}), target::look_at_machine());
    if (!warnings) return warnings.error();
    for (const auto& warning : *warnings) said(warning);
    auto up = bring_up(scenario, folder, said);
    if (!up) return up;
    const auto sources =
        net::parse_sources(scenario.fleet.source_addresses).value(); // the scenario's reader has checked them
    if (const auto ours = net::check_sources(sources, up->broker_address); !ours) return ours.error();
    return up;
}

void run_course(course& c, const listener& tell, result<void>& how) {
    how = c.connect();
    if (!how) return;
    if (!c.cut_short()) c.load();
    if (!c.cut_off()) c.drain();
    tell.finished(c.finish());
}

result<void> execute_alone(const scenario::document& scenario, const options& wanted, const listener& tell) {
    const auto up = set_up(scenario, wanted.folder, {}, wanted.shards, tell.said);
    if (!up) return up.error();
    const steady_time time;
    part own(scenario, *up, wanted.shards, {}, time);
    interrupts signals(false);
    course course(scenario, own.plan().schedule, own, signals, tell, time);
    result<void> how;
    run_course(course, tell, how);
    return how;
}

result<void> execute_ranked(const scenario::document& scenario, const options& wanted, const listener& tell) {
    const auto& where = wanted.ranks->where();
    const auto folder = cluster::spool_folder(wanted.folder, where.index);
    const steady_time time;
    interrupts signals(true);
    cluster::spool_writer spool(folder);
    if (!spool.trouble().empty()) return problems{"", spool.trouble()};
    const auto up = set_up(scenario, folder, where, wanted.shards, tell.said);
    if (!up) {
        spool.remove();
        return up.error();
    }
    part own(scenario, *up, wanted.shards, where, time);
    ranked all(own, *wanted.ranks, spool, time);
    course course(scenario, own.plan().schedule, all, signals, tell, time);
    result<void> how;
    run_course(course, tell, how);
    if (!spool.trouble().empty()) tell.said(spool.trouble());
    if (!course.cut_off()) spool.remove(); // the report has all of it, or there is none
    return how;
}

} // namespace

std::uint32_t default_shards(bool of_several_ranks) {
    return of_several_ranks ? 1 : std::clamp(std::thread::hardware_concurrency() / 2, 1U, 8U);
}

result<void> execute(const scenario::document& scenario, const options& asked, const listener& tell) {
    auto wanted = asked;
    if (wanted.shards == 0) wanted.shards = default_shards(place_of(asked).count > 1);
    return wanted.ranks != nullptr ? execute_ranked(scenario, wanted, tell) : execute_alone(scenario, wanted, tell);
}

result<void> follow(const scenario::document& scenario, const options& wanted) {
    const auto& where = wanted.ranks->where();
    const auto folder = cluster::spool_folder(wanted.folder, where.index);
    const steady_time time;
    interrupts signals(true);
    cluster::spool_writer spool(folder);
    follower orders(*wanted.ranks, spool, signals, time);
    const auto take_part = [&] {
        if (!spool.trouble().empty()) return orders.follow(nullptr, spool.trouble());
        const auto log = [](const std::string& text) { spdlog::info("{}", text); };
        const auto up = set_up(scenario, folder, where, wanted.shards, log);
        if (!up) return orders.follow(nullptr, to_string(up.error()));
        part own(scenario, *up, wanted.shards, where, time);
        return orders.follow(&own, {});
    };
    const bool dismissed = take_part();
    if (!spool.trouble().empty()) spdlog::warn("{}", spool.trouble());
    if (!dismissed) return problems{"", wanted.ranks->trouble()};
    if (!signals.cut_off()) spool.remove();
    return {};
}

} // namespace loadsim::run
