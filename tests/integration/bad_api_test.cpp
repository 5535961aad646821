// APIs that refuse, break off or never respond: each request has an outcome and a reason, and the sums are consistent.
#include "broker.hpp"
#include "fake_api.hpp"
#include "program.hpp"
#include "scenario_builder.hpp"
#include "summary_checks.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>

using namespace std::chrono_literals;
using harness::http_response;
using harness::number;
using harness::reaction;

namespace {

struct api_behaviour {
    const char* name;
    std::function<reaction(std::size_t request)> react;
    const char* outcome; ///< of all requests
    const char* reason;  ///< part of the reason in requests.jsonl
};

class bad_api : public testing::TestWithParam<api_behaviour> {};

TEST_P(bad_api, is_accounted_for) {
    const auto& row = GetParam();
    harness::broker broker;
    const harness::fake_server api(harness::fake_api_handler(row.react));
    harness::scenario_builder w;
    w.vehicles = 100;
    w.phases = "[{name: steady, duration: 1s, arrivalRate: 30}]";
    w.load_keys = "http: {timeout: 400ms, connections: 20}, completionTimeout: 700ms,";
    w.budgets = "['outcomes." + std::string(row.outcome) + ".rate == 100%', 'unexpected == 30', 'anomalies >= 0']";
    auto run = harness::program::run(
        w.yaml(), {"--broker", broker.url(), "--api", "http://127.0.0.1:" + std::to_string(api.port())});
    EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
    const auto summary = run.summary();
    harness::expect_consistent_sums(summary);
    EXPECT_EQ(number(summary, "/requests/due"), 30);
    EXPECT_EQ(number(summary, "/requests/sent"), 30);
    EXPECT_EQ(number(summary, "/requests/outcomes/" + std::string(row.outcome)), 30);
    EXPECT_EQ(number(summary, "/requests/unexpected"), 30);
    EXPECT_EQ(number(summary, "/http/requests"), 30);
    EXPECT_EQ(number(summary, "/http/connections/limit"), 20);
    EXPECT_GE(number(summary, "/http/connections/opened"), 1);
    const auto failures = run.unexpected_requests();
    ASSERT_EQ(failures.size(), 30U);
    for (const auto& f : failures) {
        EXPECT_EQ(harness::text(f, "/outcome"), row.outcome);
        EXPECT_THAT(harness::text(f, "/reason"), testing::HasSubstr(row.reason));
        EXPECT_EQ(harness::text(f, "/segment"), "healthy");
        EXPECT_EQ(harness::text(f, "/phase"), "steady");
        EXPECT_GE(f.at("sent_at_ms").to_number<double>(), f.at("due_at_ms").to_number<double>());
    }
}

std::string id(std::size_t request) { return R"({"id":"r)" + std::to_string(request) + R"("})"; }

INSTANTIATE_TEST_SUITE_P(
    behaviours, bad_api,
    testing::Values(
        api_behaviour{"busy", [](std::size_t) { return reaction{http_response("409 Conflict")}; }, "rejected", "409"},
        api_behaviour{"broken", [](std::size_t) { return reaction{http_response("500 Internal Server Error")}; },
                      "errored", "500"},
        api_behaviour{"hangs_up", [](std::size_t) { return reaction{.bytes = "", .close = true}; }, "errored",
                      "closed"},
        api_behaviour{"says_nothing", [](std::size_t) { return reaction{}; }, "errored", "no response in time"},
        api_behaviour{"forgets_the_id", [](std::size_t) { return reaction{http_response("202 Accepted")}; }, "errored",
                      "without a request id"},
        api_behaviour{"is_no_api", [](std::size_t) { return reaction{"220 mail.invalid ESMTP\r\n\r\n"}; }, "errored",
                      "http: "},
        api_behaviour{"cuts_its_answer",
                      [](std::size_t) {
                          return reaction{.bytes = "HTTP/1.1 202 Accepted\r\nContent-Length: 50\r\n\r\n{",
                                          .close = true};
                      },
                      "errored", "http: "},
        api_behaviour{"never_ends_a_request",
                      [](std::size_t n) { return reaction{http_response("202 Accepted", id(n))}; }, "unanswered",
                      "no completion was announced"},
        // Each connection is closed between two requests: the next request must detect that, and none is lost.
        api_behaviour{
            "closes_kept_connections",
            [](std::size_t n) { return reaction{.bytes = http_response("202 Accepted", id(n)), .close_after = 5ms}; },
            "unanswered", "no completion was announced"}),
    [](const auto& row) { return row.param.name; });

/// One connection to an API that never responds: most requests expire in the queue.
TEST(silent_api, receives_no_expired_request) {
    harness::broker broker;
    std::atomic<std::int64_t> posts{0};
    const harness::fake_server api(harness::fake_api_handler([&](std::size_t) {
        ++posts;
        return reaction{};
    }));
    harness::scenario_builder w;
    w.vehicles = 100;
    w.phases = "[{name: steady, duration: 10s, arrivalRate: 6}]";
    w.load_keys = "http: {timeout: 3s, connections: 1}, completionTimeout: 2s,";
    w.budgets = "['e2e.p99 < 1900ms', 'unexpected > 0', 'anomalies >= 0']";
    auto run = harness::program::run(w.yaml(),
                                     {"--broker", broker.url(), "--api",
                                      "http://127.0.0.1:" + std::to_string(api.port()), "--set", "load.lagLimit=1s"});
    EXPECT_EQ(run.wait(), 99) << run.out() << run.err(); // the platform stood still, not the generator
    const auto summary = run.summary();
    harness::expect_consistent_sums(summary);
    EXPECT_LE(number(summary, "/requests/sent"), posts) << "what the API got is what we say we sent";
    EXPECT_GE(number(summary, "/requests/sent"), posts - 1) << "one may expire while it is being written";
    EXPECT_LT(posts, 10);
    EXPECT_EQ(number(summary, "/latency/lag/samples"), 60) << "also what was never sent";
    EXPECT_LT(summary.at_pointer("/latency/lag/max_ms").to_number<double>(), 1000);
    EXPECT_GT(summary.at_pointer("/http/connection_wait/max_ms").to_number<double>(), 2000);
    EXPECT_EQ(number(summary, "/http/connections/busy_peak"), 1);
    EXPECT_EQ(number(summary, "/http/connection_wait/samples"), 59)
        << "all but the first, also those that still waited at the end";
    std::size_t never_sent = 0;
    for (const auto& f : run.unexpected_requests())
        if (harness::text(f, "/reason").find("never sent") != std::string::npos) ++never_sent;
    EXPECT_GT(never_sent, 45U);
}

} // namespace
