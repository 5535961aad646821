// Certificates and keys of the user's files.
#include <loadsim/certificate/credential_files.hpp>

#include "temporary_folder.hpp"
#include "verification.hpp"

#include <loadsim/certificate/issuer.hpp>

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/pem.h>

#include <fstream>
#include <memory>
#include <string>

using namespace certificate_test;

namespace {

struct credential_files_test : testing::Test {
    credential_files_test() {
        auto ca = std::make_shared<const authority>(make_root({.subject = "CN=ca", .valid = valid}).value());
        made = issuer::create(std::move(ca), {.valid = valid})->issue({.vin = "V1", .subject = "CN=V1"}).value();
    }
    std::string write(const std::string& name, const std::string& text) const {
        const auto file = folder.path() / name;
        std::ofstream(file, std::ios::binary) << text;
        return file.string();
    }
    std::string encrypted_key(std::string password) const {
        const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
        PEM_write_bio_PKCS8PrivateKey(out.get(), made.key.get(), EVP_aes_128_cbc(), password.data(),
                                      static_cast<int>(password.size()), nullptr, nullptr);
        char* text = nullptr;
        const auto size = BIO_get_mem_data(out.get(), &text);
        return {text, static_cast<std::size_t>(size)};
    }
    static std::string problem_of(const credential_files& files) {
        const auto read = read_credentials(files);
        return read ? std::string("none") : to_string(read.error());
    }

    harness::temporary_folder folder;
    credentials made;
};

} // namespace

TEST_F(credential_files_test, reads_pem_files_and_a_file_with_both) {
    const auto certificate = write("c.pem", to_pem(made.certificate));
    const auto key = write("k.pem", to_pem(made.key));
    const auto both = write("both.pem", to_pem(made.certificate) + to_pem(made.key));
    EXPECT_EQ(fingerprint(read_credentials({.certificate = certificate, .key = key})->certificate),
              fingerprint(made.certificate));
    EXPECT_EQ(problem_of({.certificate = both}), "none");
}

TEST_F(credential_files_test, keeps_the_chain_behind_the_certificate) {
    const auto root = make_root({.subject = "CN=ca", .valid = valid});
    const auto file = write("c.pem", to_pem(made.certificate) + to_pem(root->certificate) + to_pem(made.key));
    const auto read = read_credentials({.certificate = file});
    ASSERT_EQ(read->chain.size(), 1U);
    EXPECT_EQ(fingerprint(read->chain.front()), fingerprint(root->certificate));
}

TEST_F(credential_files_test, decrypts_keys_and_pkcs12_files) {
    const auto certificate = write("c.pem", to_pem(made.certificate));
    const auto key = write("k.pem", encrypted_key("secret"));
    const auto p12 = write("c.p12", to_pkcs12(made, "secret"));
    EXPECT_EQ(problem_of({.certificate = certificate, .key = key, .key_password = "secret"}), "none");
    EXPECT_EQ(problem_of({.pkcs12 = p12, .key_password = "secret"}), "none");
    EXPECT_EQ(problem_of({.certificate = certificate, .key = key}),
              key + ": the key is encrypted; give its password (keyPassword)");
    EXPECT_EQ(problem_of({.certificate = certificate, .key = key, .key_password = "other"}),
              key + ": the key cannot be decrypted with the password that is given (keyPassword)");
    EXPECT_EQ(problem_of({.pkcs12 = p12}), p12 + ": is encrypted; give its password (keyPassword)");
    EXPECT_EQ(problem_of({.pkcs12 = p12, .key_password = "other"}),
              p12 + ": cannot be decrypted with the password that is given (keyPassword)");
}

TEST_F(credential_files_test, names_the_file_that_cannot_be_used) {
    const auto certificate = write("c.pem", to_pem(made.certificate));
    const auto other_key = write("other.pem", to_pem(derive_key(key_type::p256, 2, "other")));
    const auto text = write("text.pem", "no certificate");
    const auto absent = (folder.path() / "absent.pem").string();
    EXPECT_EQ(problem_of({.certificate = certificate, .key = other_key}),
              other_key + ": is not the private key of the certificate in " + certificate +
                  "; give the key that belongs to it");
    EXPECT_EQ(problem_of({.certificate = text}),
              text + ": holds no certificate in PEM; make PEM of a binary one with `openssl x509 -inform der`");
    const std::string no_key =
        ": holds no private key in PEM; name the file that does (key), and make PEM of a binary one with "
        "`openssl pkey -inform der`";
    EXPECT_EQ(problem_of({.certificate = certificate, .key = text}), text + no_key);
    EXPECT_EQ(problem_of({.certificate = certificate}), certificate + no_key);
    EXPECT_EQ(problem_of({.pkcs12 = text}), text + ": is no PKCS #12 file; give PEM files as certificate and key");
    EXPECT_NE(problem_of({.certificate = absent}).find(absent), std::string::npos);
}
