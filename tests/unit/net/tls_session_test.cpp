// A client session against OpenSSL's server, in memory: every split of its records, endings at every point.
#include <loadsim/net/tls_session.hpp>

#include "tls_server.hpp"

#include <loadsim/base/enum_names.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace loadsim;
using loadsim::tests::tls_server;

namespace {

mqtt::bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

/// Sizes of the records in it; the last one may be incomplete.
std::vector<std::size_t> record_sizes(mqtt::byte_view records) {
    constexpr std::size_t header = 5;
    std::vector<std::size_t> sizes;
    while (records.size() >= header) {
        const auto size = std::min(records.size(), header + records[3] * 256U + records[4]);
        sizes.push_back(size);
        records = records.subspan(size);
    }
    return sizes;
}

constexpr net::tls_version versions[] = {net::tls_version::v1_2, net::tls_version::v1_3};

/// Client and server, whose records are moved by hand.
struct pair_of_sessions {
    explicit pair_of_sessions(tls_server::settings s = {}, net::tls_options o = {},
                              const certificate::credentials* own = nullptr, const net::tls_ticket& ticket = {})
        : server(std::move(s)), context(*net::tls_context::make(with_ca(std::move(o)))),
          client(context, "localhost", own, ticket) {
        client.start(to_server);
    }

    static net::tls_options with_ca(net::tls_options o) {
        if (o.ca.empty()) o.ca = tls_server::ca_file();
        return o;
    }

    /// Moves records until nothing is left; `chunk`: bytes that the client gets at once.
    void exchange(std::size_t chunk = SIZE_MAX) {
        while (!to_server.empty() || server.has_output()) {
            server.receive(std::exchange(to_server, {}));
            const auto records = server.take_output();
            for (std::size_t at = 0; at < records.size(); at += chunk == SIZE_MAX ? records.size() : chunk)
                client.receive(mqtt::byte_view(records).subspan(at, std::min(chunk, records.size() - at)), plain,
                               to_server);
        }
    }

    tls_server server;
    net::tls_context context;
    net::tls_session client;
    mqtt::bytes plain, to_server;
};

} // namespace

TEST(tls_session, decrypts_what_the_server_sends_whatever_the_split_of_its_records) {
    for (const std::size_t chunk : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 64U, 127U, 128U, 500U, 1000U}) {
        pair_of_sessions p;
        p.exchange(chunk);
        ASSERT_TRUE(p.client.established()) << chunk << p.client.describe_error().text;
        p.client.send(bytes_of("ping"), p.to_server);
        p.exchange(chunk);
        EXPECT_EQ(p.server.plain(), "ping") << chunk;
        p.server.send("pong");
        p.server.send(std::string(40'000, 'x'));
        p.exchange(chunk);
        EXPECT_EQ(p.plain.size(), 40'004U) << chunk;
        EXPECT_FALSE(p.client.error()) << chunk;
    }
}

TEST(tls_session, decrypts_a_record_that_is_split_at_any_byte) {
    for (const auto version : versions) {
        pair_of_sessions p({}, {.max_version = version});
        p.exchange();
        std::size_t size = 1;
        for (std::size_t split = 0; split <= size; ++split) {
            p.server.send("message");
            const auto records = p.server.take_output();
            size = records.size();
            p.client.receive(mqtt::byte_view(records).first(split), p.plain, p.to_server);
            EXPECT_EQ(p.plain.size(), split == size ? 7U : 0U) << split;
            p.client.receive(mqtt::byte_view(records).subspan(split), p.plain, p.to_server);
            EXPECT_EQ(std::exchange(p.plain, {}), bytes_of("message")) << split;
        }
        EXPECT_FALSE(p.client.error());
    }
}

TEST(tls_session, completes_a_handshake_whose_records_come_one_by_one) {
    for (const auto version : versions) {
        pair_of_sessions p({}, {.max_version = version});
        while (!p.to_server.empty() || p.server.has_output()) {
            p.server.receive(std::exchange(p.to_server, {}));
            const auto records = p.server.take_output();
            mqtt::byte_view rest = records;
            for (const auto size : record_sizes(records)) {
                p.client.receive(rest.first(size), p.plain, p.to_server);
                rest = rest.subspan(size);
            }
        }
        EXPECT_TRUE(p.client.established());
    }
}

TEST(tls_session, takes_records_of_no_bytes_and_of_the_most) {
    pair_of_sessions p({}, {.ciphers = "TLS_AES_128_GCM_SHA256"});
    p.exchange();
    p.server.send(std::string(16 * 1024, 'x'));
    const auto full = p.server.take_output();
    ASSERT_EQ(record_sizes(full).size(), 1U);
    p.client.receive(full, p.plain, p.to_server);
    EXPECT_EQ(std::exchange(p.plain, {}).size(), 16U * 1024);
    constexpr std::uint8_t sent_before = 3; // two tickets, and the one above
    p.client.receive(p.server.empty_record(sent_before), p.plain, p.to_server);
    EXPECT_TRUE(p.plain.empty());
    EXPECT_FALSE(p.client.error()) << p.client.describe_error().text;
    p.client.receive(p.server.empty_record(sent_before + 1), p.plain, p.to_server);
    EXPECT_FALSE(p.client.error()) << p.client.describe_error().text;
}

TEST(tls_session, ends_once_at_a_record_that_is_damaged_or_too_long) {
    for (const auto version : versions) {
        for (const std::size_t changed : {0U, 1U, 3U, 4U, 5U, 12U, 20U}) { // header, nonce or ciphertext, tag
            pair_of_sessions p({}, {.max_version = version});
            p.exchange();
            p.server.send("message");
            auto records = p.server.take_output();
            records[changed] ^= 0x40U;
            records.resize(64 * 1024); // a longer record is complete, too
            p.client.receive(records, p.plain, p.to_server);
            const auto error = p.client.error();
            EXPECT_TRUE(error) << changed;
            EXPECT_TRUE(p.plain.empty()) << changed;
            EXPECT_FALSE(p.to_server.empty()) << "an alert";
            p.to_server.clear();
            p.client.receive(records, p.plain, p.to_server);
            p.client.close(p.to_server);
            EXPECT_EQ(p.client.error(), error) << "the first one stays";
            EXPECT_TRUE(p.plain.empty() && p.to_server.empty()) << changed;
        }
    }
}

TEST(tls_session, is_not_closed_by_a_connection_that_ends_without_close_notify) {
    pair_of_sessions p;
    p.exchange();
    p.server.send("cut off");
    auto records = p.server.take_output();
    records.pop_back();
    p.client.receive(records, p.plain, p.to_server);
    EXPECT_TRUE(p.plain.empty());
    EXPECT_FALSE(p.client.closed()) << "who reads the end of the connection knows that it was not announced";
    EXPECT_FALSE(p.client.error());
}

TEST(tls_session, ends_at_an_alert_between_any_two_records_of_a_handshake) {
    const mqtt::bytes alert{21, 3, 3, 0, 2, 2, 40}; // fatal, handshake_failure
    for (const auto version : versions) {
        std::size_t records_in_all = 1;
        for (std::size_t before = 0; before < records_in_all; ++before) {
            pair_of_sessions p({}, {.max_version = version});
            p.server.receive(std::exchange(p.to_server, {}));
            const auto records = p.server.take_output();
            const auto sizes = record_sizes(records);
            records_in_all = sizes.size();
            const auto given = std::accumulate(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(before), 0UL);
            p.client.receive(mqtt::byte_view(records).first(given), p.plain, p.to_server);
            ASSERT_FALSE(p.client.error()) << before;
            p.client.receive(alert, p.plain, p.to_server);
            EXPECT_TRUE(p.client.error()) << before << ": an alert that is not encrypted may be another error";
            EXPECT_FALSE(p.client.established()) << before;
        }
        EXPECT_GT(records_in_all, 1U);
    }
}

TEST(tls_session, ends_once_wherever_an_alert_comes) {
    for (const auto version : {net::tls_version::v1_2, net::tls_version::v1_3}) {
        for (std::size_t sent = 0; sent < 3000; sent += 111) {
            pair_of_sessions p({}, {.max_version = version});
            p.server.receive(std::exchange(p.to_server, {}));
            auto records = p.server.take_output();
            records.resize(std::min(sent, records.size()));
            p.client.receive(records, p.plain, p.to_server);
            const mqtt::bytes alert{21, 3, 3, 0,
                                    2,  2, 40}; // fatal, handshake_failure; not at a record's begin: no alert
            p.client.receive(alert, p.plain, p.to_server);
            p.client.receive(alert, p.plain, p.to_server);
            EXPECT_TRUE(p.plain.empty()) << sent;
            if (sent == 0) {
                EXPECT_EQ(p.client.error().value(), 1040);
            }
        }
    }
}

TEST(tls_session, reads_to_the_announced_end_of_a_connection) {
    pair_of_sessions p;
    p.exchange();
    p.server.send("bye");
    p.server.close();
    p.exchange();
    EXPECT_EQ(p.plain, bytes_of("bye"));
    EXPECT_TRUE(p.client.closed());
    EXPECT_FALSE(p.client.error());
}

TEST(tls_session, announces_its_end) {
    pair_of_sessions p;
    p.exchange();
    p.client.close(p.to_server);
    p.exchange();
    EXPECT_TRUE(p.server.closed());
}

TEST(tls_session, follows_a_key_update_and_refuses_a_renegotiation) {
    pair_of_sessions p;
    p.exchange();
    p.server.update_keys();
    p.server.send("after");
    p.exchange();
    EXPECT_EQ(p.plain, bytes_of("after"));
    p.client.send(bytes_of("own keys"), p.to_server); // the server has asked for new ones
    p.exchange();
    EXPECT_EQ(p.server.plain(), "own keys");
    EXPECT_FALSE(p.client.error());
    pair_of_sessions old({}, {.max_version = net::tls_version::v1_2});
    old.exchange();
    old.server.renegotiate();
    old.exchange();
    old.server.send("still here");
    old.exchange();
    EXPECT_FALSE(old.server.renegotiated());
}

TEST(tls_session, sends_a_certificate_of_its_own) {
    const auto own = tls_server::client_credentials("VIN1");
    pair_of_sessions p({.mutual = true}, {}, &own);
    p.exchange();
    EXPECT_TRUE(p.client.established());
    EXPECT_EQ(p.server.peer_name(), "VIN1");
    pair_of_sessions none({.mutual = true});
    none.exchange();
    EXPECT_EQ(none.client.error().message(), "TLS alert from the peer: certificate required")
        << none.client.describe_error().text;
    pair_of_sessions unknown({.mutual = true, .trust_clients = false}, {}, &own);
    unknown.exchange();
    EXPECT_EQ(unknown.client.error().message(), "TLS alert from the peer: unknown ca");
}

TEST(tls_session, presents_faulty_certificates_which_the_server_refuses) {
    using enum certificate::certificate_fault;
    const std::pair<certificate::certificate_fault, std::string> rows[] = {
        {expired, "certificate expired"}, {not_yet_valid, "bad certificate"},   {unknown_ca, "unknown ca"},
        {self_signed, "unknown ca"},      {wrong_key, "decrypt error"},         {missing, "certificate required"},
        {weak_key, "bad certificate"},    {missing_intermediate, "unknown ca"},
    };
    for (const auto& [fault, alert] : rows) {
        const auto own = tls_server::client_credentials("VIN1", fault);
        pair_of_sessions p({.mutual = true}, {}, &own);
        p.exchange();
        EXPECT_EQ(p.client.error().message(), "TLS alert from the peer: " + alert) << enum_name(fault);
        EXPECT_TRUE(net::is_alert(p.client.error()));
        EXPECT_FALSE(net::is_alert_about_offer(p.client.error()));
    }
}

TEST(tls_session, verifies_the_servers_certificate) {
    pair_of_sessions other({.host = "other.test"});
    other.exchange();
    EXPECT_FALSE(other.client.established());
    EXPECT_EQ(other.client.error().message(), "TLS: the peer's certificate is refused: hostname mismatch");
    EXPECT_NE(other.client.describe_error().text.find("it is for other.test, not for localhost"), std::string::npos);
    EXPECT_EQ(other.server.alert(), "bad certificate"); // the alert was among the records to be sent

    pair_of_sessions chain({.host = "other.test"}, {.verify = net::tls_verification::chain});
    chain.exchange();
    EXPECT_TRUE(chain.client.established());
    pair_of_sessions named({.host = "other.test"}, {.server_name = "other.test"});
    named.exchange();
    EXPECT_TRUE(named.client.established());
    EXPECT_EQ(named.server.requested_name(), "other.test");
    pair_of_sessions untrusted({}, {.ca = tls_server::other_ca_file()});
    untrusted.exchange();
    EXPECT_EQ(untrusted.client.error().value(), 2000 + 19); // self-signed certificate in chain
    pair_of_sessions none({}, {.ca = tls_server::other_ca_file(), .verify = net::tls_verification::none});
    none.exchange();
    EXPECT_TRUE(none.client.established());
}

TEST(tls_session, resumes_with_a_ticket) {
    for (const auto version : {net::tls_version::v1_2, net::tls_version::v1_3}) {
        const net::tls_options options{.max_version = version, .resumption = net::tls_resumption::vehicle};
        pair_of_sessions first({}, options);
        first.exchange();
        EXPECT_FALSE(first.client.resumed());
        const auto ticket = first.client.take_ticket();
        ASSERT_FALSE(ticket.empty());
        EXPECT_TRUE(first.client.take_ticket().empty());
        pair_of_sessions second({}, options, nullptr, ticket);
        second.exchange();
        EXPECT_TRUE(second.client.resumed());
        second.server.send("again");
        second.exchange();
        EXPECT_EQ(second.plain, bytes_of("again"));
        pair_of_sessions damaged({}, options, nullptr, bytes_of("no ticket"));
        damaged.exchange();
        EXPECT_TRUE(damaged.client.established());
        EXPECT_FALSE(damaged.client.resumed());
    }
}

TEST(tls_session, says_that_a_peer_does_not_use_tls) {
    pair_of_sessions p;
    p.client.receive(bytes_of("HTTP/1.1 400 Bad Request\r\n\r\n"), p.plain, p.to_server);
    EXPECT_EQ(p.client.error().message(), "TLS: the peer does not use TLS on this port");
    EXPECT_TRUE(p.plain.empty());
    EXPECT_EQ(p.client.describe_error().text, "tls: the peer does not use TLS on this port");
    EXPECT_FALSE(p.client.describe_error().has_remedy) << "it depends on the kind of URL";
}

TEST(tls_session, agrees_on_an_alpn_protocol_and_reports_one_that_is_refused) {
    pair_of_sessions agreed({.alpn = "mqtt"}, {.alpn = {"other", "mqtt"}});
    agreed.exchange();
    EXPECT_TRUE(agreed.client.established());
    pair_of_sessions refused({.alpn = "mqtt"}, {.alpn = {"other"}});
    refused.exchange();
    EXPECT_EQ(refused.client.error().message(), "TLS alert from the peer: no application protocol");
    EXPECT_EQ(refused.client.describe_error().text,
              "tls: the peer accepts none of the protocols that are offered; see tls.alpn");
    EXPECT_TRUE(refused.client.describe_error().has_remedy);
    EXPECT_TRUE(net::is_alert_about_offer(refused.client.error()));
}
