#include "tls_measurement.hpp"

#include "alternating_runs.hpp"
#include "competitors.hpp"
#include "machine.hpp"
#include "measured_process.hpp"

#include <fmt/format.h>

#include <fstream>
#include <string>
#include <utility>

namespace loadsim::bench {
namespace {

constexpr std::uint32_t small_tls_fleet = 1000;
constexpr std::uint32_t large_tls_fleet = 5000;
constexpr std::chrono::minutes certificates_timeout{5};

/// Certificates of a CA, the broker and all vehicles, with the VINs of the baseline client.
std::filesystem::path make_certificates(const measurement_plan& plan) {
    auto folder = plan.scratch / "certificates";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(plan.scratch);
    std::ofstream data(plan.scratch / "vehicles.csv");
    data << "vin\n";
    for (std::uint32_t v = 0; v < large_tls_fleet; ++v) data << fmt::format("LZ9FLR000TF{:06}\n", v); // the baseline's
    data.close();
    const auto scenario = plan.scratch / "certificates.yaml";
    std::ofstream(scenario) << fmt::format("name: certificates\nfleet: {{vehicles: {}, data: vehicles.csv}}\n"
                                           "load: {{phases: [{{duration: 1s, arrivalRate: 1}}]}}\n",
                                           large_tls_fleet);
    measured_process process("make-certificates",
                             {plan.programs.loadsim, "certificates", "create", "--out", folder, "--scenario", scenario,
                              "--host", "127.0.0.1"},
                             plan.scratch);
    process.await_end(certificates_timeout);
    return folder;
}

} // namespace

results measure_tls(const measurement_plan& plan, const std::function<void(const results&)>& on_results) {
    results all;
    all.name = "tls";
    all.machine = this_machine();
    all.pairs = plan.pairs;
    const auto certificates = make_certificates(plan);
    alternating_runs runs;
    using round_trips =
        metrics(const bench_environment&, std::uint32_t sessions, std::uint32_t active, std::chrono::seconds);
    const auto two_fleets = [&](round_trips& execute, const char* competitor) -> metrics {
        const auto of_size = [&](std::uint32_t sessions, std::chrono::seconds measured) {
            return runs.run_once(fmt::format("{}, {} TLS sessions", competitor, sessions), [&] {
                const bench_environment environment(plan.programs, plan.scratch, "run", certificates);
                return execute(environment, sessions, 0, measured);
            });
        };
        const auto small = of_size(small_tls_fleet, std::chrono::seconds{1});
        auto large = of_size(large_tls_fleet, plan.measured / 2);
        const auto growth = [&](const char* name) {
            return growth_per_session(large.at(name), small.at(name), large_tls_fleet - small_tls_fleet);
        };
        large["cpu_per_connect_us"] = growth("connect_cpu_s") * 1e6;
        large["bytes_per_session"] = growth("rss_online");
        return large;
    };
    const auto pairs = runs.run_pairs(
        "mutual TLS", plan.pairs, [&] { return two_fleets(baseline_round_trips, "floor"); },
        [&] { return two_fleets(engine_round_trips, "engine"); });
    all.repeated_runs = runs.failures();

    const auto add = [&](std::string name, std::string unit, std::string target, int digits, const char* metric) {
        all.comparisons.push_back({std::move(name), std::move(unit), std::move(target), digits,
                                   samples_of(pairs.baseline, metric), samples_of(pairs.loadsim, metric)});
    };
    const auto trips = fmt::format("QoS 1 round trips, {} in flight", large_tls_fleet);
    add("CPU per connect: full handshake and CONNACK", "µs", "at most 1.1", 0, "cpu_per_connect_us");
    add("certificate and key of a vehicle, read from files or issued", "µs", "at most a third of a connect", 0,
        "credentials_cpu_us");
    add("own memory per idle session", "bytes", "at most 16,000 bytes", 0, "bytes_per_session");
    add(trips, "per second", "", 0, "round_trips_per_s");
    add(trips + ": CPU of each", "µs", "at most 1.2", 2, "cpu_per_round_trip_us");
    all.notes.push_back(fmt::format(
        "Mutual TLS 1.3 with mosquitto (`require_certificate`), P-256, a certificate for each session, both ends "
        "verified, no resumption. The baseline (`bench/baseline`) uses OpenSSL on its sockets, with released buffers "
        "and read-ahead; loadsim is its engine (`net::mqtt_link` with `net::tls_session`). CPU per connect, up to "
        "SUBACK, and memory are the growth from {} to {} sessions, measured when all are online.",
        small_tls_fleet, large_tls_fleet));
    all.notes.emplace_back("CPU per connect has no certificate in it: the baseline reads each vehicle's from PEM "
                           "files, loadsim issues it (`fleet.tls.issue`); both are measured apart.");
    on_results(all);
    return all;
}

} // namespace loadsim::bench
