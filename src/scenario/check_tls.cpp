// Checks of TLS: keys that contradict each other, and what the vehicles' faulty certificates need.
#include "check.hpp"

#include <loadsim/net/tls.hpp>
#include <loadsim/net/url.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace loadsim::scenario {
namespace {

using certificate::certificate_fault;

void check_connection(const net::tls_options& o, const std::string& path, problems& all) {
    if (o.min_version > o.max_version) all.add(path + ".minVersion", "it is above maxVersion");
    if (!o.certificate.empty() && !o.pkcs12.empty())
        all.add(path + ".pkcs12", "certificate and pkcs12 are given; one is enough");
    if (!o.key.empty() && o.certificate.empty()) all.add(path + ".key", "a key needs its certificate");
    for (const auto& name : o.alpn)
        if (name.empty()) all.add(path + ".alpn", "an empty name is no protocol");
    if (o.ciphers.empty() && o.groups.empty()) return; // else most scenarios would load OpenSSL's algorithms
    for (const auto& p : net::check_tls_names(o).list) all.add(path + "." + p.location, p.text);
}

bool has_placeholder(const std::string& text) { return text.find('{') != std::string::npos; }

void check_issue(const scenario_config& config, problems& all) {
    const auto& tls = config.fleet.tls;
    const auto& o = *tls.issue;
    const auto& embedded = config.target.embedded_tls;
    if (!tls.client.certificate.empty() || !tls.client.pkcs12.empty())
        all.add("fleet.tls.issue", "certificates come from files or from issue; one is enough");
    if (!o.key.empty() && o.ca.empty()) all.add("fleet.tls.issue.key", "a key needs the certificate of its CA (ca)");
    if (o.ca.empty() && !embedded)
        all.add("fleet.tls.issue", "'ca' is missing: the CA of the run is trusted by the embedded broker alone, and "
                                   "only with target.embedded.tls");
    if (!embedded || !embedded->mutual) return;
    if (!o.ca.empty())
        all.add("fleet.tls.issue.ca", "the embedded broker trusts the CA of the run alone; leave it out");
    if (o.subject.find("CN={vin}") == std::string::npos)
        all.add("fleet.tls.issue.subject",
                "'CN={vin}' is missing: the embedded broker takes the user from it, and gives that user its topics");
}

/// Faulty certificates of behaviours in use.
void check_faults(const scenario_config& config, bool uses_tls, problems& all) {
    for (std::size_t i = 0; i < config.fleet.segments.size(); ++i) {
        const auto name = config.fleet.segments[i].behaviour;
        const auto found = std::ranges::find(config.behaviours, name, &vehicle::behaviour::name);
        if (found == config.behaviours.end() || !found->credentials) continue;
        const auto fault = found->credentials->certificate;
        if (fault == certificate_fault::none) continue;
        const auto path = fmt::format("fleet.segments[{}].behaviour", i);
        if (!uses_tls)
            all.add(path, fmt::format("'{}' has a faulty certificate, and no broker uses TLS (mqtts://)", name));
        else if (fault != certificate_fault::missing && !config.fleet.tls.issue)
            all.add(path, fmt::format("'{}' has a faulty certificate, which loadsim has to issue; give fleet.tls.issue",
                                      name));
    }
}

} // namespace

void check_tls(const scenario_config& config, problems& all) {
    const auto& tls = config.fleet.tls;
    const auto brokers = brokers_of(config.target);
    const bool uses_tls = config.target.embedded_tls || std::ranges::any_of(brokers, net::uses_tls);
    check_connection(config.target.tls, "target.tls", all);
    check_connection(tls.client, "fleet.tls", all);
    if (tls != fleet::tls_options{} && !uses_tls)
        all.add("fleet.tls", "no broker uses TLS; write target.broker as mqtts://HOST");
    if (tls.issue) check_issue(config, all);
    const bool is_per_vehicle = tls.issue || has_placeholder(tls.client.certificate) ||
                                has_placeholder(tls.client.key) || has_placeholder(tls.client.pkcs12);
    if (tls.client.resumption == net::tls_resumption::endpoint && is_per_vehicle)
        all.add("fleet.tls.resumption",
                "with `endpoint` a vehicle would resume the session of another one, with its certificate; write "
                "vehicle");
    check_faults(config, uses_tls, all);
}

} // namespace loadsim::scenario
