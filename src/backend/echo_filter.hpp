// Echo filter: drops echoes of the responses that the backend itself duplicated as a fault.
#pragma once

#include "vehicle_message.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string_view>
#include <utility>

namespace loadsim::backend {

/// The backend subscribes to the topic it publishes them on, so the broker delivers them back.
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
