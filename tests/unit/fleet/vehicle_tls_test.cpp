// TLS of the vehicles: whose certificate each presents.
#include <loadsim/fleet/vehicle_tls.hpp>

#include "temporary_folder.hpp"

#include <loadsim/certificate/authority.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>

using namespace loadsim;
using certificate::certificate_fault;

namespace {

constexpr std::chrono::sys_seconds now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 30};

fleet::vehicle_tls made_of(fleet::tls_options o) {
    return fleet::vehicle_tls::create(o, {.data = {"cert"}}, {.seed = 7, .now = now}).value();
}

std::string fingerprint_of(const fleet::vehicle_tls& tls, std::string_view vin,
                           certificate_fault fault = certificate_fault::none) {
    contract::template_values values{.vin = vin};
    return certificate::fingerprint(tls.credentials_of(values, fault)->certificate);
}

} // namespace

TEST(vehicle_tls, issues_a_certificate_for_each_vehicle_that_follows_from_seed_and_vin) {
    const auto tls = made_of({.issue = fleet::issue_options{}});
    EXPECT_TRUE(tls.has_own_credentials(certificate_fault::none));
    EXPECT_EQ(fingerprint_of(tls, "LZ1"), fingerprint_of(made_of({.issue = fleet::issue_options{}}), "LZ1"));
    EXPECT_NE(fingerprint_of(tls, "LZ1"), fingerprint_of(tls, "LZ2"));
}

TEST(vehicle_tls, knows_the_serial_number_of_a_faulty_certificate_and_gives_a_vehicle_without_one_none) {
    const auto tls = made_of({.issue = fleet::issue_options{}});
    EXPECT_NE(tls.serial_of({.vin = "LZ1"}, certificate_fault::revoked),
              tls.serial_of({.vin = "LZ1"}, certificate_fault::none));
    EXPECT_EQ(tls.credentials_of({.vin = "LZ1"}, certificate_fault::missing)->certificate, nullptr);
    EXPECT_NE(fingerprint_of(tls, "LZ1", certificate_fault::wrong_name), fingerprint_of(tls, "LZ1"));
}

TEST(vehicle_tls, issues_with_a_CA_that_was_made_on_the_same_day) {
    const harness::temporary_folder folder;
    const auto made_at = now + std::chrono::hours{9};
    const auto ca = certificate::make_root({.valid = {made_at, made_at + std::chrono::days{1}}}).value();
    const fleet::tls_options options{.issue = fleet::issue_options{.ca = folder.write("ca.pem", to_pem(ca.certificate)),
                                                                   .key = folder.write("ca.key", to_pem(ca.key))}};
    const auto created_at = [&](std::chrono::sys_seconds t) {
        return fleet::vehicle_tls::create(options, {}, {.seed = 7, .now = t});
    };
    const auto later = created_at(made_at + std::chrono::hours{1});
    ASSERT_TRUE(later) << to_string(later.error());
    EXPECT_EQ(certificate::valid_from(later->credentials_of({.vin = "LZ1"}, certificate_fault::none)->certificate),
              made_at);
    EXPECT_NE(to_string(created_at(now).error()).find("is not valid yet on 2026-11-30T00:00:00Z"), std::string::npos);
}

TEST(vehicle_tls, leaves_a_certificate_that_all_share_to_the_context) {
    const auto tls = made_of({.client = {.certificate = "all.pem", .key = "all.key"}});
    EXPECT_FALSE(tls.has_own_credentials(certificate_fault::none));
    EXPECT_TRUE(tls.has_own_credentials(certificate_fault::missing));
    EXPECT_EQ(tls.context_options().certificate, "all.pem");
}

TEST(vehicle_tls, reads_the_files_of_a_vehicle) {
    const auto tls = made_of({.client = {.certificate = "/certs/{vin}.pem", .key = "/certs/{data.cert}"}});
    EXPECT_TRUE(tls.has_own_credentials(certificate_fault::none));
    EXPECT_EQ(tls.context_options().certificate, "");
    const auto absent = tls.credentials_of({.vin = "LZ1"}, certificate_fault::none);
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().list.front().location, "/certs/LZ1.pem");
    // An absolute path in the data replaces the folder of the scenario.
    const auto of_data = made_of({.client = {.certificate = "/scenario/{data.cert}"}});
    const std::vector<std::string> row{"/elsewhere/1.pem"};
    EXPECT_EQ(
        of_data.credentials_of({.vin = "LZ1", .data = row}, certificate_fault::none).error().list.front().location,
        "/elsewhere/1.pem");
}

TEST(vehicle_tls, locates_problems_of_its_templates) {
    const auto wrong = fleet::vehicle_tls::check(
        {.client = {.certificate = "{vni}.pem"}, .issue = fleet::issue_options{.subject = "CN={unknown}"}}, {});
    ASSERT_EQ(wrong.list.size(), 2U);
    EXPECT_EQ(wrong.list[0].location, "fleet.tls.certificate");
    EXPECT_EQ(wrong.list[1].location, "fleet.tls.issue.subject");
}
