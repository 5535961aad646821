// Outgoing QoS 1 and 2 messages and subscribe requests without a final acknowledgement.
#pragma once

#include <loadsim/mqtt/message.hpp>

#include <boost/container/small_vector.hpp>

namespace loadsim::mqtt {

/// Serial number of a packet identifier, which keeps the order of allocation known after a wrap-around.
using packet_serial = std::uint64_t;
constexpr std::uint16_t packet_id_of(packet_serial s) { return static_cast<std::uint16_t>(s % 65'535 + 1); }

struct outgoing {
    enum class step : std::uint8_t { puback, pubrec, pubcomp, suback, unsuback }; ///< the next acknowledgement expected

    packet_serial serial = 0;
    bytes packet{};            ///< the PUBLISH, if it may have to be sent (again)
    std::uint16_t filters = 0; ///< of a request: number of reason codes expected
    step awaits = step::puback;
    bool waiting = false;     ///< not sent on this connection yet
    bool sent_before = false; ///< was sent on an earlier connection

    std::uint16_t id() const { return packet_id_of(serial); }
    bool is_message() const { return awaits <= step::pubcomp; }
};

/// Kept in the order of the serials, which is the order of sending. Acknowledgements come in that order from a
/// correct server (4.6), so the front is cheap to find and to erase; any other place costs log n and a move.
class outbox {
public:
    bool empty() const noexcept { return size() == 0; }
    std::size_t size() const noexcept { return entries_.size() - head_; }
    std::size_t waiting() const noexcept { return waiting_; }
    std::size_t messages() const noexcept { return size() - requests_; }
    /// Messages that count against the server's receive maximum.
    std::size_t in_flight() const noexcept { return messages() - waiting_; }

    outgoing* find(std::uint16_t id) noexcept;
    void push(outgoing&&);
    void erase(outgoing*) noexcept;

    /// The first message that is not sent yet.
    outgoing* first_waiting() noexcept;
    void mark_sent(outgoing&) noexcept;

    /// Requests belong to the connection and end with it.
    void drop_requests() noexcept;
    /// On a new connection: marks every message for resending, except those that reached PUBREL.
    void await_resend() noexcept;

    std::span<outgoing> all() noexcept { return {entries_.data() + head_, size()}; }

private:
    outgoing* lower_bound(packet_serial) noexcept;
    void compact() noexcept;

    boost::container::small_vector<outgoing, 2> entries_;
    std::size_t head_ = 0;
    std::size_t waiting_ = 0;
    std::size_t requests_ = 0;
    packet_serial sent_below_ = 0; ///< no message with a smaller serial is waiting
};

} // namespace loadsim::mqtt
