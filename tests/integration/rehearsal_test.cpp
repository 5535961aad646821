// Rehearsal of the pilot scenario: three hours and a million requests in simulated time.
#include "program.hpp"
#include "summary_checks.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <fstream>
#include <string>
#include <string_view>

using namespace std::chrono_literals;
using harness::number;
using harness::program;
using harness::text;

namespace {

constexpr auto pilot = LOADSIM_ROOT "/scenarios/remote-services-pilot.yaml";

TEST(rehearsal, of_the_pilot_completes_every_request) {
    program rehearsed({"rehearse", pilot, "--report", "report"});
    // The machine may be busy; the limit of one minute is checked by the benchmark.
    ASSERT_EQ(rehearsed.wait(250s), 0) << rehearsed.out() << rehearsed.err();
    const auto summary = rehearsed.summary();
    harness::expect_consistent_sums(summary);
    EXPECT_EQ(text(summary, "/mode"), "rehearsal");
    EXPECT_EQ(number(summary, "/requests/due"), 1'096'110);
    EXPECT_EQ(harness::sum_of_outcomes(summary, "/requests/outcomes"), 1'096'110);
    EXPECT_EQ(number(summary, "/requests/unexpected"), 0);
    EXPECT_EQ(text(summary, "/verdict"), "pass");
    for (const auto& kind : summary.at("anomalies").as_object())
        EXPECT_EQ(kind.value().to_number<std::int64_t>(), 0) << kind.key();
    EXPECT_GT(summary.at("duration_ms").to_number<double>(), 11'220'000) << "in its own time";
    EXPECT_THAT(rehearsed.out(), testing::HasSubstr("rehears"));
}

/// Without the values of "at" and "..._at": a rehearsal begins at the present date.
std::string without_dates(const std::string& text) {
    constexpr std::string_view date = R"(at":"2026-11-30T01:50:55.086Z")";
    std::string made;
    std::size_t from = 0;
    for (auto at = text.find("at\":\"20"); at != std::string::npos; at = text.find("at\":\"20", from)) {
        made.append(text, from, at - from);
        from = at + date.size();
    }
    return made.append(text, from);
}

TEST(rehearsal, gives_the_same_ledger_each_time) {
    const auto ledger = [] {
        program rehearsed({"rehearse", LOADSIM_ROOT "/scenarios/quickstart.yaml", "--report", "report", "--quiet"});
        EXPECT_EQ(rehearsed.wait(60s), 0) << rehearsed.err();
        return without_dates(harness::read_file(rehearsed.report() / "requests.jsonl"));
    };
    const auto once = ledger();
    EXPECT_FALSE(once.empty());
    EXPECT_TRUE(once == ledger());
}

TEST(rehearsal, has_the_recoveries_of_a_run) {
    for (const std::string way : {"restart", "freeze"}) {
        SCOPED_TRACE(way);
        const auto scenario = R"(
name: recoveries
seed: 5
target: {embedded: {services: {horn: {pending: 20s, running: 20s}}}}
fleet: {vehicles: 200, connectRate: 1000, reconnect: {base: 200ms, cap: 800ms}}
conditions: [{outage: {at: 3s, for: 4s, way: )" +
                              way + R"(}}]
load: {services: {horn: 1}, phases: [{duration: 15s, arrivalRate: 40}], lagLimit: 5s}
budgets: [e2e.p90 < 2s, recovery.time < 1m, recovery.latency < 1m]
)";
        const harness::temporary_folder folder;
        const auto file = (folder.path() / "scenario.yaml").string();
        std::ofstream(file) << scenario;
        const auto recovery_of = [&](const char* command) {
            program run({command, file, "--report", "report"});
            EXPECT_THAT(run.wait(120s), testing::AnyOf(0, 99))
                << run.out() << run.err(); // requests wait while it is frozen
            return run.summary().at("recoveries").at(0);
        };
        const auto live = recovery_of("run");
        const auto rehearsed = recovery_of("rehearse");
        for (const auto* field : {"affected_vehicles", "recovered_vehicles"})
            EXPECT_EQ(live.at(field), rehearsed.at(field)) << field;
        for (const auto* field : {"recovery_ms", "latency_recovery_ms"})
            EXPECT_NEAR(live.at(field).to_number<double>(), rehearsed.at(field).to_number<double>(), 1050)
                << field << ": one line of the timeline, which ends some milliseconds late";
    }
}

} // namespace
