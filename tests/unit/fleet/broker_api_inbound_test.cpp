// Words on their way to the platform: in order, counted, and none lost without a word.
#include "inbound_poster.hpp"

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

/// What has been sent, answered when the test says so.
class line final : public http::client {
public:
    explicit line(http::client_events& told) : told_(told) {}
    void send(std::uint64_t token, const http::request& r) override { sent.emplace_back(token, r); }
    void stop() override {}
    http::client_counts take() override { return {}; }
    std::uint32_t connections() const noexcept override { return 2; }

    void answer(unsigned status, std::string_view trouble = {}) {
        const auto token = sent[answered++].first;
        told_.on_answer(token, {.status = status, .body = {}, .trouble = trouble, .headers = none_});
    }

    std::deque<std::pair<std::uint64_t, http::request>> sent;
    std::size_t answered = 0;

private:
    http::client_events& told_;
    http::header_list none_;
};

class broker_api_inbound : public testing::Test {
protected:
    void open() {
        ASSERT_THAT(check(options_), IsEmpty());
        poster_ = std::make_unique<inbound_poster>(
            options_, 1, 1, [this](http::client_events& told) -> result<std::unique_ptr<http::client>> {
                auto fresh = std::make_unique<line>(told);
                line_ = fresh.get();
                return fresh;
            });
    }
    void post(std::uint32_t v, const std::string& payload) {
        poster_->post(vehicle_id{v}, fmt::format("CAR{}", v), "r1", payload, 0s);
    }
    std::vector<std::string> sent() const {
        std::vector<std::string> all;
        for (const auto& [_, r] : line_->sent) all.push_back(r.body);
        return all;
    }

    broker_api_options options_ = [] {
        broker_api_options o;
        o.inbound.url = "http://127.0.0.1:1";
        return o;
    }();
    line* line_ = nullptr;
    std::unique_ptr<inbound_poster> poster_;
};

TEST_F(broker_api_inbound, posts_a_word_as_it_is_told) {
    options_.inbound.method = "PUT";
    options_.inbound.path = "/in/{vin}/{request.id}";
    options_.inbound.headers = {{"X-Vehicle", "{vin}"}};
    open();
    post(1, "word");
    ASSERT_EQ(line_->sent.size(), 1U);
    const auto& r = line_->sent[0].second;
    EXPECT_EQ(r.method, "PUT");
    EXPECT_EQ(r.target, "/in/CAR1/r1");
    EXPECT_EQ(r.body, "word");
    EXPECT_EQ(http::find(r.headers, "X-Vehicle"), "CAR1");
    EXPECT_EQ(http::find(r.headers, "Content-Type"), "application/json");
}

TEST_F(broker_api_inbound, posts_the_words_of_one_vehicle_one_after_the_other) {
    open();
    post(1, "a1");
    post(1, "a2");
    post(2, "b1");
    EXPECT_THAT(sent(), ElementsAre("a1", "b1"));
    EXPECT_FALSE(poster_->idle());
    line_->answer(202);
    EXPECT_THAT(sent(), ElementsAre("a1", "b1", "a2"));
    line_->answer(202);
    line_->answer(202);
    EXPECT_TRUE(poster_->idle());
    EXPECT_EQ(poster_->counted.posted, 3U);
}

TEST_F(broker_api_inbound, counts_and_names_what_the_platform_does_not_take) {
    open();
    for (std::uint32_t v = 0; v < 4; ++v) post(v, "word");
    line_->answer(200);
    line_->answer(503);
    line_->answer(503);
    line_->answer(0, "connection refused");
    EXPECT_EQ(poster_->counted.posted, 1U);
    EXPECT_EQ(poster_->counted.turned_down, 2U);
    EXPECT_EQ(poster_->counted.failed, 1U);
    EXPECT_THAT(poster_->counted.reasons,
                ElementsAre(Pair("inbound: HTTP 503", 2), Pair("inbound: connection refused", 1)));
}

TEST_F(broker_api_inbound, drops_what_is_too_much_and_says_so) {
    options_.inbound.waiting = 1;
    open();
    for (std::uint32_t v = 0; v < 5; ++v) post(v, "word");
    EXPECT_EQ(line_->sent.size(), 3U) << "two under way, one that waits";
    EXPECT_EQ(poster_->counted.dropped, 2U);
    EXPECT_THAT(poster_->counted.reasons, Contains(Pair("inbound: too many words wait", 2)));
    poster_->stop();
    EXPECT_EQ(poster_->counted.dropped, 5U) << "what has no answer at the end has not been posted, as far as we know";
    EXPECT_TRUE(poster_->idle());
}

TEST_F(broker_api_inbound, without_a_url_words_go_nowhere_and_are_counted) {
    options_.inbound.url.clear();
    open();
    EXPECT_EQ(line_, nullptr);
    post(1, "word");
    EXPECT_EQ(poster_->counted.dropped, 1U);
}

TEST_F(broker_api_inbound, posts_twice_on_purpose) {
    badness twice;
    twice.what = badness::kind::duplicate;
    twice.every = 2;
    options_.badness = {twice};
    open();
    post(1, "a");
    post(2, "b");
    EXPECT_THAT(sent(), ElementsAre("a", "b"));
    line_->answer(202);
    line_->answer(202);
    EXPECT_THAT(sent(), ElementsAre("a", "b", "b"));
    EXPECT_EQ(poster_->counted.duplicated, 1U);
}

TEST_F(broker_api_inbound, says_why_nothing_can_be_posted) {
    inbound_poster poster(options_, 1, 1, [](http::client_events&) -> result<std::unique_ptr<http::client>> {
        return problems("http://nowhere", "nobody knows that host");
    });
    EXPECT_EQ(poster.refusal(), "http://nowhere: nobody knows that host");
    poster.post(vehicle_id{1}, "CAR1", "r1", "word", 0s);
    EXPECT_EQ(poster.counted.dropped, 1U);
}

} // namespace
