// Fuzzer: arbitrary bytes for the packet decoder and for a session.
//
// Input: one option byte (bit 0: version, bit 1: session already connected, bits 2-7: chunk size), then the server's bytes.
// Invariants: no read outside the input (checked by the sanitizers), no more consumed than given, decoded packets survive
// encode and decode unchanged, and a session's behaviour does not depend on how its input is split.
#include <loadsim/mqtt/session.hpp>

#include "../unit/mqtt/recode.hpp"

#include <cstdlib>
#include <string>

using namespace loadsim;
using namespace loadsim::mqtt;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void check_codec(byte_view in, version v) {
    while (!in.empty()) {
        const auto first = recode(in, v);
        require(first.consumed <= in.size());
        if (first.framing_result != framing::complete) return;
        in = in.subspan(first.consumed);
        if (first.verdict != reason::success) continue;
        const auto second = recode(first.encoded, v);
        require(second.framing_result == framing::complete && second.consumed == first.encoded.size());
        require(second.verdict == reason::success && second.encoded == first.encoded);
    }
}

/// Records every session event as text.
class event_log final : public session_events {
public:
    void on_connected(session& s, const server_limits& l) override {
        text += 'c' + std::to_string(l.receive_maximum) + (l.session_present ? "p" : "");
        send_requests(s);
    }
    void on_message(session& s, const message& m) override {
        text += 'm';
        text += m.topic;
        text += m.payload;
        text += m.response_topic;
        text += m.correlation_data;
        if (s.state() == session::phase::connected && m.payload.size() == 1) (void)s.publish(m, now, out);
    }
    void on_published(session&, std::uint16_t id, reason r) override {
        text += 'p' + std::to_string(id) + to_string(r);
    }
    void on_subscribed(session&, std::uint16_t id, std::span<const reason> codes) override {
        text += 's' + std::to_string(id) + 'x' + std::to_string(codes.size());
    }

    /// Sends packets that the server has to acknowledge.
    void send_requests(session& s) {
        const subscription filters[] = {{"a/#"}, {"b"}};
        (void)s.publish({.topic = "t", .payload = "1", .quality = qos::at_least_once}, now, out);
        (void)s.publish({.topic = "t", .payload = "2", .quality = qos::exactly_once}, now, out);
        (void)s.subscribe(filters, now, out);
    }

    std::string text;
    bytes out;
    monotonic_time now{std::chrono::hours{1}};
};

struct session_result {
    std::string events;
    bytes output;
    std::error_code error;

    friend bool operator==(const session_result&, const session_result&) = default;
};

session_result run_session(byte_view in, version v, bool connected, std::size_t chunk) {
    session_options options;
    options.protocol = v;
    options.clean_start = false;
    options.session_expiry = std::chrono::seconds{60};
    options.receive_maximum = 3;
    options.maximum_packet_size = 1'000;
    options.queue_limit = 2;
    session s(options);
    event_log events;
    s.open({.client_id = "car"}, events.now, events.out);
    if (connected) {
        const bytes connack = v == version::v5_0 ? bytes{0x20, 3, 0, 0, 0} : bytes{0x20, 2, 0, 0};
        require(!s.receive(connack, events.now, events.out, events).error);
    }
    session_result p;
    std::size_t consumed = 0;
    for (std::size_t arrived = 0; arrived < in.size() && !p.error;) {
        arrived = std::min(in.size(), arrived + chunk);
        const auto unconsumed = in.subspan(consumed, arrived - consumed);
        const auto r = s.receive(unconsumed, events.now, events.out, events);
        require(r.consumed <= unconsumed.size());
        consumed += r.consumed;
        p.error = r.error;
    }
    s.transport_lost();
    s.open({.client_id = "car"}, events.now, events.out); // resumes the stored session
    const bytes resumed = v == version::v5_0 ? bytes{0x20, 3, 1, 0, 0} : bytes{0x20, 2, 1, 0};
    (void)s.receive(resumed, events.now, events.out, events);
    p.events = std::move(events.text);
    p.output = std::move(events.out);
    return p;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto option_byte = data[0];
    const auto v = (option_byte & 1) != 0 ? version::v5_0 : version::v3_1_1;
    const bool connected = (option_byte & 2) != 0;
    const byte_view in(data + 1, size - 1);
    check_codec(in, v);
    require(run_session(in, v, connected, size) == run_session(in, v, connected, std::size_t{1} + (option_byte >> 2)));
    return 0;
}
