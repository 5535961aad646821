#include "past_requests.hpp"

#include <algorithm>
#include <utility>

namespace loadsim::measure {
namespace {

/// The latest that fits.
template <class Map, class Fits>
past_request* last_of(Map& all, vehicle_id v, Fits fits) {
    const auto at = all.find(index(v));
    if (at == all.end()) return nullptr;
    const auto found = std::find_if(at->second.rbegin(), at->second.rend(), fits);
    return found == at->second.rend() ? nullptr : &*found;
}

} // namespace

past_request* past_requests::find(vehicle_id v, std::string_view request) {
    return last_of(by_vehicle_, v, [&](const past_request& p) { return !p.request.empty() && p.request == request; });
}

past_request* past_requests::nameless(vehicle_id v) {
    return last_of(by_vehicle_, v, [](const past_request& p) { return p.request.empty(); });
}

past_request* past_requests::latest(vehicle_id v) {
    return last_of(by_vehicle_, v, [](const past_request& p) { return p.arrival.has_value(); });
}

bool past_requests::later_delivered(vehicle_id v, const past_request& than) const {
    const auto& all = by_vehicle_.at(index(v));
    return std::any_of(all.begin(), all.end(), [&](const past_request& p) {
        return p.arrival && than.arrival && number(*p.arrival) > number(*than.arrival) && p.delivered != never;
    });
}

std::optional<past_request> past_requests::add(vehicle_id v, past_request one) {
    auto& all = by_vehicle_[index(v)];
    std::optional<past_request> out;
    if (all.size() == kept) {
        auto least = std::find_if(all.begin(), all.end(), [](const past_request& p) { return !p.missing; });
        if (least == all.end()) least = all.begin();
        out = std::move(*least);
        all.erase(least);
    }
    all.push_back(std::move(one));
    return out;
}

std::vector<past_requests::left> past_requests::take_missing() {
    std::vector<left> all;
    for (auto& [v, requests] : by_vehicle_)
        for (auto& p : requests)
            if (std::exchange(p.missing, false)) all.push_back({vehicle_id{v}, p});
    std::stable_sort(all.begin(), all.end(),
                     [](const left& a, const left& b) { return index(a.vehicle) < index(b.vehicle); });
    return all;
}

std::size_t past_requests::missing_count() const noexcept {
    std::size_t count = 0;
    for (const auto& [_, all] : by_vehicle_)
        count += static_cast<std::size_t>(std::ranges::count_if(all, &past_request::missing));
    return count;
}

} // namespace loadsim::measure
