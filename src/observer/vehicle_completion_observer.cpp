#include <loadsim/observer/vehicle_completion_observer.hpp>

#include <utility>

namespace loadsim::observer {

vehicle_completion_observer::vehicle_completion_observer(const none_options& wanted,
                                                         std::function<void(net::timer&, monotonic_time)> arm,
                                                         on_vehicle_completion handler, std::uint32_t index)
    : deadline_(wanted.deadline), arm_(std::move(arm)), handler_(std::move(handler)), index_(index) {}

void vehicle_completion_observer::on_accepted(vehicle_id v, std::string_view request, monotonic_time now) {
    if (const auto early_entry = early_responses_.find(loadsim::index(v)); early_entry != early_responses_.end()) {
        const auto entry = std::move(early_entry->second);
        early_responses_.erase(early_entry);
        if (entry.request == request) return complete(v, request, entry.final_outcome, entry.code, entry.at);
    }
    open_.insert_or_assign(loadsim::index(v), open_request{std::string(request), now + deadline_});
    add_deadline(v, request, now);
}

void vehicle_completion_observer::on_identified(vehicle_id v, std::string_view request) {
    if (const auto entry = open_.find(loadsim::index(v)); entry != open_.end() && entry->second.request.empty())
        entry->second.request = request;
}

void vehicle_completion_observer::on_final_response(vehicle_id v, std::string_view request, outcome final_outcome,
                                                    std::string_view code, monotonic_time now) {
    const auto entry = open_.find(loadsim::index(v));
    if (entry != open_.end() && entry->second.request == request) {
        open_.erase(entry);
        return complete(v, request, final_outcome, code, now);
    }
    early_responses_.insert_or_assign(loadsim::index(v),
                                      early_response{std::string(request), final_outcome, std::string(code), now});
    add_deadline(v, request, now);
}

void vehicle_completion_observer::forget(vehicle_id v, std::string_view request) {
    if (const auto entry = open_.find(loadsim::index(v)); entry != open_.end() && entry->second.request == request)
        open_.erase(entry);
}

void vehicle_completion_observer::add_deadline(vehicle_id v, std::string_view request, monotonic_time now) {
    deadlines_.push_back({now + deadline_, v, std::string(request)});
    if (!armed()) arm_(*this, deadlines_.front().when);
}

void vehicle_completion_observer::complete(vehicle_id v, std::string_view request, outcome final_outcome,
                                           std::string_view reason, monotonic_time at) {
    handler_(v, {.vin = {},
                 .request = std::string(request),
                 .final_outcome = final_outcome,
                 .reason = std::string(reason),
                 .at = at,
                 .observer = index_});
}

void vehicle_completion_observer::on_timer(monotonic_time now) {
    while (!deadlines_.empty() && deadlines_.front().when <= now) {
        const auto expired = std::move(deadlines_.front());
        deadlines_.pop_front();
        const auto v = loadsim::index(expired.vehicle);
        if (const auto early_entry = early_responses_.find(v);
            early_entry != early_responses_.end() && early_entry->second.request == expired.request)
            early_responses_.erase(early_entry); // the request was never accepted
        const auto entry = open_.find(v);
        // By its deadline: its id may have become known meanwhile.
        if (entry == open_.end() || entry->second.deadline != expired.when) continue;
        const auto request = std::move(entry->second.request);
        open_.erase(entry);
        complete(expired.vehicle, request, outcome::timed_out, "no final response of the vehicle in time",
                 expired.when);
    }
    if (!deadlines_.empty()) arm_(*this, deadlines_.front().when);
}

} // namespace loadsim::observer
