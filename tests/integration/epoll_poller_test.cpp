// Epoll poller of the fleet's sockets: reported events, removal, fairness to other handlers of the loop.
#include <loadsim/net/epoll_poller.hpp>

#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <deque>
#include <functional>

#include <sys/socket.h>
#include <unistd.h>

using loadsim::net::epoll_poller;

namespace {

/// Socket pair: one end is registered with the poller, the test holds the other.
class socket_pair final : public loadsim::net::socket_handler {
public:
    explicit socket_pair(epoll_poller& p) : poller_(p) {
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_), 0);
        EXPECT_FALSE(poller_.add(ends_[0], *this));
    }
    ~socket_pair() {
        remove();
        ::close(ends_[1]);
    }
    socket_pair(const socket_pair&) = delete;
    socket_pair& operator=(const socket_pair&) = delete;

    void write_bytes(std::string_view bytes) {
        EXPECT_EQ(::write(ends_[1], bytes.data(), bytes.size()), ssize_t(bytes.size()));
    }
    bool read_one() {
        char byte{};
        return ::read(ends_[0], &byte, 1) == 1;
    }
    void rearm() { poller_.rearm(ends_[0], *this); }
    void remove() {
        if (ends_[0] < 0) return;
        poller_.remove(*this);
        ::close(std::exchange(ends_[0], -1));
    }

    int event_count = 0;
    int readable_count = 0;
    std::function<void(socket_pair&)> on_readable = [](socket_pair&) {};

private:
    void on_ready(std::uint32_t events) override {
        ++event_count;
        if ((events & EPOLLIN) == 0) return;
        ++readable_count;
        on_readable(*this);
    }

    epoll_poller& poller_;
    int ends_[2]{-1, -1};
};

class epoll_poller_test : public testing::Test {
protected:
    /// Dispatches all ready events.
    void run() {
        io_.restart();
        for (int quiet = 0; quiet < 3; quiet = io_.poll() == 0 ? quiet + 1 : 0) {}
    }

    boost::asio::io_context io_{1};
    epoll_poller poller_{io_};
};

TEST_F(epoll_poller_test, reports_readiness_once_and_again_after_rearm) {
    socket_pair one(poller_);
    run();
    EXPECT_EQ(one.readable_count, 0);
    one.write_bytes("ab");
    run();
    EXPECT_EQ(one.readable_count, 1);
    EXPECT_TRUE(one.read_one());
    run();
    EXPECT_EQ(one.readable_count, 1) << "what was left behind is not told by itself";
    one.rearm();
    run();
    EXPECT_EQ(one.readable_count, 2);
    EXPECT_TRUE(one.read_one());
    one.rearm();
    run();
    EXPECT_EQ(one.readable_count, 2) << "there is nothing any more";
    one.write_bytes("c");
    run();
    EXPECT_EQ(one.readable_count, 3);
}

TEST_F(epoll_poller_test, reports_nothing_of_handlers_removed_in_the_same_batch) {
    std::deque<socket_pair> all;
    for (int i = 0; i < 10; ++i) all.emplace_back(poller_);
    run();
    const auto remove_others = [&](socket_pair& self) {
        for (auto& p : all)
            if (&p != &self) p.remove();
    };
    for (auto& p : all) {
        p.on_readable = remove_others;
        p.write_bytes("x");
    }
    run();
    int handled = 0;
    for (const auto& p : all) handled += p.readable_count;
    EXPECT_EQ(handled, 1);
}

TEST_F(epoll_poller_test, yields_to_other_handlers_after_each_batch) {
    std::deque<socket_pair> all;
    int handled = 0;
    for (int i = 0; i < 500; ++i) {
        all.emplace_back(poller_);
        all.back().on_readable = [&](socket_pair& p) {
            ++handled;
            p.rearm(); // without end
        };
        all.back().write_bytes("x");
    }
    int turns = 0;
    int handled_at_turn = 0;
    int longest = 0;
    std::function<void()> turn = [&] {
        longest = std::max(longest, handled - std::exchange(handled_at_turn, handled));
        if (++turns < 50) boost::asio::post(io_, turn);
    };
    boost::asio::post(io_, turn);
    while (turns < 50) ASSERT_GT(io_.poll_one(), 0U);
    EXPECT_LE(longest, 128);

    for (int i = 0; i < 500 && handled < 5000; ++i) io_.poll_one();
    int fewest = all.front().readable_count;
    for (const auto& p : all) fewest = std::min(fewest, p.readable_count);
    EXPECT_GE(fewest, 2) << "nobody is passed over for ever";
}

} // namespace
