// Test fixture: an MQTT session with hex input from a server and a log of its events.
#pragma once

#include "hex.hpp"

#include <loadsim/mqtt/session.hpp>

#include <functional>
#include <string>
#include <vector>

namespace loadsim::mqtt {

using namespace std::chrono_literals;

inline session_options options_of(version v, bool clean = true, std::chrono::seconds expiry = 0s) {
    return {.protocol = v, .clean_start = clean, .session_expiry = expiry};
}
inline session_options kept_v5() { return options_of(version::v5_0, false, 3600s); }

class session_fixture : public session_events {
public:
    explicit session_fixture(session_options o) : options(o), client(options) {}

    session_options options;
    session client;
    bytes out;
    monotonic_time now{1h};
    std::vector<std::string> events;
    server_limits limits;
    std::error_code error;
    std::string logged_property; ///< name of a user property to be logged
    std::function<void(session&)> in_on_message, in_on_published, in_on_connected, in_on_downgraded;

    /// Opens and discards the CONNECT.
    session_fixture& open() {
        client.open({.client_id = "car"}, now, out);
        out.clear();
        return *this;
    }
    /// Open and connected; `connack` as the server sends it.
    session_fixture& connect(std::string_view connack = {}) {
        open();
        const bool v5 = options.protocol == version::v5_0;
        receive(!connack.empty() ? connack : v5 ? "20 03 00 00 00" : "20 02 00 00");
        return *this;
    }
    /// Receives bytes from the server; all must be consumed unless they end the session.
    session_fixture& receive(std::string_view text) {
        const auto in = hex(text);
        const auto r = client.receive(in, now, out, *this);
        error = r.error;
        return *this;
    }
    /// Output of the session since the last call, as hex.
    std::string take_output() {
        const auto text = to_hex(out);
        out.clear();
        return text;
    }
    std::string take_events() {
        std::string text;
        for (const auto& line : events) text += (text.empty() ? "" : "; ") + line;
        events.clear();
        return text;
    }
    session::published publish(qos q, std::string_view payload = "x") {
        return client.publish({.topic = "t", .payload = payload, .quality = q}, now, out);
    }
    std::error_code advance(nanoseconds d) {
        now += d;
        return client.on_timer(now, out);
    }
    session_fixture& lose_transport() {
        client.transport_lost();
        out.clear();
        return *this;
    }

    void on_connected(session& s, const server_limits& l) override {
        limits = l;
        events.push_back(l.session_present ? "resumed" : "connected");
        if (in_on_connected) in_on_connected(s);
    }
    void on_message(session& s, const message& m) override {
        events.push_back("message " + std::string(m.topic) + " " + std::string(m.payload) + " q" +
                         std::to_string(static_cast<int>(m.quality)) + (m.retain ? " retain" : "") +
                         (m.duplicate ? " dup" : "") +
                         (m.response_topic.empty() ? "" : " to " + std::string(m.response_topic)) +
                         (m.correlation_data.empty() ? "" : " id " + std::string(m.correlation_data)) +
                         (m.content_type.empty() ? "" : " as " + std::string(m.content_type)) +
                         (m.expiry_interval == 0 ? "" : " for " + std::to_string(m.expiry_interval)));
        if (!logged_property.empty())
            events.back() += " " + logged_property + "=" + std::string(user_property(m, logged_property));
        if (in_on_message) in_on_message(s);
    }
    void on_published(session& s, std::uint16_t id, reason r) override {
        events.push_back("published " + std::to_string(id) + " " + to_string(r));
        if (in_on_published) in_on_published(s);
    }
    void on_downgraded(session& s, std::uint16_t id) override {
        events.push_back("downgraded " + std::to_string(id));
        if (in_on_downgraded) in_on_downgraded(s);
    }
    void on_subscribed(session&, std::uint16_t id, std::span<const reason> codes) override {
        std::string text = "subscribed " + std::to_string(id);
        for (const auto c : codes) text += " " + to_string(c);
        events.push_back(text);
    }
};

} // namespace loadsim::mqtt
