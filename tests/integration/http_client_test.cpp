// HTTP client against servers and misbehaving peers: connections, TLS, fail-over, proxies.
#include "certificates.hpp"
#include "fake_api.hpp"
#include "http_test_client.hpp"
#include "temporary_folder.hpp"
#include "tls_relay.hpp"

#include <loadsim/http/client.hpp>
#include <loadsim/http/server.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using harness::echo;
using harness::fetch_result;
using harness::listen;
using harness::local;
using test_client = harness::http_test_client;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

TEST(http_client, reuses_its_connections) {
    const auto api = listen(echo);
    test_client a({.base_urls = {api.address()}, .max_connections = 4});
    EXPECT_THAT(a.send_sequentially(5), Each("200 GET / "));
    EXPECT_TRUE(a.headers.empty()) << "nobody wanted them";
    const auto first = a.take_counts();
    EXPECT_EQ(first.requests, 5U);
    EXPECT_EQ(first.opened, 1U);
    EXPECT_EQ(first.busy_peak, 1U);
    EXPECT_THAT(a.send_all(std::vector<http::request>(20, {.method = "POST", .target = "/x", .body = "b"})),
                Each("200 POST /x b"));
    const auto second = a.take_counts();
    EXPECT_EQ(second.requests, 20U);
    EXPECT_EQ(second.opened, 3U) << "four at most, and one stood";
    EXPECT_EQ(second.busy_peak, 3U) << "told by its growth";
}

/// Sends a further request for each response.
class chained_client final : private http::client_events {
public:
    explicit chained_client(const http::client_options& o) {
        client_ = http::client::make(loop_, *this, o).value();
        boost::asio::post(loop_.io(), [this] {
            for (std::uint64_t i = 0; i < first_requests; ++i) client_->send(i, {.target = "/"});
        });
        loop_.run();
    }
    std::vector<std::uint64_t> answered;

private:
    static constexpr std::uint64_t first_requests = 4;
    void on_response(std::uint64_t token, const http::response_view&) override {
        answered.push_back(token);
        if (token < first_requests) client_->send(100 + token, {.target = "/"});
        if (answered.size() == 2 * first_requests) loop_.stop();
    }

    steady_time time_;
    net::loop loop_{time_};
    std::unique_ptr<http::client> client_;
};

TEST(http_client, sends_queued_requests_before_those_of_a_response) {
    const auto api = listen(echo);
    const chained_client one({.base_urls = {api.address()}, .max_connections = 1});
    EXPECT_THAT(one.answered, ElementsAre(0, 1, 2, 3, 100, 101, 102, 103));
}

TEST(http_client, names_the_limit_of_a_response_that_is_too_large) {
    const auto api =
        listen([](const http::request_view&) { return http::server_response{.body = std::string(100'000, 'x')}; });
    EXPECT_THAT(fetch_result({.base_urls = {api.address()}}),
                HasSubstr(": sends a response with a body over 65536 bytes (load.http.maxBody)"));
    EXPECT_EQ(fetch_result({.base_urls = {api.address()}, .limits = {.body = 100'000}}), "answered 200");
    const auto zipped = listen([](const http::request_view&) {
        return http::server_response{.body = "\x1f\x8b", .headers = {{"Content-Encoding", "gzip"}}};
    });
    EXPECT_THAT(fetch_result({.base_urls = {zipped.address()}}),
                HasSubstr(": sends a response 200 with a compressed body (gzip)"));
}

TEST(http_client, keeps_response_headers_on_request) {
    const auto api = listen(echo);
    test_client a({.base_urls = {api.address()}, .keep_headers = true});
    a.send_sequentially(1);
    EXPECT_EQ(http::find_header(a.headers, "x-seen"), "yes");
    const auto one = http::fetch({.base_urls = {api.address()}}, {.method = "HEAD", .target = "/h"});
    ASSERT_TRUE(one) << to_string(one.error());
    EXPECT_EQ(one->status, 200U);
    EXPECT_EQ(one->body, "");
    EXPECT_EQ(one->header("X-Seen"), "yes");
}

TEST(http_client, tries_all_addresses_of_a_host_name) {
    const auto api = listen(echo);
    EXPECT_EQ(fetch_result({.base_urls = {local("http", api.address().port, "localhost")}}), "answered 200");
}

class https : public testing::Test {
protected:
    const harness::temporary_folder folder;
    harness::certificate_authority ca{folder.path(), "ca"};
    harness::certificate_authority untrusted_ca{folder.path(), "others"};
    const http::listener api = listen(echo, {.limits = {.body = 1 << 20}});

    harness::tls_terminator make_tls_terminator(const std::string& alternative, const std::string& client_ca = {}) {
        return {{.server_certificate = ca.issue("server", alternative), .client_ca = client_ca}, api.address().port};
    }
};

TEST_F(https, accepts_a_server_certificate_of_the_configured_ca) {
    const auto tls = make_tls_terminator("DNS:localhost,IP:127.0.0.1");
    test_client a({.base_urls = {local("https", tls.port())}, .tls = {.ca = ca.file()}});
    EXPECT_THAT(a.send_sequentially(4), Each("200 GET / "));
    EXPECT_EQ(a.take_counts().opened, 1U) << "kept, though the server sends session tickets meanwhile";
    EXPECT_EQ(fetch_result({.base_urls = {local("https", tls.port(), "localhost")}, .tls = {.ca = ca.file()}}),
              "answered 200");
}

/// Text of both directions of the connections, as "> sent" and "< received".
class text_tap final : public net::byte_tap {
public:
    std::string text;

private:
    void on_opened(const connection& c, monotonic_time) override {
        EXPECT_EQ(c.application_protocol, protocol::http);
        text += "+ ";
    }
    void on_bytes(const connection&, bool sent, mqtt::byte_view bytes, monotonic_time) override {
        text += sent ? "> " : "< ";
        text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    void on_closed(const connection&, monotonic_time) override { text += "-"; }
};

TEST_F(https, is_captured_as_plain_text) {
    const auto tls = make_tls_terminator("IP:127.0.0.1");
    for (const auto& url : {local("https", tls.port()), local("http", api.address().port)}) {
        text_tap tap;
        test_client a({.base_urls = {url}, .tls = {.ca = ca.file()}});
        a.set_tap(tap);
        a.send_sequentially(2,
                            {.method = "PUT", .target = "/it", .headers = {{"Authorization", "t0ken"}}, .body = "b"});
        EXPECT_THAT(tap.text, StartsWith("+ > PUT /it HTTP/1.1\r\n"));
        EXPECT_THAT(tap.text, HasSubstr("Authorization: t0ken"));
        EXPECT_THAT(tap.text, HasSubstr("< HTTP/1.1 200 OK"));
        EXPECT_THAT(tap.text, testing::EndsWith("PUT /it b")) << "the echo of the second request, and not closed";
    }
    text_tap tap;
    const harness::connect_proxy proxy;
    test_client a(
        {.base_urls = {local("https", tls.port())}, .tls = {.ca = ca.file()}, .proxy = local("http", proxy.port())});
    a.set_tap(tap);
    a.send_sequentially(1);
    EXPECT_THAT(tap.text, StartsWith("+ > GET / HTTP/1.1\r\n")) << "without the tunnel's CONNECT";
}

TEST_F(https, transfers_large_bodies_both_ways) {
    const auto tls = make_tls_terminator("IP:127.0.0.1");
    test_client a({.base_urls = {local("https", tls.port())}, .tls = {.ca = ca.file()}, .max_connections = 2});
    const std::string body(60'000, 'x');
    EXPECT_THAT(a.send_all(std::vector<http::request>(6, {.method = "PUT", .target = "/", .body = body})),
                Each("200 PUT / " + body));
    const std::string longer(900'000, 'y'); // larger than the socket buffer
    EXPECT_THAT(a.send_sequentially(1, {.method = "PUT", .target = "/", .body = longer}),
                ElementsAre("response with a body over 65536 bytes (load.http.maxBody)"))
        << "it went up, and the echo is over the limit";
}

TEST_F(https, refuses_an_untrusted_certificate) {
    const auto tls = make_tls_terminator("DNS:localhost,IP:127.0.0.1");
    const auto elsewhere = make_tls_terminator("DNS:elsewhere.test,IP:127.0.0.9");
    EXPECT_THAT(fetch_result({.base_urls = {local("https", tls.port())}, .tls = {.ca = untrusted_ca.file()}}),
                HasSubstr("certificate is refused: its CA 'ca' is not trusted; give that CA's certificate (tls.ca)"));
    EXPECT_THAT(fetch_result({.base_urls = {local("https", tls.port())}}), HasSubstr("certificate is refused"))
        << "the system's CAs have not signed it";
    EXPECT_THAT(fetch_result({.base_urls = {local("https", elsewhere.port())}, .tls = {.ca = ca.file()}}),
                HasSubstr("it is for elsewhere.test, 127.0.0.9, not for 127.0.0.1; use"));
    EXPECT_THAT(fetch_result({.base_urls = {local("https", elsewhere.port(), "localhost")}, .tls = {.ca = ca.file()}}),
                HasSubstr("it is for elsewhere.test, 127.0.0.9, not for localhost; use"));
    const harness::tls_terminator old{{.server_certificate = ca.issue("old", "IP:127.0.0.1", -60)}, api.address().port};
    EXPECT_THAT(fetch_result({.base_urls = {local("https", old.port())}, .tls = {.ca = ca.file()}}),
                HasSubstr("certificate is refused: it has expired, on 2"));
}

/// Sends the first flight of a TLS server, with its certificate, and resets the connection at once.
class resetting_tls_server {
public:
    explicit resetting_tls_server(const harness::certificate_authority::issued& own)
        : acceptor_(io_, {boost::asio::ip::address_v4::loopback(), 0}), thread_([this, own] { serve(own); }) {}
    ~resetting_tls_server() { thread_.join(); }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    void serve(const harness::certificate_authority::issued& own) {
        auto socket = acceptor_.accept();
        std::vector<char> bytes(64 * 1024);
        boost::asio::ssl::context context(boost::asio::ssl::context::tls_server);
        context.use_certificate_chain_file(own.certificate);
        context.use_private_key_file(own.key, boost::asio::ssl::context::pem);
        const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.native_handle()), &SSL_free);
        auto* const in = BIO_new(BIO_s_mem());
        auto* const out = BIO_new(BIO_s_mem());
        SSL_set_bio(ssl.get(), in, out);
        BIO_write(in, bytes.data(), static_cast<int>(socket.read_some(boost::asio::buffer(bytes))));
        SSL_accept(ssl.get());
        const auto size = BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
        socket.set_option(boost::asio::socket_base::linger(true, 0));
        boost::asio::write(socket, boost::asio::buffer(bytes.data(), static_cast<std::size_t>(size)));
        socket.close();
    }

    boost::asio::io_context io_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::thread thread_;
};

// The alert about the refused certificate cannot be written, which ends the connection and its TLS session.
TEST_F(https, survives_a_reset_before_its_alert) {
    for (int i = 0; i < 20; ++i) {
        const resetting_tls_server server(ca.issue("server", "IP:127.0.0.1"));
        EXPECT_THAT(
            fetch_result({.base_urls = {local("https", server.port())}, .tls = {.ca = untrusted_ca.file()}}),
            testing::AnyOf(HasSubstr("certificate is refused: its CA 'ca' is not trusted"), HasSubstr("reset by peer")))
            << "the reset may be seen first";
    }
}

TEST_F(https, sends_a_client_certificate) {
    const auto tls = make_tls_terminator("IP:127.0.0.1", ca.file());
    const auto ours = ca.issue("client", "DNS:client.test");
    EXPECT_THAT(fetch_result({.base_urls = {local("https", tls.port())}, .tls = {.ca = ca.file()}}),
                HasSubstr("tls: the peer wants a client certificate; give one (tls.certificate)"));
    const auto theirs = untrusted_ca.issue("other_client", "DNS:client.test");
    EXPECT_THAT(fetch_result({.base_urls = {local("https", tls.port())},
                              .tls = {.ca = ca.file(), .certificate = theirs.certificate, .key = theirs.key}}),
                HasSubstr("tls: the peer refuses our certificate: unknown CA; see tls.certificate"));
    EXPECT_EQ(fetch_result({.base_urls = {local("https", tls.port())},
                            .tls = {.ca = ca.file(), .certificate = ours.certificate, .key = ours.key}}),
              "answered 200");
}

TEST_F(https, names_the_invalid_file) {
    const auto base = local("https", 1);
    EXPECT_THAT(fetch_result({.base_urls = {base}, .tls = {.ca = "/nowhere.pem"}}),
                StartsWith("/nowhere.pem: cannot be read (No such file or directory)"));
    EXPECT_THAT(fetch_result({.base_urls = {base}, .tls = {.certificate = ca.file(), .key = "/nowhere.key"}}),
                StartsWith("/nowhere.key: cannot be read (No such file or directory)"));
    EXPECT_THAT(fetch_result({.base_urls = {base}, .tls = {.certificate = "/nowhere.crt"}}),
                StartsWith("/nowhere.crt: cannot be read (No such file or directory)"));
}

TEST_F(https, is_distinguished_from_http) {
    const auto tls = make_tls_terminator("IP:127.0.0.1");
    EXPECT_THAT(fetch_result({.base_urls = {local("http", tls.port())}, .timeout = 2s}),
                HasSubstr("does not answer an HTTP request"));
    EXPECT_THAT(fetch_result({.base_urls = {local("https", api.address().port)}}), HasSubstr("(tls: "));
}

TEST(http_fail_over, uses_the_base_urls_in_turn) {
    std::atomic<int> first{0};
    std::atomic<int> second{0};
    const auto a = listen([&](const http::request_view&) { return ++first, http::server_response{}; });
    const auto b = listen([&](const http::request_view&) { return ++second, http::server_response{}; });
    test_client all({.base_urls = {a.address(), b.address()}, .max_connections = 4});
    EXPECT_THAT(all.send_sequentially(10), Each("200 "));
    EXPECT_EQ(first, 5);
    EXPECT_EQ(second, 5);
    EXPECT_EQ(all.take_counts().failed_over, 0U);
}

TEST(http_fail_over, skips_an_unreachable_base_url) {
    std::atomic<int> requests{0};
    const auto there = listen([&](const http::request_view& r) { return ++requests, echo(r); });
    const auto gone = local("http", harness::free_port());
    test_client a({.base_urls = {gone, there.address()}, .max_connections = 4});
    EXPECT_THAT(a.send_sequentially(10, {.method = "POST", .target = "/p", .body = "b"}), Each("200 POST /p b"));
    EXPECT_EQ(requests, 10);
    EXPECT_EQ(a.take_counts().failed_over, 1U) << "then it is known, and its turn goes to the other";
    EXPECT_THAT(a.send_all(std::vector<http::request>(4, {.target = "/"})), Each("200 GET / "));
    EXPECT_EQ(a.take_counts().failed_over, 2U) << "its connections go to the other one, when they are needed";
}

TEST(http_fail_over, returns_to_a_recovered_base_url) {
    const auto there = listen([](const http::request_view&) { return http::server_response{.body = "first"}; });
    const auto port = harness::free_port();
    test_client a({.base_urls = {local("http", port), there.address()}, .max_connections = 2});
    EXPECT_THAT(a.send_sequentially(2), Each("200 first"));
    const auto back = http::listener::start(
        local("http", port), {}, [](const http::request_view&) { return http::server_response{.body = "second"}; });
    ASSERT_TRUE(back) << to_string(back.error());
    EXPECT_TRUE(harness::wait_until([&] { return a.send_sequentially(1).front() == "200 second"; }));
}

TEST(http_fail_over, reports_the_reason_when_all_are_unreachable) {
    test_client a({.base_urls = {local("http", harness::free_port()), local("http", harness::free_port())}});
    EXPECT_THAT(a.send_sequentially(3), Each("Connection refused"));
    const auto counts = a.take_counts();
    EXPECT_EQ(counts.requests, 0U);
    EXPECT_EQ(counts.opened, 0U);
}

/// Only an unsent request fails over: the first API may have processed a sent one.
TEST(http_fail_over, does_not_resend_a_sent_request) {
    std::atomic<int> requests{0};
    const auto there = listen([&](const http::request_view& r) { return ++requests, echo(r); });
    const harness::fake_server drops([](std::size_t, const std::string& unread) {
        return harness::reaction{.bytes = "", .close = !unread.empty()};
    });
    test_client a({.base_urls = {local("http", drops.port()), there.address()}});
    EXPECT_THAT(a.send_sequentially(2), ElementsAre("connection closed by the API", "200 GET / "));
    EXPECT_EQ(requests, 1);
}

TEST(http_proxy, gets_the_absolute_url_of_a_plain_request) {
    std::string got;
    const harness::fake_server proxy([&got](std::size_t, std::string& unread) {
        if (unread.find("\r\n\r\n") == std::string::npos) return harness::reaction{};
        got = std::exchange(unread, {});
        return harness::reaction{harness::http_response("200 OK")};
    });
    EXPECT_EQ(fetch_result({.base_urls = {{"http", "api.invalid", 81, "/base"}}, .proxy = local("http", proxy.port())}),
              "answered 200");
    EXPECT_THAT(got, StartsWith("GET http://api.invalid:81/base/ HTTP/1.1\r\nHost: api.invalid:81\r\n"));
}

TEST_F(https, works_through_a_proxy) {
    const auto tls = make_tls_terminator("DNS:localhost");
    const harness::connect_proxy proxy;
    const harness::connect_proxy refusing(true);
    const http::client_options o{.base_urls = {local("https", tls.port(), "localhost")},
                                 .tls = {.ca = ca.file()},
                                 .proxy = local("http", proxy.port())};
    test_client a(o);
    EXPECT_THAT(a.send_sequentially(2), Each("200 GET / "));
    EXPECT_EQ(proxy.last_request_line(), fmt::format("CONNECT localhost:{} HTTP/1.1", tls.port()));
    EXPECT_EQ(a.take_counts().opened, 1U);
    auto refused = o;
    refused.proxy = local("http", refusing.port());
    EXPECT_THAT(fetch_result(refused), HasSubstr("the proxy answers 403"));
}
