// Recognition of messages that a broker sends again after an outage.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <string_view>
#include <utility>

namespace loadsim::observer {

/// Stores hashes of the last messages of one session, not the messages. Threads: one.
class redelivery_filter {
public:
    /// True: the broker repeats a message that was received before (same content). `flagged`: it has the DUP flag, or the
    /// RETAIN flag of a copy for a new subscription. A repetition without them is a duplicate of the platform's and must be
    /// reported.
    bool is_redelivery(std::string_view topic, std::string_view payload, bool flagged) {
        const std::pair content{hash_(topic), hash_(payload)};
        if (flagged && std::ranges::find(recent_, content) != recent_.end()) return true;
        recent_.push_back(content);
        if (recent_.size() > max_messages) recent_.pop_front();
        return false;
    }

    /// Upper bound of messages in flight that a broker redelivers after an outage.
    static constexpr std::size_t max_messages = 1'000;

private:
    std::hash<std::string_view> hash_;
    std::deque<std::pair<std::size_t, std::size_t>> recent_;
};

} // namespace loadsim::observer
