// An in-process topic: publish once, and each queue whose filter lets it through gets its own copy.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

namespace loadsim::backend {

/// Threads: one. Subscribers may publish while they work on a message: it waits its turn in the queues.
template <class Message>
class topic {
public:
    using filter = bool (*)(const Message&);

    class queue {
    public:
        explicit queue(filter accepts) : accepts_(accepts) {}

        std::optional<Message> take() {
            if (waiting_.empty()) return std::nullopt;
            std::optional<Message> first{std::move(waiting_.front())};
            waiting_.pop_front();
            return first;
        }
        bool empty() const { return waiting_.empty(); }
        std::size_t size() const { return waiting_.size(); }

    private:
        friend class topic;
        filter accepts_;
        std::deque<Message> waiting_;
    };

    /// The queue lives as long as the topic.
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
    std::deque<queue> queues_; // a deque, so that references stay good when another subscribes
};

} // namespace loadsim::backend
