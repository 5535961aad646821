#include "graveyard.hpp"

#include <unistd.h>

namespace loadsim::net {

graveyard::~graveyard() {
    while (!left_.empty()) close(left_.begin());
}

void graveyard::add(int socket, const watched& from, monotonic_time now, monotonic_time until) {
    while (!left_.empty() && (left_.front().until <= now || left_.size() >= at_most)) close(left_.begin());
    auto& added = left_.emplace_back(*this, socket, until);
    added.self = std::prev(left_.end());
    sockets_.hand_over(socket, from, added);
}

void graveyard::grave::on_ready(std::uint32_t events) {
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) yard.close(self); // and this is gone
}

void graveyard::close(std::list<grave>::iterator one) {
    sockets_.forget(*one);
    ::close(one->socket);
    left_.erase(one);
}

} // namespace loadsim::net
