// Streaming observers, server-sent events and WebSocket, against a fake platform; with lost connections.
#include "certificates.hpp"
#include "child_process.hpp"
#include "fake_server.hpp"
#include "temporary_folder.hpp"
#include "tls_relay.hpp"

#include <loadsim/base/child_process.hpp>
#include <loadsim/net/pcap_writer.hpp>
#include <loadsim/observer/observer_factory.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using harness::reaction;
using harness::wait_until;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

net::endpoint endpoint_at(std::uint16_t port, std::string path = {}) {
    return {.scheme = "http", .host = "127.0.0.1", .port = port, .path = std::move(path)};
}

std::string event(const std::string& id, const std::string& state = "executed") {
    return R"({"id":")" + id + R"(","state":")" + state + R"("})";
}

class recording_observer {
public:
    recording_observer(const observer::options& options, observer::observer_context context)
        : observer_(observer::make_observer(
              options, context,
              [this](const std::optional<observer::completion>& received, const std::string&) {
                  const std::lock_guard lock(mutex_);
                  events_.push_back(received ? received->request : "malformed");
              },
              0)),
          started_(observer_->start()) {}

    std::string start_error() const { return started_ ? "" : to_string(started_.error()); }
    observer::observer& tested_observer() { return *observer_; }
    std::vector<std::string> events() {
        const std::lock_guard lock(mutex_);
        return events_;
    }
    bool receives(std::size_t count) {
        return wait_until([&] { return events().size() >= count; });
    }

private:
    std::mutex mutex_;
    std::vector<std::string> events_;
    std::unique_ptr<observer::observer> observer_; // after the members that its handler uses
    result<void> started_;
};

/// Responds to the request head of each connection.
class platform {
public:
    /// `reactions`: by connection, from 0; the last one also for all later ones. `then`: sent when bytes follow the head.
    explicit platform(std::vector<reaction> reactions, std::string then = {})
        : server_([this, all = std::move(reactions), next = std::move(then)](std::size_t connection,
                                                                             std::string& unread) -> reaction {
              const std::lock_guard lock(mutex_);
              if (connection < heads_.size()) {
                  const bool first = bytes_after_head_.empty() && !unread.empty();
                  bytes_after_head_ += std::exchange(unread, {});
                  return {.bytes = first ? next : std::string{}};
              }
              const auto end = unread.find("\r\n\r\n");
              if (end == std::string::npos) return {};
              heads_.push_back(unread.substr(0, end + 4));
              unread.erase(0, end + 4);
              auto result = all[std::min(connection, all.size() - 1)];
              const auto key = result.bytes.find("{accept}");
              if (key != std::string::npos) result.bytes.replace(key, 8, websocket_accept(heads_.back()));
              return result;
          }) {}

    std::uint16_t port() const { return server_.port(); }
    std::vector<std::string> heads() {
        const std::lock_guard lock(mutex_);
        return heads_;
    }
    std::string bytes_after_head() { ///< bytes received after request heads
        const std::lock_guard lock(mutex_);
        return bytes_after_head_;
    }

private:
    /// RFC 6455, 4.2.2.
    static std::string websocket_accept(const std::string& head) {
        const std::string name = "Sec-WebSocket-Key: ";
        const auto begin = head.find(name);
        if (begin == std::string::npos) return {};
        const auto from = begin + name.size();
        const auto text = head.substr(from, head.find('\r', from) - from) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
        std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
        SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
        std::array<unsigned char, 64> coded{};
        const auto size = EVP_EncodeBlock(coded.data(), digest.data(), SHA_DIGEST_LENGTH);
        return {reinterpret_cast<const char*>(coded.data()), static_cast<std::size_t>(size)};
    }

    std::mutex mutex_;
    std::vector<std::string> heads_;
    std::string bytes_after_head_;
    harness::fake_server server_; // last: its thread uses the members above
};

const std::string stream_head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
const std::string upgraded = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Accept: {accept}\r\n\r\n";

std::string frame(const std::string& text, char first = '\x81') {
    std::string bytes(1, first);
    if (text.size() < 126) return bytes + static_cast<char>(text.size()) + text;
    bytes += '\x7f';
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(text.size() >> shift & 0xff);
    return bytes + text;
}

std::string chunked(const std::string& text) {
    std::array<char, 16> size{};
    std::snprintf(size.data(), size.size(), "%zx\r\n", text.size());
    return size.data() + text + "\r\n";
}

} // namespace

TEST(sse_observer, reports_the_events_of_the_stream) {
    platform p({{.bytes = stream_head + ": welcome\n\ndata: " + event("r-1") +
                          "\n\nevent: state\ndata: " + event("r-2", "running") +
                          "\n\ndata: {\n\ndata: {\"id\":\"r-3\",\ndata: \"state\":\"executed\"}\n\n"}});
    observer::observer_context context;
    context.api.base_urls = {endpoint_at(p.port(), "/base")};
    context.sign = [](http::request& r) { r.headers.emplace_back("Authorization", "Bearer t0ken"); };
    recording_observer l(observer::sse_options{.path = "/stream?all=1"}, context);
    ASSERT_EQ(l.start_error(), "");
    ASSERT_TRUE(l.receives(3));
    EXPECT_THAT(l.events(), ElementsAre("r-1", "malformed", "r-3"));
    const auto counts = l.tested_observer().take_counts();
    EXPECT_EQ(counts.messages, 4U);
    EXPECT_EQ(counts.completions, 2U);
    EXPECT_THAT(p.heads().at(0), testing::StartsWith("GET /base/stream?all=1 HTTP/1.1\r\n"));
    EXPECT_THAT(p.heads().at(0), HasSubstr("Authorization: Bearer t0ken\r\n"));
    EXPECT_THAT(p.heads().at(0), HasSubstr("Accept: text/event-stream\r\n"));
    EXPECT_THAT(p.heads().at(0), HasSubstr("Host: 127.0.0.1:" + std::to_string(p.port()) + "\r\n"));
    EXPECT_EQ(l.tested_observer().notice().find("t0ken"), std::string::npos);
}

TEST(sse_observer, parses_chunks_event_names_and_ids) {
    const auto head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n";
    platform p({{.bytes = head + chunked("event: done\nid: r-1\nda") + chunked("ta: x\n") +
                          chunked("\nevent: other\nid: r-2\n") + chunked("data: x\n\n")}});
    observer::sse_options options{.path = "/events", .event = "done"};
    options.reading = {.id = "header:id",
                       .vin = {},
                       .state = {"header:event"},
                       .reason = {},
                       .outcomes = {{outcome::executed, {"done"}}}};
    observer::observer_context context;
    context.api.base_urls = {endpoint_at(p.port())};
    recording_observer l(options, context);
    ASSERT_EQ(l.start_error(), "");
    ASSERT_TRUE(l.receives(1));
    EXPECT_THAT(l.events(), ElementsAre("r-1"));
}

TEST(sse_observer, reconnects_with_the_last_event_id) {
    platform p(
        {{.bytes = stream_head + "retry: 10\nid: 41\ndata: " + event("r-1") + "\n\nid: 42\ndata: half", .close = true},
         {.bytes = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", .close = true},
         {.bytes = stream_head + "id: 42\ndata: " + event("r-2") + "\n\n"}});
    observer::observer_context context;
    context.api.base_urls = {endpoint_at(p.port())};
    recording_observer l(observer::sse_options{}, context);
    ASSERT_EQ(l.start_error(), "");
    ASSERT_TRUE(l.receives(2));
    EXPECT_THAT(l.events(), ElementsAre("r-1", "r-2"));
    const auto heads = p.heads();
    ASSERT_EQ(heads.size(), 3U);
    EXPECT_EQ(heads[0].find("Last-Event-ID"), std::string::npos);
    EXPECT_THAT(heads[1], HasSubstr("Last-Event-ID: 41\r\n"));
    EXPECT_THAT(heads[2], HasSubstr("Last-Event-ID: 41\r\n"));
    const auto counts = l.tested_observer().take_counts();
    EXPECT_EQ(counts.reconnects, 1U);
    EXPECT_THAT(counts.connection_errors,
                ElementsAre(testing::Pair(HasSubstr("answers 503 in place of an event stream"), 1U),
                            testing::Pair("has ended", 1U)));
}

/// Kind and seconds of the kernel's next timer of a connection to that loopback port: "2 5.0", 2 for keep-alive; empty: none.
std::string timer_of_connection_to(std::uint16_t port) {
    std::ifstream table("/proc/net/tcp");
    std::string line;
    while (std::getline(table, line)) {
        std::istringstream fields(line);
        std::string number, local, remote, state, queues, timer;
        fields >> number >> local >> remote >> state >> queues >> timer;
        if (state == "01" && remote == fmt::format("0100007F:{:04X}", port))
            return fmt::format("{} {:.1f}", timer.at(1), std::stoi(timer.substr(3), nullptr, 16) / 100.0);
    }
    return {};
}

TEST(sse_observer, arms_tcp_keep_alive_of_5_s_on_a_silent_stream) {
    platform silent({{.bytes = stream_head}});
    observer::observer_context context;
    context.api.base_urls = {endpoint_at(silent.port())};
    recording_observer l(observer::sse_options{}, context);
    ASSERT_EQ(l.start_error(), "");
    EXPECT_TRUE(wait_until([&] {
        const auto timer = timer_of_connection_to(silent.port());
        return timer.starts_with("2 ") && std::stod(timer.substr(2)) <= 5.0;
    })) << timer_of_connection_to(silent.port());
}

TEST(sse_observer, skips_an_oversized_event) {
    platform p({{.bytes = stream_head + "data: " + std::string(200'000, 'x') + "\n\ndata: " + event("r-1") + "\n\n"}});
    observer::observer_context context;
    context.api.base_urls = {endpoint_at(p.port())};
    recording_observer l(observer::sse_options{}, context);
    ASSERT_TRUE(l.receives(1));
    EXPECT_THAT(l.tested_observer().take_counts().refused,
                ElementsAre(testing::Pair("event over load.http.maxBody", 1U)));
}

TEST(sse_observer, starts_at_the_next_base_url_when_one_is_unreachable) {
    platform p({{.bytes = stream_head + "data: " + event("r-1") + "\n\n"}});
    observer::observer_context context;
    context.api.base_urls = {endpoint_at(harness::free_port()), endpoint_at(p.port())};
    recording_observer l(observer::sse_options{}, context);
    ASSERT_EQ(l.start_error(), "");
    EXPECT_TRUE(l.receives(1));
}

TEST(sse_observer, works_through_a_proxy) {
    platform proxy({{.bytes = stream_head + "data: " + event("r-1") + "\n\n"}});
    observer::observer_context context;
    context.api.base_urls = {{.scheme = "http", .host = "platform.example", .port = 8080, .path = "/base"}};
    context.api.proxy = endpoint_at(proxy.port());
    recording_observer l(observer::sse_options{}, context);
    ASSERT_TRUE(l.receives(1));
    EXPECT_THAT(proxy.heads().at(0), testing::StartsWith("GET http://platform.example:8080/base/events HTTP/1.1\r\n"));
}

TEST(streaming_observers, report_in_one_sentence_why_they_cannot_start) {
    struct row {
        std::string answer, sentence;
    };
    const row of_sse[] = {
        {"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", "answers 401 in place of an event stream"},
        {"HTTP/1.1 204 No Content\r\n\r\n", "answers 204"},
        {"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n", "answers 'text/html'"},
        {"SSH-2.0-OpenSSH_9.2\r\n", "does not answer"},
        {"", "does not answer"},
    };
    for (const auto& r : of_sse) {
        platform p({{.bytes = r.answer, .close = true}});
        observer::observer_context context;
        context.api.base_urls = {endpoint_at(p.port())};
        const recording_observer l(observer::sse_options{}, context);
        EXPECT_THAT(l.start_error(), HasSubstr(r.sentence));
        EXPECT_THAT(l.start_error(), HasSubstr("load.observers[0].sse"));
        EXPECT_THAT(l.start_error(), HasSubstr("http://127.0.0.1:" + std::to_string(p.port()) + "/events"));
    }
    const row of_websocket[] = {
        {"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "answers 403 in place of opening a WebSocket"},
        {"", "does not open a WebSocket"},
    };
    for (const auto& r : of_websocket) {
        platform p({{.bytes = r.answer, .close = true}});
        observer::observer_context context;
        context.api.base_urls = {endpoint_at(p.port())};
        const recording_observer l(observer::websocket_options{}, context);
        EXPECT_THAT(l.start_error(), HasSubstr(r.sentence));
        EXPECT_THAT(l.start_error(), HasSubstr("load.observers[0].websocket"));
    }
    observer::observer_context unreachable;
    unreachable.api.base_urls = {endpoint_at(harness::free_port())};
    EXPECT_THAT(recording_observer(observer::sse_options{}, unreachable).start_error(), HasSubstr("cannot connect"));
    unreachable.api.base_urls = {endpoint_at(1)};
    unreachable.api.base_urls[0].scheme = "https";
    unreachable.api.tls.ca = "/no/such/file.pem";
    EXPECT_THAT(recording_observer(observer::sse_options{}, unreachable).start_error(),
                HasSubstr("/no/such/file.pem: cannot be read (No such file or directory)"));
}

TEST(streaming_observers, stop_at_once_without_traffic) {
    platform silent({{.bytes = stream_head}});
    observer::observer_context context;
    context.api.base_urls = {endpoint_at(silent.port())};
    recording_observer l(observer::sse_options{}, context);
    ASSERT_EQ(l.start_error(), "");
    const auto begin = std::chrono::steady_clock::now();
    l.tested_observer().stop();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
}

TEST(websocket_observer, reports_the_messages) {
    platform p({{.bytes = upgraded + frame(event("r-1")) + frame(event("r-2", "running")) + frame("{") +
                          frame(event("r-3"), '\x82') + frame("", '\x89')}}); // the last two: binary, a ping
    observer::observer_context context;
    context.api.base_urls = {endpoint_at(p.port(), "/base")};
    context.sign = [](http::request& r) { r.headers.emplace_back("Authorization", "Bearer t0ken"); };
    recording_observer l(observer::websocket_options{.path = "/ws"}, context);
    ASSERT_EQ(l.start_error(), "");
    ASSERT_TRUE(l.receives(3));
    EXPECT_THAT(l.events(), ElementsAre("r-1", "malformed", "r-3"));
    EXPECT_THAT(p.heads().at(0), testing::StartsWith("GET /base/ws HTTP/1.1\r\n"));
    EXPECT_THAT(p.heads().at(0), HasSubstr("Authorization: Bearer t0ken\r\n"));
}

TEST(websocket_observer, subscribes_first) {
    platform p({{.bytes = upgraded}}, frame(event("r-1")));
    observer::observer_context context;
    context.api.base_urls = {endpoint_at(p.port())};
    context.subscribe = R"({"subscribe":"requests"})";
    recording_observer l(observer::websocket_options{}, context);
    ASSERT_EQ(l.start_error(), "");
    ASSERT_TRUE(l.receives(1));
    auto sent = p.bytes_after_head();
    ASSERT_EQ(sent.size(), 6 + context.subscribe.size());
    EXPECT_EQ(sent[0], '\x81') << "one text message";
    for (std::size_t i = 6; i < sent.size(); ++i) sent[i] = static_cast<char>(sent[i] ^ sent[2 + (i - 6) % 4]);
    EXPECT_EQ(sent.substr(6), context.subscribe);
}

TEST(websocket_observer, answers_pings) {
    platform p({{.bytes = upgraded + frame("are you there", '\x89')}});
    observer::observer_context context;
    context.api.base_urls = {endpoint_at(p.port())};
    recording_observer l(observer::websocket_options{}, context);
    ASSERT_EQ(l.start_error(), "");
    EXPECT_TRUE(wait_until([&] { return p.bytes_after_head().starts_with('\x8a'); }));
}

TEST(websocket_observer, reconnects) {
    platform p(
        {{.bytes = upgraded + frame(event("r-1")) + frame("\x03\xe9", '\x88'), .close = true}, // 1001: going away
         {.bytes = upgraded + frame(event("r-2")), .close = true},                             // without a close frame
         {.bytes = upgraded + frame(std::string(70'000, 'x'))},                                // too large
         {.bytes = upgraded + frame(event("r-3"))}});
    observer::observer_context context;
    context.api.base_urls = {endpoint_at(p.port())};
    recording_observer l(observer::websocket_options{}, context);
    ASSERT_EQ(l.start_error(), "");
    ASSERT_TRUE(l.receives(3));
    EXPECT_THAT(l.events(), ElementsAre("r-1", "r-2", "r-3"));
    const auto counts = l.tested_observer().take_counts();
    EXPECT_EQ(counts.reconnects, 3U);
    EXPECT_THAT(counts.connection_errors, testing::Contains(testing::Pair("is closed (1001)", 1U)));
    EXPECT_THAT(counts.refused, ElementsAre(testing::Pair("message over load.http.maxBody", 1U)));
}

/// One connection over TLS each, decoded by Wireshark without settings.
TEST(streaming_observers, are_captured_as_plain_text_that_wireshark_decodes) {
    const harness::temporary_folder folder;
    harness::certificate_authority ours(folder.path(), "ours");
    platform events({{.bytes = stream_head + "data: " + event("r-1") + "\n\n"}});
    platform socket({{.bytes = upgraded + frame(event("r-2"))}});
    const harness::tls_terminator front_of_events({ours.issue("events", "IP:127.0.0.1")}, events.port());
    const harness::tls_terminator front_of_socket({ours.issue("socket", "IP:127.0.0.1")}, socket.port());
    auto capture = net::pcap_writer::open(folder / "it.pcap", steady_time{}.now(), system_time_us()).value();
    observer::observer_context context;
    context.api.tls.ca = ours.file();
    context.tap = capture.get();
    const auto start = [&](const observer::options& options, std::uint16_t port) {
        context.api.base_urls = {endpoint_at(port)};
        context.api.base_urls.front().scheme = "https";
        recording_observer o(options, context);
        EXPECT_EQ(o.start_error(), "");
        EXPECT_TRUE(o.receives(1));
    };
    start(observer::sse_options{.path = "/stream"}, front_of_events.port());
    context.subscribe = "give me events";
    start(observer::websocket_options{.path = "/socket"}, front_of_socket.port());
    EXPECT_EQ(capture->error(), "");
    const auto bytes = harness::read_file(folder / "it.pcap");
    EXPECT_THAT(bytes, HasSubstr("GET /stream HTTP/1.1\r\n"));
    EXPECT_THAT(bytes, HasSubstr("data: " + event("r-1")));
    EXPECT_THAT(bytes, HasSubstr("/socket"));
    EXPECT_THAT(bytes, HasSubstr(frame(event("r-2"))));

    const auto tshark = find_program("tshark");
    if (tshark.empty()) GTEST_SKIP() << "tshark is not installed";
    std::string decoded;
    harness::run({.command = {tshark.string(), "-r", (folder / "it.pcap").string(), "-V"}}, decoded);
    for (const auto* text : {"Request URI: /stream", "Request URI: /socket", "WebSocket", "give me events", "r-2"})
        EXPECT_THAT(decoded, HasSubstr(text));
    EXPECT_THAT(decoded, testing::Not(HasSubstr("Malformed")));
    EXPECT_THAT(decoded, testing::ContainsRegex("Flags: 0x011 .FIN, ACK")) << "the observers' end";
}

TEST(streaming_observers, work_over_tls_and_through_a_proxy_with_a_verified_server) {
    const harness::temporary_folder folder;
    harness::certificate_authority ours(folder.path(), "ours");
    harness::certificate_authority others(folder.path(), "others");
    for (const bool proxied : {false, true}) {
        platform events({{.bytes = stream_head + "data: " + event("r-1") + "\n\n"}});
        platform socket({{.bytes = upgraded + frame(event("r-1"))}});
        const harness::tls_terminator front_of_events({ours.issue("events", "IP:127.0.0.1")}, events.port());
        const harness::tls_terminator front_of_socket({ours.issue("socket", "IP:127.0.0.1")}, socket.port());
        const harness::tls_terminator elsewhere({ours.issue("elsewhere", "DNS:elsewhere.example")}, events.port());
        const harness::connect_proxy proxy;
        observer::observer_context context;
        context.api.tls.ca = ours.file();
        if (proxied) context.api.proxy = endpoint_at(proxy.port());
        const auto secure = [](std::uint16_t port) {
            auto e = endpoint_at(port);
            e.scheme = "https";
            return e;
        };
        context.api.base_urls = {secure(front_of_events.port())};
        recording_observer sse(observer::sse_options{}, context);
        EXPECT_EQ(sse.start_error(), "");
        EXPECT_TRUE(sse.receives(1));
        context.api.base_urls = {secure(front_of_socket.port())};
        recording_observer websocket(observer::websocket_options{}, context);
        EXPECT_EQ(websocket.start_error(), "");
        EXPECT_TRUE(websocket.receives(1));
        EXPECT_EQ(proxy.last_request_line().empty(), !proxied);
        context.api.base_urls = {secure(elsewhere.port())};
        EXPECT_THAT(recording_observer(observer::sse_options{}, context).start_error(),
                    HasSubstr("it is for elsewhere.example, not for 127.0.0.1"))
            << "another host's certificate";
        context.api.base_urls = {secure(front_of_events.port())};
        context.api.tls.ca = others.file();
        EXPECT_THAT(recording_observer(observer::sse_options{}, context).start_error(),
                    HasSubstr("no TLS (tls: the certificate is refused: its CA 'ours' is not trusted"))
            << "nobody trusts its CA";
    }
    const harness::connect_proxy refuses(true);
    observer::observer_context context;
    context.api.base_urls = {endpoint_at(1)};
    context.api.proxy = endpoint_at(refuses.port());
    EXPECT_THAT(recording_observer(observer::websocket_options{}, context).start_error(),
                HasSubstr("the proxy answers 403"));
}
