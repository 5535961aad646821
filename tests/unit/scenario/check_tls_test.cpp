// Keys of TLS: what is read and written, and contradictions.
#include "scenario_text.hpp"

#include <loadsim/scenario/read.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

using namespace loadsim;
using namespace loadsim::scenario;
using testing::HasSubstr;

namespace {

/// Line 3: the target; line 4: fleet.tls.
std::string with_tls(std::string_view fleet_tls, std::string_view target = "{broker: 'mqtts://b'}",
                     std::string_view more = "") {
    return minimal_scenario("target: " + std::string(target) + "\nfleet: {tls: " + std::string(fleet_tls) +
                            std::string(more) + "}\n");
}

/// A vehicle whose certificate has that fault.
std::string with_fault(std::string_view fault, std::string_view fleet_tls, std::string_view broker) {
    return with_tls(fleet_tls, "{broker: '" + std::string(broker) + "'}",
                    ", segments: [{name: s, share: 100%, behaviour: bad}]") +
           "behaviours: {bad: {credentials: {certificate: " + std::string(fault) + "}}}\n";
}

} // namespace

TEST(check_tls, reads_and_writes_all_keys) {
    const auto made = read_valid(with_tls(
        "{ca: /ca.pem, certificate: '/certs/{vin}.pem', key: '/certs/{vin}.key', keyPassword: p, verify: chain, "
        "serverName: b.test, alpn: [mqtt], minVersion: '1.3', ciphers: TLS_AES_128_GCM_SHA256, groups: P-256, "
        "resumption: vehicle}",
        "{broker: 'mqtts://b', tls: {ca: /ca.pem, verify: none}}"));
    const auto& tls = made.fleet.tls.client;
    EXPECT_EQ(tls.certificate, "/certs/{vin}.pem");
    EXPECT_EQ(tls.verify, net::tls_verification::chain);
    EXPECT_EQ(tls.min_version, net::tls_version::v1_3);
    EXPECT_EQ(tls.resumption, net::tls_resumption::vehicle);
    EXPECT_EQ(made.target.tls.verify, net::tls_verification::none);
    EXPECT_THAT(write(made), HasSubstr("resumption: vehicle"));
    EXPECT_THAT(write(made), testing::Not(HasSubstr("keyPassword: p\n"))) << "a secret";
    const auto issued =
        read_valid(with_tls("{issue: {ca: /ca.pem, key: /ca.key, subject: 'CN={vin},O=test', san: 'URI:vin:{vin}', "
                            "validity: 2d, keyType: p384}}"));
    EXPECT_EQ(issued.fleet.tls.issue->key_type, certificate::key_type::p384);
    EXPECT_EQ(issued.fleet.tls.issue->validity, std::chrono::hours{48});
}

TEST(check_tls, refuses_keys_that_contradict_each_other) {
    struct wrong_keys {
        std::string yaml;
        std::string_view problem;
    };
    const wrong_keys rows[] = {
        {with_tls("{ca: /ca.pem}", "{broker: 'mqtt://b'}"), "f:4:9: no broker uses TLS; write target.broker as mqtts"},
        {minimal_scenario("target: {broker: 'mqtt://b', tls: {ca: /ca.pem}}"),
         "f:3:30: tls is for an API or for a broker with TLS (mqtts://), and neither is given"},
        {with_tls("{minVersion: '1.3', maxVersion: '1.2'}"), "f:4:27: it is above maxVersion"},
        {with_tls("{certificate: a, pkcs12: b}"), "f:4:39: certificate and pkcs12 are given; one is enough"},
        {with_tls("{key: a}"), "f:4:20: a key needs its certificate"},
        {with_tls("{alpn: ['']}"), "f:4:15: an empty name is no protocol"},
        {with_tls("{ciphers: NONSENSE}"),
         "f:4:24: 'NONSENSE' names no ciphers of OpenSSL; `openssl ciphers -v` lists them"},
        {with_tls("{}", "{broker: 'mqtts://b', tls: {groups: P-257}}"),
         "f:3:45: 'P-257' names no groups of OpenSSL: P-256, P-384, X25519 ..."},
        {with_tls("{certificate: a, issue: {ca: b}}"), "f:4:31: certificates come from files or from issue"},
        {with_tls("{issue: {key: k}}"), "f:4:28: a key needs the certificate of its CA"},
        {with_tls("{issue: {}}"), "f:4:15: 'ca' is missing: the CA of the run is trusted by the embedded broker alone"},
        {with_tls("{resumption: endpoint, certificate: '{vin}.pem'}"),
         "f:4:27: with `endpoint` a vehicle would resume the session of another one"},
        {with_tls("{certificate: '{vni}.pem'}"), "f:4:28: unknown variable 'vni'; did you mean 'vin'?"},
        {with_tls("{issue: {ca: a, keyType: p25}}"), "did you mean 'p256'?"},
        {with_fault("expired", "{certificate: '{vin}.pem'}", "mqtts://b"),
         "has a faulty certificate, which loadsim has to issue; give fleet.tls.issue"},
        {with_fault("missing", "{}", "mqtt://b"), "has a faulty certificate, and no broker uses TLS"},
        {minimal_scenario("behaviours: {bad: {credentials: {password: x}}}"),
         "which are wrong? give a user, or the fault of its certificate"},
    };
    for (const auto& r : rows) EXPECT_THAT(problems_of(r.yaml), HasSubstr(r.problem)) << r.yaml;
    EXPECT_EQ(problems_of(with_fault("expired", "{issue: {ca: /ca.pem}}", "mqtts://b")), "");
    EXPECT_EQ(problems_of(with_fault("missing", "{certificate: '{vin}.pem'}", "mqtts://b")), "");
}
