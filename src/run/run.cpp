#include <loadsim/run/run.hpp>

#include "follower.hpp"
#include "interrupts.hpp"
#include "part.hpp"
#include "ranked.hpp"
#include "set_up.hpp"
#include "whole_course.hpp"

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
    const auto words = scenario::learn(scenario);
    if (!words) return words.error();
    auto up = prepare(scenario, *words, wanted.folder, {}, wanted.shards, tell.said);
    if (!up) return up.error();
    const steady_time time;
    part own(scenario, *words, *up, wanted.shards, {}, time);
    interrupts signals(false);
    return take_whole_course(own, own, signals, tell, time).how;
}

result<void> execute_ranked(const scenario::document& scenario, const options& wanted, const listener& tell) {
    const auto& where = wanted.ranks->where();
    const auto folder = cluster::spool_folder(wanted.folder, where.index);
    const steady_time time;
    interrupts signals(true);
    cluster::spool_writer spool(folder);
    if (!spool.trouble().empty()) return problems{"", spool.trouble()};
    const auto words = scenario::learn(scenario);
    if (!words) return words.error();
    auto up = prepare(scenario, *words, folder, where, wanted.shards, tell.said);
    if (!up) {
        spool.remove();
        return up.error();
    }
    part own(scenario, *words, *up, wanted.shards, where, time);
    ranked all(own, *wanted.ranks, spool, time);
    const auto end = take_whole_course(own, all, signals, tell, time);
    if (!spool.trouble().empty()) tell.said(spool.trouble());
    if (!end.cut_off) spool.remove(); // the report has all of it, or there is none
    return end.how;
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
        const auto words = scenario::learn(scenario);
        if (!words) return orders.follow(nullptr, to_string(words.error()));
        auto up = prepare(scenario, *words, folder, where, wanted.shards, log);
        if (!up) return orders.follow(nullptr, to_string(up.error()));
        part own(scenario, *words, *up, wanted.shards, where, time);
        if (const auto called = own.call_before(asked_to_stop(signals)); !called)
            return orders.follow(nullptr, to_string(called.error()));
        const bool dismissed = orders.follow(&own, {});
        if (dismissed && !signals.cut_off()) call_after(own, log);
        return dismissed;
    };
    const bool dismissed = take_part();
    if (!spool.trouble().empty()) spdlog::warn("{}", spool.trouble());
    if (!dismissed) return problems{"", wanted.ranks->trouble()};
    if (!signals.cut_off()) spool.remove();
    return {};
}

} // namespace loadsim::run
