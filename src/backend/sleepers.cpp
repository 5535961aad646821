#include "sleepers.hpp"

#include <loadsim/contract/payloads.hpp>

#include <algorithm>
#include <array>
#include <chrono>

namespace loadsim::backend {
namespace {

constexpr std::array<std::string_view, 2> bearers{"udp", "sms"};
constexpr nanoseconds shortest = std::chrono::milliseconds{10}; // or a pause of none would never end

} // namespace

sleepers::sleepers(processing& p, request_table& requests, nanoseconds again, trigger send)
    : requests_(requests), again_(std::max(again, shortest)), send_(std::move(send)),
      queue_(p.changes().subscribe([](const change& seen) { return seen.state == state::pending; })) {}

void sleepers::receive(std::string_view vehicle, std::string_view payload) {
    const auto name = vin::parse(vehicle);
    if (name && payload.empty()) { // the retained one is taken back
        asleep_.erase(std::string(vehicle));
        return;
    }
    const auto said = contract::read_presence(payload);
    if (!name || !said) {
        ++figures_.malformed;
        return;
    }
    if (said->state != "asleep") {
        asleep_.erase(std::string(vehicle));
        return;
    }
    const auto bearer = std::ranges::find(bearers, said->wake);
    if (bearer == bearers.end()) {
        ++figures_.malformed;
        return;
    }
    asleep_.insert_or_assign(std::string(vehicle), *bearer);
    // It may have gone to sleep before the command reached it.
    const auto* active = requests_.active(*name);
    if (active == nullptr || active->state != state::pending) return;
    begin_to_call(*requests_.find(active->number), active->entered_at(state::pending));
}

void sleepers::work() {
    while (const auto sent = queue_.take()) {
        auto* r = requests_.find(sent->number);
        if (r != nullptr && asleep_.contains(std::string(r->vin.view()))) begin_to_call(*r, sent->at);
    }
}

void sleepers::begin_to_call(request& r, monotonic_time from) {
    if (!send_ || std::exchange(r.called_for, true)) return;
    calls_.emplace(from, r.number);
}

void sleepers::call(monotonic_time now) {
    while (!calls_.empty() && calls_.top().first <= now) {
        const auto number = calls_.top().second;
        calls_.pop();
        const auto* r = requests_.find(number);
        if (r == nullptr || r->state != state::pending) continue;
        calls_.emplace(now + again_, number);
        const auto sleeper = asleep_.find(std::string(r->vin.view()));
        if (sleeper == asleep_.end()) continue; // awake by now; it may fall asleep again before it has answered
        ++figures_.triggers;
        send_(sleeper->first, sleeper->second);
    }
}

wake_figures sleepers::counted() const {
    auto now = figures_;
    now.asleep = asleep_.size();
    return now;
}

} // namespace loadsim::backend
