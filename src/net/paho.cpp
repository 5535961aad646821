#include <loadsim/net/paho.hpp>

namespace loadsim::net {

int to_paho_version(mqtt::version v) noexcept { return v == mqtt::version::v5_0 ? MQTTVERSION_5 : MQTTVERSION_3_1_1; }

::mqtt::ssl_options to_paho_tls(const tls_options& o) {
    ::mqtt::ssl_options made;
    if (!o.ca.empty()) made.set_trust_store(o.ca);
    if (!o.certificate.empty()) {
        made.set_key_store(o.certificate);
        made.set_private_key(o.key.empty() ? o.certificate : o.key);
        if (!o.key_password.empty()) made.set_private_key_password(o.key_password);
    }
    made.set_enable_server_cert_auth(o.verify != tls_verification::none);
    made.set_verify(o.verify == tls_verification::full);
    if (!o.alpn.empty()) made.set_alpn_protos(o.alpn);
    return made;
}

} // namespace loadsim::net
