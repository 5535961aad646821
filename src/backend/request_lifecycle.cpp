#include "request_lifecycle.hpp"

#include <string>

namespace loadsim::backend {
namespace {

nanoseconds limit_of(const deadlines& limits, state s) {
    switch (s) {
    case state::created: return limits.created;
    case state::pending: return limits.pending;
    default: return limits.running;
    }
}

} // namespace

creation::creation(processing& p, const request_table& requests, const std::vector<service>& services)
    : processing_(p), requests_(requests) {
    for (std::size_t i = 0; i < services.size(); ++i)
        services_.emplace(services[i].name, static_cast<std::uint16_t>(i));
}

creation::create_result creation::create(std::string_view vehicle, std::string_view service, bool has_room) {
    const auto name = vin::parse(vehicle);
    if (!name) {
        ++counts_.invalid_vin;
        return {create_status::invalid_vin, {}};
    }
    const auto known = services_.find(service);
    if (known == services_.end()) {
        ++counts_.unknown_service;
        return {create_status::unknown_service, {}};
    }
    if (const auto* active = requests_.active(*name)) {
        ++counts_.busy;
        return {create_status::busy, requests_.id(active->number)};
    }
    if (!has_room) {
        ++counts_.overloaded;
        return {create_status::overloaded, {}};
    }
    return {create_status::created, requests_.id(processing_.create_request(*name, known->second).number)};
}

monotonic_time deadline_of(const deadlines& limits, state s, monotonic_time now) {
    const auto limit = limit_of(limits, s);
    return limit > never - now ? never : now + limit;
}

lifecycle::lifecycle(processing& p, request_table& requests, const std::vector<service>& services)
    : processing_(p), requests_(requests), services_(services),
      queue_(p.changes().subscribe([](const state_change& observed) { return !is_final(observed.state); })) {}

void lifecycle::process_queue() {
    while (const auto entered = queue_.pop()) {
        const auto due = deadline_of(services_[entered->service].limits, entered->state, entered->at);
        delayed_.push({due, entered->number, entered->state});
    }
}

void lifecycle::check_due(monotonic_time now) {
    while (!delayed_.empty() && delayed_.top().due <= now) {
        const auto due = delayed_.top();
        delayed_.pop();
        check(due.number, due.observed);
    }
}

void lifecycle::check(request_number number, state observed) {
    auto* r = requests_.find(number);
    if (r == nullptr || r->state != observed) return;
    if (processing_.transition(*r, state::failed, std::string(timeout_reason))) ++timed_out_;
}

} // namespace loadsim::backend
