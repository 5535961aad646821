// `loadsim certificates`: the files, checked by OpenSSL's command line.
#include "child_process.hpp"
#include "program.hpp"
#include "scenario_builder.hpp"
#include "temporary_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace fs = std::filesystem;
using harness::program;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

struct shell_result {
    int code;
    std::string output;
};

shell_result openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"/bin/sh", "-c", "exec openssl \"$@\" 2>&1", "openssl"});
    std::string output;
    const auto done = harness::run({.command = std::move(arguments)}, output);
    return {done.exit_code, output};
}

/// Contents by path.
std::map<std::string, std::string> files_below(const fs::path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file())
            files[entry.path().lexically_relative(folder).generic_string()] = harness::read_file(entry.path());
    return files;
}

fs::perms mode_of(const fs::path& path) { return fs::status(path).permissions() & fs::perms::all; }

harness::arguments create(const fs::path& out, harness::arguments more = {}) {
    harness::arguments all{"certificates", "create", "--out", out.string(), "--vehicles", "3", "--days", "3650"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

TEST(certificates, are_accepted_by_openssl_except_the_revoked_one) {
    const harness::temporary_folder folder;
    const auto out = folder / "certificates";
    program plain(create(out));
    ASSERT_EQ(plain.wait(), 0) << plain.err();
    EXPECT_THAT(plain.out(), HasSubstr("certificates of 3 vehicles and a server"));
    const auto table = harness::read_file(out / "vehicles.csv");
    EXPECT_THAT(table, StartsWith("vin,certificate,key\n"));
    EXPECT_EQ(std::ranges::count(table, '\n'), 4);
    const auto vin = table.substr(table.find('\n') + 1, 17);
    EXPECT_THAT(table, HasSubstr(vin + ",vehicles/" + vin + ".pem,vehicles/" + vin + ".key\n"));

    program revoking(create(folder / "revoked", {"--revoke", vin}));
    ASSERT_EQ(revoking.wait(), 0) << revoking.err();
    const auto verify = [&](const fs::path& in, const std::string& file, harness::arguments more = {}) {
        more.insert(more.begin(), {"verify", "-CAfile", (in / "ca.pem").string(), "-CRLfile", (in / "crl.pem").string(),
                                   "-crl_check", "-x509_strict"});
        more.push_back((in / file).string());
        return openssl(more);
    };
    for (const auto& entry : fs::directory_iterator(out / "vehicles")) {
        if (entry.path().extension() != ".pem") continue;
        const auto accepted = verify(out, "vehicles/" + entry.path().filename().string(), {"-purpose", "sslclient"});
        EXPECT_EQ(accepted.code, 0) << accepted.output;
        auto key = entry.path();
        key.replace_extension(".key");
        EXPECT_EQ(openssl({"x509", "-noout", "-pubkey", "-in", entry.path().string()}).output,
                  openssl({"pkey", "-pubout", "-in", key.string()}).output);
    }
    for (const auto* host : {"-verify_hostname=localhost", "-verify_ip=127.0.0.1", "-verify_ip=::1"}) {
        const std::string text(host);
        const auto equals = text.find('=');
        const auto server =
            verify(out, "server.pem", {"-purpose", "sslserver", text.substr(0, equals), text.substr(equals + 1)});
        EXPECT_EQ(server.code, 0) << server.output;
    }
    const auto refused = verify(folder / "revoked", "vehicles/" + vin + ".pem");
    EXPECT_NE(refused.code, 0);
    EXPECT_THAT(refused.output, HasSubstr("certificate revoked"));
    EXPECT_THAT(openssl({"x509", "-noout", "-subject", "-ext", "subjectAltName", "-nameopt", "RFC2253", "-in",
                         (out / "vehicles" / (vin + ".pem")).string()})
                    .output,
                AllOf(HasSubstr("CN=" + vin + ",O=test"), HasSubstr("URI:vin:" + vin)));

    program bundle(harness::arguments{"certificates", "bundle", out.string()});
    EXPECT_EQ(bundle.wait(), 0) << bundle.err();
    EXPECT_EQ(bundle.out(), harness::read_file(out / "ca.pem"));
}

TEST(certificates, are_the_same_for_the_same_seed_and_private) {
    const harness::temporary_folder folder;
    const auto make = [&](const std::string& name, const harness::arguments& more) {
        program run(create(folder / name, more));
        EXPECT_EQ(run.wait(), 0) << run.err();
        return files_below(folder / name);
    };
    const auto first = make("a", {"--from", "2026-01-31", "--seed", "7"});
    EXPECT_EQ(first.size(), 5U + 2 * 3 + 1) << "CA, server, CRL, table, and a pair for each vehicle";
    EXPECT_EQ(first, make("b", {"--from", "2026-01-31", "--seed", "7"}));
    EXPECT_NE(first, make("c", {"--from", "2026-01-31", "--seed", "8"}));

    EXPECT_EQ(mode_of(folder / "a"), fs::perms::owner_all);
    for (const auto& [name, text] : first)
        if (name.ends_with(".key")) {
            EXPECT_EQ(mode_of(folder / "a" / name), fs::perms::owner_read | fs::perms::owner_write) << name;
            EXPECT_THAT(text, StartsWith("-----BEGIN PRIVATE KEY-----"));
        }
    program again(create(folder / "a"));
    EXPECT_EQ(again.wait(), 3);
    EXPECT_THAT(again.err(), HasSubstr("is not an empty folder; name a new one with --out"));
    EXPECT_EQ(files_below(folder / "a"), first);
}

TEST(certificates, are_for_the_fleet_of_a_scenario) {
    const harness::temporary_folder folder;
    const auto scenario = folder.write("scenario.yaml", harness::scenario_builder{}.yaml()).string();
    program run({"certificates", "create", "--out", (folder / "out").string(), "--scenario", scenario, "--vehicles",
                 "2", "--key-type", "ed25519"});
    ASSERT_EQ(run.wait(), 0) << run.err();
    EXPECT_THAT(openssl({"x509", "-noout", "-text", "-in", (folder / "out/ca.pem").string()}).output,
                HasSubstr("ED25519"));
    // The table is the data of a fleet.
    program validate({"validate", scenario, "--set", "fleet.vehicles=2", "--set",
                      "fleet.data=" + (folder / "out/vehicles.csv").string()});
    EXPECT_EQ(validate.wait(), 0) << validate.err();
}

TEST(certificates, wrong_flags_are_refused_before_anything_is_written) {
    const harness::temporary_folder folder;
    const auto out = folder / "out";
    const struct {
        harness::arguments flags;
        const char* error;
    } rows[] = {
        {{"--revoke", "nobody"}, "--revoke: 'nobody' is not a VIN of these vehicles"},
        {{"--from", "today"}, "--from: 'today' is not a date; write it as 2026-01-31"},
        {{"--subject", "CN={vehicle}"}, "--subject: 'CN={vehicle}': {vin} is the only placeholder"},
        {{"--subject", "vin"}, "--subject: 'vin': a component has no '='"},
        {{"--san", "car"}, "--san: 'car' is not possible"},
        {{"--host", "a b"}, "--host: 'a b' is neither a host name nor an address"},
        {{"--key-type", "rsa1024"}, "--key-type"},
        {{"--scenario", "nowhere.yaml"}, "nowhere.yaml: cannot be read"},
    };
    for (const auto& row : rows) {
        program run(create(out, row.flags));
        EXPECT_EQ(run.wait(), 2) << row.error;
        EXPECT_THAT(run.err(), HasSubstr(row.error));
        EXPECT_FALSE(exists(out));
    }
    program none({"certificates", "create", "--out", out.string()});
    EXPECT_EQ(none.wait(), 2);
    EXPECT_THAT(none.err(), HasSubstr("Give --vehicles N or --scenario FILE"));
    program bundle({"certificates", "bundle", folder.path().string()});
    EXPECT_EQ(bundle.wait(), 2);
    EXPECT_THAT(bundle.err(), HasSubstr("ca.pem: cannot be read"));
}

} // namespace
