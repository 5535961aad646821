// The HTTP client and server against each other and against those who behave badly: TLS, fail-over, proxies, limits.
#include "certificates.hpp"
#include "fake_api.hpp"
#include "scratch.hpp"
#include "tls_relay.hpp"

#include <loadsim/drive/auth.hpp>
#include <loadsim/http/call.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/http/server.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

const net::endpoint any_port{"http", "127.0.0.1", 0, ""};

http::listener listen(http::handler answers, const http::server_options& o = {}) {
    auto made = http::listener::start(any_port, o, std::move(answers));
    if (!made) throw std::runtime_error(to_string(made.error()));
    return std::move(*made);
}

/// Says what it was asked.
http::reply echo(const http::incoming& r) {
    return {.body = fmt::format("{} {} {}", r.method, r.target, r.body), .headers = {{"X-Seen", "yes"}}};
}

net::endpoint local(std::string_view scheme, std::uint16_t port, std::string_view host = "127.0.0.1") {
    return {std::string(scheme), std::string(host), port, ""};
}

/// A client with its loop, which asks and waits.
class asking final : private http::client_events {
public:
    explicit asking(const http::client_options& o) : loop_(time_), gave_up_(loop_.io().get_executor()) {
        auto made = http::client::make(loop_, *this, o);
        if (!made) throw std::runtime_error(to_string(made.error()));
        client_ = std::move(*made);
    }

    /// All at once; what each got, in order: "200 body" or the trouble.
    std::vector<std::string> at_once(const std::vector<http::request>& all) {
        got_.assign(all.size(), "");
        missing_ = all.size();
        boost::asio::post(loop_.io(), [this, &all] {
            for (std::size_t i = 0; i < all.size(); ++i) client_->send(i, all[i]);
        });
        gave_up_.expires_after(20s);
        gave_up_.async_wait([this](const boost::system::error_code& error) {
            if (error) return;
            ADD_FAILURE() << missing_ << " have not been answered";
            loop_.stop();
        });
        loop_.run();
        loop_.io().restart();
        gave_up_.cancel();
        return got_;
    }
    /// One after the other.
    std::vector<std::string> in_turn(std::size_t count, const http::request& r = {.target = "/"}) {
        std::vector<std::string> all;
        for (std::size_t i = 0; i < count; ++i) all.push_back(at_once({r}).front());
        return all;
    }
    http::client_counts take() { return client_->take(); }
    http::header_list headers; ///< of the last answer

private:
    void on_answer(std::uint64_t token, const http::answer& a) override {
        got_.at(token) = a.status == 0 ? std::string(a.trouble) : fmt::format("{} {}", a.status, a.body);
        headers = a.headers;
        if (--missing_ == 0) loop_.stop();
    }

    steady_time time_;
    net::loop loop_;
    net::clock_timer gave_up_;
    std::unique_ptr<http::client> client_;
    std::vector<std::string> got_;
    std::size_t missing_ = 0;
};

std::string sentence(const http::client_options& o) {
    const auto answered = http::call(o, {.target = "/"});
    return answered ? fmt::format("answered {}", answered->status) : to_string(answered.error());
}

} // namespace

TEST(http_client, keeps_its_connections_and_uses_them_again) {
    const auto api = listen(echo);
    asking a({.bases = {api.address()}, .connections = 4});
    EXPECT_THAT(a.in_turn(5), Each("200 GET / "));
    EXPECT_TRUE(a.headers.empty()) << "nobody wanted them";
    const auto first = a.take();
    EXPECT_EQ(first.requests, 5U);
    EXPECT_EQ(first.opened, 1U);
    EXPECT_EQ(first.busy_peak, 1U);
    EXPECT_THAT(a.at_once(std::vector<http::request>(20, {.method = "POST", .target = "/x", .body = "b"})),
                Each("200 POST /x b"));
    const auto second = a.take();
    EXPECT_EQ(second.requests, 20U);
    EXPECT_EQ(second.opened, 3U) << "four at most, and one stood";
    EXPECT_EQ(second.busy_peak, 3U) << "told by its growth";
}

TEST(http_client, keeps_headers_for_who_wants_them) {
    const auto api = listen(echo);
    asking a({.bases = {api.address()}, .keep_headers = true});
    a.in_turn(1);
    EXPECT_EQ(http::find(a.headers, "x-seen"), "yes");
    const auto one = http::call({.bases = {api.address()}}, {.method = "HEAD", .target = "/h"});
    ASSERT_TRUE(one) << to_string(one.error());
    EXPECT_EQ(one->status, 200U);
    EXPECT_EQ(one->body, "");
    EXPECT_EQ(one->header("X-Seen"), "yes");
}

TEST(http_client, finds_the_address_of_a_name_that_listens) {
    const auto api = listen(echo);
    EXPECT_EQ(sentence({.bases = {local("http", api.address().port, "localhost")}}), "answered 200");
}

class https : public testing::Test {
protected:
    const stage::scratch folder;
    stage::certificate_authority ca{folder.path(), "ca"};
    stage::certificate_authority others{folder.path(), "others"};
    const http::listener api = listen(echo, {.limits = {.body = 1 << 20}});

    stage::tls_front front(const std::string& alternative, const std::string& client_ca = {}) {
        return {{.own = ca.issue("server", alternative), .client_ca = client_ca}, api.address().port};
    }
};

TEST_F(https, talks_to_who_shows_a_certificate_of_our_ca) {
    const auto tls = front("DNS:localhost,IP:127.0.0.1");
    asking a({.bases = {local("https", tls.port())}, .tls = {.ca = ca.file()}});
    EXPECT_THAT(a.in_turn(4), Each("200 GET / "));
    EXPECT_EQ(a.take().opened, 1U) << "kept, though the server sends session tickets meanwhile";
    EXPECT_EQ(sentence({.bases = {local("https", tls.port(), "localhost")}, .tls = {.ca = ca.file()}}), "answered 200");
}

TEST_F(https, carries_much_both_ways) {
    const auto tls = front("IP:127.0.0.1");
    asking a({.bases = {local("https", tls.port())}, .tls = {.ca = ca.file()}, .connections = 2});
    const std::string body(60'000, 'x');
    EXPECT_THAT(a.at_once(std::vector<http::request>(6, {.method = "PUT", .target = "/", .body = body})),
                Each("200 PUT / " + body));
    const std::string longer(900'000, 'y'); // more than the socket takes at once
    EXPECT_THAT(a.in_turn(1, {.method = "PUT", .target = "/", .body = longer}), ElementsAre("body limit exceeded"))
        << "it went up, and the echo is over the limit";
}

TEST_F(https, refuses_a_certificate_that_it_cannot_trust) {
    const auto tls = front("DNS:localhost,IP:127.0.0.1");
    const auto elsewhere = front("DNS:elsewhere.test,IP:127.0.0.9");
    EXPECT_THAT(sentence({.bases = {local("https", tls.port())}, .tls = {.ca = others.file()}}),
                AllOf(HasSubstr("certificate is refused"), HasSubstr("tls.ca")));
    EXPECT_THAT(sentence({.bases = {local("https", tls.port())}}), HasSubstr("certificate is refused"))
        << "the system's CAs have not signed it";
    EXPECT_THAT(sentence({.bases = {local("https", elsewhere.port())}, .tls = {.ca = ca.file()}}),
                HasSubstr("IP address mismatch"));
    EXPECT_THAT(sentence({.bases = {local("https", elsewhere.port(), "localhost")}, .tls = {.ca = ca.file()}}),
                HasSubstr("hostname mismatch"));
}

TEST_F(https, shows_a_certificate_of_its_own) {
    const auto tls = front("IP:127.0.0.1", ca.file());
    const auto ours = ca.issue("client", "DNS:client.test");
    EXPECT_THAT(sentence({.bases = {local("https", tls.port())}, .tls = {.ca = ca.file()}}), HasSubstr("tls: "));
    EXPECT_EQ(sentence({.bases = {local("https", tls.port())},
                        .tls = {.ca = ca.file(), .certificate = ours.certificate, .key = ours.key}}),
              "answered 200");
}

TEST_F(https, says_which_file_is_wrong) {
    const auto base = local("https", 1);
    EXPECT_THAT(sentence({.bases = {base}, .tls = {.ca = "/nowhere.pem"}}), StartsWith("/nowhere.pem: holds no CA"));
    EXPECT_THAT(sentence({.bases = {base}, .tls = {.certificate = ca.file(), .key = "/nowhere.key"}}),
                StartsWith("/nowhere.key: holds no private key"));
    EXPECT_THAT(sentence({.bases = {base}, .tls = {.certificate = "/nowhere.crt"}}),
                StartsWith("/nowhere.crt: holds no certificate"));
}

TEST_F(https, is_told_from_http) {
    const auto tls = front("IP:127.0.0.1");
    EXPECT_THAT(sentence({.bases = {local("http", tls.port())}, .timeout = 2s}),
                HasSubstr("does not answer an HTTP request"));
    EXPECT_THAT(sentence({.bases = {local("https", api.address().port)}}), HasSubstr("(tls: "));
}

TEST(http_fail_over, takes_the_bases_in_turn) {
    std::atomic<int> first{0};
    std::atomic<int> second{0};
    const auto a = listen([&](const http::incoming&) { return ++first, http::reply{}; });
    const auto b = listen([&](const http::incoming&) { return ++second, http::reply{}; });
    asking all({.bases = {a.address(), b.address()}, .connections = 4});
    EXPECT_THAT(all.in_turn(10), Each("200 "));
    EXPECT_EQ(first, 5);
    EXPECT_EQ(second, 5);
    EXPECT_EQ(all.take().failed_over, 0U);
}

TEST(http_fail_over, passes_over_who_is_not_there) {
    std::atomic<int> asked{0};
    const auto there = listen([&](const http::incoming& r) { return ++asked, echo(r); });
    const auto gone = local("http", stage::free_port());
    asking a({.bases = {gone, there.address()}, .connections = 4});
    EXPECT_THAT(a.in_turn(10, {.method = "POST", .target = "/p", .body = "b"}), Each("200 POST /p b"));
    EXPECT_EQ(asked, 10);
    EXPECT_EQ(a.take().failed_over, 1U) << "then it is known, and its turn goes to the other";
    EXPECT_THAT(a.at_once(std::vector<http::request>(4, {.target = "/"})), Each("200 GET / "));
    EXPECT_EQ(a.take().failed_over, 2U) << "its connections go to the other one, when they are needed";
}

TEST(http_fail_over, comes_back_to_who_is_there_again) {
    const auto there = listen([](const http::incoming&) { return http::reply{.body = "first"}; });
    const auto port = stage::free_port();
    asking a({.bases = {local("http", port), there.address()}, .connections = 2});
    EXPECT_THAT(a.in_turn(2), Each("200 first"));
    const auto back = http::listener::start(local("http", port), {},
                                            [](const http::incoming&) { return http::reply{.body = "second"}; });
    ASSERT_TRUE(back) << to_string(back.error());
    EXPECT_TRUE(stage::wait_until([&] { return a.in_turn(1).front() == "200 second"; }));
}

TEST(http_fail_over, says_why_when_nobody_is_left) {
    asking a({.bases = {local("http", stage::free_port()), local("http", stage::free_port())}});
    EXPECT_THAT(a.in_turn(3), Each("Connection refused"));
    const auto counts = a.take();
    EXPECT_EQ(counts.requests, 0U);
    EXPECT_EQ(counts.opened, 0U);
}

/// Only what was never sent goes to another base: the first may have taken it.
TEST(http_fail_over, does_not_repeat_what_was_sent) {
    std::atomic<int> asked{0};
    const auto there = listen([&](const http::incoming& r) { return ++asked, echo(r); });
    const stage::fake_server drops(
        [](std::size_t, const std::string& unread) { return stage::reaction{.bytes = "", .close = !unread.empty()}; });
    asking a({.bases = {local("http", drops.port()), there.address()}});
    EXPECT_THAT(a.in_turn(2), ElementsAre("connection closed by the API", "200 GET / "));
    EXPECT_EQ(asked, 1);
}

TEST(http_proxy, is_asked_for_all_of_a_plain_url) {
    std::string got;
    const stage::fake_server proxy([&got](std::size_t, std::string& unread) {
        if (unread.find("\r\n\r\n") == std::string::npos) return stage::reaction{};
        got = std::exchange(unread, {});
        return stage::reaction{stage::response("200 OK")};
    });
    EXPECT_EQ(sentence({.bases = {{"http", "api.invalid", 81, "/base"}}, .proxy = local("http", proxy.port())}),
              "answered 200");
    EXPECT_THAT(got, StartsWith("GET http://api.invalid:81/base/ HTTP/1.1\r\nHost: api.invalid:81\r\n"));
}

TEST_F(https, goes_through_a_proxy) {
    const auto tls = front("DNS:localhost");
    const stage::connect_proxy proxy;
    const stage::connect_proxy refusing(true);
    const http::client_options o{.bases = {local("https", tls.port(), "localhost")},
                                 .tls = {.ca = ca.file()},
                                 .proxy = local("http", proxy.port())};
    asking a(o);
    EXPECT_THAT(a.in_turn(2), Each("200 GET / "));
    EXPECT_EQ(proxy.asked(), fmt::format("CONNECT localhost:{} HTTP/1.1", tls.port()));
    EXPECT_EQ(a.take().opened, 1U);
    auto refused = o;
    refused.proxy = local("http", refusing.port());
    EXPECT_THAT(sentence(refused), HasSubstr("the proxy answers 403"));
}

TEST(http_server, answers_later_and_in_order) {
    const auto api = listen([](const http::incoming& r) {
        return http::reply{.body = std::string(r.target), .after = r.target == "/slow" ? 300ms : 0ms};
    });
    const auto begin = std::chrono::steady_clock::now();
    asking a({.bases = {api.address()}, .connections = 2});
    EXPECT_THAT(a.at_once({{.target = "/slow"}, {.target = "/fast"}}), ElementsAre("200 /slow", "200 /fast"));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 300ms);

    boost::asio::io_context io;
    boost::asio::ip::tcp::socket raw(io);
    raw.connect({boost::asio::ip::address_v4::loopback(), api.address().port});
    boost::asio::write(raw,
                       boost::asio::buffer(std::string("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"
                                                       "GET /fast HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")));
    std::string all;
    boost::system::error_code end;
    boost::asio::read(raw, boost::asio::dynamic_buffer(all), end);
    EXPECT_LT(all.find("/slow"), all.find("/fast")) << all;
    EXPECT_TRUE(all.ends_with("/fast"));
}

TEST(http_server, resets_when_told_to) {
    const auto api = listen([](const http::incoming&) { return http::reply{.how = http::reply::manner::reset}; });
    asking a({.bases = {api.address()}});
    EXPECT_THAT(a.in_turn(2), Each("Connection reset by peer"));
    EXPECT_EQ(api.figures().reset, 2U);
    EXPECT_EQ(api.figures().answered, 0U);
    EXPECT_EQ(api.figures().open, 0U);
}

TEST(http_server, counts_and_refuses_what_is_too_large) {
    std::atomic<int> asked{0};
    const auto api =
        listen([&](const http::incoming& r) { return ++asked, echo(r); }, {.limits = {.header = 512, .body = 100}});
    asking a({.bases = {api.address()}});
    EXPECT_THAT(a.in_turn(1, {.method = "POST", .target = "/", .body = std::string(101, 'x')}),
                ElementsAre(AllOf(StartsWith("413 "), HasSubstr("over 100 bytes"))));
    EXPECT_THAT(a.in_turn(1, {.target = "/" + std::string(600, 'x')}),
                ElementsAre(AllOf(StartsWith("431 "), HasSubstr("over 512 bytes"))));
    EXPECT_EQ(asked, 0);
    EXPECT_EQ(api.figures().oversized, 2U);
    EXPECT_EQ(api.figures().malformed, 2U);
    EXPECT_THAT(a.in_turn(1, {.method = "POST", .target = "/", .body = std::string(100, 'x')}),
                Each(StartsWith("200 ")));
}

/// A client that sends a byte now and then keeps its connection no longer than any other.
TEST(http_server, ends_a_slow_loris) {
    const auto api = listen(echo, {.request_within = 1s});
    boost::asio::io_context io;
    boost::asio::ip::tcp::socket loris(io);
    loris.connect({boost::asio::ip::address_v4::loopback(), api.address().port});
    const auto begin = std::chrono::steady_clock::now();
    boost::system::error_code error;
    boost::asio::write(loris, boost::asio::buffer(std::string("POST / HTTP/1.1\r\nX-Long: ")), error);
    while (!error && std::chrono::steady_clock::now() - begin < 8s) {
        boost::asio::write(loris, boost::asio::buffer(std::string("x")), error);
        std::this_thread::sleep_for(20ms);
    }
    EXPECT_TRUE(error) << "it was let go on for 8 s";
    EXPECT_EQ(api.figures().timed_out, 1U);
    EXPECT_EQ(api.figures().open, 0U);
    EXPECT_EQ(sentence({.bases = {api.address()}}), "answered 200") << "others are served";
}

TEST(http_server, turns_away_who_comes_too_many) {
    const auto api = listen(echo, {.connections = 2});
    boost::asio::io_context io;
    std::vector<boost::asio::ip::tcp::socket> guests;
    for (int i = 0; i < 2; ++i)
        guests.emplace_back(io).connect({boost::asio::ip::address_v4::loopback(), api.address().port});
    EXPECT_TRUE(stage::wait_until([&] { return api.figures().open == 2; }));
    EXPECT_EQ(sentence({.bases = {api.address()}}), "answered 503");
    EXPECT_EQ(api.figures().turned_away, 1U);
}

TEST(http_listener, says_where_it_listens_and_why_it_cannot) {
    const auto api = listen(echo);
    EXPECT_EQ(api.url(), fmt::format("http://127.0.0.1:{}", api.address().port));
    const auto taken = http::listener::start(api.address(), {}, echo);
    ASSERT_FALSE(taken);
    EXPECT_THAT(to_string(taken.error()), HasSubstr("the port is taken by another program"));
}

TEST(http_listener, ends_with_connections_open) {
    const auto begin = std::chrono::steady_clock::now();
    {
        const auto api = listen(echo);
        asking kept({.bases = {api.address()}});
        EXPECT_THAT(kept.in_turn(1), Each("200 GET / "));
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 900ms);
}

TEST(oauth2_door, gets_a_token_and_the_next_one_before_it_ends) {
    std::atomic<int> given{0};
    std::atomic<bool> broken{false};
    const auto server = listen([&](const http::incoming& r) {
        if (broken) return http::reply{.status = 503};
        if (r.method != "POST" || r.target != "/oauth/token" || r.header("Authorization") != "Basic aTpz" ||
            r.body != "grant_type=client_credentials&scope=cars")
            return http::reply{.status = 400, .body = R"({"error":"invalid_request"})"};
        return http::reply{.body = fmt::format(R"({{"access_token":"T{}","expires_in":1}})", ++given)};
    });
    drive::auth_options o{
        .is = drive::auth_options::kind::oauth2,
        .oauth2 = {
            .token_url = server.url() + "/oauth/token", .client_id = "i", .client_secret = "s", .scope = "cars"}};
    const auto door = drive::door::open(o, {});
    ASSERT_TRUE(door) << to_string(door.error());
    const auto header = [&door] {
        http::request r;
        (*door)->sign(r, 0);
        return std::string(http::find(r.headers, "Authorization"));
    };
    EXPECT_EQ(header(), "Bearer T1");
    EXPECT_TRUE(stage::wait_until([&] { return header() == "Bearer T2"; }, 3s));
    EXPECT_EQ((*door)->not_renewed(), 0U);
    broken = true;
    EXPECT_TRUE(stage::wait_until([&] { return (*door)->not_renewed() == 1; }, 3s));
    EXPECT_THAT(header(), StartsWith("Bearer T")) << "the one before is all there is";

    o.oauth2.client_secret = "wrong";
    broken = false;
    const auto refused = drive::door::open(o, {});
    ASSERT_FALSE(refused);
    EXPECT_THAT(to_string(refused.error()),
                AllOf(StartsWith(server.url() + "/oauth/token: no token is given (status 400: invalid_request)"),
                      HasSubstr("clientSecret"), testing::Not(HasSubstr("wrong"))));
}
