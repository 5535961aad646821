// Authorities from the user's files, subjects and file forms.
#include "subject.hpp"
#include "verification.hpp"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509_vfy.h>

#include <chrono>
#include <memory>
#include <string>

using namespace certificate_test;
using loadsim::result;

namespace {

std::string encrypted_pem(const key_handle& key, const std::string& password) {
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> memory(BIO_new(BIO_s_mem()), &BIO_free_all);
    PEM_write_bio_PKCS8PrivateKey(memory.get(), key.get(), EVP_aes_256_cbc(), password.data(),
                                  static_cast<int>(password.size()), nullptr, nullptr);
    char* text = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

result<authority> parsed(const std::string& certificates, const std::string& key, const std::string& password = {}) {
    return parse_authority({"ca.pem", certificates}, {"ca.key", key}, password);
}

/// Its DER, with the first component first, as text.
std::string components(const std::string& subject) {
    const auto name = parse_subject(subject);
    if (!name) return to_string(name.error());
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> memory(BIO_new(BIO_s_mem()), &BIO_free_all);
    X509_NAME_print_ex(memory.get(), name->get(), 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
    char* text = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

} // namespace

TEST(authority, read_from_files_issues_the_same_certificates) {
    for (const auto type : {key_type::p256, key_type::rsa2048, key_type::ed25519}) {
        const auto made = root(type);
        const auto read = std::make_shared<const authority>(
            parsed("a comment\n" + to_pem(made->certificate), to_pem(made->key)).value());
        EXPECT_TRUE(read->chain.empty());
        EXPECT_EQ(to_pem(issuer_of(read).issue(request()).value().certificate),
                  to_pem(issuer_of(made).issue(request()).value().certificate));
    }
}

TEST(authority, an_intermediate_in_a_file_is_sent_and_its_root_is_not) {
    const auto top = root();
    const auto middle = make_intermediate(*top, {.subject = "CN=cars", .valid = valid, .seed = 7}).value();
    const auto read = parsed(to_pem(middle.certificate) + to_pem(top->certificate), to_pem(middle.key)).value();
    ASSERT_EQ(read.chain.size(), 1U);
    EXPECT_EQ(to_pem(read.chain[0]), to_pem(middle.certificate));
}

TEST(authority, files_that_do_not_fit_are_refused_in_a_sentence) {
    const auto ca = root();
    const auto other = root(key_type::p384);
    const auto car = issuer_of(ca).issue(request()).value();
    const auto certificate = to_pem(ca->certificate);
    const auto key = to_pem(ca->key);
    const auto encrypted = encrypted_pem(ca->key, "secret");
    EXPECT_TRUE(parsed(certificate, encrypted, "secret"));
    const struct {
        std::string certificate, key, password, error;
    } rows[] = {
        {"", key, "", "ca.pem: holds no certificate in PEM"},
        {key, key, "", "ca.pem: holds no certificate in PEM"},
        {certificate.substr(0, 200), key, "", "ca.pem: certificate 1 cannot be read ("},
        {certificate, "", "", "ca.key: holds no private key in PEM; name the file"},
        {certificate, certificate, "", "ca.key: holds no private key in PEM; name the file"},
        {certificate, key.substr(0, 100), "", "ca.key: holds no private key in PEM that can be read ("},
        {certificate, to_pem(other->key), "", "ca.key: is not the key of the first certificate in ca.pem"},
        {certificate, encrypted, "", "ca.key: the key is encrypted; give its password (keyPassword)"},
        {certificate, encrypted, "wrong",
         "ca.key: the key cannot be decrypted with the password that is given (keyPassword)"},
        {to_pem(car.certificate), to_pem(car.key), "", "ca.pem: the first certificate is not that of a CA ("},
    };
    for (const auto& row : rows) {
        const auto read = parsed(row.certificate, row.key, row.password);
        ASSERT_FALSE(read) << row.error;
        EXPECT_EQ(to_string(read.error()).rfind(row.error, 0), 0U) << to_string(read.error());
    }
    EXPECT_EQ(parsed("", "").error().list.size(), 2U) << "all at once";
}

TEST(authority, of_a_run_is_a_function_of_the_seed_and_issues_for_its_whole_validity) {
    const auto ca = std::make_shared<const authority>(run_authority(7));
    EXPECT_EQ(to_pem(run_authority(7).certificate), to_pem(ca->certificate)) << "another rank's";
    EXPECT_NE(to_pem(run_authority(8).certificate), to_pem(ca->certificate));
    const auto issues = issuer::create(ca, {.seed = 7, .valid = run_validity}).value();
    const auto server = issues.issue_server({.hosts = {"127.0.0.1"}}).value();
    using namespace std::chrono_literals;
    for (const auto year : {2020y, 2026y, 2099y})
        EXPECT_EQ(verify(server, ca->certificate, {.at = std::chrono::sys_days(year / 1 / 2), .host = "127.0.0.1"}),
                  X509_V_OK)
            << static_cast<int>(year);
}

TEST(subject, is_read_as_RFC_4514_has_it) {
    const struct {
        const char *text, *expected, *reason;
    } rows[] = {
        {"CN=car,O=test", "O = test, CN = car", "2.1: the last component is encoded first"},
        {"CN=car", "CN = car", "one"},
        {" CN = car , O = test ", "O = test, CN = car", "blanks around"},
        {"cn=car,uid=7", "UID = 7, CN = car", "types in any case"},
        {"CN=car+UID=7,O=test", "O = test, UID = 7 + CN = car", "two attributes in one component, in the order of DER"},
        {"CN=a\\,b\\=c", "CN = \"a,b=c\"", "escaped characters"},
        {"CN=L\\C3\\BCtt", "CN = L\xC3\xBCtt", "2.4: hex pairs"},
        {"CN=a\\ ,O=b", "O = b, CN = \"a \"", "an escaped blank at the end"},
        {"emailAddress=a@b.example,2.5.4.5=7", "serialNumber = 7, emailAddress = a@b.example", "OpenSSL's names, OIDs"},
        {"", "subject: '': a component has no '='; write it as 'CN={vin},O=test' (RFC 4514)", "empty"},
        {"CN=car,", "subject: 'CN=car,': a component has no '='; write it as 'CN={vin},O=test' (RFC 4514)", "','"},
        {"CN=", "subject: 'CN=': CN has no value; write it as 'CN={vin},O=test' (RFC 4514)", "no value"},
        {"CN=a\\", "subject: 'CN=a\\': the '\\' at the end escapes nothing; write it as 'CN={vin},O=test' (RFC 4514)",
         "an incomplete escape"},
        {"XY=car", "subject: unknown type 'XY'; there are CN, O, OU, C, ST, L, DC, UID, OIDs ...", "unknown"},
        {"C=Germany", "subject: 'C=Germany' is not possible (string too long)", "a country has two letters"},
    };
    for (const auto& row : rows) EXPECT_EQ(components(row.text), row.expected) << row.reason;
    EXPECT_EQ(components("CN=" + std::string(65, 'x')).find("string too long") != std::string::npos, true);
}

TEST(files, pkcs12_holds_key_certificate_and_chain) {
    const auto top = root();
    const auto middle = std::make_shared<const authority>(
        make_intermediate(*top, {.subject = "CN=cars", .valid = valid, .seed = 7}).value());
    const auto made = issuer_of(middle).issue(request()).value();
    const auto file = to_pkcs12(made, "secret");
    EXPECT_EQ(file, to_pkcs12(made, "secret"));
    const auto* bytes = reinterpret_cast<const unsigned char*>(file.data());
    const std::unique_ptr<PKCS12, decltype(&PKCS12_free)> read(
        d2i_PKCS12(nullptr, &bytes, static_cast<long>(file.size())), &PKCS12_free);
    EVP_PKEY* key = nullptr;
    X509* certificate = nullptr;
    STACK_OF(X509)* chain = nullptr;
    EXPECT_EQ(PKCS12_parse(read.get(), "wrong", &key, &certificate, &chain), 0);
    ASSERT_EQ(PKCS12_parse(read.get(), "secret", &key, &certificate, &chain), 1);
    EXPECT_EQ(to_pem(key_handle(key)), to_pem(made.key));
    EXPECT_EQ(to_pem(certificate_handle(certificate)), to_pem(made.certificate));
    ASSERT_EQ(sk_X509_num(chain), 1);
    EXPECT_EQ(X509_cmp(sk_X509_value(chain, 0), middle->certificate.get()), 0);
    sk_X509_pop_free(chain, X509_free);
}

TEST(files, bundle_is_read_back_in_its_order) {
    std::vector<certificate_handle> all;
    all.push_back(share(root()->certificate));
    all.push_back(share(root(key_type::ed25519)->certificate));
    const auto read = parse_certificates(to_pem(all), "bundle.pem").value();
    ASSERT_EQ(read.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(fingerprint(read[i]), fingerprint(all[i]));
    EXPECT_EQ(fingerprint(read[0]).size(), 64U);
}
