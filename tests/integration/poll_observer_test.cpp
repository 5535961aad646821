// Poll observer against a fake API.
#include "fake_server.hpp"

#include <loadsim/http/server.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/observer/poll_observer.hpp>

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
using harness::reaction;
using testing::ElementsAre;
using testing::Pair;

namespace {

constexpr auto vehicle_5 = vehicle_id{5};

std::string http_response(const std::string& status, const std::string& body, const std::string& headers = {}) {
    return "HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
}

/// Answers the n-th request of each path with the n-th of its responses, later requests with the last one.
class api {
public:
    explicit api(std::map<std::string, std::vector<std::string>> responses)
        : server_([this, all = std::move(responses)](std::size_t, std::string& unread) -> reaction {
              const auto end = unread.find("\r\n\r\n");
              if (end == std::string::npos) return {};
              const auto head = unread.substr(0, end + 4);
              unread.erase(0, end + 4);
              const auto from = head.find(' ') + 1;
              const auto path = head.substr(from, head.find(' ', from) - from);
              const std::lock_guard lock(mutex_);
              last_request_ = head;
              const auto n = request_counts_[path]++;
              const auto found = all.find(path);
              if (found == all.end()) return {.bytes = http_response("404 Not Found", "{}")};
              return {.bytes = found->second[std::min(n, found->second.size() - 1)]};
          }) {}

    net::endpoint endpoint() const { return {"http", "127.0.0.1", server_.port(), "/base"}; }
    std::size_t request_count(const std::string& path) {
        const std::lock_guard lock(mutex_);
        return request_counts_[path];
    }
    std::string last_request() {
        const std::lock_guard lock(mutex_);
        return last_request_;
    }

private:
    std::mutex mutex_;
    std::map<std::string, std::size_t> request_counts_;
    std::string last_request_;
    harness::fake_server server_; // last: its thread uses the members above
};

/// Event loop with a poll observer.
class poll_harness {
public:
    explicit poll_harness(const net::endpoint& to, const observer::poll_options& options = quick())
        : observer_(*observer::poll_observer::make(
              loop_, options, {.base_urls = {to}, .max_connections = 4, .timeout = 1s},
              [](http::request& r) { r.headers.emplace_back("X-Key", "k"); },
              [this](vehicle_id v, observer::completion e) { completions.emplace_back(v, std::move(e)); }, 1)) {}

    static observer::poll_options quick() { return {.first = 20ms, .factor = 2, .cap = 80ms}; }

    observer::poll_observer& tested_observer() { return *observer_; }
    monotonic_time now() const { return loop_.now(); }
    void run_for(nanoseconds time) {
        boost::asio::steady_timer timer(loop_.io(), time);
        timer.async_wait([this](boost::system::error_code) { loop_.stop(); });
        loop_.run();
        loop_.io().restart();
    }
    ~poll_harness() { observer_->stop(); }

    std::vector<std::pair<vehicle_id, observer::completion>> completions;

private:
    steady_time time_;
    net::loop loop_{time_};
    std::unique_ptr<observer::poll_observer> observer_;
};

} // namespace

TEST(poll_observer, polls_until_the_completion) {
    api platform({{"/base/requests/r-1",
                   {http_response("404 Not Found", "{}"), http_response("200 OK", R"({"state":"created"})"),
                    http_response("503 Service Unavailable", "{}"),
                    http_response("200 OK", R"({"state":"failed","reason":"door_open"})")}}});
    poll_harness s(platform.endpoint());
    const auto accepted = s.now();
    s.tested_observer().start_polling(vehicle_5, "r-1", "/requests/r-1", accepted);
    s.tested_observer().start_polling(vehicle_5, "r-1", "/requests/r-1", accepted); // duplicate
    s.run_for(600ms);
    ASSERT_EQ(s.completions.size(), 1U);
    const auto& [vehicle, end] = s.completions[0];
    EXPECT_EQ(vehicle, vehicle_5);
    EXPECT_EQ(end.request, "r-1");
    EXPECT_EQ(end.final_outcome, outcome::failed);
    EXPECT_EQ(end.reason, "door_open");
    EXPECT_EQ(end.observer, 1U);
    EXPECT_GE(end.at - accepted, 20ms + 40ms + 80ms + 80ms) << "no earlier than its waits allow";
    EXPECT_EQ(platform.request_count("/base/requests/r-1"), 4U) << "and not after the end";
    EXPECT_NE(platform.last_request().find("X-Key: k\r\n"), std::string::npos);
    const auto counts = s.tested_observer().take_counts();
    EXPECT_EQ(counts.messages, 2U);
    EXPECT_EQ(counts.completions, 1U);
    EXPECT_THAT(counts.refused, ElementsAre(Pair("status 404", 1U), Pair("status 503", 1U)));
}

TEST(poll_observer, stops_polling_a_completed_request) {
    api platform({{"/base/requests/r-1", {http_response("200 OK", R"({"state":"created"})")}}});
    poll_harness s(platform.endpoint());
    s.tested_observer().start_polling(vehicle_5, "r-1", "/requests/r-1", s.now());
    s.run_for(100ms);
    const auto requests = platform.request_count("/base/requests/r-1");
    EXPECT_GE(requests, 1U);
    s.tested_observer().stop_polling("r-1");
    s.tested_observer().stop_polling("r-2");
    s.run_for(200ms);
    EXPECT_LE(platform.request_count("/base/requests/r-1"), requests + 1) << "one may have been under way";
    EXPECT_TRUE(s.completions.empty());
}

TEST(poll_observer, a_response_in_flight_after_stop_polling_is_not_reported) {
    std::atomic<int> requests{0};
    const auto slow = http::listener::start({"http", "127.0.0.1", 0, {}}, {}, [&](const http::request_view&) {
        ++requests;
        return http::server_response{.status = 200, .body = R"({"state":"executed"})", .delay = 200ms};
    });
    ASSERT_TRUE(slow);
    poll_harness s(slow->address());
    s.tested_observer().start_polling(vehicle_5, "r-1", "/requests/r-1", s.now());
    s.run_for(100ms);
    ASSERT_EQ(requests, 1);
    s.tested_observer().stop_polling("r-1");
    s.run_for(300ms);
    EXPECT_TRUE(s.completions.empty());
    s.tested_observer().start_polling(vehicle_5, "r-1", "/requests/r-1", s.now());
    s.run_for(400ms);
    EXPECT_EQ(s.completions.size(), 1U) << "and it may be followed again";
}

TEST(poll_observer, polls_many_requests) {
    std::map<std::string, std::vector<std::string>> responses;
    for (int i = 0; i < 500; ++i)
        responses["/base/requests/" + std::to_string(i)] = {http_response("200 OK", R"({"state":"created"})"),
                                                            http_response("200 OK", R"({"state":"executed"})")};
    api platform(responses);
    poll_harness s(platform.endpoint());
    for (int i = 0; i < 500; ++i)
        s.tested_observer().start_polling(vehicle_id{static_cast<std::uint32_t>(i)}, std::to_string(i),
                                          "/requests/" + std::to_string(i), s.now());
    s.run_for(2s);
    EXPECT_EQ(s.completions.size(), 500U);
    for (const auto& [vehicle, end] : s.completions) EXPECT_EQ(std::to_string(index(vehicle)), end.request);
}

TEST(poll_observer, refused_connections_are_counted_and_retried) {
    api platform({});
    auto unreachable = platform.endpoint();
    unreachable.port = 1;
    poll_harness s(unreachable);
    s.tested_observer().start_polling(vehicle_5, "r-1", "/requests/r-1", s.now());
    s.run_for(300ms);
    const auto refused = s.tested_observer().take_counts().refused;
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_GE(refused.begin()->second, 2U) << refused.begin()->first;
    EXPECT_TRUE(s.completions.empty());
}
