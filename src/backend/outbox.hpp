// Outbox: messages to the broker, kept across outages.
#pragma once

#include "requests.hpp"

#include <loadsim/backend/counts.hpp>
#include <loadsim/base/time.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

namespace loadsim::backend {

/// Id of one send attempt of one message; a resent message gets a new one.
enum class send_id : std::uint64_t {};

struct outbox_message {
    std::string topic;
    std::string payload;
    std::optional<request_number> request; ///< request of a command; empty: worth sending at any time
    std::uint8_t qos = 1;
    monotonic_time expires = never; ///< after it the broker need not deliver the message
};

/// Connection to the broker as used by the core. Implementations: MQTT, broker API, memory, tests.
class broker_port {
public:
    virtual ~broker_port() = default;
    /// `expires_in_s`: MQTT 5 message expiry interval; 0: never.
    /// False: cannot be sent now. True: on_confirmed(), on_refused() or on_connection_lost() of the outbox follows.
    virtual bool publish(send_id, const outbox_message&, std::uint32_t expires_in_s) = 0;
};

/// Keeps every message until the broker has acknowledged it, so that an outage loses none. Unacknowledged messages are
/// sent again, as QoS 1 allows (vehicles recognise a request by its id). A command is dropped when its request is no
/// longer pending (timed out, or the vehicle has responded), and expires at the broker at about that deadline, so that
/// a vehicle that reconnects later does not receive it. The expiry interval has whole seconds: the broker may deliver a
/// command up to 1 s after the deadline, and up to 2 s if less than 1 s was left.
class outbox {
public:
    struct limits {
        std::size_t unconfirmed = 1'000; ///< send window
        std::size_t waiting = 100'000;
    };

    outbox(broker_port& broker, const request_table& requests, const time_source& time, limits at_most)
        : broker_(broker), requests_(requests), time_(time), limits_(at_most) {}

    void add(outbox_message);
    /// Sends as many messages as the window allows.
    void send();

    void on_connected();
    void on_connection_lost(); ///< unacknowledged messages are sent again, in their order and before those that wait
    void on_confirmed(send_id);
    void on_refused(send_id); ///< by the broker; the message is dropped

    bool is_connected() const { return connected_; }
    outbound_counts counts() const;

private:
    bool worth_sending(const outbox_message&) const;

    broker_port& broker_;
    const request_table& requests_;
    const time_source& time_;
    limits limits_;
    std::deque<outbox_message> waiting_;
    std::map<send_id, outbox_message> unconfirmed_; // in sending order
    std::uint64_t next_send_id_ = 1;
    bool connected_ = false;
    outbound_counts counts_;
};

} // namespace loadsim::backend
