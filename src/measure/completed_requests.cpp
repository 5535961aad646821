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

std::optional<completed_request> completed_requests::add(vehicle_id v, completed_request one) {
    auto& all = by_vehicle_[index(v)];
    std::optional<completed_request> evicted;
    if (all.size() == max_per_vehicle) {
        auto victim =
            std::find_if(all.begin(), all.end(), [](const completed_request& p) { return !p.command_missing; });
        if (victim == all.end()) victim = all.begin();
        evicted = std::move(*victim);
        all.erase(victim);
    }
    all.push_back(std::move(one));
    return evicted;
}

std::vector<completed_requests::missing_command> completed_requests::take_missing_commands() {
    std::vector<missing_command> all;
    for (auto& [v, requests] : by_vehicle_)
        for (auto& p : requests)
            if (std::exchange(p.command_missing, false)) all.push_back({vehicle_id{v}, p});
    std::stable_sort(all.begin(), all.end(), [](const missing_command& a, const missing_command& b) {
        return index(a.vehicle) < index(b.vehicle);
    });
    return all;
}

std::size_t completed_requests::missing_count() const noexcept {
    std::size_t count = 0;
    for (const auto& [_, all] : by_vehicle_)
        count += static_cast<std::size_t>(std::ranges::count_if(all, &completed_request::command_missing));
    return count;
}

} // namespace loadsim::measure
