// What `client: paho` cannot do is refused, with the place.
#include "scenario_text.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>

using namespace loadsim::scenario;
using testing::HasSubstr;

namespace {

/// `fleet` and `more`: further keys of the fleet, which is on line 3, and of the scenario.
std::string with_paho(std::string_view fleet, std::string_view more = "") {
    return minimal_scenario("fleet: {client: paho" + std::string(fleet.empty() ? "" : ", ") + std::string(fleet) +
                            "}\n" + std::string(more));
}

/// A fleet of one segment.
std::string with_behaviour(std::string_view steps) {
    return with_paho("segments: [{name: a, share: 100%, behaviour: b}]",
                     "behaviours: {b: {steps: [" + std::string(steps) + "]}}");
}

std::string with_condition(std::string_view condition) {
    return with_paho("", "conditions: [{" + std::string(condition) + "}]");
}

TEST(check_paho, refuses_what_paho_cannot_do) {
    const std::string tls = "target: {broker: 'mqtts://b', api: 'http://a'}";
    const struct {
        std::string yaml, problem;
    } rows[] = {
        {with_paho("vehicles: 501"),
         "f:3:33: 501 vehicles; with client: paho, which is for comparing, there can be 500"},
        {with_paho("link: broker-api"), "vehicles behind the broker's API have no MQTT client"},
        {with_paho("sourceAddresses: [127.0.0.1]"), "f:3:23: Paho leaves the source address to the kernel"},
        {with_paho("mqtt: {version: 3.1.1, cleanStart: false}"), "continue the session of an earlier run; write true"},
        {with_paho("mqtt: {maximumPacketSize: 1000}"), "f:3:49: Paho accepts packets of any size"},
        {with_paho("mqtt: {queueLimit: 5}"), "f:3:42: Paho queues without a limit"},
        {with_behaviour("{disconnect: abrupt}, reconnect, executed"),
         "f:3:68: 'b' resets its connection (disconnect: abrupt), which a vehicle with client: paho cannot do"},
        {with_behaviour("{disconnect: half-open}, reconnect, executed"), "'b' abandons its connection"},
        {with_behaviour("{choose: [{weight: 1, steps: [{takeover: 1s}, executed]}]}"),
         "'b' connects a second client (takeover)"},
        {with_behaviour("{stall: 1s}, executed"), "'b' stops reading (stall)"},
        {with_paho("mqtt: {version: 3.1.1}, segments: [{name: a, share: 100%, behaviour: sleeper-udp}]"),
         "'sleeper-udp' sleeps, and with Paho and MQTT 3.1.1"},
        {with_condition("tunnel: {at: 1s, for: 1s}"), "f:4:15: it acts on the vehicles' connections"},
        {with_condition("garage: {at: 1s, for: 1s}"), "it acts on the vehicles' connections"},
        {with_condition("handover: {at: 1s}"), "it acts on the vehicles' connections"},
        {with_condition("halfOpen: {at: 1s, for: 1s}"), "it acts on the vehicles' connections"},
        {with_condition("slow: {at: 1s, for: 1s, delay: 1s}"), "it acts on the vehicles' connections"},
        {with_condition("reconnectStorm: {at: 1s}"), "it acts on the vehicles' connections"},
        {with_paho("", "campaigns: [{name: c, at: 1s, filter: all, topic: all, payload: '{}'}]"),
         "subscribe to commands alone"},
        {with_paho("telemetry: [{name: a, topic: 't/{vin}', payload: '{}', every: 1s}]", ""),
         "send responses and presence alone"},
        {with_paho("tls: {pkcs12: c.p12}", tls), "Paho has no option for it; leave it out, or write client: own"},
        {with_paho("tls: {serverName: b}", tls), "Paho has no option for it"},
        {with_paho("tls: {minVersion: 1.3}", tls), "Paho has no option for it"},
        {with_paho("tls: {maxVersion: 1.2}", tls), "Paho has no option for it"},
        {with_paho("tls: {ciphers: ECDHE-ECDSA-AES128-GCM-SHA256}", tls), "Paho has no option for it"},
        {with_paho("tls: {groups: P-256}", tls), "Paho has no option for it"},
        {with_paho("tls: {resumption: vehicle}", tls), "Paho has no option for it"},
        {scenario_with_load("  observers: [{mqtt: {client: paho}}]\n"
                            "target: {broker: 'mqtts://b', api: 'http://a', tls: {groups: P-256}}"),
         "Paho has no option for it"},
    };
    for (const auto& r : rows) {
        const auto found = problems_of(r.yaml);
        EXPECT_THAT(found, HasSubstr(r.problem)) << r.yaml;
        EXPECT_EQ(std::ranges::count(found, '\n'), 0) << "one problem: " << found;
    }
}

TEST(check_paho, accepts_what_paho_can_do) {
    const std::string rows[] = {
        with_paho("vehicles: 500"),
        with_behaviour("ack, {disconnect: clean}, reconnect, executed"),
        with_paho(
            "segments: [{name: a, share: 50%, behaviour: sleeper-udp}, {name: b, share: 50%, behaviour: offline}]"),
        with_condition("lossy: {at: 1s, for: 1s, loss: 50%}"),
        with_condition("outage: {at: 1s, for: 1s}"),
        with_condition("powerOn: {at: 1s}"),
        with_condition("spike: {at: 1s, for: 1s, factor: 2}"),
        with_paho("tls: {certificate: '{vin}.pem', verify: chain, alpn: [mqtt]}",
                  "target: {broker: 'mqtts://b', api: 'http://a'}"),
    };
    for (const auto& yaml : rows) EXPECT_EQ(problems_of(yaml), "") << yaml;
    EXPECT_EQ(problems_of(minimal_scenario("fleet: {client: own, vehicles: 501}\n"
                                           "conditions: [{tunnel: {at: 1s, for: 1s}}]")),
              "")
        << "loadsim's own client does it";
}

} // namespace
