#include "wakeup_scheduler.hpp"

#include <loadsim/backend/default_protocol.hpp>

#include <algorithm>
#include <array>
#include <chrono>

namespace loadsim::backend {
namespace {

constexpr std::array<std::string_view, 2> bearers{"udp", "sms"};
constexpr nanoseconds repeat_interval_min = std::chrono::milliseconds{10}; // an interval of zero would loop forever

} // namespace

wakeup_scheduler::wakeup_scheduler(processing& p, request_table& requests, nanoseconds repeat_interval,
                                   trigger_sender send)
    : requests_(requests), repeat_interval_(std::max(repeat_interval, repeat_interval_min)), send_(std::move(send)),
      queue_(p.changes().subscribe([](const state_change& change) { return change.state == state::pending; })) {}

void wakeup_scheduler::receive(std::string_view vehicle, std::string_view payload) {
    const auto name = vin::parse(vehicle);
    if (name && payload.empty()) { // the retained presence was cleared
        asleep_.erase(std::string(vehicle));
        return;
    }
    const auto presence = read_presence(payload);
    if (!name || !presence) {
        ++counts_.malformed;
        return;
    }
    if (presence->state != "asleep") {
        asleep_.erase(std::string(vehicle));
        return;
    }
    const auto bearer = std::ranges::find(bearers, presence->wake);
    if (bearer == bearers.end()) {
        ++counts_.malformed;
        return;
    }
    asleep_.insert_or_assign(std::string(vehicle), *bearer);
    // The vehicle may have fallen asleep before the command reached it.
    const auto* active = requests_.active(*name);
    if (active == nullptr || active->state != state::pending) return;
    schedule(*requests_.find(active->number), active->entered_at(state::pending));
}

void wakeup_scheduler::process_queue() {
    while (const auto sent = queue_.pop()) {
        auto* r = requests_.find(sent->number);
        if (r != nullptr && asleep_.contains(std::string(r->vin.view()))) schedule(*r, sent->at);
    }
}

void wakeup_scheduler::schedule(request& r, monotonic_time from) {
    if (!send_ || std::exchange(r.wakeup_scheduled, true)) return;
    scheduled_.emplace(from, r.number);
}

void wakeup_scheduler::send_due(monotonic_time now) {
    while (!scheduled_.empty() && scheduled_.top().first <= now) {
        const auto number = scheduled_.top().second;
        scheduled_.pop();
        const auto* r = requests_.find(number);
        if (r == nullptr || r->state != state::pending) continue;
        scheduled_.emplace(now + repeat_interval_, number);
        const auto sleeper = asleep_.find(std::string(r->vin.view()));
        if (sleeper == asleep_.end()) continue; // awake; may fall asleep again before it responds
        ++counts_.triggers;
        send_(sleeper->first, sleeper->second);
    }
}

wakeup_counts wakeup_scheduler::counts() const {
    auto now = counts_;
    now.asleep = asleep_.size();
    return now;
}

} // namespace loadsim::backend
