// Webhook observer under load and with invalid or slow clients.
#include "temporary_folder.hpp"

#include <loadsim/http/client.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/pcap_writer.hpp>
#include <loadsim/observer/observer_factory.hpp>

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
using harness::wait_until;
using testing::Contains;
using testing::HasSubstr;
using testing::Pair;

namespace {

constexpr auto secret = "s3cret";

observer::webhook_options options() {
    observer::webhook_options o;
    o.secret = {.header = "X-Token", .value = secret};
    return o;
}

std::string event(std::size_t n) { return R"({"id":"r-)" + std::to_string(n) + R"(","state":"executed"})"; }

class webhook_harness {
public:
    explicit webhook_harness(const observer::webhook_options& config = options(), net::byte_tap* tap = nullptr)
        : observer_(observer::make_observer(
              config, {.tap = tap},
              [this](const std::optional<observer::completion>& completion, const std::string& why) {
                  const std::lock_guard lock(mutex_);
                  if (completion)
                      ++completions_[completion->request];
                  else
                      errors_.push_back(why);
              },
              0)) {
        const auto started = observer_->start();
        EXPECT_TRUE(started) << (started ? "" : to_string(started.error()));
        if (const auto at = net::parse_api_url(observer_->url())) endpoint_ = *at;
        endpoint_.path.clear();
    }

    observer::observer& tested_observer() { return *observer_; }
    const net::endpoint& endpoint() const { return endpoint_; }
    std::map<std::string, int> completions() {
        const std::lock_guard lock(mutex_);
        return completions_;
    }
    std::vector<std::string> errors() {
        const std::lock_guard lock(mutex_);
        return errors_;
    }
    /// Status of the response; 0: none.
    unsigned post(const std::string& body, http::header_list headers = {{"X-Token", secret}},
                  const std::string& target = "/events", const std::string& method = "POST") const {
        const auto response = http::fetch({.base_urls = {endpoint_}}, {method, target, std::move(headers), body});
        return response ? response->status : 0;
    }

private:
    std::mutex mutex_;
    std::map<std::string, int> completions_;
    std::vector<std::string> errors_;
    net::endpoint endpoint_;
    std::unique_ptr<observer::observer> observer_; // last: its handler uses the members above
};

/// Posts all at once over some connections; returns responses by status.
class post_client final : private http::client_events {
public:
    post_client(const net::endpoint& to, std::uint32_t connections)
        : client_(*http::client::make(loop_, *this, {.base_urls = {to}, .max_connections = connections})) {}

    std::map<unsigned, int> post(std::size_t count, const http::header_list& headers) {
        outstanding_ = count;
        for (std::size_t i = 0; i < count; ++i) client_->send(i, {"POST", "/events", headers, event(i)});
        loop_.run();
        client_->stop();
        return responses_;
    }

private:
    void on_response(std::uint64_t, const http::response_view& a) override {
        ++responses_[a.status];
        if (--outstanding_ == 0) loop_.stop();
    }

    steady_time time_;
    net::loop loop_{time_};
    std::map<unsigned, int> responses_;
    std::size_t outstanding_ = 0;
    std::unique_ptr<http::client> client_;
};

} // namespace

/// The call is the client's, though loadsim is the server.
TEST(webhook_observer, calls_are_captured) {
    const harness::temporary_folder folder;
    auto capture = net::pcap_writer::open(folder / "it.pcap", steady_time{}.now(), system_time_us()).value();
    {
        webhook_harness observer(options(), capture.get());
        EXPECT_EQ(observer.post(event(1)), 200U);
    }
    EXPECT_EQ(capture->error(), "");
    const auto bytes = harness::read_file(folder / "it.pcap");
    EXPECT_THAT(bytes, HasSubstr(event(1)));
    const auto call = bytes.find("POST /events HTTP/1.1");
    ASSERT_NE(call, std::string::npos);
    EXPECT_LT(call, bytes.find("HTTP/1.1 200"));
    constexpr std::size_t tcp_header = 20;
    EXPECT_EQ(bytes.substr(call - tcp_header + 2, 2), std::string("\0\x50", 2)) << "to port 80";
}

TEST(webhook_observer, accepts_two_thousand_posts_and_reports_each_once) {
    webhook_harness h;
    post_client platform(h.endpoint(), 64);
    EXPECT_THAT(platform.post(2'000, {{"X-Token", secret}}), testing::ElementsAre(Pair(200U, 2'000)));
    const auto ends = h.completions();
    EXPECT_EQ(ends.size(), 2'000U);
    EXPECT_TRUE(std::ranges::all_of(ends, [](const auto& e) { return e.second == 1; }));
    const auto counts = h.tested_observer().take_counts();
    EXPECT_EQ(counts.messages, 2'000U);
    EXPECT_EQ(counts.completions, 2'000U);
    EXPECT_TRUE(counts.refused.empty());
}

TEST(webhook_observer, rejects_unauthenticated_posts_and_counts_them) {
    webhook_harness h;
    post_client stranger(h.endpoint(), 16);
    EXPECT_THAT(stranger.post(500, {{"X-Token", "guess"}}), testing::ElementsAre(Pair(401U, 500)));
    EXPECT_EQ(h.post(event(1), {}), 401U);
    EXPECT_EQ(h.post(event(1), {{"X-Token", secret}}, "/elsewhere"), 404U);
    EXPECT_EQ(h.post("", {{"X-Token", secret}}, "/events", "DELETE"), 405U);
    EXPECT_EQ(h.post(std::string(64 * 1024 + 1, ' ')), 413U);
    EXPECT_TRUE(h.completions().empty());
    EXPECT_TRUE(h.errors().empty()) << "an unauthenticated request is not counted as a malformed event of the platform";
    EXPECT_EQ(h.post("{"), 400U);
    EXPECT_EQ(h.errors().size(), 1U);
    const auto refused = h.tested_observer().take_counts().refused;
    EXPECT_THAT(refused, testing::ElementsAre(Pair("another method", 1U), Pair("another path", 1U),
                                              Pair("no event", 1U), Pair("no signature", 1U),
                                              Pair("over load.http.maxBody or load.http.maxHeader", 1U),
                                              Pair("signature is wrong", 500U)));
    EXPECT_EQ(h.post(event(1)), 200U) << "and goes on";
    EXPECT_EQ(h.completions().size(), 1U);
}

TEST(webhook_observer, accepts_many_events_in_one_post) {
    auto config = options();
    config.reading.batch_path = "payload";
    webhook_harness h(config);
    EXPECT_EQ(h.post("[" + event(1) + "," + event(2) + R"(,{"state":"executed"}])"), 200U);
    EXPECT_THAT(h.completions(), testing::ElementsAre(Pair("r-1", 1), Pair("r-2", 1)));
    EXPECT_THAT(h.errors(), testing::ElementsAre(HasSubstr("a call without the id of its request")));
    EXPECT_EQ(h.post(event(3)), 400U) << "no list";
    const auto counts = h.tested_observer().take_counts();
    EXPECT_EQ(counts.completions, 2U);
    EXPECT_THAT(counts.refused, testing::ElementsAre(Pair("no event", 2U)));
}

TEST(webhook_observer, accepts_a_body_of_maximum_size) {
    webhook_harness h;
    auto body = event(1);
    body.insert(1, std::string(64 * 1024 - body.size(), ' '));
    EXPECT_EQ(h.post(body), 200U);
}

TEST(webhook_observer, is_not_blocked_by_slow_clients) {
    webhook_harness h;
    boost::asio::io_context io;
    std::vector<boost::asio::ip::tcp::socket> slow;
    const boost::asio::ip::tcp::endpoint to(boost::asio::ip::address_v4::loopback(), h.endpoint().port);
    for (int i = 0; i < 100; ++i) {
        slow.emplace_back(io).connect(to);
        boost::asio::write(slow.back(), boost::asio::buffer(std::string("POST /events HTTP/1.1\r\nX-Token: ")));
    }
    std::uint64_t closed = 0;
    const auto send_bytes = [&] { // one byte on each connection
        for (auto& s : slow) {
            boost::system::error_code gone;
            boost::asio::write(s, boost::asio::buffer("x", 1), gone);
        }
    };
    const auto begin = std::chrono::steady_clock::now();
    post_client platform(h.endpoint(), 16);
    EXPECT_THAT(platform.post(1'000, {{"X-Token", secret}}), testing::ElementsAre(Pair(200U, 1'000)));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
    EXPECT_TRUE(wait_until(
        [&] {
            send_bytes();
            const auto refused = h.tested_observer().take_counts().refused;
            if (const auto slow_ones = refused.find("idle or too slow"); slow_ones != refused.end())
                closed += slow_ones->second;
            return closed == slow.size();
        },
        15s));
    EXPECT_EQ(h.post(event(1)), 200U);
}

TEST(webhook_observer, listens_on_loopback_and_reports_its_url) {
    webhook_harness h;
    EXPECT_THAT(h.tested_observer().url(), testing::StartsWith("http://127.0.0.1:"));
    EXPECT_THAT(h.tested_observer().url(), testing::EndsWith("/events"));
    EXPECT_THAT(h.tested_observer().notice(), HasSubstr(h.tested_observer().url()));
    EXPECT_EQ(h.tested_observer().notice().find(secret), std::string::npos);
    auto open = options();
    open.secret.reset();
    open.url = "https://hooks.example/loadsim";
    webhook_harness unsigned_one(open);
    EXPECT_EQ(unsigned_one.tested_observer().url(), open.url);
    EXPECT_THAT(unsigned_one.tested_observer().notice(), HasSubstr("http://127.0.0.1:"));
    EXPECT_THAT(unsigned_one.tested_observer().notice(), HasSubstr(open.url));
    EXPECT_THAT(unsigned_one.tested_observer().notice(), HasSubstr("no secret"));
}

TEST(webhook_observer, reports_why_it_cannot_listen) {
    webhook_harness first;
    struct row {
        std::string listen, sentence;
    };
    for (const auto& r :
         {row{"127.0.0.1:" + std::to_string(first.endpoint().port), "taken"}, row{"8080", "host:port"}}) {
        auto taken = options();
        taken.listen = r.listen;
        const auto second = observer::make_observer(taken, {}, {}, 1);
        const auto started = second->start();
        ASSERT_FALSE(started) << r.listen;
        EXPECT_THAT(to_string(started.error()), HasSubstr("load.observers[1].webhook.listen"));
        EXPECT_THAT(to_string(started.error()), HasSubstr(r.sentence));
    }
}

TEST(webhook_observer, reports_an_unmatched_pointer) {
    auto other = options();
    other.reading.id = "/request/id";
    webhook_harness h(other);
    for (std::uint32_t i = 0; i < contract::field_match_stats::sample_size; ++i) EXPECT_EQ(h.post(event(i)), 400U);
    EXPECT_THAT(h.tested_observer().take_counts().unmatched_fields,
                Contains(HasSubstr("load.observers[0].webhook.id")));
}
