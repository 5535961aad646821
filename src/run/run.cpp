#include <loadsim/run/run.hpp>

#include "course.hpp"
#include "follower.hpp"
#include "interrupts.hpp"
#include "part.hpp"
#include "ranked.hpp"
#include "set_up.hpp"

#include <loadsim/cluster/channel.hpp>
#include <loadsim/cluster/spool.hpp>
#include <loadsim/run/ranks.hpp>

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

result<void> execute_alone(const scenario::document& scenario, const options& wanted, const listener& tell) {
    auto up = prepare(scenario, wanted.folder, {}, wanted.shards, tell.said);
    if (!up) return up.error();
    const steady_time time;
    part own(scenario, *up, wanted.shards, {}, time);
    interrupts signals(false);
    course course(own.plan(), own, signals, tell, time);
    return course.run();
}

result<void> execute_ranked(const scenario::document& scenario, const options& wanted, const listener& tell) {
    const auto& where = wanted.ranks->where();
    const auto folder = cluster::spool_folder(wanted.folder, where.index);
    const steady_time time;
    interrupts signals(true);
    cluster::spool_writer spool(folder);
    if (!spool.trouble().empty()) return problems{"", spool.trouble()};
    auto up = prepare(scenario, folder, where, wanted.shards, tell.said);
    if (!up) {
        spool.remove();
        return up.error();
    }
    part own(scenario, *up, wanted.shards, where, time);
    ranked all(own, *wanted.ranks, spool, time);
    course course(own.plan(), all, signals, tell, time);
    const auto how = course.run();
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
        auto up = prepare(scenario, folder, where, wanted.shards, log);
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
