// The way of messages of one kind, with the faults that befall them on it.
#pragma once

#include "faults.hpp"

#include <loadsim/base/time.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace loadsim::backend {

/// A message goes on at once, unless a fault of its kind hits it: dropped, held for a while, held until the vehicle's next one has
/// gone on, or sent once more. When that next one is held as well, both go after the one that follows, in their order.
/// Bound:   what is held for the next is eight messages a vehicle; the ninth is let through.
/// Threads: one. Reads no clock but the one handed in.
template <class Message>
class detour {
public:
    struct ways {
        std::function<void(Message)> on;     ///< as it should be
        std::function<void(Message)> astray; ///< late, by a fault: it goes whatever has become of its request
        std::function<void(Message)> again;  ///< the second of a duplicate
    };

    detour(fault_plan& faults, fault::message of, const time_source& time, ways w)
        : faults_(faults), of_(of), time_(time), ways_(std::move(w)) {}

    void take(std::string_view vehicle, Message message) {
        const auto* hit = faults_.next(of_);
        if (hit != nullptr && strike(*hit, vehicle, message)) {
            faults_.done(*hit);
            if (hit->what != fault::kind::duplicate) return;
            ways_.on(message);
            ways_.again(std::move(message));
        } else {
            ways_.on(std::move(message));
        }
        let_go(vehicle);
    }

    /// Those whose delay is over.
    void release(monotonic_time now) {
        while (!delayed_.empty() && delayed_.begin()->first <= now) {
            auto next = delayed_.extract(delayed_.begin());
            auto& [vehicle, message] = next.mapped();
            ways_.astray(std::move(message));
            let_go(vehicle);
        }
    }
    monotonic_time next_due() const { return delayed_.empty() ? never : delayed_.begin()->first; }

private:
    /// False: not this time.
    bool strike(const fault& one, std::string_view vehicle, Message& message) {
        switch (one.what) {
        case fault::kind::drop:
        case fault::kind::duplicate: return true;
        case fault::kind::delay:
            delayed_.emplace(time_.now() + one.by, std::pair{std::string(vehicle), std::move(message)});
            return true;
        case fault::kind::reorder: {
            auto& held = held_[std::string(vehicle)];
            if (held.size() >= held_most) return false;
            held.push_back(std::move(message));
            return true;
        }
        case fault::kind::forget:
        case fault::kind::double_send: return false; // of requests
        }
        return false;
    }

    void let_go(std::string_view vehicle) {
        if (held_.empty()) return;
        if (auto held = held_.extract(std::string(vehicle)); !held.empty())
            for (auto& message : held.mapped()) ways_.astray(std::move(message));
    }

    static constexpr std::size_t held_most = 8;

    fault_plan& faults_;
    fault::message of_;
    const time_source& time_;
    ways ways_;
    std::multimap<monotonic_time, std::pair<std::string, Message>> delayed_; // of one instant in the order of coming
    std::unordered_map<std::string, std::vector<Message>> held_;             // by vehicle: for its next one
};

} // namespace loadsim::backend
