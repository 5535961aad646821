// The HTTP driver against APIs of all manners: what it says of each request, over how many connections, and what the API got.
#include "fake_api.hpp"

#include <loadsim/drive/http_driver.hpp>

#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using stage::reaction;
using stage::response;

namespace {

std::string id(std::size_t request) { return R"({"id":"r)" + std::to_string(request) + R"("})"; }

/// Sends requests and writes down what it is told of them.
class requests final : private drive::driver_events {
public:
    requests(const boost::asio::ip::tcp::endpoint& api, std::uint32_t connections, nanoseconds timeout = 10s,
             std::uint32_t retries = 0, const contract::terms& terms = contract::terms::of_our_own())
        : loop_(time_), pause_(loop_.io().get_executor()), gave_up_(loop_.io().get_executor()),
          driver_(drive::make_http_driver(loop_, *this,
                                          {.api = {.bases = {{"http", "127.0.0.1", api.port(), ""}},
                                                   .connections = connections,
                                                   .timeout = timeout,
                                                   .retries = retries},
                                           .terms = terms,
                                           .known = [this](request_key, contract::values& v) { v.captured = captured; },
                                           .answered =
                                               [this](request_key, const http::answer& a, monotonic_time) {
                                                   if (keep_answers) answers.push_back(std::string(a.header("X-Said")));
                                               }})) {
        driver_->start([](const std::string& trouble) { EXPECT_EQ(trouble, ""); });
    }

    /// One after the other, with a pause between the end of one and the next.
    void in_turn(std::size_t count, nanoseconds pause = {}) {
        next_ = [this, count, pause] {
            if (told_.size() == count) return loop_.stop();
            pause_.expires_after(pause);
            pause_.async_wait([this](const boost::system::error_code&) { send(); });
        };
        run(next_);
    }

    /// All at once, until so many in all have ended.
    void at_once(std::size_t count, std::size_t ends) {
        next_ = [this, ends] {
            if (told_.size() == ends) loop_.stop();
        };
        run([this, count] {
            for (std::size_t i = 0; i < count; ++i) send();
        });
    }

    void stop() { driver_->stop(); }
    measure::http_counts take() { return driver_->take(); }

    std::vector<std::string> captured; ///< what templates find
    bool keep_answers = false;
    std::vector<std::string> answers;                        ///< a header of each
    std::string vin = "V";                                   ///< of the requests to come
    std::function<bool(request_key)> wanted;                 ///< empty: all are
    const std::vector<std::string>& told() { return told_; } ///< "accepted r0" ..., in the order they ended
    nanoseconds took(std::size_t n) const { return ended_.at(n) - sent_.at(n); }

private:
    void run(std::function<void()> begin) {
        gave_up_.expires_after(20s);
        gave_up_.async_wait([this](const boost::system::error_code& error) {
            if (error) return;
            ADD_FAILURE() << "only " << told_.size() << " requests have ended";
            loop_.stop();
        });
        boost::asio::post(loop_.io(), std::move(begin));
        loop_.run();
        loop_.io().restart();
        gave_up_.cancel();
    }

    void send() { driver_->send({arrival_id{sends_++}, vehicle_id{0}}, vin, "horn"); }

    void end(std::string what, monotonic_time t) {
        told_.push_back(std::move(what));
        ended_.push_back(t);
        next_();
    }

    bool still_wanted(request_key key) const override { return !wanted || wanted(key); }
    void on_sent(request_key, monotonic_time t) override { sent_.push_back(t); }
    void on_accepted(request_key, std::string_view request, monotonic_time t) override {
        end(fmt::format("accepted {}", request), t);
    }
    void on_rejected(request_key, std::string_view why, monotonic_time t) override {
        end(fmt::format("rejected {}", why), t);
    }
    void on_errored(request_key, std::string_view why, monotonic_time t) override {
        end(fmt::format("errored {}", why), t);
    }
    void on_ended(vehicle_id, std::string_view, outcome, std::string_view, monotonic_time) override {}
    void on_malformed() override {}

    steady_time time_;
    net::loop loop_;
    net::clock_timer pause_, gave_up_;
    std::unique_ptr<drive::driver> driver_;
    std::function<void()> next_;
    std::uint64_t sends_ = 0;
    std::vector<std::string> told_;
    std::vector<monotonic_time> sent_, ended_;
};

struct manner {
    const char* name;
    std::function<reaction(std::size_t request)> how;
    const char* told;          ///< of each request, the beginning
    std::uint64_t connections; ///< for three requests, one after the other
};

class http_api : public testing::TestWithParam<manner> {};

TEST_P(http_api, gets_each_request_once) {
    const auto& row = GetParam();
    std::atomic<std::size_t> posts{0};
    const stage::fake_server api(stage::api_that([&](std::size_t n) {
        ++posts;
        return row.how(n);
    }));
    requests r(api.address(), 8, 400ms);
    r.in_turn(3, 50ms);
    EXPECT_THAT(r.told(), testing::Each(testing::StartsWith(row.told)));
    EXPECT_EQ(r.told().size(), 3U);
    EXPECT_EQ(posts, 3U) << "what breaks off is never sent again: the platform may have taken it";
    const auto counts = r.take();
    EXPECT_EQ(counts.requests, 3U);
    EXPECT_EQ(counts.opened, row.connections);
    EXPECT_EQ(counts.open_peak, 1U);
    EXPECT_EQ(counts.busy_peak, 1U);
}

INSTANTIATE_TEST_SUITE_P(
    manners, http_api,
    testing::Values(
        manner{"keeps", [](std::size_t n) { return reaction{response("202 Accepted", id(n))}; }, "accepted r", 1},
        manner{"is_busy", [](std::size_t) { return reaction{response("409 Conflict")}; }, "rejected http: 409", 1},
        manner{
            "speaks_in_chunks",
            [](std::size_t) {
                return reaction{
                    "HTTP/1.1 202 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{\"id\":\"a\"\r\n1\r\n}\r\n0\r\n\r\n"};
            },
            "accepted a", 1},
        manner{"hints_first",
               [](std::size_t n) {
                   return reaction{"HTTP/1.1 103 Early Hints\r\n\r\n" + response("202 Accepted", id(n))};
               },
               "accepted r", 1},
        // From here on the connection must not get the next request.
        manner{"closes_by_its_word",
               [](std::size_t) {
                   return reaction{"HTTP/1.1 202 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\n{\"id\":\"a\"}"};
               },
               "accepted a", 3},
        manner{"speaks_1_0",
               [](std::size_t) { return reaction{"HTTP/1.0 202 OK\r\nContent-Length: 10\r\n\r\n{\"id\":\"a\"}"}; },
               "accepted a", 3},
        manner{"gives_no_length",
               [](std::size_t) { return reaction{.bytes = "HTTP/1.1 202 OK\r\n\r\n{\"id\":\"a\"}", .close = true}; },
               "accepted a", 3},
        manner{"closes_without_a_word",
               [](std::size_t n) { return reaction{.bytes = response("202 Accepted", id(n)), .close_after = 1ms}; },
               "accepted r", 3},
        manner{"answers_twice",
               [](std::size_t n) { return reaction{response("202 Accepted", id(n)) + response("202 Accepted", "{}")}; },
               "accepted r", 3},
        manner{"hangs_up", [](std::size_t) { return reaction{.bytes = "", .close = true}; },
               "errored http: connection closed by the API", 3},
        manner{"breaks_off",
               [](std::size_t) {
                   return reaction{.bytes = "HTTP/1.1 202 OK\r\nContent-Length: 50\r\n\r\n{", .close = true};
               },
               "errored http: partial message", 3},
        manner{"stops_half_way", [](std::size_t) { return reaction{"HTTP/1.1 202 OK\r\nContent-Length: 50\r\n\r\n{"}; },
               "errored http: no answer in time", 3},
        manner{"says_nothing", [](std::size_t) { return reaction{}; }, "errored http: no answer in time", 3},
        manner{"never_ends_its_header",
               [](std::size_t) { return reaction{"HTTP/1.1 202 OK\r\nX: " + std::string(100'000, 'x')}; },
               "errored http: header limit exceeded", 3},
        manner{"never_ends_a_chunk_size",
               [](std::size_t) {
                   return reaction{"HTTP/1.1 202 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
                                   std::string(100'000, 'x')};
               },
               "errored http: ", 3},
        manner{"says_too_much", [](std::size_t) { return reaction{response("202 OK", std::string(100'000, ' '))}; },
               "errored http: body limit exceeded", 3}),
    [](const auto& row) { return row.param.name; });

/// A kept connection that is closed as the next request comes: nobody knows whether that one was taken.
TEST(http_driver, does_not_repeat_what_broke_off_on_a_kept_connection) {
    std::atomic<std::size_t> posts{0};
    const stage::fake_server api(stage::api_that([&](std::size_t n) {
        ++posts;
        return n % 2 == 0 ? reaction{response("202 Accepted", id(n))} : reaction{.bytes = "", .close = true};
    }));
    requests r(api.address(), 1);
    r.in_turn(4);
    EXPECT_THAT(r.told(), testing::ElementsAre("accepted r0", "errored http: connection closed by the API",
                                               "accepted r2", "errored http: connection closed by the API"));
    EXPECT_EQ(posts, 4U);
    EXPECT_EQ(r.take().opened, 2U);
}

TEST(http_driver, gives_each_request_its_whole_time) {
    const stage::fake_server api(
        stage::api_that([](std::size_t n) { return n == 0 ? reaction{response("202 Accepted", id(n))} : reaction{}; }));
    requests r(api.address(), 1, 300ms);
    r.in_turn(2, 200ms); // the second begins when the first's time is nearly over
    EXPECT_THAT(r.told(), testing::ElementsAre("accepted r0", "errored http: no answer in time"));
    EXPECT_GE(r.took(1), 295ms);
    EXPECT_LT(r.took(1), 5s);
}

TEST(http_driver, tells_who_had_to_wait_for_a_connection) {
    const stage::fake_server api(
        stage::api_that([](std::size_t n) { return reaction{response("202 Accepted", id(n))}; }));
    requests r(api.address(), 2);
    r.at_once(10, 10);
    auto counts = r.take();
    EXPECT_EQ(counts.allowed, 2U);
    EXPECT_EQ(counts.requests, 10U);
    EXPECT_EQ(counts.opened, 2U);
    EXPECT_EQ(counts.open_peak, 2U);
    EXPECT_EQ(counts.busy_peak, 2U);
    EXPECT_EQ(counts.wait.count(), 8U);

    r.at_once(10, 20);
    counts.add(r.take());
    EXPECT_EQ(counts.allowed, 2U) << "what was told before is not told again";
    EXPECT_EQ(counts.busy_peak, 2U);
    EXPECT_EQ(counts.opened, 2U);
    EXPECT_EQ(counts.requests, 20U);
}

TEST(http_driver, does_not_send_what_is_no_longer_wanted) {
    std::atomic<std::size_t> posts{0};
    const stage::fake_server api(stage::api_that([&](std::size_t n) {
        ++posts;
        return reaction{response("202 Accepted", id(n))};
    }));
    requests r(api.address(), 1);
    r.wanted = [](request_key key) { return number(key.arrival) != 1; };
    r.at_once(3, 2);
    EXPECT_THAT(r.told(), testing::ElementsAre("accepted r0", "accepted r1"));
    EXPECT_EQ(posts, 2U);
    EXPECT_EQ(r.take().requests, 2U);
}

TEST(http_driver, counts_the_wait_of_what_waits_at_the_end) {
    const stage::fake_server api(stage::api_that([](std::size_t) { return reaction{}; }));
    requests r(api.address(), 1, 100ms);
    r.at_once(3, 1);
    r.stop(); // the second has its connection by now, the third still waits
    EXPECT_EQ(r.take().wait.count(), 2U);
}

TEST(http_driver, writes_a_request_that_the_socket_does_not_take_at_once) {
    const stage::fake_server api(
        stage::api_that([](std::size_t n) { return reaction{response("202 Accepted", id(n))}; }));
    requests r(api.address(), 1);
    r.vin = std::string(16 << 20, 'V');
    r.in_turn(1);
    EXPECT_THAT(r.told(), testing::ElementsAre("accepted r0"));
}

/// ... nor is such a connection used again when the answer came before all of the request was written.
TEST(http_driver, leaves_a_connection_that_holds_half_a_request) {
    const stage::fake_server api([](std::size_t, const std::string& unread) {
        return unread.empty() ? reaction{} : reaction{.bytes = response("409 Conflict"), .deaf = true};
    });
    requests r(api.address(), 1);
    r.vin = std::string(16 << 20, 'V');
    r.in_turn(2);
    EXPECT_THAT(r.told(), testing::Each("rejected http: 409"));
    EXPECT_EQ(r.take().opened, 2U);
}

/// domain.md's rule: after a second without an answer the exchange is dropped and sent again, and the platform may get it twice.
TEST(http_driver, drops_and_sends_again_what_is_not_answered_in_time) {
    std::atomic<std::size_t> posts{0};
    const stage::fake_server api(stage::api_that([&](std::size_t n) {
        ++posts;
        return n % 2 == 0 ? reaction{} : reaction{response(n == 1 ? "202 Accepted" : "409 Conflict", id(n))};
    }));
    requests r(api.address(), 1, 200ms, 1);
    r.in_turn(2);
    EXPECT_THAT(r.told(), testing::ElementsAre("accepted r1", "rejected http: 409 on try 2"));
    EXPECT_EQ(posts, 4U);
    EXPECT_GE(r.took(0), 200ms) << "told as sent once, when it was sent first";
    const auto counts = r.take();
    EXPECT_EQ(counts.requests, 2U);
    EXPECT_EQ(counts.timed_out, 2U);
    EXPECT_EQ(counts.sent_again, 2U);
    EXPECT_EQ(counts.opened, 3U) << "a connection whose answer is missing is not used again; the last one is";
}

TEST(http_driver, sends_again_so_often_and_no_more) {
    std::atomic<std::size_t> posts{0};
    const stage::fake_server api(stage::api_that([&](std::size_t) {
        ++posts;
        return reaction{};
    }));
    requests r(api.address(), 1, 100ms, 2);
    r.in_turn(1);
    EXPECT_THAT(r.told(), testing::ElementsAre("errored http: no answer in time (3 tries)"));
    EXPECT_EQ(posts, 3U);
    const auto counts = r.take();
    EXPECT_EQ(counts.timed_out, 3U);
    EXPECT_EQ(counts.sent_again, 2U);
}

/// Only a time-out is tried again: what breaks off or is refused has been answered.
TEST(http_driver, does_not_send_again_what_broke_off) {
    std::atomic<std::size_t> posts{0};
    const stage::fake_server api(stage::api_that([&](std::size_t) {
        ++posts;
        return reaction{.bytes = "", .close = true};
    }));
    requests r(api.address(), 1, 10s, 3);
    r.in_turn(1);
    EXPECT_THAT(r.told(), testing::ElementsAre("errored http: connection closed by the API"));
    EXPECT_EQ(posts, 1U);
}

TEST(http_driver, speaks_another_contract) {
    contract::options theirs;
    theirs.request = {.method = "PUT",
                      .path = "/cars/{vin}/do?what={service}",
                      .headers = {{"X-Token", "{captured.token}"}},
                      .body = {.text = R"({"n":{arrival},"car":"{vin}"})"},
                      .accepted = {200},
                      .rejected = {423},
                      .id = "header:X-Job"};
    const auto terms = contract::terms::compile(theirs, {.data = {}, .segment = {}, .captured = {"token"}});
    ASSERT_TRUE(terms) << to_string(terms.error());
    std::string got;
    const stage::fake_server api([&got](std::size_t, std::string& unread) {
        const auto end = unread.find("\r\n\r\n");
        if (end == std::string::npos || !unread.ends_with('}')) return reaction{};
        got = std::exchange(unread, {});
        return reaction{"HTTP/1.1 200 OK\r\nX-Job: j1\r\nX-Said: yes\r\nContent-Length: 0\r\n\r\n"};
    });
    requests r(api.address(), 1, 10s, 0, *terms);
    r.captured = {"T"};
    r.keep_answers = true;
    r.in_turn(1);
    EXPECT_THAT(r.told(), testing::ElementsAre("accepted j1"));
    EXPECT_THAT(r.answers, testing::ElementsAre("yes"));
    EXPECT_THAT(got, testing::StartsWith("PUT /cars/V/do?what=horn HTTP/1.1\r\n"));
    EXPECT_THAT(got, testing::HasSubstr("\r\nX-Token: T\r\n"));
    EXPECT_THAT(got, testing::HasSubstr("\r\nContent-Type: application/json\r\n"));
    EXPECT_THAT(got, testing::EndsWith("\r\n\r\n{\"n\":0,\"car\":\"V\"}"));
}

TEST(http_driver, says_that_nobody_listens) {
    boost::asio::ip::tcp::endpoint address;
    { address = stage::fake_server({}).address(); }
    requests r(address, 2);
    r.at_once(3, 3);
    EXPECT_THAT(r.told(), testing::Each("errored http: Connection refused"));
    const auto counts = r.take();
    EXPECT_EQ(counts.requests, 0U);
    EXPECT_EQ(counts.opened, 0U);
    EXPECT_EQ(counts.busy_peak, 2U);
}

} // namespace
