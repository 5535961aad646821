// Message channel between the ranks of a run.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/cluster/rank_info.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace loadsim::cluster {

/// Poll interval for messages: upper bound of the added delay; a poll costs next to nothing.
inline constexpr nanoseconds poll_interval = std::chrono::milliseconds{20};

/// send() and receive() neither block nor spin. Messages from one rank to another arrive in order.
/// Errors:  after the first error error() describes it, and nothing is sent or received any more.
/// Threads: one.
class channel {
public:
    virtual ~channel() = default;

    virtual const rank_info& info() const = 0;
    /// Host name of a rank; empty: no such rank.
    virtual std::string host_of(std::uint32_t rank) const = 0;
    /// Name of a rank in messages: "rank 3 on node-b".
    std::string display_name(std::uint32_t rank) const;

    /// Keeps the text until it has been sent. A rank may send to itself.
    virtual void send(std::uint32_t to, std::string text) = 0;
    /// Rank 0: sends the text to all other ranks.
    void send_to_workers(const std::string& text);

    struct received_message {
        std::uint32_t from = 0;
        std::string text;
    };
    /// Next completely received message of any rank; nullopt: none.
    virtual std::optional<received_message> receive() = 0;
    /// Continues pending transfers, as receive() does, and leaves the messages for it.
    virtual void progress() = 0;
    /// Waits for the next message; nullopt: none until `until`, or the channel has failed. Blocks.
    virtual std::optional<received_message> receive_until(monotonic_time until);

    /// Error sentence after the channel has failed; empty: it works.
    virtual const std::string& error() const = 0;
};

} // namespace loadsim::cluster
