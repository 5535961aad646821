// The epoll of the fleet's sockets: what it tells, what it does not, and who gets a turn beside it.
#include <loadsim/net/poller.hpp>

#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <deque>
#include <functional>

#include <sys/socket.h>
#include <unistd.h>

using loadsim::net::poller;

namespace {

/// One end is watched; the test holds the other.
class pair final : public loadsim::net::watched {
public:
    explicit pair(poller& p) : poller_(p) {
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_), 0);
        EXPECT_FALSE(poller_.add(ends_[0], *this));
    }
    ~pair() {
        forget();
        ::close(ends_[1]);
    }
    pair(const pair&) = delete;
    pair& operator=(const pair&) = delete;

    void say(std::string_view bytes) {
        EXPECT_EQ(::write(ends_[1], bytes.data(), bytes.size()), ssize_t(bytes.size()));
    }
    bool read_one() {
        char byte{};
        return ::read(ends_[0], &byte, 1) == 1;
    }
    void again() { poller_.again(ends_[0], *this); }
    void forget() {
        if (ends_[0] < 0) return;
        poller_.forget(*this);
        ::close(std::exchange(ends_[0], -1));
    }

    int told = 0;
    int readable = 0;
    std::function<void(pair&)> when_readable = [](pair&) {};

private:
    void on_ready(std::uint32_t events) override {
        ++told;
        if ((events & EPOLLIN) == 0) return;
        ++readable;
        when_readable(*this);
    }

    poller& poller_;
    int ends_[2]{-1, -1};
};

class poller_of_sockets : public testing::Test {
protected:
    /// All that is ready now.
    void run() {
        io_.restart();
        for (int quiet = 0; quiet < 3; quiet = io_.poll() == 0 ? quiet + 1 : 0) {}
    }

    boost::asio::io_context io_{1};
    poller poller_{io_};
};

TEST_F(poller_of_sockets, tells_a_change_once_and_again_when_asked) {
    pair one(poller_);
    run();
    EXPECT_EQ(one.readable, 0);
    one.say("ab");
    run();
    EXPECT_EQ(one.readable, 1);
    EXPECT_TRUE(one.read_one());
    run();
    EXPECT_EQ(one.readable, 1) << "what was left behind is not told by itself";
    one.again();
    run();
    EXPECT_EQ(one.readable, 2);
    EXPECT_TRUE(one.read_one());
    one.again();
    run();
    EXPECT_EQ(one.readable, 2) << "there is nothing any more";
    one.say("c");
    run();
    EXPECT_EQ(one.readable, 3);
}

TEST_F(poller_of_sockets, tells_nothing_of_those_that_were_forgotten_in_the_same_batch) {
    std::deque<pair> all;
    for (int i = 0; i < 10; ++i) all.emplace_back(poller_);
    run();
    const auto others_go = [&](pair& self) {
        for (auto& p : all)
            if (&p != &self) p.forget();
    };
    for (auto& p : all) {
        p.when_readable = others_go;
        p.say("x");
    }
    run();
    int told = 0;
    for (const auto& p : all) told += p.readable;
    EXPECT_EQ(told, 1);
}

TEST_F(poller_of_sockets, leaves_others_their_turn_however_much_there_is_to_tell) {
    std::deque<pair> all;
    int told = 0;
    for (int i = 0; i < 500; ++i) {
        all.emplace_back(poller_);
        all.back().when_readable = [&](pair& p) {
            ++told;
            p.again(); // for ever
        };
        all.back().say("x");
    }
    int turns = 0;
    int told_at_turn = 0;
    int longest = 0;
    std::function<void()> turn = [&] {
        longest = std::max(longest, told - std::exchange(told_at_turn, told));
        if (++turns < 50) boost::asio::post(io_, turn);
    };
    boost::asio::post(io_, turn);
    while (turns < 50) ASSERT_GT(io_.poll_one(), 0U);
    EXPECT_LE(longest, 128);

    for (int i = 0; i < 500 && told < 5000; ++i) io_.poll_one();
    int fewest = all.front().readable;
    for (const auto& p : all) fewest = std::min(fewest, p.readable);
    EXPECT_GE(fewest, 2) << "nobody is passed over for ever";
}

} // namespace
