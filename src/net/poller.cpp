#include <loadsim/net/poller.hpp>

#include <cerrno>

namespace loadsim::net {
namespace {

constexpr std::uint32_t everything = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

int new_epoll() {
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) throw std::system_error(errno, std::system_category(), "epoll_create1");
    return epoll;
}

} // namespace

poller::poller(boost::asio::io_context& io) : epoll_(io.get_executor(), new_epoll()) { wait(); }

std::error_code poller::add(int socket, watched& who) {
    epoll_event event{.events = everything, .data = {.ptr = &who}};
    if (::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, socket, &event) != 0) return {errno, std::system_category()};
    return {};
}

void poller::again(int socket, watched& who) {
    epoll_event event{.events = everything, .data = {.ptr = &who}};
    ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_MOD, socket, &event); // cannot fail for a socket that is watched
}

void poller::forget(const watched& who) noexcept {
    for (int i = next_; i < told_; ++i)
        if (events_[static_cast<std::size_t>(i)].data.ptr == &who)
            events_[static_cast<std::size_t>(i)].data.ptr = nullptr;
}

void poller::hand_over(int socket, const watched& from, watched& to) {
    forget(from);
    again(socket, to);
}

void poller::wait() {
    epoll_.async_wait(descriptor::wait_read, [this](const boost::system::error_code& error) {
        if (error) return;
        tell();
        wait(); // looks at once whether there is more, and lets Asio's own come before it
    });
}

void poller::tell() {
    told_ = ::epoll_wait(epoll_.native_handle(), events_.data(), batch, 0);
    for (next_ = 0; next_ < told_;) {
        const auto& event = events_[static_cast<std::size_t>(next_++)];
        if (event.data.ptr != nullptr) static_cast<watched*>(event.data.ptr)->on_ready(event.events);
    }
}

} // namespace loadsim::net
