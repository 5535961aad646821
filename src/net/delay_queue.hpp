// Delay queue: bytes in transit on a shaped link.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/mqtt/message.hpp>
#include <loadsim/net/link_shaper.hpp>

#include <cstddef>
#include <deque>

namespace loadsim::net {

/// Bytes in transit in one direction of a shaped link. Threads: one. Pure: it reads no clock.
class delay_queue {
public:
    /// Splits the bytes into chunks of 50 ms of transmission time, at least 16 bytes; a chunk arrives with its last byte.
    void push(mqtt::byte_view, monotonic_time now, const link_shaper::limits&);
    /// Removes and returns the bytes that have arrived by `now`, in order; `never`: all bytes.
    mqtt::bytes pop_arrived(monotonic_time now);
    /// Arrival time of the first chunk; `never` when the queue is empty.
    monotonic_time next_arrival() const noexcept { return chunks_.empty() ? never : chunks_.front().due; }
    std::size_t size() const noexcept { return size_; } ///< bytes in transit

private:
    struct chunk {
        monotonic_time due;
        mqtt::bytes data;
    };
    link_shaper shaper_;
    std::deque<chunk> chunks_;
    std::size_t size_ = 0;
};

} // namespace loadsim::net
