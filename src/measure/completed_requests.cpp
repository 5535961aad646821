#include "completed_requests.hpp"

#include <algorithm>
#include <utility>

namespace loadsim::measure {
namespace {

/// The latest match.
template <class Map, class Fits>
completed_request* find_last(Map& all, vehicle_id v, Fits matches) {
    const auto at = all.find(index(v));
    if (at == all.end()) return nullptr;
    const auto found = std::find_if(at->second.rbegin(), at->second.rend(), matches);
    return found == at->second.rend() ? nullptr : &*found;
}

} // namespace

completed_request* completed_requests::find(vehicle_id v, std::string_view request) {
    return find_last(by_vehicle_, v,
                     [&](const completed_request& p) { return !p.request.empty() && p.request == request; });
}

completed_request* completed_requests::without_id(vehicle_id v) {
    const auto at = by_vehicle_.find(index(v));
    if (at == by_vehicle_.end()) return nullptr;
    const auto found =
        std::ranges::find_if(at->second, [](const completed_request& p) { return p.arrival && p.request.empty(); });
    return found == at->second.end() ? nullptr : &*found;
}

completed_request* completed_requests::latest(vehicle_id v) {
    return find_last(by_vehicle_, v, [](const completed_request& p) { return p.arrival.has_value(); });
}

bool completed_requests::later_command_delivered(vehicle_id v, const completed_request& than) const {
    const auto& all = by_vehicle_.at(index(v));
    return std::any_of(all.begin(), all.end(), [&](const completed_request& p) {
        return p.arrival && than.arrival && number(*p.arrival) > number(*than.arrival) && p.delivered != never &&
               p.delivered <= than.delivered;
    });
}

std::optional<completed_request> completed_requests::add(vehicle_id v, completed_request one, monotonic_time now) {
    auto& all = by_vehicle_[index(v)];
    std::optional<completed_request> evicted;
    if (all.size() == max_per_vehicle) {
        auto victim =
            std::find_if(all.begin(), all.end(), [](const completed_request& p) { return !p.command_missing; });
        if (victim == all.end()) victim = all.begin();
        if (victim->command_missing) --missing_count_;
        evicted = std::move(*victim);
        all.erase(victim);
    }
    if (one.command_missing) ++missing_count_;
    one.kept_since = now;
    by_age_.emplace_back(now, v);
    all.push_back(std::move(one));
    return evicted;
}

void completed_requests::set_delivered(completed_request& p, monotonic_time t) {
    p.delivered = t;
    if (std::exchange(p.command_missing, false)) --missing_count_;
}

void completed_requests::drop_closed(monotonic_time now, const std::function<bool(vehicle_id)>& may_repeat) {
    while (!by_age_.empty() && by_age_.front().first + kept_for <= now) {
        const auto [since, v] = by_age_.front();
        by_age_.pop_front();
        const auto of_vehicle = by_vehicle_.find(index(v));
        if (of_vehicle == by_vehicle_.end()) continue;
        auto& all = of_vehicle->second;
        for (auto p = all.begin(); p != all.end();) {
            const bool is_closed = !p->arrival || (p->delivered != never && p->completion);
            if (p->kept_since != since) {
                ++p;
            } else if (is_closed && !may_repeat(v)) {
                p = all.erase(p);
            } else { // looked at again after the same time
                p->kept_since = now;
                by_age_.emplace_back(now, v);
                ++p;
            }
        }
        if (all.empty()) by_vehicle_.erase(of_vehicle);
    }
}

std::vector<completed_requests::missing_command> completed_requests::take_missing_commands() {
    std::vector<missing_command> all;
    for (auto& [v, requests] : by_vehicle_)
        for (auto& p : requests)
            if (std::exchange(p.command_missing, false)) all.push_back({vehicle_id{v}, p});
    missing_count_ = 0;
    std::stable_sort(all.begin(), all.end(), [](const missing_command& a, const missing_command& b) {
        return index(a.vehicle) < index(b.vehicle);
    });
    return all;
}

} // namespace loadsim::measure
