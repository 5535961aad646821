// The webhook observer under load and under abuse.
#include "scratch.hpp"

#include <loadsim/http/call.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/observe/make_observer.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using stage::wait_until;
using testing::Contains;
using testing::HasSubstr;
using testing::Pair;

namespace {

constexpr auto secret = "s3cret";

observe::webhook_options options() {
    observe::webhook_options o;
    o.secret = {.header = "X-Token", .value = secret};
    return o;
}

std::string event(std::size_t n) { return R"({"id":"r-)" + std::to_string(n) + R"(","state":"executed"})"; }

class hook {
public:
    explicit hook(const observe::webhook_options& wanted = options())
        : observer_(observe::make_observer(
              wanted, {},
              [this](const std::optional<observe::final_event>& seen, const std::string& why) {
                  const std::lock_guard lock(mutex_);
                  if (seen)
                      ++ends_[seen->request];
                  else
                      whys_.push_back(why);
              },
              0)) {
        const auto started = observer_->start();
        EXPECT_TRUE(started) << (started ? "" : to_string(started.error()));
        if (const auto at = net::parse_api_url(observer_->url())) endpoint_ = *at;
        endpoint_.path.clear();
    }

    observe::observer& observer() { return *observer_; }
    const net::endpoint& endpoint() const { return endpoint_; }
    std::map<std::string, int> ends() {
        const std::lock_guard lock(mutex_);
        return ends_;
    }
    std::vector<std::string> whys() {
        const std::lock_guard lock(mutex_);
        return whys_;
    }
    /// The status of the answer; 0: none came.
    unsigned post(const std::string& body, http::header_list headers = {{"X-Token", secret}},
                  const std::string& target = "/events", const std::string& method = "POST") const {
        const auto answer = http::call({.bases = {endpoint_}}, {method, target, std::move(headers), body});
        return answer ? answer->status : 0;
    }

private:
    std::mutex mutex_;
    std::map<std::string, int> ends_;
    std::vector<std::string> whys_;
    net::endpoint endpoint_;
    std::unique_ptr<observe::observer> observer_; // last: it tells the above
};

/// Posts all at once over some connections; how many got which answer.
class flood final : private http::client_events {
public:
    flood(const net::endpoint& to, std::uint32_t connections)
        : client_(*http::client::make(loop_, *this, {.bases = {to}, .connections = connections})) {}

    std::map<unsigned, int> post(std::size_t count, const http::header_list& headers) {
        left_ = count;
        for (std::size_t i = 0; i < count; ++i) client_->send(i, {"POST", "/events", headers, event(i)});
        loop_.run();
        client_->stop();
        return answers_;
    }

private:
    void on_answer(std::uint64_t, const http::answer& a) override {
        ++answers_[a.status];
        if (--left_ == 0) loop_.stop();
    }

    steady_time time_;
    net::loop loop_{time_};
    std::map<unsigned, int> answers_;
    std::size_t left_ = 0;
    std::unique_ptr<http::client> client_;
};

} // namespace

TEST(webhook, takes_two_thousand_posts_and_tells_each_once) {
    hook h;
    flood platform(h.endpoint(), 64);
    EXPECT_THAT(platform.post(2'000, {{"X-Token", secret}}), testing::ElementsAre(Pair(200U, 2'000)));
    const auto ends = h.ends();
    EXPECT_EQ(ends.size(), 2'000U);
    EXPECT_TRUE(std::ranges::all_of(ends, [](const auto& e) { return e.second == 1; }));
    const auto counted = h.observer().take();
    EXPECT_EQ(counted.messages, 2'000U);
    EXPECT_EQ(counted.ends, 2'000U);
    EXPECT_TRUE(counted.refused.empty());
}

TEST(webhook, turns_away_what_is_not_the_platforms_and_counts_it) {
    hook h;
    flood stranger(h.endpoint(), 16);
    EXPECT_THAT(stranger.post(500, {{"X-Token", "guess"}}), testing::ElementsAre(Pair(401U, 500)));
    EXPECT_EQ(h.post(event(1), {}), 401U);
    EXPECT_EQ(h.post(event(1), {{"X-Token", secret}}, "/elsewhere"), 404U);
    EXPECT_EQ(h.post("", {{"X-Token", secret}}, "/events", "DELETE"), 405U);
    EXPECT_EQ(h.post(std::string(64 * 1024 + 1, ' ')), 413U);
    EXPECT_TRUE(h.ends().empty());
    EXPECT_TRUE(h.whys().empty()) << "a stranger's words are no event that the platform got wrong";
    EXPECT_EQ(h.post("{"), 400U);
    EXPECT_EQ(h.whys().size(), 1U);
    const auto refused = h.observer().take().refused;
    EXPECT_THAT(refused, testing::ElementsAre(Pair("another method", 1U), Pair("another path", 1U),
                                              Pair("body over 64 KiB, or header over 8 KiB", 1U), Pair("no event", 1U),
                                              Pair("no signature", 1U), Pair("signature is wrong", 500U)));
    EXPECT_EQ(h.post(event(1)), 200U) << "and goes on";
    EXPECT_EQ(h.ends().size(), 1U);
}

TEST(webhook, takes_many_events_in_one_post) {
    auto wanted = options();
    wanted.reading.each = "payload";
    hook h(wanted);
    EXPECT_EQ(h.post("[" + event(1) + "," + event(2) + R"(,{"state":"executed"}])"), 200U);
    EXPECT_THAT(h.ends(), testing::ElementsAre(Pair("r-1", 1), Pair("r-2", 1)));
    EXPECT_THAT(h.whys(), testing::ElementsAre(HasSubstr("does not say which request it is of")));
    EXPECT_EQ(h.post(event(3)), 400U) << "no list";
    const auto counted = h.observer().take();
    EXPECT_EQ(counted.ends, 2U);
    EXPECT_THAT(counted.refused, testing::ElementsAre(Pair("no event", 2U)));
}

TEST(webhook, takes_a_body_of_its_limit) {
    hook h;
    auto body = event(1);
    body.insert(1, std::string(64 * 1024 - body.size(), ' '));
    EXPECT_EQ(h.post(body), 200U);
}

TEST(webhook, is_not_held_up_by_who_sends_a_byte_now_and_then) {
    hook h;
    boost::asio::io_context io;
    std::vector<boost::asio::ip::tcp::socket> slow;
    const boost::asio::ip::tcp::endpoint to(boost::asio::ip::address_v4::loopback(), h.endpoint().port);
    for (int i = 0; i < 100; ++i) {
        slow.emplace_back(io).connect(to);
        boost::asio::write(slow.back(), boost::asio::buffer(std::string("POST /events HTTP/1.1\r\nX-Token: ")));
    }
    std::uint64_t closed = 0;
    const auto drip = [&] { // a byte each now and then
        for (auto& s : slow) {
            boost::system::error_code gone;
            boost::asio::write(s, boost::asio::buffer("x", 1), gone);
        }
    };
    const auto begin = std::chrono::steady_clock::now();
    flood platform(h.endpoint(), 16);
    EXPECT_THAT(platform.post(1'000, {{"X-Token", secret}}), testing::ElementsAre(Pair(200U, 1'000)));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
    EXPECT_TRUE(wait_until(
        [&] {
            drip();
            const auto refused = h.observer().take().refused;
            if (const auto slow_ones = refused.find("idle or too slow"); slow_ones != refused.end())
                closed += slow_ones->second;
            return closed == slow.size();
        },
        15s));
    EXPECT_EQ(h.post(event(1)), 200U);
}

TEST(webhook, is_reached_from_this_machine_alone_and_says_its_url) {
    hook h;
    EXPECT_THAT(h.observer().url(), testing::StartsWith("http://127.0.0.1:"));
    EXPECT_THAT(h.observer().url(), testing::EndsWith("/events"));
    EXPECT_THAT(h.observer().said(), HasSubstr(h.observer().url()));
    EXPECT_EQ(h.observer().said().find(secret), std::string::npos);
    auto open = options();
    open.secret.reset();
    open.url = "https://hooks.example/loadsim";
    hook unsigned_one(open);
    EXPECT_EQ(unsigned_one.observer().url(), open.url);
    EXPECT_THAT(unsigned_one.observer().said(), HasSubstr("http://127.0.0.1:"));
    EXPECT_THAT(unsigned_one.observer().said(), HasSubstr(open.url));
    EXPECT_THAT(unsigned_one.observer().said(), HasSubstr("no secret"));
}

TEST(webhook, says_why_it_cannot_listen) {
    hook first;
    struct row {
        std::string listen, sentence;
    };
    for (const auto& r :
         {row{"127.0.0.1:" + std::to_string(first.endpoint().port), "taken"}, row{"8080", "host:port"}}) {
        auto taken = options();
        taken.listen = r.listen;
        const auto second = observe::make_observer(taken, {}, {}, 1);
        const auto started = second->start();
        ASSERT_FALSE(started) << r.listen;
        EXPECT_THAT(to_string(started.error()), HasSubstr("load.observers[1].webhook.listen"));
        EXPECT_THAT(to_string(started.error()), HasSubstr(r.sentence));
    }
}

TEST(webhook, says_which_pointer_never_fits) {
    auto other = options();
    other.reading.id = "/request/id";
    hook h(other);
    for (std::uint32_t i = 0; i < contract::fit::after; ++i) EXPECT_EQ(h.post(event(i)), 400U);
    EXPECT_THAT(h.observer().take().misfits, Contains(HasSubstr("load.observers[0].webhook.id")));
}
