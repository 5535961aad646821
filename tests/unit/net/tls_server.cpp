#include "tls_server.hpp"

#include "temporary_folder.hpp"

#include <loadsim/base/encoding.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/ssl.h>

#include <array>
#include <chrono>
#include <fstream>
#include <map>
#include <utility>
#include <vector>

namespace loadsim::tests {
namespace {

struct certificates {
    certificate::issuer issuer = issuer_of("CN=Test CA");
    certificate::issuer other_issuer = issuer_of("CN=Other CA");
    harness::temporary_folder folder;

    static certificate::issuer issuer_of(const std::string& subject) {
        using namespace std::chrono;
        const certificate::validity valid{sys_days{2020y / January / 1}, sys_days{2100y / January / 1}};
        auto ca = std::make_shared<const certificate::authority>(
            certificate::make_root({.subject = subject, .valid = valid}).value());
        return certificate::issuer::create(std::move(ca), {.valid = valid}).value();
    }
    std::string file_of(const certificate::issuer& from, const std::string& name) const {
        const auto file = folder.path() / name;
        std::ofstream(file) << certificate::to_pem(from.ca().certificate);
        return file.string();
    }
};

certificates& all() {
    static certificates made;
    return made;
}

SSL_CTX* make_context(const tls_server::settings& s) {
    auto* const context = SSL_CTX_new(TLS_server_method());
    const auto own = all().issuer.issue_server({.hosts = {s.host}}).value();
    SSL_CTX_use_certificate(context, own.certificate.get());
    SSL_CTX_use_PrivateKey(context, own.key.get());
    SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>("test"), 4);
    if (s.mutual) SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    if (s.trust_clients) SSL_CTX_load_verify_file(context, tls_server::ca_file().c_str());
    return context;
}

/// One for all servers with the same settings: tickets are of a context.
SSL_CTX* context_of(const tls_server::settings& s) {
    static std::map<std::string, std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>> made;
    const auto key = s.host + (s.mutual ? " mutual" : "") + (s.trust_clients ? "" : " untrusted") + s.alpn;
    auto at = made.find(key);
    if (at == made.end()) at = made.emplace(key, decltype(made)::mapped_type(make_context(s), &SSL_CTX_free)).first;
    return at->second.get();
}

} // namespace

void tls_server::deleter::operator()(ssl_st* s) const { SSL_free(s); }

tls_server::tls_server(settings s) : settings_(std::move(s)), ssl_(SSL_new(context_of(settings_))) {
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(ssl_.get());
    SSL_set_app_data(ssl_.get(), this);
    SSL_CTX_set_keylog_callback(SSL_get_SSL_CTX(ssl_.get()), [](const SSL* ssl, const char* line) {
        const std::string_view text = line;
        if (text.starts_with("SERVER_TRAFFIC_SECRET_0 "))
            static_cast<tls_server*>(SSL_get_app_data(ssl))->secret_ = text.substr(text.rfind(' ') + 1);
    });
    if (settings_.alpn.empty()) return;
    SSL_CTX_set_alpn_select_cb(
        SSL_get_SSL_CTX(ssl_.get()),
        [](SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered, unsigned offered_size,
           void*) {
            constexpr std::array<unsigned char, 5> mqtt{4, 'm', 'q', 't', 't'};
            unsigned char* name = nullptr;
            const auto agreed = SSL_select_next_proto(&name, size, mqtt.data(), mqtt.size(), offered, offered_size);
            *chosen = name;
            return agreed == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
        },
        nullptr);
}

tls_server::~tls_server() = default;

void tls_server::receive(const mqtt::bytes& records) {
    ERR_clear_error();
    BIO_write(SSL_get_rbio(ssl_.get()), records.data(), static_cast<int>(records.size()));
    std::array<char, 16384> buffer{};
    for (;;) {
        const int size = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
        if (size <= 0) break;
        plain_.append(buffer.data(), static_cast<std::size_t>(size));
    }
    const int reason = ERR_GET_REASON(ERR_peek_error());
    if (reason > SSL_AD_REASON_OFFSET) alert_ = SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET);
}

bool tls_server::has_output() const { return BIO_ctrl_pending(SSL_get_wbio(ssl_.get())) != 0; }

mqtt::bytes tls_server::take_output() {
    mqtt::bytes records(BIO_ctrl_pending(SSL_get_wbio(ssl_.get())));
    BIO_read(SSL_get_wbio(ssl_.get()), records.data(), static_cast<int>(records.size()));
    return records;
}

void tls_server::send(std::string_view plain) { SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size())); }
mqtt::bytes tls_server::empty_record(std::uint8_t sequence) const {
    // RFC 8446, 7.1 and 7.3: key and nonce from the secret.
    auto secret = secret_;
    decode_hex(secret);
    const auto expand = [&](std::string_view label, std::size_t size) {
        const auto full = "tls13 " + std::string(label);
        std::string info{'\0', static_cast<char>(size), static_cast<char>(full.size())};
        info += full + '\0';
        std::vector<unsigned char> out(size);
        const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> kdf(
            EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr), &EVP_PKEY_CTX_free);
        EVP_PKEY_derive_init(kdf.get());
        EVP_PKEY_CTX_set_hkdf_mode(kdf.get(), EVP_PKEY_HKDEF_MODE_EXPAND_ONLY);
        EVP_PKEY_CTX_set_hkdf_md(kdf.get(), EVP_sha256());
        EVP_PKEY_CTX_set1_hkdf_key(kdf.get(), reinterpret_cast<const unsigned char*>(secret.data()),
                                   static_cast<int>(secret.size()));
        EVP_PKEY_CTX_add1_hkdf_info(kdf.get(), reinterpret_cast<const unsigned char*>(info.data()),
                                    static_cast<int>(info.size()));
        EVP_PKEY_derive(kdf.get(), out.data(), &size);
        return out;
    };
    const auto key = expand("key", 16);
    auto nonce = expand("iv", 12);
    nonce.back() ^= sequence;
    // 5.2: the content type alone, and the tag.
    mqtt::bytes record{23, 3, 3, 0, 17};
    std::array<unsigned char, 17> sealed{23};
    int size = 0;
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> cipher(EVP_CIPHER_CTX_new(),
                                                                                 &EVP_CIPHER_CTX_free);
    EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr, key.data(), nonce.data());
    EVP_EncryptUpdate(cipher.get(), nullptr, &size, record.data(), static_cast<int>(record.size()));
    EVP_EncryptUpdate(cipher.get(), sealed.data(), &size, sealed.data(), 1);
    EVP_EncryptFinal_ex(cipher.get(), sealed.data() + 1, &size);
    EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, 16, sealed.data() + 1);
    record.insert(record.end(), sealed.begin(), sealed.end());
    return record;
}

void tls_server::close() { SSL_shutdown(ssl_.get()); }
void tls_server::update_keys() { SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED); }
void tls_server::renegotiate() {
    SSL_renegotiate(ssl_.get());
    SSL_do_handshake(ssl_.get());
}
bool tls_server::closed() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
bool tls_server::renegotiated() const { return SSL_total_renegotiations(ssl_.get()) > 1; }

std::string tls_server::peer_name() const {
    std::array<char, 256> name{};
    if (auto* const peer = SSL_get0_peer_certificate(ssl_.get()); peer != nullptr)
        X509_NAME_get_text_by_NID(X509_get_subject_name(peer), NID_commonName, name.data(),
                                  static_cast<int>(name.size()));
    return name.data();
}

std::string tls_server::requested_name() const {
    const char* const name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
    return name == nullptr ? "" : name;
}

const std::string& tls_server::ca_file() {
    static const auto file = all().file_of(all().issuer, "ca.pem");
    return file;
}
const std::string& tls_server::other_ca_file() {
    static const auto file = all().file_of(all().other_issuer, "other.pem");
    return file;
}

certificate::credentials tls_server::client_credentials(const std::string& name, certificate::certificate_fault fault) {
    return all().issuer.issue({.vin = name, .subject = "CN=" + name, .san = "URI:vin:" + name, .fault = fault}).value();
}

} // namespace loadsim::tests
