// Bytes under way on a slow link.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/mqtt/message.hpp>
#include <loadsim/net/pace.hpp>

#include <cstddef>
#include <deque>

namespace loadsim::net {

/// One direction of a slow link, with what it carries. Threads: one. Pure: it reads no clock.
class lane {
public:
    /// In pieces of a twentieth of a second, of 16 bytes at least: each arrives when its last byte does.
    void put(mqtt::byte_view, monotonic_time now, const pace::limits&);
    /// What has arrived by `now`, in order; `never`: all that there is. Empty: nothing.
    mqtt::bytes take(monotonic_time now);
    /// When take() has more; `never` when nothing is under way.
    monotonic_time next() const noexcept { return pieces_.empty() ? never : pieces_.front().due; }
    std::size_t size() const noexcept { return size_; } ///< bytes under way

private:
    struct piece {
        monotonic_time due;
        mqtt::bytes data;
    };
    pace pace_;
    std::deque<piece> pieces_;
    std::size_t size_ = 0;
};

} // namespace loadsim::net
