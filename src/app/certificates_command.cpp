#include "commands.hpp"
#include "run_setup.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/enum_names.hpp>
#include <loadsim/base/input.hpp>
#include <loadsim/base/new_file.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/certificate/issuer.hpp>
#include <loadsim/vehicle/registry.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace loadsim::app {
namespace {

namespace fs = std::filesystem;
using certificate::issuer;
using certificate::key_type;

struct create_options {
    std::string out;
    std::optional<std::uint32_t> vehicles;
    scenario_flags scenario;
    std::string key = "p256";
    std::uint32_t days = 365;
    std::string from;
    std::string subject = "CN={vin},O=test";
    std::string san = "URI:vin:{vin}";
    std::vector<std::string> hosts, revoked;
};

constexpr auto ca_file = "ca.pem";
constexpr auto vehicles_folder = "vehicles";
constexpr ::mode_t of_certificate = 0644;

/// A certificate with its chain, and the key beside it.
result<void> write_pair(const fs::path& without_extension, const certificate::credentials& c) {
    auto path = without_extension;
    if (auto done = write_new_file(path += ".pem", to_pem(c.certificate) + to_pem(c.chain), of_certificate); !done)
        return done;
    return write_new_file(path.replace_extension(".key"), to_pem(c.key));
}

/// The folder, new or empty, for its owner only.
result<void> make_private_folder(const fs::path& path) {
    std::error_code error;
    if (fs::exists(path, error)) {
        const bool empty = fs::is_directory(path, error) && fs::is_empty(path, error);
        if (!error && !empty) return problems(path.string(), "is not an empty folder; name a new one with --out");
    }
    if (!error) fs::create_directories(path, error);
    if (!error) fs::permissions(path, fs::perms::owner_all, error);
    if (error) return problems(path.string(), "cannot be made: " + error.message());
    return {};
}

/// The fleet of the scenario, or generated VINs.
or_exit_code<std::pair<vehicle::registry, std::uint64_t>> fleet_and_seed(const create_options& o) {
    if (o.scenario.file.empty()) {
        const auto vehicles = o.vehicles.value_or(1);
        return std::pair(vehicle::registry(vehicle::vin_options{}, vehicles), o.scenario.seed.value_or(1));
    }
    const auto scenario = read_scenario(o.scenario);
    if (!scenario) return scenario.error();
    const auto& fleet = scenario->fleet;
    const auto vehicles = o.vehicles.value_or(fleet.vehicles);
    if (fleet.data.empty()) return std::pair(vehicle::registry(fleet.vin, vehicles), scenario->seed);
    auto read = vehicle::registry::load(fleet.vin, vehicles, fleet.data);
    if (read) return std::pair(std::move(*read), scenario->seed);
    print_file_problems(read.error());
    return exit_code::usage;
}

/// The first day of validity. Default: yesterday, because the clock of a platform may be behind.
result<std::chrono::sys_seconds> start_of(const std::string& from) {
    using std::chrono::days;
    if (from.empty()) return std::chrono::floor<days>(std::chrono::system_clock::now()) - days(1);
    if (const auto time = parse_iso_time(from + "T00:00:00Z")) return std::chrono::floor<std::chrono::seconds>(*time);
    return problems("--from", fmt::format("'{}' is not a date; write it as 2026-01-31", from));
}

std::string with_vin(std::string text, const std::string& vin) {
    constexpr std::string_view placeholder = "{vin}";
    for (auto at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder, at + vin.size()))
        text.replace(at, placeholder.size(), vin);
    return text;
}

bool is_file_name(std::string_view vin) {
    return !vin.empty() && std::ranges::all_of(vin, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

certificate::certificate_request request_of(const create_options& o, const std::string& vin) {
    return {.vin = vin, .subject = with_vin(o.subject, vin), .san = with_vin(o.san, vin)};
}

/// All problems of the flags that do not depend on files.
problems check(const create_options& o, const vehicle::registry& fleet, const issuer& maker) {
    problems wrong;
    for (const auto& [flag, text] : {std::pair{"--subject", o.subject}, {"--san", o.san}})
        if (with_vin(text, "").find_first_of("{}") != std::string::npos)
            wrong.add(flag, fmt::format("'{}': {{vin}} is the only placeholder", text));
    for (std::uint32_t v = 0; v < fleet.size(); ++v)
        if (const auto vin = fleet.vin_of(vehicle_id{v}); !is_file_name(vin)) {
            wrong.add("", fmt::format("the VIN '{}' cannot be the name of a file; use letters and digits", vin));
            break;
        }
    for (const auto& vin : o.revoked)
        if (!fleet.vehicle_of(vin)) wrong.add("--revoke", fmt::format("'{}' is not a VIN of these vehicles", vin));
    if (const auto server = maker.issue_server({.hosts = o.hosts}); !server)
        for (const auto& p : server.error().list) wrong.add("--host", p.text);
    if (const auto first = maker.issue(request_of(o, fleet.vin_of(vehicle_id{0}))); wrong.empty() && !first)
        for (const auto& p : first.error().list) wrong.add("--" + p.location, p.text);
    return wrong;
}

result<void> write_all(const create_options& o, const vehicle::registry& fleet, const issuer& maker) {
    const fs::path folder(o.out);
    const auto& ca = maker.ca();
    const auto& valid = maker.options().valid;
    std::vector<certificate::serial_number> revoked;
    for (const auto& vin : o.revoked) revoked.push_back(maker.serial_of(request_of(o, vin)));
    const auto crl = make_crl(ca, revoked, valid.from, valid.until);
    const auto server = maker.issue_server({.hosts = o.hosts});
    if (!crl || !server) return crl ? server.error() : crl.error();
    if (auto done = make_private_folder(folder); !done) return done;
    if (auto done = make_private_folder(folder / vehicles_folder); !done) return done;
    if (auto done = write_new_file(folder / ca_file, to_pem(ca.certificate), of_certificate); !done) return done;
    if (auto done = write_new_file(folder / "ca.key", to_pem(ca.key)); !done) return done;
    if (auto done = write_new_file(folder / "crl.pem", to_pem(*crl), of_certificate); !done) return done;
    if (auto done = write_pair(folder / "server", *server); !done) return done;
    std::string table = "vin,certificate,key\n";
    for (std::uint32_t v = 0; v < fleet.size(); ++v) {
        const auto vin = fleet.vin_of(vehicle_id{v});
        const auto made = maker.issue(request_of(o, vin));
        if (!made) return made.error();
        if (auto done = write_pair(folder / vehicles_folder / vin, *made); !done) return done;
        table += fmt::format("{0},{1}/{0}.pem,{1}/{0}.key\n", vin, vehicles_folder);
    }
    return write_new_file(folder / "vehicles.csv", table, of_certificate);
}

exit_code create(create_options o) {
    if (o.scenario.file.empty() && !o.vehicles) {
        print_problems({"", "how many vehicles? Give --vehicles N or --scenario FILE"});
        return exit_code::usage;
    }
    const auto from = start_of(o.from);
    if (!from) {
        print_problems(from.error());
        return exit_code::usage;
    }
    if (o.hosts.empty()) o.hosts = {"localhost", "127.0.0.1", "::1"};
    const auto fleet = fleet_and_seed(o);
    if (!fleet) return fleet.error();
    const auto& [vehicles, seed] = *fleet;
    const certificate::issuer_options options{.seed = seed,
                                              .valid = {*from, *from + std::chrono::days(o.days)},
                                              .key = parse_enum<key_type>(o.key).value_or(key_type::p256)};
    auto ca = certificate::make_root({.key = options.key, .valid = options.valid, .seed = seed});
    const auto maker = issuer::create(std::make_shared<const certificate::authority>(std::move(ca).value()), options);
    if (const auto wrong = check(o, vehicles, *maker); !wrong.empty()) {
        print_problems(wrong);
        return exit_code::usage;
    }
    if (const auto done = write_all(o, vehicles, *maker); !done) {
        print_problems(done.error());
        return exit_code::setup;
    }
    print_output(fmt::format("{}: certificates of {} vehicles and a server, valid for {} days from {}; with --seed {} "
                             "and --from {:.10} the same again. Keep the folder private: it contains keys.\n",
                             o.out, vehicles.size(), o.days, iso_time(*from, iso_format::seconds), seed,
                             iso_time(*from, iso_format::seconds)));
    return exit_code::pass;
}

exit_code bundle(const std::string& folder) {
    const auto path = (fs::path(folder) / ca_file).string();
    constexpr std::size_t size_limit = 1024 * 1024;
    const auto text = read_file(path, size_limit);
    const auto all = text ? certificate::parse_certificates(*text, path) : text.error();
    if (!all) {
        print_problems(all.error());
        return exit_code::usage;
    }
    print_output(to_pem(*all));
    return exit_code::pass;
}

command create_command() {
    auto o = std::make_shared<create_options>();
    return {.name = "create",
            .description = "Writes a test CA, a server certificate, a certificate and key for each vehicle, a CRL, and "
                           "vehicles.csv for fleet.data",
            .flags = {{.name = "--out", .into = &o->out, .help = "Folder, new or empty", .required = true},
                      {.name = "--vehicles",
                       .into = &o->vehicles,
                       .help = "Number of vehicles (default: that of the scenario)",
                       .limits = flag::range{1, vehicle::vin_capacity}},
                      {.name = "--scenario",
                       .into = &o->scenario.file,
                       .help = "Scenario with the vehicles' VINs and the seed (default: generated VINs)"},
                      {.name = "--env",
                       .into = &o->scenario.environment,
                       .help = "One of the scenario's `environments`",
                       .needs = "--scenario"},
                      {.name = "--seed",
                       .into = &o->scenario.seed,
                       .help = "The keys follow from it (default: that of the scenario, or 1)"},
                      {.name = "--key-type",
                       .into = &o->key,
                       .help = "Of all keys; one of rsa2048 takes 0.1 s",
                       .shows_default = true,
                       .one_of = {"p256", "p384", "rsa2048", "ed25519"}},
                      {.name = "--from", .into = &o->from, .help = "First day of validity, UTC (default: yesterday)"},
                      {.name = "--days",
                       .into = &o->days,
                       .help = "Days of validity",
                       .shows_default = true,
                       .limits = flag::range{1, 36'500}},
                      {.name = "--subject",
                       .into = &o->subject,
                       .help = "Subject of a vehicle (RFC 4514)",
                       .shows_default = true},
                      {.name = "--san",
                       .into = &o->san,
                       .help = "Its alternative names: 'URI:vin:{vin},DNS:{vin}.cars.example'",
                       .shows_default = true},
                      {.name = "--host",
                       .into = &o->hosts,
                       .help = "Host name or address of the server; as often as needed (default: localhost, 127.0.0.1, "
                               "::1)"},
                      {.name = "--revoke",
                       .into = &o->revoked,
                       .help = "VIN of a vehicle whose certificate the CRL revokes; as often as needed"}},
            .run = [o] { return create(*o); }};
}

command bundle_command() {
    auto folder = std::make_shared<std::string>();
    return {.name = "bundle",
            .description = "Prints the CA certificates of a folder as PEM, for the trust store of a broker",
            .flags = {{.name = "folder", .into = folder.get(), .help = "Folder of `create`", .required = true}},
            .run = [folder] { return bundle(*folder); }};
}

} // namespace

command certificates_command() {
    return {.name = "certificates",
            .description = "Makes certificates of vehicles and servers for tests; the same seed makes the same files",
            .subcommands = {create_command(), bundle_command()}};
}

} // namespace loadsim::app
