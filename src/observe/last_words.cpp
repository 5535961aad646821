#include <loadsim/observe/last_words.hpp>

#include <utility>

namespace loadsim::observe {

last_words::last_words(const none_options& wanted, std::function<void(net::timer&, monotonic_time)> arm, on_end tell,
                       std::uint32_t index)
    : deadline_(wanted.deadline), arm_(std::move(arm)), tell_(std::move(tell)), index_(index) {}

void last_words::accepted(vehicle_id v, std::string_view request, monotonic_time now) {
    if (const auto early = early_.find(loadsim::index(v)); early != early_.end()) {
        const auto its = std::move(early->second);
        early_.erase(early);
        if (its.request == request) return end(v, request, its.end, its.code, its.at);
    }
    open_.insert_or_assign(loadsim::index(v), std::string(request));
    remember(v, request, now);
}

void last_words::said(vehicle_id v, std::string_view request, outcome what, std::string_view code, monotonic_time now) {
    const auto its = open_.find(loadsim::index(v));
    if (its != open_.end() && its->second == request) {
        open_.erase(its);
        return end(v, request, what, code, now);
    }
    early_.insert_or_assign(loadsim::index(v), word{std::string(request), what, std::string(code), now});
    remember(v, request, now);
}

void last_words::forget(vehicle_id v, std::string_view request) {
    if (const auto its = open_.find(loadsim::index(v)); its != open_.end() && its->second == request) open_.erase(its);
}

void last_words::remember(vehicle_id v, std::string_view request, monotonic_time now) {
    deadlines_.push_back({now + deadline_, v, std::string(request)});
    if (!armed()) arm_(*this, deadlines_.front().when);
}

void last_words::end(vehicle_id v, std::string_view request, outcome what, std::string_view reason, monotonic_time at) {
    tell_(v, {.vin = {},
              .request = std::string(request),
              .end = what,
              .reason = std::string(reason),
              .at = at,
              .observer = index_});
}

void last_words::on_timer(monotonic_time now) {
    while (!deadlines_.empty() && deadlines_.front().when <= now) {
        const auto over = std::move(deadlines_.front());
        deadlines_.pop_front();
        const auto v = loadsim::index(over.vehicle);
        if (const auto early = early_.find(v); early != early_.end() && early->second.request == over.request)
            early_.erase(early); // its request was never accepted
        const auto its = open_.find(v);
        if (its == open_.end() || its->second != over.request) continue;
        open_.erase(its);
        end(over.vehicle, over.request, outcome::timed_out, "no last word of the vehicle in time", over.when);
    }
    if (!deadlines_.empty()) arm_(*this, deadlines_.front().when);
}

} // namespace loadsim::observe
