// Messages at which a broker closes the link of their vehicle, again and again.
#pragma once

#include <loadsim/base/time.hpp>

#include <chrono>
#include <cstdint>
#include <unordered_map>

namespace loadsim::fleet {

/// Decides that a broker refuses a message by closing the link: MQTT 3.1.1 has no other way, and a message that is kept would be sent
/// again without end. A broker acknowledges in order (MQTT 5.0, 4.6), so that the first message in flight is the one it has refused.
///
/// Shape:   memory for vehicles whose link was closed in this way alone.
/// Threads: one. Pure: it reads no clock.
class closed_links {
public:
    /// Times in a row after which the message is refused.
    static constexpr std::uint32_t closings_max = 3;
    /// Longest time from the sending of a message until the broker closes the link because of it.
    static constexpr nanoseconds closing_time = std::chrono::seconds{10};

    struct message {
        std::uint32_t group = 0;
        std::uint32_t sequence = 0; ///< 0: any of the group, of a vehicle that sends no message again
        friend bool operator==(const message&, const message&) = default;
    };

    /// The broker has closed the link of the vehicle. `first`: in flight, sent so long before. True: the broker refuses it.
    bool closed(std::uint32_t slot, const message& first, nanoseconds sent_before) {
        if (sent_before > closing_time) {
            suspects_.erase(slot);
            return false;
        }
        auto& s = suspects_[slot];
        if (s.first != first) s = {first, 0};
        if (++s.closings < closings_max) return false;
        if (first.sequence != 0) suspects_.erase(slot);
        return true;
    }
    void acknowledged(std::uint32_t slot, const message& m) {
        if (suspects_.empty()) return;
        const auto s = suspects_.find(slot);
        if (s == suspects_.end() || s->second.first.group != m.group) return;
        if (s->second.first.sequence == 0 || s->second.first == m) suspects_.erase(s);
    }
    /// The next message in flight is the one that the broker may refuse.
    bool is_suspected(std::uint32_t slot) const { return !suspects_.empty() && suspects_.contains(slot); }

private:
    struct suspect {
        message first;
        std::uint32_t closings = 0;
    };
    std::unordered_map<std::uint32_t, suspect> suspects_; ///< by vehicle of the shard
};

} // namespace loadsim::fleet
