// TLS with files that OpenSSL's command line has made, and with its server: which a run accepts, and the sentences about the others.
#include "broker.hpp"
#include "child_process.hpp"
#include "program.hpp"

#include <loadsim/base/child_process.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace harness;
using testing::HasSubstr;
using testing::Not;

namespace {

/// Files: a CA and another one, a server, and a client with its key in all forms. Passwords: right-secret.
constexpr auto make_files = R"(
set -e
new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"; }
make_ca() { new_key "$1"; openssl req -x509 -new -key "$1.key" -subj "/CN=$1" -days 30 -out "$1.pem"; }
issue() { # NAME CA EXTENSION DAYS
  new_key "$1"
  echo "$3" > extensions
  openssl req -new -key "$1.key" -subj "/CN=$1" |
    openssl x509 -req -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days "$4" -extfile extensions -out "$1.pem"
}
make_ca ca
make_ca other-ca
issue server ca subjectAltName=DNS:localhost 30
issue elsewhere ca subjectAltName=DNS:elsewhere.test 30
issue client ca extendedKeyUsage=clientAuth 30
issue expired ca extendedKeyUsage=clientAuth -1
issue stranger other-ca extendedKeyUsage=clientAuth 30
openssl pkcs8 -topk8 -in client.key -passout pass:right-secret -out encrypted.key
openssl ec -in client.key -aes256 -passout pass:right-secret -out traditional.key
openssl pkcs12 -export -in client.pem -inkey client.key -passout pass:right-secret -out client.p12
openssl pkcs12 -export -legacy -in client.pem -inkey client.key -passout pass:right-secret -out legacy.p12
openssl x509 -in client.pem -outform der -out client.der
echo nonsense > text.pem
)";

struct foreign_certificates : testing::Test {
    static void SetUpTestSuite() {
        folder = std::make_unique<temporary_folder>();
        child_process made({"/bin/sh", "-c", "cd '" + folder->path().string() + "'" + make_files}, *folder / "log");
        ASSERT_EQ(made.wait().exit_code, 0) << read_file(*folder / "log");
    }
    static void TearDownTestSuite() { folder.reset(); }

    static std::string path(const std::string& name) { return (*folder / name).string(); }
    /// "certificate: CERTIFICATE, key: KEY", for flow mappings.
    static std::string pair(const std::string& certificate, const std::string& key) {
        return fmt::format("certificate: {}, key: {}", path(certificate), path(key));
    }
    static std::string ca() { return "ca: " + path("ca.pem"); }
    static std::string settings(const std::string& server, bool mutual) {
        return fmt::format("allow_anonymous true\ncafile {}\ncertfile {}\nkeyfile {}\nrequire_certificate {}\n",
                           path("ca.pem"), path(server + ".pem"), path(server + ".key"), mutual);
    }
    static std::string url(std::uint16_t port, const std::string& scheme = "mqtts") {
        return fmt::format("{}://localhost:{}", scheme, port);
    }
    static std::string scenario(const std::string& broker, const std::string& own_tls, const std::string& fleet_tls) {
        const auto tls = [](const std::string& keys) { return keys.empty() ? "" : ", tls: {" + keys + "}"; };
        return fmt::format("name: t\ntarget: {{broker: '{}'{}}}\nfleet: {{vehicles: 5{}}}\n"
                           "load: {{lagLimit: 5s, phases: [{{duration: 1s, arrivalRate: 5}}]}}\n",
                           broker, tls(own_tls), tls(fleet_tls));
    }

    static inline std::unique_ptr<temporary_folder> folder;
};

/// `openssl s_server`, one connection after the other.
class openssl_server {
public:
    explicit openssl_server(std::vector<std::string> options) {
        std::vector<std::string> command{"openssl", "s_server",
                                         "-accept", fmt::format("127.0.0.1:{}", port_),
                                         "-cert",   foreign_certificates::path("server.pem"),
                                         "-key",    foreign_certificates::path("server.key"),
                                         "-rev"};
        command.insert(command.end(), options.begin(), options.end());
        process_.emplace(std::move(command), foreign_certificates::path("s_server"));
        EXPECT_TRUE(wait_until([this] { return accepts_connections(port_); }))
            << read_file(foreign_certificates::path("s_server"));
    }
    std::uint16_t port() const { return port_; }

private:
    std::uint16_t port_ = free_port();
    std::optional<child_process> process_;
};

} // namespace

TEST_F(foreign_certificates, are_accepted_with_encrypted_keys_and_as_pkcs12) {
    broker mutual(settings("server", true));
    const std::string password = ", keyPassword: right-secret";
    const std::pair<std::string, std::string> rows[] = {
        {fmt::format("{}, pkcs12: {}{}", ca(), path("client.p12"), password),
         pair("client.pem", "encrypted.key") + password},
        {fmt::format("{}, {}", ca(), pair("client.pem", "client.key")),
         fmt::format("pkcs12: {}{}", path("client.p12"), password)},
        {fmt::format("{}, {}{}", ca(), pair("client.pem", "traditional.key"), password),
         fmt::format("issue: {{{}, key: {}}}", ca(), path("ca.key"))},
    };
    for (const auto& [own, fleet] : rows) {
        auto run = program::run(scenario(url(mutual.endpoint().port), own, fleet));
        EXPECT_EQ(run.wait(), 0) << own << fleet << run.out() << run.err();
        EXPECT_EQ(number(run.summary(), "/sessions/tls/full/samples"), 5);
    }
}

TEST_F(foreign_certificates, that_do_not_fit_end_the_run_with_a_sentence) {
    broker plain;
    broker server_only(settings("server", false));
    broker mutual(settings("server", true));
    broker elsewhere(settings("elsewhere", false));
    const auto at = [](const broker& b) { return url(b.endpoint().port); };
    const auto good = ca() + ", " + pair("client.pem", "client.key");
    const auto own = pair("client.pem", "client.key");
    const auto with_key = [](const std::string& name, const std::string& password) {
        return pair("client.pem", name) + (password.empty() ? "" : ", keyPassword: " + password);
    };
    const auto with_pkcs12 = [](const std::string& name, const std::string& password) {
        return "pkcs12: " + path(name) + (password.empty() ? "" : ", keyPassword: " + password);
    };
    const struct {
        std::string broker, own_tls, fleet_tls, sentence;
    } rows[] = {
        {at(mutual), good, with_key("encrypted.key", "wrong-secret"),
         path("encrypted.key") + ": the key cannot be decrypted with the password that is given (keyPassword)"},
        {at(mutual), good, with_key("traditional.key", ""),
         path("traditional.key") + ": the key is encrypted; give its password (keyPassword)"},
        {at(mutual), ca() + ", " + with_key("encrypted.key", "wrong-secret"), own,
         path("encrypted.key") + ": the key cannot be decrypted"},
        {at(mutual), good, with_pkcs12("client.p12", "wrong-secret"),
         path("client.p12") + ": cannot be decrypted with the password that is given (keyPassword)"},
        {at(mutual), good, with_pkcs12("client.p12", ""),
         path("client.p12") + ": is encrypted; give its password (keyPassword)"},
        {at(mutual), good, with_pkcs12("legacy.p12", "right-secret"),
         path("legacy.p12") + ": is encrypted by an algorithm that OpenSSL 3 no longer has"},
        {at(mutual), good, with_pkcs12("client.pem", "right-secret"), path("client.pem") + ": is no PKCS #12 file"},
        {at(mutual), good, pair("client.pem", "stranger.key"),
         path("stranger.key") + ": is not the private key of the certificate in " + path("client.pem")},
        {at(mutual), good, pair("text.pem", "client.key"), path("text.pem") + ": holds no certificate in PEM"},
        {at(mutual), good, pair("client.der", "client.key"),
         path("client.der") +
             ": holds no certificate in PEM; make PEM of a binary one with `openssl x509 -inform der`"},
        {at(mutual), good, "certificate: " + path("client.pem"),
         path("client.pem") + ": holds no private key in PEM; name the file that does (key)"},
        {at(mutual), good, pair("absent.pem", "client.key"), path("absent.pem") + ": cannot be read (No such file"},
        {at(mutual), good, fmt::format("issue: {{ca: {}, key: {}}}", path("ca.pem"), path("other-ca.key")),
         path("other-ca.key") + ": is not the key of the first certificate in " + path("ca.pem")},
        {at(mutual), good, fmt::format("issue: {{ca: {}, key: {}}}", path("client.pem"), path("client.key")),
         path("client.pem") + ": the first certificate is not that of a CA"},
        {at(mutual), "ca: " + path("text.pem"), own, path("text.pem") + ": holds no CA certificates in PEM"},
        {at(server_only), "ca: " + path("other-ca.pem"), "",
         "its CA 'ca' is not trusted; give that CA's certificate (tls.ca)"},
        {at(server_only), ca(), "ca: " + path("other-ca.pem"),
         "its CA 'ca' is not trusted; give that CA's certificate (tls.ca)"},
        {at(elsewhere), ca(), "",
         "it is for elsewhere.test, not for localhost; use a host of the certificate in the URL"},
        {at(mutual), ca() + ", " + pair("stranger.pem", "stranger.key"), own,
         "the peer refuses our certificate: unknown CA; see tls.certificate"},
        {at(mutual), good, pair("stranger.pem", "stranger.key"),
         "the peer refuses our certificate: unknown CA; see tls.certificate"},
        {at(mutual), good, pair("expired.pem", "expired.key"), "the peer refuses our certificate: expired, on 20"},
        {at(mutual), ca(), own, "the peer wants a client certificate; give one (tls.certificate)"},
        {at(mutual), good, "", "the peer wants a client certificate; give one (tls.certificate)"},
        {at(server_only), ca() + ", ciphers: AES128-SHA, maxVersion: 1.2", "",
         "the peer accepts none of the ciphers and groups that are offered"},
        {at(plain), ca(), "", "check that the broker uses TLS on this port"},
        {url(server_only.endpoint().port, "mqtt"), "", "", "without TLS on this port (else write mqtts://)"},
    };
    for (const auto& r : rows) {
        auto run = program::run(scenario(r.broker, r.own_tls, r.fleet_tls));
        EXPECT_EQ(run.wait(), 3) << r.sentence << run.out() << run.err();
        EXPECT_THAT(run.err(), HasSubstr(r.sentence));
        EXPECT_THAT(run.out() + run.err(), Not(HasSubstr("-secret"))) << "a password";
    }
}

TEST_F(foreign_certificates, offers_that_a_server_refuses_end_the_run_with_a_sentence) {
    const struct {
        std::vector<std::string> server;
        std::string own_tls, sentence;
    } rows[] = {
        {{"-alpn", "http/1.1"},
         ", alpn: [mqtt]",
         "the peer accepts none of the protocols that are offered; see tls.alpn"},
        {{"-tls1_1", "-cipher", "ALL@SECLEVEL=0"}, "", "the peer has none of the versions of TLS that are allowed"},
        {{"-Verify", "1", "-tls1_2"}, "", "or wants a client certificate; see tls.ciphers"},
        {{"-Verify", "1"}, "", "the peer wants a client certificate; give one (tls.certificate)"},
    };
    for (const auto& r : rows) {
        const openssl_server server(r.server);
        auto run = program::run(scenario(url(server.port()), ca() + r.own_tls, ""));
        EXPECT_EQ(run.wait(), 3) << r.sentence << run.out() << run.err();
        EXPECT_THAT(run.err(), HasSubstr(r.sentence));
        EXPECT_THAT(run.err(), HasSubstr(url(server.port()))) << "the URL";
    }
}
