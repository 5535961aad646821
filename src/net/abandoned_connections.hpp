// Abandoned connections: kept open and unread, so that the peer is not notified.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/net/epoll_poller.hpp>

#include <unistd.h>

#include <cstddef>
#include <list>

namespace loadsim::net {

/// Closes a connection when the peer has closed it, since open files are a scarce resource of a fleet. add() also closes the
/// oldest ones that have expired or exceed max_size.
/// Threads: the loop's.
class abandoned_connections {
public:
    static constexpr std::size_t max_size = 1000;

    explicit abandoned_connections(epoll_poller& poller) : poller_(poller) {}
    abandoned_connections(const abandoned_connections&) = delete;
    abandoned_connections& operator=(const abandoned_connections&) = delete;
    ~abandoned_connections() {
        while (!entries_.empty()) close(entries_.begin());
    }

    /// Takes ownership of a socket whose handler was `previous`.
    void add(int socket, const socket_handler& previous, monotonic_time now, monotonic_time expires_at) {
        while (!entries_.empty() && (entries_.front().expires_at <= now || entries_.size() >= max_size))
            close(entries_.begin());
        auto& added = entries_.emplace_back(*this, socket, expires_at);
        added.self = std::prev(entries_.end());
        poller_.transfer(socket, previous, added);
    }
    std::size_t size() const noexcept { return entries_.size(); }

private:
    struct entry final : socket_handler {
        entry(abandoned_connections& owner, int fd, monotonic_time end)
            : connections(owner), socket(fd), expires_at(end) {}
        void on_ready(std::uint32_t events) override {
            if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) connections.close(self); // destroys *this
        }

        abandoned_connections& connections;
        int socket;
        monotonic_time expires_at;
        std::list<entry>::iterator self{};
    };
    void close(std::list<entry>::iterator it) {
        poller_.remove(*it);
        ::close(it->socket);
        entries_.erase(it);
    }

    epoll_poller& poller_;
    std::list<entry> entries_; ///< oldest first
};

} // namespace loadsim::net
