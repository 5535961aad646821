// Certificates of vehicles and servers: valid ones, faulty ones with the reason of their refusal, and that all follow from the seed.
#include "verification.hpp"

#include <loadsim/base/enum_names.hpp>

#include <gtest/gtest.h>
#include <openssl/crypto.h>
#include <openssl/x509v3.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace certificate_test;
using loadsim::enum_name;
using std::chrono::days;

namespace {

constexpr int accepted = X509_V_OK;

std::string subject_of(const certificate_handle& c) {
    std::unique_ptr<BIO, decltype(&BIO_free_all)> memory(BIO_new(BIO_s_mem()), &BIO_free_all);
    X509_NAME_print_ex(memory.get(), X509_get_subject_name(c.get()), 0, XN_FLAG_RFC2253);
    char* text = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

std::string signature_of(const certificate_handle& c) {
    const ASN1_BIT_STRING* bits = nullptr;
    X509_get0_signature(&bits, nullptr, c.get());
    return {reinterpret_cast<const char*>(bits->data), static_cast<std::size_t>(bits->length)};
}

/// The r of an ECDSA signature (RFC 3279, 2.2.3), which is a function of the nonce alone.
std::string nonce_of(const certificate_handle& c) {
    const auto signature = signature_of(c);
    return signature.substr(4, static_cast<std::size_t>(signature[3]));
}

bool key_fits(const credentials& c) { return X509_check_private_key(c.certificate.get(), c.key.get()) == 1; }

/// The pair as another program reads it from files.
credentials read_back(const credentials& c) {
    credentials read;
    read.certificate = std::move(parse_certificates(to_pem(c.certificate), "pem").value().front());
    read.key = share(c.key);
    return read;
}

} // namespace

TEST(issuer, vehicle_certificates_of_all_keys_and_CAs_are_valid) {
    for (const auto ca_type : {key_type::p256, key_type::p384, key_type::rsa2048, key_type::ed25519})
        for (const auto type : {key_type::p256, key_type::p384, key_type::ed25519}) {
            SCOPED_TRACE(std::string(enum_name(ca_type)) + ' ' + std::string(enum_name(type)));
            const auto ca = root(ca_type);
            const auto made = issuer_of(ca, type).issue(request()).value();
            EXPECT_EQ(verify(made, ca->certificate), accepted);
            EXPECT_TRUE(made.chain.empty()) << "a root is not sent";
            EXPECT_TRUE(key_fits(made));
            EXPECT_TRUE(key_fits(read_back(made))) << "the encoded public key";
        }
    const auto ca = root();
    const auto rsa = issuer_of(ca, key_type::rsa2048).issue(request()).value();
    EXPECT_EQ(verify(rsa, ca->certificate), accepted);
    EXPECT_TRUE(key_fits(read_back(rsa)));
}

TEST(issuer, writes_subject_names_and_dates_of_the_request) {
    const auto ca = root();
    const auto made = issuer_of(ca).issue(request()).value();
    EXPECT_EQ(subject_of(made.certificate), "CN=LZ9SMEV05TF000001,O=test");
    EXPECT_EQ(X509_check_host(made.certificate.get(), "lz9smev05tf000001.cars.example", 0, 0, nullptr), 1);
    EXPECT_EQ(verify(made, ca->certificate, {.at = valid.from}), accepted);
    EXPECT_EQ(verify(made, ca->certificate, {.at = valid.until - std::chrono::seconds(1)}), accepted);
    EXPECT_EQ(verify(made, ca->certificate, {.host = "lz9smev05tf000001.cars.example"}), X509_V_ERR_INVALID_PURPOSE)
        << "for clients only";
    auto without_names = request();
    without_names.san.clear();
    EXPECT_EQ(verify(issuer_of(ca).issue(without_names).value(), ca->certificate), accepted);
}

TEST(issuer, each_fault_is_refused_for_its_own_reason) {
    using enum certificate_fault;
    const auto ca = root();
    const auto cars = issuer_of(ca);
    const std::vector serials{cars.serial_of(request(revoked))};
    const auto crl = make_crl(*ca, serials, start, valid.until).value();
    const struct {
        certificate_fault fault;
        int error;
    } rows[] = {
        {none, accepted},
        {expired, X509_V_ERR_CERT_HAS_EXPIRED},
        {not_yet_valid, X509_V_ERR_CERT_NOT_YET_VALID},
        {revoked, X509_V_ERR_CERT_REVOKED},
        {unknown_ca, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
        {self_signed, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT},
        {wrong_name, accepted},
        {wrong_key, accepted},
        {weak_key, X509_V_ERR_EE_KEY_TOO_SMALL},
        {sha1_signature, X509_V_ERR_CA_MD_TOO_WEAK},
        {missing_intermediate, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
    };
    EXPECT_EQ(std::size(rows) + 1, loadsim::enum_names<certificate_fault>.size()) << "all but `missing`";
    for (const auto& row : rows) {
        SCOPED_TRACE(enum_name(row.fault));
        const auto made = cars.issue(request(row.fault)).value();
        EXPECT_EQ(verify(made, ca->certificate, {.crl = &crl}), row.error);
        EXPECT_TRUE(key_fits(made)) << "SSL_use_PrivateKey() accepts it";
        EXPECT_EQ(key_fits(read_back(made)), row.fault != wrong_key);
    }
    const auto none_at_all = cars.issue(request(missing)).value();
    EXPECT_EQ(none_at_all.certificate, nullptr);
    EXPECT_EQ(none_at_all.key, nullptr);
}

TEST(issuer, a_name_of_another_vehicle_comes_with_the_own_key) {
    const auto cars = issuer_of(root());
    auto wrong = request(certificate_fault::wrong_name);
    wrong.subject = "CN=LZ9SMEV07TF000002,O=test";
    const auto made = cars.issue(wrong).value();
    EXPECT_EQ(subject_of(made.certificate), "CN=LZ9SMEV07TF000002,O=test");
    EXPECT_EQ(to_pem(made.key), to_pem(cars.issue(request()).value().key));
}

TEST(issuer, an_intermediate_is_sent_with_the_certificate) {
    const auto top = root();
    const auto middle = std::make_shared<const authority>(
        make_intermediate(*top, {.subject = "CN=cars", .valid = valid, .seed = 7}).value());
    auto made = issuer_of(middle).issue(request()).value();
    ASSERT_EQ(made.chain.size(), 1U);
    EXPECT_EQ(subject_of(made.chain[0]), "CN=cars");
    EXPECT_EQ(verify(made, top->certificate), accepted);
    made.chain.clear();
    EXPECT_EQ(verify(made, top->certificate), X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}

TEST(issuer, only_the_revoked_certificate_of_a_vehicle_is_revoked) {
    const auto ca = root();
    const auto cars = issuer_of(ca);
    const auto crl_of = [&](std::vector<serial_number> serials) {
        return make_crl(*ca, serials, start, valid.until).value();
    };
    const auto of_faulty = crl_of({cars.serial_of(request(certificate_fault::revoked))});
    const auto of_good = crl_of({cars.serial_of(request())});
    const auto empty = crl_of({});
    const auto good = cars.issue(request()).value();
    EXPECT_EQ(verify(good, ca->certificate, {.crl = &of_faulty}), accepted);
    EXPECT_EQ(verify(good, ca->certificate, {.crl = &empty}), accepted);
    EXPECT_EQ(verify(good, ca->certificate, {.crl = &of_good}), X509_V_ERR_CERT_REVOKED);
}

TEST(issuer, server_certificates_are_for_their_hosts) {
    using enum server_fault;
    const auto ca = root();
    const auto servers = issuer_of(ca);
    const std::vector<std::string> hosts{"localhost", "127.0.0.1", "::1", "*.cars.example"};
    const struct {
        server_fault fault;
        const char* host;
        int error;
    } rows[] = {
        {none, "localhost", accepted},
        {none, "127.0.0.1", accepted},
        {none, "::1", accepted},
        {none, "broker.cars.example", accepted},
        {none, "other.example", X509_V_ERR_HOSTNAME_MISMATCH},
        {none, "127.0.0.2", X509_V_ERR_IP_ADDRESS_MISMATCH},
        {wrong_host, "localhost", X509_V_ERR_HOSTNAME_MISMATCH},
        {expired, "localhost", X509_V_ERR_CERT_HAS_EXPIRED},
        {untrusted, "localhost", X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(std::string(enum_name(row.fault)) + ' ' + row.host);
        const auto made = servers.issue_server({.hosts = hosts, .fault = row.fault}).value();
        EXPECT_EQ(verify(made, ca->certificate, {.host = row.host}), row.error);
        EXPECT_TRUE(key_fits(read_back(made)));
    }
    const auto error_of = [&](std::vector<std::string> bad) {
        return to_string(servers.issue_server({.hosts = std::move(bad)}).error());
    };
    EXPECT_EQ(error_of({}), "hosts: a server's certificate needs a host name or an address");
    EXPECT_EQ(error_of({"a,DNS:b"}), "hosts: 'a,DNS:b' is neither a host name nor an address");
}

TEST(issuer, requests_that_are_not_possible_are_refused_in_a_sentence) {
    const auto cars = issuer_of(root());
    const auto error_of = [&](const std::string& san) {
        auto bad = request();
        bad.san = san;
        return to_string(cars.issue(bad).error());
    };
    for (const auto* san : {"nonsense", "IP:car", "dirName:section", "@section", "email:copy", "URI", ","})
        EXPECT_EQ(error_of(san).rfind("san: '" + std::string(san) + "' is not possible (", 0), 0U) << error_of(san);
    auto bad = request();
    bad.subject = "O";
    EXPECT_EQ(to_string(cars.issue(bad).error()),
              "subject: 'O': a component has no '='; write it as 'CN={vin},O=test' (RFC 4514)");
    const auto of_ed25519 = issuer_of(root(key_type::ed25519)).issue(request(certificate_fault::sha1_signature));
    EXPECT_EQ(to_string(of_ed25519.error()).rfind("ca: its key signs without a choice of the hash", 0), 0U);
}

TEST(issuer, a_CA_that_is_not_valid_at_the_time_is_refused) {
    const auto error_at = [](std::chrono::sys_seconds from) {
        return to_string(issuer::create(root(), {.valid = {from, from + days(1)}}).error());
    };
    EXPECT_EQ(error_at(valid.until + days(1)),
              "ca: the CA's certificate has expired on 2026-12-31T00:00:00Z; choose another CA or time");
    EXPECT_EQ(error_at(valid.from - days(1)),
              "ca: the CA's certificate is not valid yet on 2026-11-29T00:00:00Z; choose another CA or time");
}

TEST(issuer, the_same_seed_makes_the_same_bytes_in_all_threads) {
    for (const auto ca_type : {key_type::p256, key_type::p384, key_type::rsa2048, key_type::ed25519}) {
        SCOPED_TRACE(enum_name(ca_type));
        const auto first = issuer_of(root(ca_type));
        const auto second = issuer_of(root(ca_type));
        for (const auto fault :
             {certificate_fault::none, certificate_fault::self_signed, certificate_fault::missing_intermediate}) {
            const auto expected = first.issue(request(fault)).value();
            std::vector<std::string> made(4);
            std::vector<std::thread> threads;
            for (auto& text : made)
                threads.emplace_back([&] {
                    const auto again = second.issue(request(fault)).value();
                    text = to_pem(again.certificate) + to_pem(again.key);
                });
            for (auto& t : threads) t.join();
            for (const auto& text : made) EXPECT_EQ(text, to_pem(expected.certificate) + to_pem(expected.key));
        }
        const std::vector revoked{first.serial_of(request())};
        EXPECT_EQ(to_pem(make_crl(first.ca(), revoked, start, valid.until).value()),
                  to_pem(make_crl(second.ca(), revoked, start, valid.until).value()));
    }
}

// Two signatures with one nonce reveal the key of the CA.
TEST(issuer, no_two_certificates_share_a_nonce) {
    std::set<std::string> nonces;
    std::size_t certificates = 0;
    for (const auto& ca : {root(), std::make_shared<const authority>(
                                       make_root({.subject = "CN=other", .valid = valid, .seed = 8}).value())}) {
        const auto cars = issuer_of(ca);
        for (const auto fault : {certificate_fault::none, certificate_fault::expired, certificate_fault::wrong_key})
            for (const auto* vin : {"LZ9SMEV05TF000001", "LZ9SMEV07TF000002"}) {
                auto of_vin = request(fault);
                of_vin.vin = vin;
                nonces.insert(nonce_of(cars.issue(of_vin).value().certificate));
                ++certificates;
            }
    }
    EXPECT_EQ(nonces.size(), certificates);
}

TEST(issuer, a_fixed_seed_makes_the_certificates_that_it_made_before) {
    const auto of_ed25519 = issuer_of(root(key_type::ed25519), key_type::ed25519).issue(request()).value();
    EXPECT_EQ(fingerprint(of_ed25519.certificate), "f213b80b6130601088f8211ac1dd189f5a926a704ec25fb4006231fb156cc3f5");
    const auto of_p256 = issuer_of(root()).issue(request()).value();
    const bool openssl_3_0 = OPENSSL_version_major() == 3 && OPENSSL_version_minor() == 0;
    if (openssl_3_0) { // another version may use the random bytes of an ECDSA signature differently
        EXPECT_EQ(fingerprint(of_p256.certificate), "727fabf77072bc350594dca1e3d29606f19509d9f7ed7eb7b13a5a221149254b");
    }
}
