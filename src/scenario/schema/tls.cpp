// TLS: of loadsim's own connections and of the vehicles' sessions.
#include "schema.hpp"
#include "schema/composite_types.hpp"
#include "schema/tls_keys.hpp"

#include <utility>

namespace loadsim::scenario {
namespace {

using certificate::key_type;
using net::tls_resumption;
using net::tls_verification;
using net::tls_version;

constexpr choices::table<tls_version, 4> versions{
    {"1.0", "1.1", "1.2", "1.3"}, {tls_version::v1_0, tls_version::v1_1, tls_version::v1_2, tls_version::v1_3}};
constexpr choices::table<tls_resumption, 3> resumptions{
    {"none", "endpoint", "vehicle"}, {tls_resumption::none, tls_resumption::endpoint, tls_resumption::vehicle}};
constexpr choices::table<key_type, 4> key_types{{"p256", "p384", "rsa2048", "ed25519"},
                                                {key_type::p256, key_type::p384, key_type::rsa2048, key_type::ed25519}};

/// Keys of what a client verifies and offers.
template <class V>
void describe_connection(V& v, net::tls_options& o) {
    v.field("verify", o.verify,
            "What is verified of the server's certificate. full: its chain and its names; chain: its chain; none: "
            "nothing, which every report shows.",
            verifications<tls_verification>.type());
    v.field("serverName", o.server_name, "Name for SNI and the verification; empty: the host of the URL.",
            value_types::text{});
    v.field("alpn", o.alpn, "Protocols to offer (ALPN), such as mqtt or x-amzn-mqtt-ca; empty: none.",
            value_types::list<value_types::text>{{255}, "alpn", 10});
    v.field("minVersion", o.min_version, "Lowest version of TLS.", versions.type());
    v.field("maxVersion", o.max_version, "Highest version of TLS.", versions.type());
    v.field("ciphers", o.ciphers, "Cipher suites, as OpenSSL writes lists of them; empty: OpenSSL's default.",
            value_types::text{});
    v.field("groups", o.groups, "Groups of the key exchange, such as X25519:P-256; empty: OpenSSL's default.",
            value_types::text{});
}

} // namespace

template <class V>
void describe(V& v, net::tls_options& o) {
    describe_certificates(v, o);
    v.field("pkcs12", o.pkcs12, "PKCS #12 file with certificate, chain and key, in their place.",
            value_types::file_path{});
    v.field("keyPassword", o.key_password,
            "Password of an encrypted key or PKCS #12 file: text with ${ENVIRONMENT_VARIABLE}, or {file: PATH}.",
            value_types::secret{});
    describe_connection(v, o);
}

template <class V>
void describe(V& v, fleet::issue_options& o) {
    v.field("ca", o.ca,
            "File of the CA's certificate, in PEM; empty: the CA of the run, which the embedded broker trusts.",
            value_types::file_path{});
    v.field("key", o.key, "File of the CA's private key, in PEM; empty: the file of the CA's certificate.",
            value_types::file_path{});
    v.field("keyPassword", o.key_password,
            "Password of an encrypted key: text with ${ENVIRONMENT_VARIABLE}, or {file: PATH}.", value_types::secret{});
    v.field("subject", o.subject, "Subject (RFC 4514): a template with {vin}, {index}, {data.COLUMN}.",
            value_types::placeholder_text{});
    v.field("san", o.san,
            "Subject alternative names as OpenSSL writes them, \"URI:vin:{vin},DNS:{vin}.example\": a template; empty: "
            "none.",
            value_types::placeholder_text{});
    v.field("validity", o.validity, "Validity, from the begin of the run's day on.",
            value_types::duration{.min = std::chrono::hours{1}});
    v.field("keyType", o.key_type, "Type of the keys. One of RSA takes 0.1 s of CPU to make.", key_types.type());
}

template <class V>
void describe(V& v, fleet::tls_options& o) {
    v.field("ca", o.client.ca, "File of the trusted CA certificates, in PEM; empty: that of target.tls.",
            value_types::file_path{});
    v.field(
        "certificate", o.client.certificate,
        "File of a vehicle's certificate with its chain, in PEM: a template, certs/{vin}.pem or {data.cert}; empty: "
        "none.",
        value_types::file_template{});
    v.field("key", o.client.key, "File of its private key, in PEM: a template; empty: the file of the certificate.",
            value_types::file_template{});
    v.field("pkcs12", o.client.pkcs12, "PKCS #12 file with certificate, chain and key, in their place: a template.",
            value_types::file_template{});
    v.field("keyPassword", o.client.key_password,
            "Password of an encrypted key or PKCS #12 file: a template; may contain ${ENVIRONMENT_VARIABLE}.",
            value_types::placeholder_text{.secret = true});
    v.field("issue", o.issue,
            "Certificates that loadsim issues when a vehicle connects, in place of files: key and certificate follow "
            "from seed and VIN.",
            value_types::object<fleet::issue_options>{});
    v.field(
        "resumption", o.client.resumption,
        "Tickets of earlier sessions shorten a handshake. vehicle: the last of the vehicle; endpoint: the last with "
        "the same address, of any vehicle.",
        resumptions.type());
    describe_connection(v, o.client);
}

namespace value_types {

void tls::read(read_context& r, const yaml_node& n, net::tls_options& out) const {
    object<net::tls_options>{}.read(r, n, out);
}
yaml_node tls::write(const net::tls_options& o) const { return object<net::tls_options>{}.write(o); }
json::object tls::schema() const { return object<net::tls_options>{}.schema(); }

void fleet_tls::read(read_context& r, const yaml_node& n, fleet::tls_options& out) const {
    object<fleet::tls_options>{}.read(r, n, out);
}
yaml_node fleet_tls::write(const fleet::tls_options& o) const { return object<fleet::tls_options>{}.write(o); }
json::object fleet_tls::schema() const { return object<fleet::tls_options>{}.schema(); }

} // namespace value_types
} // namespace loadsim::scenario
