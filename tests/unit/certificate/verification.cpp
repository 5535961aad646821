#include "verification.hpp"

#include <loadsim/base/enum_names.hpp>

#include <openssl/x509v3.h>

namespace certificate_test {

int verify(const credentials& c, const certificate_handle& trusted, const verification& how) {
    const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(), &X509_STORE_free);
    X509_STORE_add_cert(store.get(), trusted.get());
    if (how.crl != nullptr) X509_STORE_add_crl(store.get(), how.crl->get());
    auto* const sent = sk_X509_new_null();
    for (const auto& ca : c.chain) sk_X509_push(sent, ca.get());
    const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> context(X509_STORE_CTX_new(),
                                                                                  &X509_STORE_CTX_free);
    X509_STORE_CTX_init(context.get(), store.get(), c.certificate.get(), sent);
    X509_STORE_CTX_set_default(context.get(), how.host.empty() ? "ssl_client" : "ssl_server");
    auto* const parameters = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_time(parameters, static_cast<std::time_t>(how.at.time_since_epoch().count()));
    X509_VERIFY_PARAM_set_auth_level(parameters, 2);
    if (how.crl != nullptr) X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_CRL_CHECK);
    if (!how.host.empty() && X509_VERIFY_PARAM_set1_ip_asc(parameters, how.host.c_str()) != 1)
        X509_VERIFY_PARAM_set1_host(parameters, how.host.c_str(), how.host.size());
    X509_verify_cert(context.get());
    sk_X509_free(sent);
    return X509_STORE_CTX_get_error(context.get());
}

std::shared_ptr<const authority> root(key_type type) {
    return std::make_shared<const authority>(make_root({.key = type, .valid = valid, .seed = 7}).value());
}

issuer issuer_of(std::shared_ptr<const authority> ca, key_type type) {
    return issuer::create(std::move(ca), {.seed = 7, .valid = valid, .key = type}).value();
}

certificate_request request(certificate_fault fault) {
    return {.vin = "LZ9SMEV05TF000001",
            .subject = "CN=LZ9SMEV05TF000001,O=test",
            .san = "URI:vin:LZ9SMEV05TF000001,DNS:lz9smev05tf000001.cars.example",
            .fault = fault};
}

} // namespace certificate_test
