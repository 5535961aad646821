// The observers of an API's streams against a small platform: server-sent events and WebSockets, losses included.
#include "certificates.hpp"
#include "fake_server.hpp"
#include "scratch.hpp"
#include "tls_relay.hpp"

#include <loadsim/observe/make_observer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using stage::reaction;
using stage::wait_until;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

net::endpoint at(std::uint16_t port, std::string path = {}) {
    return {.scheme = "http", .host = "127.0.0.1", .port = port, .path = std::move(path)};
}

std::string event(const std::string& id, const std::string& state = "executed") {
    return R"({"id":")" + id + R"(","state":")" + state + R"("})";
}

class listener {
public:
    listener(const observe::options& wanted, observe::surroundings where)
        : observer_(observe::make_observer(
              wanted, where,
              [this](const std::optional<observe::final_event>& seen, const std::string&) {
                  const std::lock_guard lock(mutex_);
                  events_.push_back(seen ? seen->request : "malformed");
              },
              0)),
          started_(observer_->start()) {}

    std::string trouble() const { return started_ ? "" : to_string(started_.error()); }
    observe::observer& observer() { return *observer_; }
    std::vector<std::string> events() {
        const std::lock_guard lock(mutex_);
        return events_;
    }
    bool hears(std::size_t count) {
        return wait_until([&] { return events().size() >= count; });
    }

private:
    std::mutex mutex_;
    std::vector<std::string> events_;
    std::unique_ptr<observe::observer> observer_; // after what it tells
    result<void> started_;
};

/// Answers the head of each connection's request.
class platform {
public:
    /// `answers`: by connection, from 0; the last for all that follow. `then`: sent when something comes after the head.
    explicit platform(std::vector<reaction> answers, std::string then = {})
        : server_([this, all = std::move(answers), next = std::move(then)](std::size_t connection,
                                                                           std::string& unread) -> reaction {
              const std::lock_guard lock(mutex_);
              if (connection < heads_.size()) {
                  const bool first = more_.empty() && !unread.empty();
                  more_ += std::exchange(unread, {});
                  return {.bytes = first ? next : std::string{}};
              }
              const auto end = unread.find("\r\n\r\n");
              if (end == std::string::npos) return {};
              heads_.push_back(unread.substr(0, end + 4));
              unread.erase(0, end + 4);
              auto answer = all[std::min(connection, all.size() - 1)];
              const auto key = answer.bytes.find("{accept}");
              if (key != std::string::npos) answer.bytes.replace(key, 8, accept_of(heads_.back()));
              return answer;
          }) {}

    std::uint16_t port() const { return server_.port(); }
    std::vector<std::string> heads() {
        const std::lock_guard lock(mutex_);
        return heads_;
    }
    std::string more() { ///< that came after heads
        const std::lock_guard lock(mutex_);
        return more_;
    }

private:
    /// RFC 6455, 4.2.2.
    static std::string accept_of(const std::string& head) {
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
    std::string more_;
    stage::fake_server server_; // last: its thread uses the above
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

TEST(sse, tells_the_events_of_the_stream) {
    platform p({{.bytes = stream_head + ": welcome\n\ndata: " + event("r-1") +
                          "\n\nevent: state\ndata: " + event("r-2", "running") +
                          "\n\ndata: {\n\ndata: {\"id\":\"r-3\",\ndata: \"state\":\"executed\"}\n\n"}});
    observe::surroundings where;
    where.api.bases = {at(p.port(), "/base")};
    where.sign = [](http::request& r) { r.headers.emplace_back("Authorization", "Bearer t0ken"); };
    listener l(observe::sse_options{.path = "/stream?all=1"}, where);
    ASSERT_EQ(l.trouble(), "");
    ASSERT_TRUE(l.hears(3));
    EXPECT_THAT(l.events(), ElementsAre("r-1", "malformed", "r-3"));
    const auto counted = l.observer().take();
    EXPECT_EQ(counted.messages, 4U);
    EXPECT_EQ(counted.ends, 2U);
    EXPECT_THAT(p.heads().at(0), testing::StartsWith("GET /base/stream?all=1 HTTP/1.1\r\n"));
    EXPECT_THAT(p.heads().at(0), HasSubstr("Authorization: Bearer t0ken\r\n"));
    EXPECT_THAT(p.heads().at(0), HasSubstr("Accept: text/event-stream\r\n"));
    EXPECT_THAT(p.heads().at(0), HasSubstr("Host: 127.0.0.1:" + std::to_string(p.port()) + "\r\n"));
    EXPECT_EQ(l.observer().said().find("t0ken"), std::string::npos);
}

TEST(sse, reads_chunks_and_names_and_ids) {
    const auto head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n";
    platform p({{.bytes = head + chunked("event: done\nid: r-1\nda") + chunked("ta: x\n") +
                          chunked("\nevent: other\nid: r-2\n") + chunked("data: x\n\n")}});
    observe::sse_options options{.path = "/events", .event = "done"};
    options.reading = {
        .id = "header:id", .vin = {}, .state = {"header:event"}, .reason = {}, .ends = {{outcome::executed, {"done"}}}};
    observe::surroundings where;
    where.api.bases = {at(p.port())};
    listener l(options, where);
    ASSERT_EQ(l.trouble(), "");
    ASSERT_TRUE(l.hears(1));
    EXPECT_THAT(l.events(), ElementsAre("r-1"));
}

TEST(sse, comes_back_and_asks_for_what_it_missed) {
    platform p(
        {{.bytes = stream_head + "retry: 10\nid: 41\ndata: " + event("r-1") + "\n\nid: 42\ndata: half", .close = true},
         {.bytes = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", .close = true},
         {.bytes = stream_head + "id: 42\ndata: " + event("r-2") + "\n\n"}});
    observe::surroundings where;
    where.api.bases = {at(p.port())};
    listener l(observe::sse_options{}, where);
    ASSERT_EQ(l.trouble(), "");
    ASSERT_TRUE(l.hears(2));
    EXPECT_THAT(l.events(), ElementsAre("r-1", "r-2"));
    const auto heads = p.heads();
    ASSERT_EQ(heads.size(), 3U);
    EXPECT_EQ(heads[0].find("Last-Event-ID"), std::string::npos);
    EXPECT_THAT(heads[1], HasSubstr("Last-Event-ID: 41\r\n"));
    EXPECT_THAT(heads[2], HasSubstr("Last-Event-ID: 41\r\n"));
    EXPECT_EQ(l.observer().take().reconnects, 1U);
}

TEST(sse, leaves_out_what_is_too_large_and_goes_on) {
    platform p({{.bytes = stream_head + "data: " + std::string(200'000, 'x') + "\n\ndata: " + event("r-1") + "\n\n"}});
    observe::surroundings where;
    where.api.bases = {at(p.port())};
    listener l(observe::sse_options{}, where);
    ASSERT_TRUE(l.hears(1));
    EXPECT_THAT(l.observer().take().refused, ElementsAre(testing::Pair("event over 64 KiB", 1U)));
}

TEST(sse, begins_at_the_next_base_when_one_is_away) {
    platform p({{.bytes = stream_head + "data: " + event("r-1") + "\n\n"}});
    observe::surroundings where;
    where.api.bases = {at(stage::free_port()), at(p.port())};
    listener l(observe::sse_options{}, where);
    ASSERT_EQ(l.trouble(), "");
    EXPECT_TRUE(l.hears(1));
}

TEST(sse, goes_through_a_proxy) {
    platform proxy({{.bytes = stream_head + "data: " + event("r-1") + "\n\n"}});
    observe::surroundings where;
    where.api.bases = {{.scheme = "http", .host = "platform.example", .port = 8080, .path = "/base"}};
    where.api.proxy = at(proxy.port());
    listener l(observe::sse_options{}, where);
    ASSERT_TRUE(l.hears(1));
    EXPECT_THAT(proxy.heads().at(0), testing::StartsWith("GET http://platform.example:8080/base/events HTTP/1.1\r\n"));
}

TEST(platform_streams, say_in_one_sentence_why_they_cannot_listen) {
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
        observe::surroundings where;
        where.api.bases = {at(p.port())};
        const listener l(observe::sse_options{}, where);
        EXPECT_THAT(l.trouble(), HasSubstr(r.sentence));
        EXPECT_THAT(l.trouble(), HasSubstr("load.observers[0].sse"));
        EXPECT_THAT(l.trouble(), HasSubstr("http://127.0.0.1:" + std::to_string(p.port()) + "/events"));
    }
    const row of_websocket[] = {
        {"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "answers 403 in place of opening a WebSocket"},
        {"", "does not open a WebSocket"},
    };
    for (const auto& r : of_websocket) {
        platform p({{.bytes = r.answer, .close = true}});
        observe::surroundings where;
        where.api.bases = {at(p.port())};
        const listener l(observe::websocket_options{}, where);
        EXPECT_THAT(l.trouble(), HasSubstr(r.sentence));
        EXPECT_THAT(l.trouble(), HasSubstr("load.observers[0].websocket"));
    }
    observe::surroundings nobody;
    nobody.api.bases = {at(stage::free_port())};
    EXPECT_THAT(listener(observe::sse_options{}, nobody).trouble(), HasSubstr("cannot connect"));
    nobody.api.bases = {at(1)};
    nobody.api.bases[0].scheme = "https";
    nobody.api.tls.ca = "/no/such/file.pem";
    EXPECT_THAT(listener(observe::sse_options{}, nobody).trouble(), HasSubstr("/no/such/file.pem"));
}

TEST(platform_streams, end_at_once_while_nothing_comes) {
    platform silent({{.bytes = stream_head}});
    observe::surroundings where;
    where.api.bases = {at(silent.port())};
    listener l(observe::sse_options{}, where);
    ASSERT_EQ(l.trouble(), "");
    const auto begin = std::chrono::steady_clock::now();
    l.observer().stop();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
}

TEST(websocket, tells_the_messages) {
    platform p({{.bytes = upgraded + frame(event("r-1")) + frame(event("r-2", "running")) + frame("{") +
                          frame(event("r-3"), '\x82') + frame("", '\x89')}}); // the last two: binary, a ping
    observe::surroundings where;
    where.api.bases = {at(p.port(), "/base")};
    where.sign = [](http::request& r) { r.headers.emplace_back("Authorization", "Bearer t0ken"); };
    listener l(observe::websocket_options{.path = "/ws"}, where);
    ASSERT_EQ(l.trouble(), "");
    ASSERT_TRUE(l.hears(3));
    EXPECT_THAT(l.events(), ElementsAre("r-1", "malformed", "r-3"));
    EXPECT_THAT(p.heads().at(0), testing::StartsWith("GET /base/ws HTTP/1.1\r\n"));
    EXPECT_THAT(p.heads().at(0), HasSubstr("Authorization: Bearer t0ken\r\n"));
}

TEST(websocket, subscribes_first) {
    platform p({{.bytes = upgraded}}, frame(event("r-1")));
    observe::surroundings where;
    where.api.bases = {at(p.port())};
    where.subscribe = R"({"subscribe":"requests"})";
    listener l(observe::websocket_options{}, where);
    ASSERT_EQ(l.trouble(), "");
    ASSERT_TRUE(l.hears(1));
    auto sent = p.more();
    ASSERT_EQ(sent.size(), 6 + where.subscribe.size());
    EXPECT_EQ(sent[0], '\x81') << "one text message";
    for (std::size_t i = 6; i < sent.size(); ++i) sent[i] = static_cast<char>(sent[i] ^ sent[2 + (i - 6) % 4]);
    EXPECT_EQ(sent.substr(6), where.subscribe);
}

TEST(websocket, answers_pings) {
    platform p({{.bytes = upgraded + frame("are you there", '\x89')}});
    observe::surroundings where;
    where.api.bases = {at(p.port())};
    listener l(observe::websocket_options{}, where);
    ASSERT_EQ(l.trouble(), "");
    EXPECT_TRUE(wait_until([&] { return p.more().starts_with('\x8a'); }));
}

TEST(websocket, comes_back) {
    platform p(
        {{.bytes = upgraded + frame(event("r-1")) + frame("\x03\xe9", '\x88'), .close = true}, // 1001: going away
         {.bytes = upgraded + frame(event("r-2")), .close = true},                             // without a word
         {.bytes = upgraded + frame(std::string(70'000, 'x'))},                                // too large
         {.bytes = upgraded + frame(event("r-3"))}});
    observe::surroundings where;
    where.api.bases = {at(p.port())};
    listener l(observe::websocket_options{}, where);
    ASSERT_EQ(l.trouble(), "");
    ASSERT_TRUE(l.hears(3));
    EXPECT_THAT(l.events(), ElementsAre("r-1", "r-2", "r-3"));
    const auto counted = l.observer().take();
    EXPECT_EQ(counted.reconnects, 3U);
    EXPECT_THAT(counted.refused, ElementsAre(testing::Pair("message over 64 KiB", 1U)));
}

TEST(platform_streams, go_over_tls_and_through_a_proxy_to_who_proves_to_be_it) {
    const stage::scratch folder;
    stage::certificate_authority ours(folder.path(), "ours");
    stage::certificate_authority others(folder.path(), "others");
    for (const bool proxied : {false, true}) {
        platform events({{.bytes = stream_head + "data: " + event("r-1") + "\n\n"}});
        platform socket({{.bytes = upgraded + frame(event("r-1"))}});
        const stage::tls_front front_of_events({ours.issue("events", "IP:127.0.0.1")}, events.port());
        const stage::tls_front front_of_socket({ours.issue("socket", "IP:127.0.0.1")}, socket.port());
        const stage::tls_front elsewhere({ours.issue("elsewhere", "DNS:elsewhere.example")}, events.port());
        const stage::connect_proxy proxy;
        observe::surroundings where;
        where.api.tls.ca = ours.file();
        if (proxied) where.api.proxy = at(proxy.port());
        const auto secure = [](std::uint16_t port) {
            auto e = at(port);
            e.scheme = "https";
            return e;
        };
        where.api.bases = {secure(front_of_events.port())};
        listener sse(observe::sse_options{}, where);
        EXPECT_EQ(sse.trouble(), "");
        EXPECT_TRUE(sse.hears(1));
        where.api.bases = {secure(front_of_socket.port())};
        listener websocket(observe::websocket_options{}, where);
        EXPECT_EQ(websocket.trouble(), "");
        EXPECT_TRUE(websocket.hears(1));
        EXPECT_EQ(proxy.asked().empty(), !proxied);
        where.api.bases = {secure(elsewhere.port())};
        EXPECT_THAT(listener(observe::sse_options{}, where).trouble(), HasSubstr("no TLS"))
            << "another host's certificate";
        where.api.bases = {secure(front_of_events.port())};
        where.api.tls.ca = others.file();
        EXPECT_THAT(listener(observe::sse_options{}, where).trouble(), HasSubstr("no TLS")) << "nobody trusts its CA";
    }
    const stage::connect_proxy refuses(true);
    observe::surroundings where;
    where.api.bases = {at(1)};
    where.api.proxy = at(refuses.port());
    EXPECT_THAT(listener(observe::websocket_options{}, where).trouble(), HasSubstr("the proxy answers 403"));
}
