#include "abandoned_connections.hpp"

#include <unistd.h>

namespace loadsim::net {

abandoned_connections::~abandoned_connections() {
    while (!entries_.empty()) close(entries_.begin());
}

void abandoned_connections::add(int socket, const socket_handler& previous, monotonic_time now,
                                monotonic_time expires_at) {
    while (!entries_.empty() && (entries_.front().expires_at <= now || entries_.size() >= max_size))
        close(entries_.begin());
    auto& added = entries_.emplace_back(*this, socket, expires_at);
    added.self = std::prev(entries_.end());
    poller_.transfer(socket, previous, added);
}

void abandoned_connections::entry::on_ready(std::uint32_t events) {
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) connections.close(self); // destroys *this
}

void abandoned_connections::close(std::list<entry>::iterator it) {
    poller_.remove(*it);
    ::close(it->socket);
    entries_.erase(it);
}

} // namespace loadsim::net
