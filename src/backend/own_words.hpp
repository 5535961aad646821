// Vehicles' words that the platform itself has said once more, as a fault.
#pragma once

#include "vehicle_message.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string_view>
#include <utility>

namespace loadsim::backend {

/// They come back from the broker, for we listen there, and are no words of the vehicle.
/// Bound: the last 1,000; the broker sends them back in milliseconds.
class own_words {
public:
    void said(vehicle_message word) {
        words_.push_back(std::move(word));
        if (words_.size() > most) words_.pop_front();
    }

    /// Whether it is one of them, each once.
    bool take(std::string_view topic, std::string_view payload) {
        const auto own = std::ranges::find_if(
            words_, [&](const vehicle_message& w) { return w.topic == topic && w.payload == payload; });
        if (own == words_.end()) return false;
        words_.erase(own);
        return true;
    }

private:
    static constexpr std::size_t most = 1'000;
    std::deque<vehicle_message> words_;
};

} // namespace loadsim::backend
