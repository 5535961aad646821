// HTTP server and listener: order of responses, limits, peers that are slow or too many.
#include "http_test_client.hpp"
#include "temporary_folder.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using harness::echo;
using harness::fetch_result;
using harness::listen;
using test_client = harness::http_test_client;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

TEST(http_server, delays_responses_and_keeps_their_order) {
    const auto api = listen([](const http::request_view& r) {
        return http::server_response{.body = std::string(r.target), .delay = r.target == "/slow" ? 300ms : 0ms};
    });
    const auto begin = std::chrono::steady_clock::now();
    test_client a({.base_urls = {api.address()}, .max_connections = 2});
    EXPECT_THAT(a.send_all({{.target = "/slow"}, {.target = "/fast"}}), ElementsAre("200 /slow", "200 /fast"));
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

TEST(http_server, resets_connections_on_request) {
    const auto api = listen([](const http::request_view&) {
        return http::server_response{.kind = http::server_response::response_kind::reset};
    });
    test_client a({.base_urls = {api.address()}});
    EXPECT_THAT(a.send_sequentially(2), Each("Connection reset by peer"));
    EXPECT_EQ(api.counts().reset, 2U);
    EXPECT_EQ(api.counts().responses, 0U);
    EXPECT_EQ(api.counts().open, 0U);
}

TEST(http_server, counts_and_rejects_oversized_requests) {
    std::atomic<int> requests{0};
    const auto api = listen([&](const http::request_view& r) { return ++requests, echo(r); },
                            {.limits = {.header = 512, .body = 100}});
    test_client a({.base_urls = {api.address()}});
    EXPECT_THAT(a.send_sequentially(1, {.method = "POST", .target = "/", .body = std::string(101, 'x')}),
                ElementsAre(AllOf(StartsWith("413 "), HasSubstr("over 100 bytes"))));
    EXPECT_THAT(a.send_sequentially(1, {.target = "/" + std::string(600, 'x')}),
                ElementsAre(AllOf(StartsWith("431 "), HasSubstr("over 512 bytes"))));
    EXPECT_EQ(requests, 0);
    EXPECT_EQ(api.counts().oversized, 2U);
    EXPECT_EQ(api.counts().malformed, 2U);
    EXPECT_THAT(a.send_sequentially(1, {.method = "POST", .target = "/", .body = std::string(100, 'x')}),
                Each(StartsWith("200 ")));
}

/// A client that sends single bytes gets the same request timeout as any other.
TEST(http_server, closes_a_slow_loris_connection) {
    const auto api = listen(echo, {.request_timeout = 1s});
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
    EXPECT_EQ(api.counts().timed_out, 1U);
    EXPECT_EQ(api.counts().open, 0U);
    EXPECT_EQ(fetch_result({.base_urls = {api.address()}}), "answered 200") << "others are served";
}

TEST(http_server, rejects_connections_above_the_limit) {
    const auto api = listen(echo, {.max_connections = 2});
    boost::asio::io_context io;
    std::vector<boost::asio::ip::tcp::socket> guests;
    for (int i = 0; i < 2; ++i)
        guests.emplace_back(io).connect({boost::asio::ip::address_v4::loopback(), api.address().port});
    EXPECT_TRUE(harness::wait_until([&] { return api.counts().open == 2; }));
    EXPECT_EQ(fetch_result({.base_urls = {api.address()}}), "answered 503");
    EXPECT_EQ(api.counts().rejected, 1U);
}

TEST(http_listener, reports_its_url_or_why_it_cannot_listen) {
    const auto api = listen(echo);
    EXPECT_EQ(api.url(), fmt::format("http://127.0.0.1:{}", api.address().port));
    const auto taken = http::listener::start(api.address(), {}, echo);
    ASSERT_FALSE(taken);
    EXPECT_THAT(to_string(taken.error()), HasSubstr("the port is taken by another program"));
}

TEST(http_listener, stops_with_open_connections) {
    const auto begin = std::chrono::steady_clock::now();
    {
        const auto api = listen(echo);
        test_client kept({.base_urls = {api.address()}});
        EXPECT_THAT(kept.send_sequentially(1), Each("200 GET / "));
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 900ms);
}
