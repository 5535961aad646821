// Keys of a TLS client that net::tls_options and kafka::tls_options share.
#pragma once

#include "schema/composite_types.hpp"
#include "schema_visitors.hpp"

namespace loadsim::scenario {

/// Trusted CAs, certificate and key of the client.
template <class V, class Options>
void describe_certificates(V& v, Options& o) {
    v.field("ca", o.ca, "File of the trusted CA certificates, in PEM; empty: those of the system.",
            value_types::file_path{});
    v.field("certificate", o.certificate, "File of the client certificate with its chain, in PEM; empty: none.",
            value_types::file_path{});
    v.field("key", o.key, "File of the certificate's private key, in PEM; empty: the file of the certificate.",
            value_types::file_path{});
}

/// `Verification`: an enumeration with these three.
template <class Verification>
constexpr choices::table<Verification, 3> verifications{{"full", "chain", "none"},
                                                        {Verification::full, Verification::chain, Verification::none}};

} // namespace loadsim::scenario
