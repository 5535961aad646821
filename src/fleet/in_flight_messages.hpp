// Telemetry in flight: QoS 1 and 2 messages that a broker has not acknowledged.
#pragma once

#include <loadsim/base/time.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::fleet {

struct in_flight_message {
    nanoseconds due{0};
    nanoseconds deadline = nanoseconds::max(); ///< by its message expiry
    nanoseconds sent{0};                       ///< to the session that lasts, since the start of the load
    std::int64_t position = 0;                 ///< in the store's database; 0: it is not in it
    std::uint64_t hash = 0;                    ///< of the payload; 0: there is no listener
    std::uint32_t group = 0;                   ///< index; alarms follow the groups
    std::uint32_t sequence = 0;
    std::uint32_t bytes = 0; ///< of the payload
    std::uint16_t packet_id = 0;
    std::uint8_t qos = 1;
    bool from_store = false;
    std::string topic, payload; ///< empty without a store: it is never stored again
};

/// Messages in flight by vehicle, in the order of sending, and by packet id.
///
/// Shape:   memory for the most messages that were in flight at once, and none for a vehicle without one. No allocation for a
///          message without texts. A message is found in constant time if the broker acknowledges in order (MQTT 5.0, 4.6).
/// Threads: one.
class in_flight_messages {
public:
    /// The last message of the vehicle. The reference is valid until the next call of add().
    in_flight_message& add(std::uint32_t slot, std::uint16_t packet_id);
    /// Removes a message; null: there is none of that id. Valid until the next call of add().
    const in_flight_message* take(std::uint32_t slot, std::uint16_t packet_id);

    bool has(std::uint32_t slot) const noexcept { return find(slot) != none; }
    std::uint32_t count(std::uint32_t slot) const noexcept; ///< messages of the vehicle
    /// The session has ended, and keeps the messages of the vehicle until it is resumed.
    void suspend(std::uint32_t slot) noexcept;
    void resume(std::uint32_t slot, nanoseconds now) noexcept; ///< it sends them again
    bool is_suspended(std::uint32_t slot) const noexcept;

    /// Null: the vehicle has no message.
    const in_flight_message* first(std::uint32_t slot) const noexcept;
    template <class Call>
    void for_each(std::uint32_t slot, const Call& call) const {
        const auto at = find(slot);
        for (auto i = at == none ? none : queues_[at].first; i != none; i = messages_[i].next)
            call(messages_[i].message);
    }
    void remove_all(std::uint32_t slot);
    /// Vehicles with messages, in any order.
    std::vector<std::uint32_t> slots() const;

    std::size_t size() const noexcept { return size_; }

private:
    static constexpr std::uint32_t none = ~std::uint32_t{0};
    struct entry {
        in_flight_message message;
        std::uint32_t next = none; ///< of the vehicle; of a free entry: the next free one
    };
    struct queue {
        std::uint32_t slot = 0;
        std::uint32_t first = none, last = none; ///< messages; none: the queue is free
        std::uint32_t next = none;               ///< queue of the bucket; of a free one: the next free one
        std::uint32_t count = 0;
        bool suspended = false;
    };

    std::size_t bucket_of(std::uint32_t slot) const noexcept;
    std::uint32_t find(std::uint32_t slot) const noexcept;
    std::uint32_t make_queue(std::uint32_t slot);
    void free_queue(std::uint32_t) noexcept;
    void free_message(std::uint32_t) noexcept;
    void grow();

    std::vector<entry> messages_;
    std::vector<queue> queues_;
    std::vector<std::uint32_t> buckets_; ///< first queue of each; their number is a power of two
    std::uint32_t free_messages_ = none, free_queues_ = none;
    std::size_t used_queues_ = 0;
    std::size_t size_ = 0;
};

} // namespace loadsim::fleet
