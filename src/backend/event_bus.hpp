// In-process event bus: each published message is copied to every queue whose filter accepts it.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

namespace loadsim::backend {

/// Threads: one. Subscribers may publish while they process a message: the new message is appended to the queues.
template <class Message>
class event_bus {
public:
    using filter = bool (*)(const Message&);

    class queue {
    public:
        explicit queue(filter accepts) : accepts_(accepts) {}

        std::optional<Message> pop() {
            if (waiting_.empty()) return std::nullopt;
            std::optional<Message> first{std::move(waiting_.front())};
            waiting_.pop_front();
            return first;
        }
        bool empty() const { return waiting_.empty(); }
        std::size_t size() const { return waiting_.size(); }

    private:
        friend class event_bus;
        filter accepts_;
        std::deque<Message> waiting_;
    };

    /// The queue lives as long as the event bus.
    queue& subscribe(filter accepts) { return queues_.emplace_back(accepts); }

    void publish(const Message& message) {
        for (auto& q : queues_)
            if (q.accepts_(message)) q.waiting_.push_back(message);
    }

    bool idle() const {
        for (const auto& q : queues_)
            if (!q.empty()) return false;
        return true;
    }

private:
    std::deque<queue> queues_; // a deque: references stay valid on further subscriptions
};

} // namespace loadsim::backend
