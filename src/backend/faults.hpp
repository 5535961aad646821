// Faults of the backend: a plan for each kind of message, the injector, and the filter of its own duplicates.
#pragma once

#include "vehicle_message.hpp"

#include <loadsim/backend/counts.hpp>
#include <loadsim/backend/options.hpp>
#include <loadsim/base/fault_plan.hpp>
#include <loadsim/base/time.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace loadsim::backend {

/// One fault plan for each kind of message, and the counts of the applied faults.
/// Random draws of a fault: (seed, message kind, index among the faults of that kind, number of the message).
class fault_plans {
public:
    fault_plans(const std::vector<fault>&, std::uint64_t seed);

    /// Fault of the next message of this kind; nullptr: none. The caller reports an applied fault with record().
    const fault* next(fault::message of) { return by_message_[static_cast<std::size_t>(of)].next(); }
    void record(const fault& one) { ++counts_.of(one.what, one.applies_to); }
    const fault_counts& counts() const { return counts_; }

private:
    std::array<fault_plan<fault>, fault_counts::messages> by_message_;
    fault_counts counts_;
};

/// "drop command 5, duplicate response 2": the injected faults; empty: none.
std::string to_string(const fault_counts&);

/// Forwards each message at once, unless a fault selects it: then it is dropped, delayed, held until the vehicle's next
/// message was forwarded, or duplicated. If the next message is held too, both follow the one after it, in their order.
/// Bound:   eight held messages per vehicle; the ninth is forwarded.
/// Threads: one. Reads only the given time source.
template <class Message>
class fault_injector {
public:
    struct outputs {
        std::function<void(Message)> forward;   ///< without a fault
        std::function<void(Message)> late;      ///< delayed or reordered; sent regardless of the request's state
        std::function<void(Message)> duplicate; ///< second copy of a duplicated message
    };

    fault_injector(fault_plans& faults, fault::message of, const time_source& time, outputs w)
        : faults_(faults), kind_(of), time_(time), outputs_(std::move(w)) {}

    void submit(std::string_view vehicle, Message message) { submit(vehicle, std::move(message), time_.now()); }
    /// The same for a message of that instant: its delay counts from then. Returns the delay; 0: none.
    nanoseconds submit(std::string_view vehicle, Message message, monotonic_time at) {
        const auto* hit = faults_.next(kind_);
        if (hit != nullptr && apply(*hit, vehicle, message, at)) {
            faults_.record(*hit);
            if (hit->what == fault::kind::delay) return hit->delay;
            if (hit->what != fault::kind::duplicate) return nanoseconds{0};
            outputs_.forward(message);
            outputs_.duplicate(std::move(message));
        } else {
            outputs_.forward(std::move(message));
        }
        release_held(vehicle);
        return nanoseconds{0};
    }

    /// Forwards the delayed messages that are due.
    void release_delayed(monotonic_time now) {
        while (!delayed_.empty() && delayed_.begin()->first <= now) {
            auto next = delayed_.extract(delayed_.begin());
            auto& [vehicle, message] = next.mapped();
            outputs_.late(std::move(message));
            release_held(vehicle);
        }
    }
    monotonic_time next_due() const { return delayed_.empty() ? never : delayed_.begin()->first; }

private:
    /// False: the fault was not applied.
    bool apply(const fault& one, std::string_view vehicle, Message& message, monotonic_time at) {
        switch (one.what) {
        case fault::kind::drop:
        case fault::kind::duplicate: return true;
        case fault::kind::delay:
            delayed_.emplace(at + one.delay, std::pair{std::string(vehicle), std::move(message)});
            return true;
        case fault::kind::reorder: {
            auto& held = held_[std::string(vehicle)];
            if (held.size() >= held_max) return false;
            held.push_back(std::move(message));
            return true;
        }
        case fault::kind::forget:
        case fault::kind::double_send: return false; // apply to requests only
        }
        return false;
    }

    void release_held(std::string_view vehicle) {
        if (held_.empty()) return;
        if (auto held = held_.extract(std::string(vehicle)); !held.empty())
            for (auto& message : held.mapped()) outputs_.late(std::move(message));
    }

    static constexpr std::size_t held_max = 8;

    fault_plans& faults_;
    fault::message kind_;
    const time_source& time_;
    outputs outputs_;
    std::multimap<monotonic_time, std::pair<std::string, Message>> delayed_; // same due time: in order of arrival
    std::unordered_map<std::string, std::vector<Message>> held_;             // by vehicle, until its next message
};

/// Drops the echoes of the responses that the backend itself duplicated as a fault: it subscribes to the topic it
/// publishes them on, so the broker delivers them back.
/// Bound: the last 1,000; echoes arrive within milliseconds.
class echo_filter {
public:
    void expect(vehicle_message response) {
        expected_.push_back(std::move(response));
        if (expected_.size() > capacity) expected_.pop_front();
    }

    /// True: the message is an echo; it is removed from the list.
    bool consume(std::string_view topic, std::string_view payload) {
        const auto echo = std::ranges::find_if(
            expected_, [&](const vehicle_message& w) { return w.topic == topic && w.payload == payload; });
        if (echo == expected_.end()) return false;
        expected_.erase(echo);
        return true;
    }

private:
    static constexpr std::size_t capacity = 1'000;
    std::deque<vehicle_message> expected_;
};

} // namespace loadsim::backend
