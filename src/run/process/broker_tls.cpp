#include "process/broker_tls.hpp"

#include <loadsim/certificate/issuer.hpp>

#include <memory>
#include <utility>

namespace loadsim::run {
namespace {

certificate::server_fault fault_of_certificate(scenario::embedded_tls::broker_fault fault) {
    using enum scenario::embedded_tls::broker_fault;
    switch (fault) {
    case wrong_host: return certificate::server_fault::wrong_host;
    case expired: return certificate::server_fault::expired;
    case untrusted: return certificate::server_fault::untrusted;
    case none:
    case old_version: break;
    }
    return certificate::server_fault::none;
}

/// One file with all: the certificate first, as servers send it.
std::string pem_of(const certificate::credentials& c) {
    return to_pem(c.certificate) + to_pem(c.chain) + to_pem(c.key);
}

} // namespace

target::mosquitto_tls make_broker_tls(const scenario::scenario_config& scenario, std::string access,
                                      std::span<const certificate::serial_number> revoked) {
    const auto& wanted = *scenario.target.embedded_tls;
    const auto& valid = certificate::run_validity;
    const auto ca = std::make_shared<const certificate::authority>(certificate::run_authority(scenario.seed));
    // Names and times are constants that are valid.
    const auto issuer = certificate::issuer::create(ca, {.seed = scenario.seed, .valid = valid}).value();
    target::mosquitto_tls made{.ca = to_pem(ca->certificate),
                               .server = pem_of(issuer
                                                    .issue_server({.hosts = {"127.0.0.1", "::1", "localhost"},
                                                                   .fault = fault_of_certificate(wanted.fault)})
                                                    .value()),
                               .old_version = wanted.fault == scenario::embedded_tls::broker_fault::old_version};
    if (!wanted.mutual) return made;
    const std::string own = scenario::embedded_user;
    made.mutual = {.crl = to_pem(certificate::make_crl(*ca, revoked, valid.from, valid.until).value()),
                   .access = std::move(access),
                   .own = pem_of(issuer.issue({.vin = own, .subject = "CN=" + own}).value())};
    return made;
}

} // namespace loadsim::run
