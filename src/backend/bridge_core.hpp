// Core of the Kafka bridge, without I/O: messages in, records out.
#pragma once

#include <loadsim/backend/kafka_bridge.hpp>
#include <loadsim/base/fault_plan.hpp>
#include <loadsim/contract/field_path.hpp>
#include <loadsim/contract/message_parser.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace loadsim::backend {

struct bridge_record {
    std::string topic, key, value;
    std::int64_t timestamp_ms = 0;
    friend bool operator==(const bridge_record&, const bridge_record&) = default;
};

/// Applies rules and faults. Each message that matches n rules becomes n records.
/// Bound:   1,000 records wait for reordering; above it a record is forwarded without the fault. 100,000 wait while it stalls; above it
///          the stall ends.
/// Threads: one. Reads no clock.
class bridge_core {
public:
    using forward_handler = std::function<void(const bridge_record&)>;
    /// Precondition: check() has found no problem.
    bridge_core(const bridge_options&, std::vector<bridged_stream>, forward_handler);

    void receive(const contract::message_view&, std::uint8_t qos, std::int64_t epoch_ms, monotonic_time now);
    /// Forwards what has waited for the end of a stall.
    void run(monotonic_time now);
    monotonic_time next_due() const; ///< of run(); never: nothing waits for it
    /// Forwards all that waits, in order.
    void finish();
    bridge_counts counts() const;

private:
    struct compiled_rule {
        bridge_rule rule;
        contract::field_path key;
    };
    /// Place of a record among those that it is in order with.
    struct stream_position {
        std::string stream;
        std::uint64_t sequence = 0;
    };
    struct held_record {
        std::uint32_t remaining = 0; ///< records of higher sequences that it follows
        bool is_overtaken = false;   ///< by one of them
        std::uint64_t sequence = 0;
        bridge_record record;
    };
    struct forwarding {
        int copies = 1;
        bool is_followed = true; ///< by records that wait for it
    };
    struct stream {
        std::optional<std::uint64_t> highest{}; ///< sequence received
        std::deque<held_record> held{};         ///< for reordering
    };
    void submit(const compiled_rule&, bridge_record, std::string_view payload, const contract::message_view&,
                std::uint8_t qos, monotonic_time now);
    bool apply(const bridge_fault&, bridge_record&, std::string& payload, monotonic_time now);
    std::optional<stream_position> position_of(const bridge_record&, std::string_view mqtt_topic);
    void forward_in_order(const bridge_record&, stream&, std::uint64_t sequence, forwarding);
    template <class Predicate>
    void release(stream&, const Predicate&);
    void forward(const bridge_record&);

    std::vector<compiled_rule> rules_;
    fault_plan<bridge_fault> faults_;
    forward_handler on_forward_;
    bridge_counts counts_;
    bool reorders_ = false;
    std::vector<bridged_stream> bridged_;
    std::unordered_map<std::string, stream> streams_; ///< empty without a fault that reorders
    std::size_t held_count_ = 0;
    std::deque<bridge_record> stalled_;
    monotonic_time stalled_until_ = never;  ///< never: it does not stall
    std::string last_key_, last_other_key_; ///< of the last records of two vehicles
};

} // namespace loadsim::backend
