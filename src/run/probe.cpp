#include <loadsim/run/probe.hpp>

#include "fitting.hpp"
#include "interrupts.hpp"
#include "part.hpp"
#include "set_up.hpp"
#include "whole_course.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

namespace loadsim::run {
namespace {

using namespace std::chrono_literals;

} // namespace

scenario::document for_a_probe(const scenario::document& whole, const std::string& service) {
    auto d = whole;
    d.fleet.vehicles = 1;
    d.conditions.clear();
    d.campaigns.clear();
    d.budgets = {verdict::parse_budget("unexpected == 0").value()};
    d.record = scenario::record::all;
    if (!service.empty())
        std::erase_if(d.load.services, [&](const auto& s) { return s.name != service; });
    else
        d.load.services.resize(1);
    loadsim::load::phase once;
    once.name = "probe";
    once.duration = 1s;
    once.arrival_count = 1;
    d.load.phases = {once};
    d.load.lag_limit = 10s; // nobody measures here
    return d;
}

result<std::vector<fitting>> probe(const scenario::document& scenario, const probe_options& wanted,
                                   const listener& tell, const std::function<void(const utterance&)>& heard) {
    const auto words = scenario::learn(scenario);
    if (!words) return words.error();
    auto up = set_up(scenario, *words, wanted.folder, tell.said);
    if (!up) return up.error();
    const steady_time time;
    std::mutex one_at_a_time;
    std::vector<utterance> all;
    const auto trace = [&](const utterance& u) {
        const std::lock_guard lock(one_at_a_time);
        all.push_back(u);
        heard(u);
    };
    part own(scenario, *words, *up, 1, {}, time, {.only = {}, .tap = nullptr, .trace = trace});
    interrupts signals(false);
    const auto how = take_whole_course(own, own, signals, tell, time).how;
    if (!how) return how.error();
    const std::lock_guard lock(one_at_a_time); // observers may speak yet
    return look_at_fit(scenario, *words, all);
}

} // namespace loadsim::run
