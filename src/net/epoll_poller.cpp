#include <loadsim/net/epoll_poller.hpp>

#include <cerrno>

namespace loadsim::net {
namespace {

constexpr std::uint32_t all_events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

int create_epoll() {
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) throw std::system_error(errno, std::system_category(), "epoll_create1");
    return epoll;
}

} // namespace

epoll_poller::epoll_poller(boost::asio::io_context& io) : epoll_(io.get_executor(), create_epoll()) { wait(); }

std::error_code epoll_poller::add(int socket, socket_handler& handler) {
    epoll_event event{.events = all_events, .data = {.ptr = &handler}};
    if (::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, socket, &event) != 0) return {errno, std::system_category()};
    return {};
}

void epoll_poller::rearm(int socket, socket_handler& handler) {
    epoll_event event{.events = all_events, .data = {.ptr = &handler}};
    ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_MOD, socket, &event); // cannot fail for a registered socket
}

void epoll_poller::remove(const socket_handler& handler) noexcept {
    for (int i = next_event_; i < ready_count_; ++i)
        if (events_[static_cast<std::size_t>(i)].data.ptr == &handler)
            events_[static_cast<std::size_t>(i)].data.ptr = nullptr;
}

void epoll_poller::transfer(int socket, const socket_handler& from, socket_handler& to) {
    remove(from);
    rearm(socket, to);
}

void epoll_poller::wait() {
    epoll_.async_wait(descriptor::wait_read, [this](const boost::system::error_code& error) {
        if (error) return;
        dispatch();
        wait(); // checks for more events at once, after Asio's own handlers
    });
}

void epoll_poller::dispatch() {
    ready_count_ = ::epoll_wait(epoll_.native_handle(), events_.data(), batch_size, 0);
    for (next_event_ = 0; next_event_ < ready_count_;) {
        const auto& event = events_[static_cast<std::size_t>(next_event_++)];
        if (event.data.ptr != nullptr) static_cast<socket_handler*>(event.data.ptr)->on_ready(event.events);
    }
}

} // namespace loadsim::net
