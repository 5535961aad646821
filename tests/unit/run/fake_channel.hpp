// Channel to ranks that do not exist: the test queues what they send and reads what they are sent.
#pragma once

#include <loadsim/cluster/channel.hpp>
#include <loadsim/cluster/rank_messages.hpp>

#include <deque>
#include <utility>
#include <vector>

namespace loadsim::run {

class fake_channel : public cluster::channel {
public:
    fake_channel(std::uint32_t index, std::uint32_t count) : info_{.index = index, .count = count, .host = "a"} {}

    /// Queues a message; receive() returns it once.
    void deliver(std::uint32_t from, const cluster::message& m) { incoming.push_back({from, cluster::encode(m)}); }
    /// All messages of a type that were sent to a rank.
    template <class Message>
    std::vector<Message> sent_to(std::uint32_t rank) const {
        std::vector<Message> all;
        for (const auto& [to, text] : sent)
            if (auto message = cluster::decode_as<Message>(text); to == rank && message)
                all.push_back(std::move(*message));
        return all;
    }

    std::deque<received_message> incoming;
    std::vector<std::pair<std::uint32_t, std::string>> sent;
    std::string failure;

    const cluster::rank_info& info() const override { return info_; }
    std::string host_of(std::uint32_t rank) const override { return rank % 2 == 0 ? "a" : "b"; }
    void send(std::uint32_t to, std::string text) override { sent.emplace_back(to, std::move(text)); }
    std::optional<received_message> receive() override {
        if (incoming.empty()) return std::nullopt;
        auto next = std::move(incoming.front());
        incoming.pop_front();
        return next;
    }
    void progress() override {}
    /// Returns at once: what is not queued does not come in time.
    std::optional<received_message> receive_until(monotonic_time) override { return receive(); }
    const std::string& error() const override { return failure; }

private:
    cluster::rank_info info_;
};

} // namespace loadsim::run
