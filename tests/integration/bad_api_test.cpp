// APIs that say no, break off, or say nothing: each request has its outcome and its reason, and the sums hold.
#include "account.hpp"
#include "broker.hpp"
#include "fake_api.hpp"
#include "program.hpp"
#include "wanted.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>

using namespace std::chrono_literals;
using stage::number;
using stage::reaction;
using stage::response;

namespace {

struct habit {
    const char* name;
    std::function<reaction(std::size_t request)> how;
    const char* outcome; ///< of all requests
    const char* reason;  ///< part of what requests.jsonl says
};

class bad_api : public testing::TestWithParam<habit> {};

TEST_P(bad_api, is_accounted_for) {
    const auto& row = GetParam();
    stage::broker broker;
    const stage::fake_server api(stage::api_that(row.how));
    stage::wanted w;
    w.vehicles = 100;
    w.phases = "[{name: steady, duration: 1s, arrivalRate: 30}]";
    w.load = "http: {timeout: 400ms, connections: 20}, unansweredAfter: 700ms,";
    w.budgets = "['outcomes." + std::string(row.outcome) + ".rate == 100%']";
    auto run = stage::program::run(
        w.yaml(), {"--broker", broker.url(), "--api", "http://127.0.0.1:" + std::to_string(api.port())});
    EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
    const auto summary = run.summary();
    stage::expect_sums_hold(summary);
    EXPECT_EQ(number(summary, "/requests/due"), 30);
    EXPECT_EQ(number(summary, "/requests/sent"), 30);
    EXPECT_EQ(number(summary, "/requests/outcomes/" + std::string(row.outcome)), 30);
    EXPECT_EQ(number(summary, "/requests/unexpected"), 30);
    EXPECT_EQ(number(summary, "/http/requests"), 30);
    EXPECT_EQ(number(summary, "/http/connections/allowed"), 20);
    EXPECT_GE(number(summary, "/http/connections/opened"), 1);
    const auto failures = run.unexpected();
    ASSERT_EQ(failures.size(), 30U);
    for (const auto& f : failures) {
        EXPECT_EQ(stage::text(f, "/observed"), row.outcome);
        EXPECT_THAT(stage::text(f, "/why"), testing::HasSubstr(row.reason));
        EXPECT_EQ(stage::text(f, "/segment"), "healthy");
        EXPECT_EQ(stage::text(f, "/phase"), "steady");
        EXPECT_GE(f.at("sent_ms").to_number<double>(), f.at("due_ms").to_number<double>());
    }
}

std::string id(std::size_t request) { return R"({"id":"r)" + std::to_string(request) + R"("})"; }

INSTANTIATE_TEST_SUITE_P(
    habits, bad_api,
    testing::Values(
        habit{"busy", [](std::size_t) { return reaction{response("409 Conflict")}; }, "rejected", "409"},
        habit{"broken", [](std::size_t) { return reaction{response("500 Internal Server Error")}; }, "errored", "500"},
        habit{"hangs_up", [](std::size_t) { return reaction{.bytes = "", .close = true}; }, "errored", "closed"},
        habit{"says_nothing", [](std::size_t) { return reaction{}; }, "errored", "no answer in time"},
        habit{"forgets_the_id", [](std::size_t) { return reaction{response("202 Accepted")}; }, "errored",
              "without a request id"},
        habit{"is_no_api", [](std::size_t) { return reaction{"220 mail.invalid ESMTP\r\n\r\n"}; }, "errored", "http: "},
        habit{"cuts_its_answer",
              [](std::size_t) {
                  return reaction{.bytes = "HTTP/1.1 202 Accepted\r\nContent-Length: 50\r\n\r\n{", .close = true};
              },
              "errored", "http: "},
        habit{"never_ends_a_request", [](std::size_t n) { return reaction{response("202 Accepted", id(n))}; },
              "unanswered", "no end was announced"},
        // Each connection is closed between two requests: the next one has to notice, and none is lost.
        habit{"closes_kept_connections",
              [](std::size_t n) { return reaction{.bytes = response("202 Accepted", id(n)), .close_after = 5ms}; },
              "unanswered", "no end was announced"}),
    [](const auto& row) { return row.param.name; });

/// One connection to an API that says nothing: most requests are given up before their turn comes.
TEST(silent_api, gets_no_request_that_has_been_given_up) {
    stage::broker broker;
    std::atomic<std::int64_t> posts{0};
    const stage::fake_server api(stage::api_that([&](std::size_t) {
        ++posts;
        return reaction{};
    }));
    stage::wanted w;
    w.vehicles = 100;
    w.phases = "[{name: steady, duration: 6s, arrivalRate: 10}]";
    w.load = "http: {timeout: 1500ms, connections: 1}, unansweredAfter: 1s,";
    auto run = stage::program::run(w.yaml(),
                                   {"--broker", broker.url(), "--api", "http://127.0.0.1:" + std::to_string(api.port()),
                                    "--set", "load.lagLimit=500ms"});
    EXPECT_EQ(run.wait(), 4) << run.out() << run.err(); // the generator had too few connections, and says so
    const auto summary = run.summary();
    stage::expect_sums_hold(summary);
    EXPECT_EQ(number(summary, "/requests/sent"), posts) << "what the API got is what we say we sent";
    EXPECT_LT(posts, 10);
    EXPECT_EQ(number(summary, "/latency/lag/count"), 60) << "what was never sent was late, too";
    EXPECT_EQ(number(summary, "/http/connections/busy_peak"), 1);
    EXPECT_EQ(number(summary, "/http/wait/count"), 59) << "all but the first, also those that still waited at the end";
    std::size_t never_sent = 0;
    for (const auto& f : run.unexpected())
        if (stage::text(f, "/why").find("never sent") != std::string::npos) ++never_sent;
    EXPECT_GT(never_sent, 45U);
}

} // namespace
