// Certificates of the embedded broker.
#include "process/broker_tls.hpp"

#include "plan_from_text.hpp"

#include <loadsim/certificate/issuer.hpp>

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <utility>

using namespace loadsim;
using namespace loadsim::run;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

target::mosquitto_tls tls_of(const std::string& keys, std::string access = {},
                             std::span<const certificate::serial_number> revoked = {}) {
    const plan_from_text from("name: t\nseed: 7\nload: {phases: [{duration: 1s, arrivalCount: 1}]}\n"
                              "target: {embedded: {tls: {" +
                              keys + "}}}\n");
    return make_broker_tls(from.scenario, std::move(access), revoked);
}

std::shared_ptr<const certificate::authority> ca() {
    return std::make_shared<const certificate::authority>(certificate::run_authority(7));
}

certificate::issuer issuer() {
    return certificate::issuer::create(ca(), {.seed = 7, .valid = certificate::run_validity}).value();
}

std::string server(certificate::server_fault fault) {
    return to_pem(
        issuer().issue_server({.hosts = {"127.0.0.1", "::1", "localhost"}, .fault = fault}).value().certificate);
}

} // namespace

TEST(broker_tls, is_a_function_of_the_seed) {
    const auto tls = tls_of("");
    EXPECT_EQ(tls.ca, to_pem(ca()->certificate)) << "the vehicles of all ranks have certificates of this CA";
    EXPECT_THAT(tls.server, StartsWith(server(certificate::server_fault::none)));
    EXPECT_THAT(tls.server, HasSubstr("PRIVATE KEY"));
    EXPECT_EQ(tls_of("").server, tls.server);
    EXPECT_FALSE(tls.mutual);
    EXPECT_FALSE(tls.old_version);
}

TEST(broker_tls, faults_are_those_of_the_server) {
    using enum certificate::server_fault;
    const std::pair<const char*, certificate::server_fault> faults[] = {
        {"wrong-host", wrong_host}, {"expired", expired}, {"untrusted", untrusted}, {"old-version", none}};
    for (const auto& [name, fault] : faults) {
        const auto tls = tls_of(std::string("fault: ") + name);
        EXPECT_THAT(tls.server, StartsWith(server(fault))) << name;
        EXPECT_EQ(tls.ca, to_pem(ca()->certificate)) << name;
        EXPECT_EQ(tls.old_version, std::string(name) == "old-version");
    }
}

TEST(broker_tls, mutual_has_a_certificate_of_loadsim_and_the_revoked_ones) {
    const auto tls = tls_of("mutual: true", "rules");
    ASSERT_TRUE(tls.mutual);
    EXPECT_EQ(tls.mutual->access, "rules");
    const auto own = issuer().issue({.vin = "loadsim", .subject = "CN=loadsim"}).value();
    EXPECT_EQ(tls.mutual->own, to_pem(own.certificate) + to_pem(own.key));
    EXPECT_THAT(tls.mutual->crl, StartsWith("-----BEGIN X509 CRL-----"));
    const std::vector<certificate::serial_number> revoked{{1, 2, 3}};
    const auto& valid = certificate::run_validity;
    EXPECT_EQ(tls_of("mutual: true", "", revoked).mutual->crl,
              to_pem(certificate::make_crl(*ca(), revoked, valid.from, valid.until).value()));
}
