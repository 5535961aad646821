// Response poster: order, counts, limits and faults.
#include "broker_api/response_poster.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace loadsim::fleet;
using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

namespace {

/// Fake HTTP client: records requests; the test completes them.
class fake_http_client final : public http::client {
public:
    explicit fake_http_client(http::client_events& events) : events_(events) {}
    void send(std::uint64_t token, const http::request& r) override { sent.emplace_back(token, r); }
    void stop() override {}
    http::client_counts take_counts() override { return {}; }
    std::uint32_t max_connections() const noexcept override { return 2; }

    void complete(unsigned status, std::string_view error = {}) {
        const auto token = sent[completed++].first;
        events_.on_response(token, {.status = status, .body = {}, .error = error, .headers = none_});
    }

    std::deque<std::pair<std::uint64_t, http::request>> sent;
    std::size_t completed = 0;

private:
    http::client_events& events_;
    http::header_list none_;
};

class response_poster_test : public testing::Test {
protected:
    void open() {
        ASSERT_THAT(check(options_), IsEmpty());
        poster_ = std::make_unique<response_poster>(
            options_, 1, 1, [this](http::client_events& events) -> result<std::unique_ptr<http::client>> {
                auto fresh = std::make_unique<fake_http_client>(events);
                client_ = fresh.get();
                return fresh;
            });
    }
    void post(std::uint32_t v, const std::string& payload) {
        poster_->post(vehicle_id{v}, fmt::format("CAR{}", v), "r1", payload, 0s);
    }
    std::vector<std::string> sent() const {
        std::vector<std::string> all;
        for (const auto& [_, r] : client_->sent) all.push_back(r.body);
        return all;
    }

    broker_api_options options_ = [] {
        broker_api_options o;
        o.inbound.url = "http://127.0.0.1:1";
        return o;
    }();
    fake_http_client* client_ = nullptr;
    std::unique_ptr<response_poster> poster_;
};

TEST_F(response_poster_test, posts_a_response_as_configured) {
    options_.inbound.method = "PUT";
    options_.inbound.path = "/in/{vin}/{request.id}";
    options_.inbound.headers = {{"X-Vehicle", "{vin}"}};
    open();
    post(1, "word");
    ASSERT_EQ(client_->sent.size(), 1U);
    const auto& r = client_->sent[0].second;
    EXPECT_EQ(r.method, "PUT");
    EXPECT_EQ(r.target, "/in/CAR1/r1");
    EXPECT_EQ(r.body, "word");
    EXPECT_EQ(http::find_header(r.headers, "X-Vehicle"), "CAR1");
    EXPECT_EQ(http::find_header(r.headers, "Content-Type"), "application/json");
}

TEST_F(response_poster_test, posts_the_responses_of_one_vehicle_sequentially) {
    open();
    post(1, "a1");
    post(1, "a2");
    post(2, "b1");
    EXPECT_THAT(sent(), ElementsAre("a1", "b1"));
    EXPECT_FALSE(poster_->idle());
    client_->complete(202);
    EXPECT_THAT(sent(), ElementsAre("a1", "b1", "a2"));
    client_->complete(202);
    client_->complete(202);
    EXPECT_TRUE(poster_->idle());
    EXPECT_EQ(poster_->counts.posted, 3U);
}

TEST_F(response_poster_test, counts_rejected_and_failed_posts_by_reason) {
    open();
    for (std::uint32_t v = 0; v < 4; ++v) post(v, "word");
    client_->complete(200);
    client_->complete(503);
    client_->complete(503);
    client_->complete(0, "connection refused");
    EXPECT_EQ(poster_->counts.posted, 1U);
    EXPECT_EQ(poster_->counts.rejected, 2U);
    EXPECT_EQ(poster_->counts.failed, 1U);
    EXPECT_THAT(poster_->counts.reasons,
                ElementsAre(Pair("inbound: HTTP 503", 2), Pair("inbound: connection refused", 1)));
}

TEST_F(response_poster_test, drops_and_counts_responses_over_the_limit) {
    options_.inbound.max_queued = 1;
    open();
    for (std::uint32_t v = 0; v < 5; ++v) post(v, "word");
    EXPECT_EQ(client_->sent.size(), 3U) << "two under way, one that waits";
    EXPECT_EQ(poster_->counts.dropped, 2U);
    EXPECT_THAT(poster_->counts.reasons, Contains(Pair("inbound: too many responses are queued", 2)));
    poster_->stop();
    EXPECT_EQ(poster_->counts.dropped, 5U) << "what has no answer at the end has not been posted, as far as we know";
    EXPECT_TRUE(poster_->idle());
}

TEST_F(response_poster_test, has_capacity_for_what_can_wait_while_half_of_the_queue_is_free) {
    options_.inbound.max_queued = 4;
    open();
    for (std::uint32_t v = 0; v < 4; ++v) {
        EXPECT_TRUE(poster_->has_capacity()) << v;
        post(v, "asleep");
    }
    EXPECT_FALSE(poster_->has_capacity()) << "two under way, two that wait";
    client_->complete(202);
    EXPECT_TRUE(poster_->has_capacity());
}

TEST_F(response_poster_test, without_a_url_responses_are_dropped_and_counted) {
    options_.inbound.url.clear();
    open();
    EXPECT_EQ(client_, nullptr);
    post(1, "word");
    EXPECT_EQ(poster_->counts.dropped, 1U);
}

TEST_F(response_poster_test, duplicate_fault_posts_twice) {
    fault twice;
    twice.what = fault::kind::duplicate;
    twice.rule.every = 2;
    options_.faults = {twice};
    open();
    post(1, "a");
    post(2, "b");
    EXPECT_THAT(sent(), ElementsAre("a", "b"));
    client_->complete(202);
    client_->complete(202);
    EXPECT_THAT(sent(), ElementsAre("a", "b", "b"));
    EXPECT_EQ(poster_->counts.duplicated, 1U);
}

TEST_F(response_poster_test, reports_why_nothing_can_be_posted) {
    response_poster poster(options_, 1, 1, [](http::client_events&) -> result<std::unique_ptr<http::client>> {
        return problems("http://nowhere", "nobody knows that host");
    });
    EXPECT_EQ(poster.refusal(), "http://nowhere: nobody knows that host");
    poster.post(vehicle_id{1}, "CAR1", "r1", "word", 0s);
    EXPECT_EQ(poster.counts.dropped, 1U);
}

} // namespace
