#include <loadsim/fleet/vehicle_tls.hpp>

#include <loadsim/base/secrets.hpp>
#include <loadsim/certificate/credential_files.hpp>
#include <loadsim/fleet/client_identity.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace loadsim::fleet {
namespace {

using certificate::certificate_fault;

/// A path in the vehicles' data may be absolute: it then stands by itself, without the folder of the scenario before it.
std::string path_of(const contract::text_template& file, const contract::template_values& values) {
    auto path = file.rendered(values);
    if (const auto absolute = path.rfind("//"); absolute != std::string::npos) path.erase(0, absolute + 1);
    return path;
}

struct compiled_templates {
    contract::text_template certificate, key, pkcs12, key_password, subject, san;
    problems wrong;
};

compiled_templates compile_templates(const tls_options& o, const contract::scenario_symbols& symbols) {
    compiled_templates made;
    const auto compile = [&](const std::string& text, std::string_view location) {
        return compile_identity_template(text, symbols, location, made.wrong);
    };
    made.certificate = compile(o.client.certificate, "fleet.tls.certificate");
    made.key = compile(o.client.key, "fleet.tls.key");
    made.pkcs12 = compile(o.client.pkcs12, "fleet.tls.pkcs12");
    made.key_password = compile(o.client.key_password, "fleet.tls.keyPassword");
    if (made.key_password.is_constant()) register_secret(made.key_password.rendered({}));
    if (!o.issue) return made;
    made.subject = compile(o.issue->subject, "fleet.tls.issue.subject");
    made.san = compile(o.issue->san, "fleet.tls.issue.san");
    return made;
}

result<std::shared_ptr<const certificate::issuer>> make_issuer(const issue_options& o,
                                                               const vehicle_tls::run_values& run) {
    auto ca = o.ca.empty() ? certificate::run_authority(run.seed)
                           : certificate::read_authority(
                                 {.certificate = o.ca, .key = o.key, .pkcs12 = {}, .key_password = o.key_password});
    if (!ca) return ca.error();
    std::chrono::sys_seconds begin = std::chrono::floor<std::chrono::days>(run.now);
    if (const auto of_ca = certificate::valid_from(ca->certificate); of_ca <= run.now)
        begin = std::max(begin, of_ca); // made today
    auto made = certificate::issuer::create(
        std::make_shared<const certificate::authority>(std::move(*ca)),
        {.seed = run.seed,
         .valid = {begin, begin + std::chrono::duration_cast<std::chrono::seconds>(o.validity)},
         .key = o.key_type});
    if (!made) return problems{o.ca.empty() ? "fleet.tls.issue" : o.ca, made.error().list.front().text};
    return std::make_shared<const certificate::issuer>(std::move(*made));
}

} // namespace

problems vehicle_tls::check(const tls_options& o, const contract::scenario_symbols& symbols) {
    return compile_templates(o, symbols).wrong;
}

result<vehicle_tls> vehicle_tls::create(const tls_options& o, const contract::scenario_symbols& symbols,
                                        const run_values& run) {
    auto templates = compile_templates(o, symbols);
    if (!templates.wrong.empty()) return std::move(templates.wrong);
    vehicle_tls made;
    made.context_ = o.client;
    const bool is_shared = templates.certificate.is_constant() && templates.key.is_constant() &&
                           templates.pkcs12.is_constant() && templates.key_password.is_constant();
    if (!is_shared || o.issue) {
        made.context_.certificate.clear();
        made.context_.key.clear();
        made.context_.pkcs12.clear();
        made.context_.key_password.clear();
    }
    if (!is_shared)
        made.certificate_ = {std::move(templates.certificate), std::move(templates.key), std::move(templates.pkcs12),
                             std::move(templates.key_password)};
    if (!o.issue) return made;
    made.subject_ = std::move(templates.subject);
    made.san_ = std::move(templates.san);
    auto issuer = make_issuer(*o.issue, run);
    if (!issuer) return issuer.error();
    made.issuer_ = std::move(*issuer);
    return made;
}

certificate::certificate_request vehicle_tls::request_for(const contract::template_values& values,
                                                          certificate_fault fault) const {
    auto named = values;
    std::string other_vin(values.vin);
    if (fault == certificate_fault::wrong_name && !other_vin.empty()) {
        other_vin.back() = other_vin.back() == '0' ? '1' : '0';
        named.vin = other_vin;
    }
    return {.vin = std::string(values.vin),
            .subject = subject_.rendered(named),
            .san = san_.rendered(named),
            .fault = fault};
}

result<certificate::credentials> vehicle_tls::credentials_of(const contract::template_values& values,
                                                             certificate_fault fault) const {
    if (fault == certificate_fault::missing) return certificate::credentials{};
    if (issuer_) return issuer_->issue(request_for(values, fault));
    return certificate::read_credentials({.certificate = path_of(certificate_->certificate, values),
                                          .key = path_of(certificate_->key, values),
                                          .pkcs12 = path_of(certificate_->pkcs12, values),
                                          .key_password = certificate_->key_password.rendered(values)});
}

std::optional<certificate::serial_number> vehicle_tls::serial_of(const contract::template_values& values,
                                                                 certificate_fault fault) const {
    if (!issuer_) return std::nullopt;
    return issuer_->serial_of(request_for(values, fault));
}

} // namespace loadsim::fleet
