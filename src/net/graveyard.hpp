// Connections that were left behind: open and unread, so that the other side hears of nothing.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/net/poller.hpp>

#include <cstddef>
#include <list>

namespace loadsim::net {

/// Closes each when the other side has, for an open file is one of the things that a fleet runs out of; the oldest earlier, when its
/// time is over as another one comes, or when there are too many.
/// Threads: the loop's.
class graveyard {
public:
    static constexpr std::size_t at_most = 1000;

    explicit graveyard(poller& sockets) : sockets_(sockets) {}
    graveyard(const graveyard&) = delete;
    graveyard& operator=(const graveyard&) = delete;
    ~graveyard();

    /// A socket that `from` has been told of so far. It is the graveyard's now.
    void add(int socket, const watched& from, monotonic_time now, monotonic_time until);
    std::size_t size() const noexcept { return left_.size(); }

private:
    struct grave final : watched {
        grave(graveyard& owner, int left, monotonic_time end) : yard(owner), socket(left), until(end) {}
        void on_ready(std::uint32_t events) override;

        graveyard& yard;
        int socket;
        monotonic_time until;
        std::list<grave>::iterator self{};
    };
    void close(std::list<grave>::iterator);

    poller& sockets_;
    std::list<grave> left_; ///< the oldest first
};

} // namespace loadsim::net
