// TLS of the vehicles: the options of all, and the certificate of each.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/certificate/issuer.hpp>
#include <loadsim/contract/message_contract.hpp>
#include <loadsim/contract/text_template.hpp>
#include <loadsim/fleet/options.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace loadsim::fleet {

/// Threads: const, any; one for all shards of a process.
class vehicle_tls {
public:
    struct run_values {
        std::uint64_t seed = 1;
        std::chrono::sys_seconds now{}; ///< certificates are valid from its day on, or from the CA's begin on that day
    };
    /// Reads the CA that issues, and the certificate that all vehicles share, if there is one.
    /// Errors: templates, located "fleet.tls.certificate" ...; files, located by their names.
    static result<vehicle_tls> create(const tls_options&, const contract::scenario_symbols&, const run_values&);
    /// The errors of the templates alone, without reading a file. Pure.
    static problems check(const tls_options&, const contract::scenario_symbols&);

    /// Trusts the CAs of this file, unless the options have a file of their own.
    void trust(const std::string& ca) {
        if (context_.ca.empty()) context_.ca = ca;
    }

    /// For the net::tls_context of a shard. It has a certificate if all vehicles share it.
    const net::tls_options& context_options() const noexcept { return context_; }
    /// True: credentials_of() makes those of each vehicle; false: the context has them.
    bool has_own_credentials(certificate::certificate_fault fault) const noexcept {
        return issuer_ || certificate_ || fault != certificate::certificate_fault::none;
    }
    /// `values`: of template_scope::identity. `fault`: only certificates that are issued can have one, but for `missing`.
    /// Errors: a file of the vehicle cannot be read; a subject or alternative name that X.509 cannot express.
    result<certificate::credentials> credentials_of(const contract::template_values& values,
                                                    certificate::certificate_fault fault) const;
    /// Serial number of the vehicle's certificate, for a CRL; nullopt: the certificate is not issued.
    std::optional<certificate::serial_number> serial_of(const contract::template_values& values,
                                                        certificate::certificate_fault fault) const;

private:
    struct file_templates {
        contract::text_template certificate, key, pkcs12, key_password;
    };
    certificate::certificate_request request_for(const contract::template_values&,
                                                 certificate::certificate_fault) const;

    net::tls_options context_;
    std::optional<file_templates> certificate_; ///< of each vehicle's files
    std::shared_ptr<const certificate::issuer> issuer_;
    contract::text_template subject_, san_;
};

} // namespace loadsim::fleet
