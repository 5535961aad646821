// The poll observer against an API that takes its time.
#include "fake_server.hpp"

#include <loadsim/http/server.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/observe/poller.hpp>

#include <boost/asio/steady_timer.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using stage::reaction;
using testing::ElementsAre;
using testing::Pair;

namespace {

constexpr auto car = vehicle_id{5};

std::string answer(const std::string& status, const std::string& body, const std::string& headers = {}) {
    return "HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
}

/// Answers the n-th question about each path with the n-th of its answers, and with the last of them from then on.
class api {
public:
    explicit api(std::map<std::string, std::vector<std::string>> answers)
        : server_([this, all = std::move(answers)](std::size_t, std::string& unread) -> reaction {
              const auto end = unread.find("\r\n\r\n");
              if (end == std::string::npos) return {};
              const auto head = unread.substr(0, end + 4);
              unread.erase(0, end + 4);
              const auto from = head.find(' ') + 1;
              const auto path = head.substr(from, head.find(' ', from) - from);
              const std::lock_guard lock(mutex_);
              last_ = head;
              const auto n = asked_[path]++;
              const auto its = all.find(path);
              if (its == all.end()) return {.bytes = answer("404 Not Found", "{}")};
              return {.bytes = its->second[std::min(n, its->second.size() - 1)]};
          }) {}

    net::endpoint endpoint() const { return {"http", "127.0.0.1", server_.port(), "/base"}; }
    std::size_t asked(const std::string& path) {
        const std::lock_guard lock(mutex_);
        return asked_[path];
    }
    std::string last() {
        const std::lock_guard lock(mutex_);
        return last_;
    }

private:
    std::mutex mutex_;
    std::map<std::string, std::size_t> asked_;
    std::string last_;
    stage::fake_server server_; // last: its thread uses the above
};

/// A shard with a poller.
class shard {
public:
    explicit shard(const net::endpoint& to, const observe::poll_options& options = quick())
        : poller_(*observe::poller::make(
              loop_, options, {.bases = {to}, .connections = 4, .timeout = 1s},
              [](http::request& r) { r.headers.emplace_back("X-Key", "k"); },
              [this](vehicle_id v, observe::final_event e) { ends.emplace_back(v, std::move(e)); }, 1)) {}

    static observe::poll_options quick() { return {.first = 20ms, .factor = 2, .cap = 80ms}; }

    observe::poller& poller() { return *poller_; }
    monotonic_time now() const { return loop_.now(); }
    void run_for(nanoseconds time) {
        boost::asio::steady_timer timer(loop_.io(), time);
        timer.async_wait([this](boost::system::error_code) { loop_.stop(); });
        loop_.run();
        loop_.io().restart();
    }
    ~shard() { poller_->stop(); }

    std::vector<std::pair<vehicle_id, observe::final_event>> ends;

private:
    steady_time time_;
    net::loop loop_{time_};
    std::unique_ptr<observe::poller> poller_;
};

} // namespace

TEST(polling, asks_until_the_platform_says_an_end) {
    api platform(
        {{"/base/requests/r-1",
          {answer("404 Not Found", "{}"), answer("200 OK", R"({"state":"created"})"),
           answer("503 Service Unavailable", "{}"), answer("200 OK", R"({"state":"failed","reason":"door_open"})")}}});
    shard s(platform.endpoint());
    const auto accepted = s.now();
    s.poller().follow(car, "r-1", "/requests/r-1", accepted);
    s.poller().follow(car, "r-1", "/requests/r-1", accepted); // the same
    s.run_for(600ms);
    ASSERT_EQ(s.ends.size(), 1U);
    const auto& [vehicle, end] = s.ends[0];
    EXPECT_EQ(vehicle, car);
    EXPECT_EQ(end.request, "r-1");
    EXPECT_EQ(end.end, outcome::failed);
    EXPECT_EQ(end.reason, "door_open");
    EXPECT_EQ(end.observer, 1U);
    EXPECT_GE(end.at - accepted, 20ms + 40ms + 80ms + 80ms) << "no earlier than its waits allow";
    EXPECT_EQ(platform.asked("/base/requests/r-1"), 4U) << "and not after the end";
    EXPECT_NE(platform.last().find("X-Key: k\r\n"), std::string::npos);
    const auto counted = s.poller().take();
    EXPECT_EQ(counted.messages, 2U);
    EXPECT_EQ(counted.ends, 1U);
    EXPECT_THAT(counted.refused, ElementsAre(Pair("status 404", 1U), Pair("status 503", 1U)));
}

TEST(polling, forgets_what_has_ended_otherwise) {
    api platform({{"/base/requests/r-1", {answer("200 OK", R"({"state":"created"})")}}});
    shard s(platform.endpoint());
    s.poller().follow(car, "r-1", "/requests/r-1", s.now());
    s.run_for(100ms);
    const auto asked = platform.asked("/base/requests/r-1");
    EXPECT_GE(asked, 1U);
    s.poller().forget("r-1");
    s.poller().forget("r-2");
    s.run_for(200ms);
    EXPECT_LE(platform.asked("/base/requests/r-1"), asked + 1) << "one may have been under way";
    EXPECT_TRUE(s.ends.empty());
}

TEST(polling, an_end_under_way_when_it_is_forgotten_is_not_told) {
    std::atomic<int> asked{0};
    const auto slow = http::listener::start({"http", "127.0.0.1", 0, {}}, {}, [&](const http::incoming&) {
        ++asked;
        return http::reply{.status = 200, .body = R"({"state":"executed"})", .after = 200ms};
    });
    ASSERT_TRUE(slow);
    shard s(slow->address());
    s.poller().follow(car, "r-1", "/requests/r-1", s.now());
    s.run_for(100ms);
    ASSERT_EQ(asked, 1);
    s.poller().forget("r-1");
    s.run_for(300ms);
    EXPECT_TRUE(s.ends.empty());
    s.poller().follow(car, "r-1", "/requests/r-1", s.now());
    s.run_for(400ms);
    EXPECT_EQ(s.ends.size(), 1U) << "and it may be followed again";
}

TEST(polling, follows_many) {
    std::map<std::string, std::vector<std::string>> answers;
    for (int i = 0; i < 500; ++i)
        answers["/base/requests/" + std::to_string(i)] = {answer("200 OK", R"({"state":"created"})"),
                                                          answer("200 OK", R"({"state":"executed"})")};
    api platform(answers);
    shard s(platform.endpoint());
    for (int i = 0; i < 500; ++i)
        s.poller().follow(vehicle_id{static_cast<std::uint32_t>(i)}, std::to_string(i),
                          "/requests/" + std::to_string(i), s.now());
    s.run_for(2s);
    EXPECT_EQ(s.ends.size(), 500U);
    for (const auto& [vehicle, end] : s.ends) EXPECT_EQ(std::to_string(index(vehicle)), end.request);
}

TEST(polling, nobody_there_is_counted_and_tried_on) {
    api platform({});
    auto nobody = platform.endpoint();
    nobody.port = 1;
    shard s(nobody);
    s.poller().follow(car, "r-1", "/requests/r-1", s.now());
    s.run_for(300ms);
    const auto refused = s.poller().take().refused;
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_GE(refused.begin()->second, 2U) << refused.begin()->first;
    EXPECT_TRUE(s.ends.empty());
}
