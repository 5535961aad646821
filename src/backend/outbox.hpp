// Messages on their way to the broker, through outages.
#pragma once

#include "request_table.hpp"

#include <loadsim/backend/figures.hpp>
#include <loadsim/base/time.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

namespace loadsim::backend {

/// One hand-over of one message; a message that is sent again gets another.
enum class ticket : std::uint64_t {};

struct outgoing {
    std::string topic;
    std::string payload;
    std::optional<request_number> command_of; ///< empty: worth sending at any time, as an event is
    std::uint8_t qos = 1;
    monotonic_time expires = never; ///< the broker need not deliver it any more
};

/// The connection to the broker as the core sees it. The real one is Paho's, tests bring their own.
class broker_port {
public:
    virtual ~broker_port() = default;
    /// `expires_in_s`: MQTT 5's message expiry interval; 0: never.
    /// False: cannot be taken now. True: the outbox will be told confirmed(), failed() or lost().
    virtual bool publish(ticket, const outgoing&, std::uint32_t expires_in_s) = 0;
};

/// Keeps every message until the broker has acknowledged it, so that an outage loses none; what was handed over without
/// an acknowledgement goes again, as QoS 1 may (vehicles know a request by its id). A command is dropped once its
/// request is no longer pending: it ended at its deadline, or the vehicle has answered; and it expires at the broker at about
/// that deadline, so that a car that comes back later does not get an order that has ended. Not to the instant: the broker
/// is told whole seconds and counts whole seconds, so it may still deliver a command up to a second after the deadline, and
/// up to two when there was less than a second left, for less cannot be said.
class outbox {
public:
    struct limits {
        std::size_t unconfirmed = 1'000; ///< the rest waits here: Paho's own lists are slow when long
        std::size_t waiting = 100'000;
    };

    outbox(broker_port& broker, const request_table& requests, const time_source& time, limits at_most)
        : broker_(broker), requests_(requests), time_(time), limits_(at_most) {}

    void add(outgoing);
    /// Hands over as many as there is room for.
    void send();

    void connected();
    void lost();
    void confirmed(ticket);
    /// The broker refused the message for good, or (not for good) the connection broke under it.
    void failed(ticket, bool for_good);

    bool is_connected() const { return connected_; }
    outbound_figures counted() const;

private:
    bool worth_sending(const outgoing&) const;

    broker_port& broker_;
    const request_table& requests_;
    const time_source& time_;
    limits limits_;
    std::deque<outgoing> waiting_;
    std::map<ticket, outgoing> unconfirmed_; // in the order of sending
    std::uint64_t next_ticket_ = 1;
    bool connected_ = false;
    outbound_figures figures_;
};

} // namespace loadsim::backend
