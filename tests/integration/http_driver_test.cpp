// HTTP driver against well- and misbehaving APIs: result of each request, number of connections, requests received.
#include "fake_api.hpp"

#include <loadsim/base/counters.hpp>
#include <loadsim/driver/http_driver.hpp>

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
using harness::http_response;
using harness::reaction;

namespace {

std::string id(std::size_t request) { return R"({"id":"r)" + std::to_string(request) + R"("})"; }

/// Sends requests and records the events of the driver.
class driver_harness final : private driver::driver_events {
public:
    driver_harness(const boost::asio::ip::tcp::endpoint& api, std::uint32_t connections, nanoseconds timeout = 10s,
                   std::uint32_t retries = 0,
                   const contract::message_contract& terms = contract::message_contract::built_in())
        : loop_(time_), pause_(loop_.io().get_executor()), timeout_(loop_.io().get_executor()),
          driver_(driver::make_http_driver(
              loop_, *this,
              {.api = {.base_urls = {{"http", "127.0.0.1", api.port(), ""}},
                       .max_connections = connections,
                       .timeout = timeout,
                       .retries = retries},
               .message_contract = terms,
               .fill_values = [this](request_key, contract::template_values& v) { v.captured = captured; },
               .on_response =
                   [this](request_key, const http::response_view& a, monotonic_time) {
                       if (keep_responses) response_headers.push_back(std::string(a.header("X-Said")));
                   }})) {
        driver_->start([](const std::string& error) { EXPECT_EQ(error, ""); });
    }

    /// Sends sequentially, with a pause after each result.
    void send_sequentially(std::size_t count, nanoseconds pause = {}) {
        next_ = [this, count, pause] {
            if (results_.size() == count) return loop_.stop();
            pause_.expires_after(pause);
            pause_.async_wait([this](const boost::system::error_code&) { send(); });
        };
        run(next_);
    }

    /// Sends all at once; returns when `ends` results have come in total.
    void send_all(std::size_t count, std::size_t ends) {
        next_ = [this, ends] {
            if (results_.size() == ends) loop_.stop();
        };
        run([this, count] {
            for (std::size_t i = 0; i < count; ++i) send();
        });
    }

    void stop() { driver_->stop(); }
    measure::http_counts take_counts() { return driver_->take_counts(); }

    std::vector<std::string> captured; ///< values of {captured.NAME} in templates
    bool keep_responses = false;
    std::vector<std::string> response_headers;                     ///< header X-Said of each response
    std::string vin = "V";                                         ///< of later requests
    std::function<bool(request_key)> is_wanted;                    ///< empty: every request
    const std::vector<std::string>& results() { return results_; } ///< "accepted r0" ..., in completion order
    nanoseconds duration_of(std::size_t n) const { return completed_.at(n) - sent_.at(n); }

private:
    void run(std::function<void()> begin) {
        timeout_.expires_after(20s);
        timeout_.async_wait([this](const boost::system::error_code& error) {
            if (error) return;
            ADD_FAILURE() << "only " << results_.size() << " requests have ended";
            loop_.stop();
        });
        boost::asio::post(loop_.io(), std::move(begin));
        loop_.run();
        loop_.io().restart();
        timeout_.cancel();
    }

    void send() { driver_->send({arrival_id{sends_++}, vehicle_id{0}}, vin, {.name = "horn"}); }

    void add_result(std::string result, monotonic_time t) {
        results_.push_back(std::move(result));
        completed_.push_back(t);
        next_();
    }

    bool still_wanted(request_key key) const override { return !is_wanted || is_wanted(key); }
    void on_sent(request_key, monotonic_time t) override { sent_.push_back(t); }
    void on_accepted(request_key, std::string_view request, monotonic_time t) override {
        add_result(fmt::format("accepted {}", request), t);
    }
    void on_rejected(request_key, std::string_view why, monotonic_time t) override {
        add_result(fmt::format("rejected {}", why), t);
    }
    void on_errored(request_key, std::string_view why, monotonic_time t) override {
        add_result(fmt::format("errored {}", why), t);
    }
    void on_completed(vehicle_id, std::string_view, outcome, std::string_view, monotonic_time) override {}
    void on_malformed() override {}

    steady_time time_;
    net::loop loop_;
    net::clock_timer pause_, timeout_;
    std::unique_ptr<driver::driver> driver_;
    std::function<void()> next_;
    std::uint64_t sends_ = 0;
    std::vector<std::string> results_;
    std::vector<monotonic_time> sent_, completed_;
};

struct api_behaviour {
    const char* name;
    std::function<reaction(std::size_t request)> react;
    const char* expected_result; ///< prefix of each result
    std::uint64_t connections;   ///< opened for three sequential requests
};

class http_api : public testing::TestWithParam<api_behaviour> {};

TEST_P(http_api, gets_each_request_once) {
    const auto& row = GetParam();
    std::atomic<std::size_t> posts{0};
    const harness::fake_server api(harness::fake_api_handler([&](std::size_t n) {
        ++posts;
        return row.react(n);
    }));
    driver_harness r(api.address(), 8, 400ms);
    r.send_sequentially(3, 50ms);
    EXPECT_THAT(r.results(), testing::Each(testing::StartsWith(row.expected_result)));
    EXPECT_EQ(r.results().size(), 3U);
    EXPECT_EQ(posts, 3U) << "what breaks off is never sent again: the platform may have taken it";
    const auto counts = r.take_counts();
    EXPECT_EQ(counts.requests, 3U);
    EXPECT_EQ(counts.opened, row.connections);
    EXPECT_EQ(counts.open_peak, 1U);
    EXPECT_EQ(counts.busy_peak, 1U);
}

INSTANTIATE_TEST_SUITE_P(
    behaviours, http_api,
    testing::Values(
        api_behaviour{"keeps", [](std::size_t n) { return reaction{http_response("202 Accepted", id(n))}; },
                      "accepted r", 1},
        api_behaviour{"is_busy", [](std::size_t) { return reaction{http_response("409 Conflict")}; },
                      "rejected http: 409", 1},
        api_behaviour{
            "speaks_in_chunks",
            [](std::size_t) {
                return reaction{
                    "HTTP/1.1 202 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{\"id\":\"a\"\r\n1\r\n}\r\n0\r\n\r\n"};
            },
            "accepted a", 1},
        api_behaviour{"hints_first",
                      [](std::size_t n) {
                          return reaction{"HTTP/1.1 103 Early Hints\r\n\r\n" + http_response("202 Accepted", id(n))};
                      },
                      "accepted r", 1},
        // In all rows below the connection must not be reused.
        api_behaviour{"announces_close",
                      [](std::size_t) {
                          return reaction{
                              "HTTP/1.1 202 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\n{\"id\":\"a\"}"};
                      },
                      "accepted a", 3},
        api_behaviour{
            "speaks_1_0",
            [](std::size_t) { return reaction{"HTTP/1.0 202 OK\r\nContent-Length: 10\r\n\r\n{\"id\":\"a\"}"}; },
            "accepted a", 3},
        api_behaviour{
            "gives_no_length",
            [](std::size_t) { return reaction{.bytes = "HTTP/1.1 202 OK\r\n\r\n{\"id\":\"a\"}", .close = true}; },
            "accepted a", 3},
        api_behaviour{
            "closes_without_header",
            [](std::size_t n) { return reaction{.bytes = http_response("202 Accepted", id(n)), .close_after = 1ms}; },
            "accepted r", 3},
        api_behaviour{"answers_twice",
                      [](std::size_t n) {
                          return reaction{http_response("202 Accepted", id(n)) + http_response("202 Accepted", "{}")};
                      },
                      "accepted r", 3},
        api_behaviour{"hangs_up", [](std::size_t) { return reaction{.bytes = "", .close = true}; },
                      "errored http: connection closed by the API", 3},
        api_behaviour{"breaks_off",
                      [](std::size_t) {
                          return reaction{.bytes = "HTTP/1.1 202 OK\r\nContent-Length: 50\r\n\r\n{", .close = true};
                      },
                      "errored http: partial message", 3},
        api_behaviour{"stops_half_way",
                      [](std::size_t) { return reaction{"HTTP/1.1 202 OK\r\nContent-Length: 50\r\n\r\n{"}; },
                      "errored http: no response in time", 3},
        api_behaviour{"says_nothing", [](std::size_t) { return reaction{}; }, "errored http: no response in time", 3},
        api_behaviour{"never_ends_its_header",
                      [](std::size_t) { return reaction{"HTTP/1.1 202 OK\r\nX: " + std::string(100'000, 'x')}; },
                      "errored http: response with a header over 8192 bytes (load.http.maxHeader)", 3},
        api_behaviour{"never_ends_a_chunk_size",
                      [](std::size_t) {
                          return reaction{"HTTP/1.1 202 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
                                          std::string(100'000, 'x')};
                      },
                      "errored http: ", 3},
        api_behaviour{"says_too_much",
                      [](std::size_t) { return reaction{http_response("202 OK", std::string(100'000, ' '))}; },
                      "errored http: response with a body over 65536 bytes (load.http.maxBody)", 3}),
    [](const auto& row) { return row.param.name; });

/// A kept connection closed during the next request: whether the API processed that request is unknown.
TEST(http_driver, does_not_resend_after_a_kept_connection_broke) {
    std::atomic<std::size_t> posts{0};
    const harness::fake_server api(harness::fake_api_handler([&](std::size_t n) {
        ++posts;
        return n % 2 == 0 ? reaction{http_response("202 Accepted", id(n))} : reaction{.bytes = "", .close = true};
    }));
    driver_harness r(api.address(), 1);
    r.send_sequentially(4);
    EXPECT_THAT(r.results(), testing::ElementsAre("accepted r0", "errored http: connection closed by the API",
                                                  "accepted r2", "errored http: connection closed by the API"));
    EXPECT_EQ(posts, 4U);
    EXPECT_EQ(r.take_counts().opened, 2U);
}

TEST(http_driver, gives_each_request_its_whole_timeout) {
    const harness::fake_server api(harness::fake_api_handler(
        [](std::size_t n) { return n == 0 ? reaction{http_response("202 Accepted", id(n))} : reaction{}; }));
    driver_harness r(api.address(), 1, 300ms);
    r.send_sequentially(2, 200ms); // the second starts shortly before the first's timeout
    EXPECT_THAT(r.results(), testing::ElementsAre("accepted r0", "errored http: no response in time"));
    EXPECT_GE(r.duration_of(1), 295ms);
    EXPECT_LT(r.duration_of(1), 5s);
}

TEST(http_driver, records_the_wait_for_a_connection) {
    const harness::fake_server api(
        harness::fake_api_handler([](std::size_t n) { return reaction{http_response("202 Accepted", id(n))}; }));
    driver_harness r(api.address(), 2);
    r.send_all(10, 10);
    auto counts = r.take_counts();
    EXPECT_EQ(counts.connection_limit, 2U);
    EXPECT_EQ(counts.requests, 10U);
    EXPECT_EQ(counts.opened, 2U);
    EXPECT_EQ(counts.open_peak, 2U);
    EXPECT_EQ(counts.busy_peak, 2U);
    EXPECT_EQ(counts.connection_wait.count(), 8U);

    r.send_all(10, 20);
    add(counts, r.take_counts());
    EXPECT_EQ(counts.connection_limit, 2U) << "what was told before is not told again";
    EXPECT_EQ(counts.busy_peak, 2U);
    EXPECT_EQ(counts.opened, 2U);
    EXPECT_EQ(counts.requests, 20U);
}

TEST(http_driver, does_not_send_expired_requests) {
    std::atomic<std::size_t> posts{0};
    const harness::fake_server api(harness::fake_api_handler([&](std::size_t n) {
        ++posts;
        return reaction{http_response("202 Accepted", id(n))};
    }));
    driver_harness r(api.address(), 1);
    r.is_wanted = [](request_key key) { return number(key.arrival) != 1; };
    r.send_all(3, 2);
    EXPECT_THAT(r.results(), testing::ElementsAre("accepted r0", "accepted r1"));
    EXPECT_EQ(posts, 2U);
    EXPECT_EQ(r.take_counts().requests, 2U);
}

TEST(http_driver, counts_the_wait_of_requests_queued_at_the_end) {
    const harness::fake_server api(harness::fake_api_handler([](std::size_t) { return reaction{}; }));
    driver_harness r(api.address(), 1, 100ms);
    r.send_all(3, 1);
    r.stop(); // the second has a connection, the third is still queued
    EXPECT_EQ(r.take_counts().connection_wait.count(), 2U);
}

TEST(http_driver, writes_a_request_larger_than_the_socket_buffer) {
    const harness::fake_server api(
        harness::fake_api_handler([](std::size_t n) { return reaction{http_response("202 Accepted", id(n))}; }));
    driver_harness r(api.address(), 1);
    r.vin = std::string(16 << 20, 'V');
    r.send_sequentially(1);
    EXPECT_THAT(r.results(), testing::ElementsAre("accepted r0"));
}

/// A response before the end of the request makes the connection unusable.
TEST(http_driver, does_not_reuse_a_connection_with_a_half_written_request) {
    const harness::fake_server api([](std::size_t, const std::string& unread) {
        return unread.empty() ? reaction{} : reaction{.bytes = http_response("409 Conflict"), .stop_reading = true};
    });
    driver_harness r(api.address(), 1);
    r.vin = std::string(16 << 20, 'V');
    r.send_sequentially(2);
    EXPECT_THAT(r.results(), testing::Each("rejected http: 409"));
    EXPECT_EQ(r.take_counts().opened, 2U);
}

/// After a second without a response the request is resent; the platform may receive it twice.
TEST(http_driver, resends_a_request_after_a_timeout) {
    std::atomic<std::size_t> posts{0};
    const harness::fake_server api(harness::fake_api_handler([&](std::size_t n) {
        ++posts;
        return n % 2 == 0 ? reaction{} : reaction{http_response(n == 1 ? "202 Accepted" : "409 Conflict", id(n))};
    }));
    driver_harness r(api.address(), 1, 200ms, 1);
    r.send_sequentially(2);
    EXPECT_THAT(r.results(), testing::ElementsAre("accepted r1", "rejected http: 409 on try 2"));
    EXPECT_EQ(posts, 4U);
    EXPECT_GE(r.duration_of(0), 200ms) << "told as sent once, when it was sent first";
    const auto counts = r.take_counts();
    EXPECT_EQ(counts.requests, 2U);
    EXPECT_EQ(counts.timeouts, 2U);
    EXPECT_EQ(counts.retries, 2U);
    EXPECT_EQ(counts.opened, 3U) << "a connection whose answer is missing is not used again; the last one is";
}

TEST(http_driver, resends_no_more_than_the_configured_retries) {
    std::atomic<std::size_t> posts{0};
    const harness::fake_server api(harness::fake_api_handler([&](std::size_t) {
        ++posts;
        return reaction{};
    }));
    driver_harness r(api.address(), 1, 100ms, 2);
    r.send_sequentially(1);
    EXPECT_THAT(r.results(), testing::ElementsAre("errored http: no response in time (3 tries)"));
    EXPECT_EQ(posts, 3U);
    const auto counts = r.take_counts();
    EXPECT_EQ(counts.timeouts, 3U);
    EXPECT_EQ(counts.retries, 2U);
}

/// Only a timeout is retried, no broken connection and no refusal.
TEST(http_driver, does_not_resend_after_a_broken_connection) {
    std::atomic<std::size_t> posts{0};
    const harness::fake_server api(harness::fake_api_handler([&](std::size_t) {
        ++posts;
        return reaction{.bytes = "", .close = true};
    }));
    driver_harness r(api.address(), 1, 10s, 3);
    r.send_sequentially(1);
    EXPECT_THAT(r.results(), testing::ElementsAre("errored http: connection closed by the API"));
    EXPECT_EQ(posts, 1U);
}

TEST(http_driver, uses_a_custom_contract) {
    contract::options theirs;
    theirs.request = {.method = "PUT",
                      .path = "/cars/{vin}/do?what={service}",
                      .headers = {{"X-Token", "{captured.token}"}},
                      .body = {.text = R"({"n":{arrival},"car":"{vin}"})"},
                      .accepted = {200},
                      .rejected = {423},
                      .id = "header:X-Job"};
    const auto terms = contract::message_contract::compile(theirs, {.data = {}, .segment = {}, .captured = {"token"}});
    ASSERT_TRUE(terms) << to_string(terms.error());
    std::string got;
    const harness::fake_server api([&got](std::size_t, std::string& unread) {
        const auto end = unread.find("\r\n\r\n");
        if (end == std::string::npos || !unread.ends_with('}')) return reaction{};
        got = std::exchange(unread, {});
        return reaction{"HTTP/1.1 200 OK\r\nX-Job: j1\r\nX-Said: yes\r\nContent-Length: 0\r\n\r\n"};
    });
    driver_harness r(api.address(), 1, 10s, 0, *terms);
    r.captured = {"T"};
    r.keep_responses = true;
    r.send_sequentially(1);
    EXPECT_THAT(r.results(), testing::ElementsAre("accepted j1"));
    EXPECT_THAT(r.response_headers, testing::ElementsAre("yes"));
    EXPECT_THAT(got, testing::StartsWith("PUT /cars/V/do?what=horn HTTP/1.1\r\n"));
    EXPECT_THAT(got, testing::HasSubstr("\r\nX-Token: T\r\n"));
    EXPECT_THAT(got, testing::HasSubstr("\r\nContent-Type: application/json\r\n"));
    EXPECT_THAT(got, testing::EndsWith("\r\n\r\n{\"n\":0,\"car\":\"V\"}"));
}

TEST(http_driver, sends_no_request_that_http_cannot_carry) {
    contract::options theirs;
    theirs.request.path = "/{raw:captured.path}";
    theirs.request.headers = {{"X-Token", "{captured.token}"}};
    theirs.request.body = {.text = "{captured.body}", .format = contract::payload_options::payload_format::hex};
    const auto terms =
        contract::message_contract::compile(theirs, {.data = {}, .segment = {}, .captured = {"path", "token", "body"}});
    ASSERT_TRUE(terms) << to_string(terms.error());
    std::size_t got = 0;
    const harness::fake_server api([&got](std::size_t, std::string& unread) {
        ++got;
        unread.clear();
        return reaction{};
    });
    driver_harness r(api.address(), 1, 10s, 0, *terms);
    r.captured = {"a#b", "t", "00"};
    r.send_sequentially(1);
    r.captured = {"a", "t\nX-Other: u", "00"};
    r.send_sequentially(2);
    r.captured = {"a", "t", "0"};
    r.send_sequentially(3);
    EXPECT_THAT(r.results(),
                testing::ElementsAre(testing::StartsWith("errored http: '#' begins a fragment"),
                                     testing::StartsWith("errored http: the value of X-Token has a line break"),
                                     "errored http: contract.request.body is no hex"));
    EXPECT_EQ(got, 0U);
}

TEST(http_driver, reports_refused_connections) {
    boost::asio::ip::tcp::endpoint address;
    { address = harness::fake_server({}).address(); }
    driver_harness r(address, 2);
    r.send_all(3, 3);
    EXPECT_THAT(r.results(), testing::Each("errored http: Connection refused"));
    const auto counts = r.take_counts();
    EXPECT_EQ(counts.requests, 0U);
    EXPECT_EQ(counts.opened, 0U);
    EXPECT_EQ(counts.busy_peak, 2U);
}

} // namespace
