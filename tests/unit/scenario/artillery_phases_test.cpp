// Phases of Artillery: each has the arrivals of the original, and they are due within it.
#include "artillery_text.hpp"

#include <loadsim/load/schedule.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <string>
#include <vector>

using namespace loadsim;
using namespace loadsim::scenario;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

std::string with_phases(const std::string& phases) { return artillery_script("  phases: [" + phases + "]\n"); }

loadsim::load::schedule imported_schedule(const std::string& script) { return schedule_of(imported_config(script)); }

/// Arrivals of each phase.
std::vector<std::uint64_t> arrivals_by_phase(const std::string& phases) {
    const auto schedule =
        imported_schedule(with_phases(phases + ", {duration: 1, arrivalRate: 1}")); // the last: never without any
    std::vector<std::uint64_t> all;
    for (std::size_t i = 0; i + 1 < schedule.phases().size(); ++i) all.push_back(schedule.size(i));
    return all;
}

/// Arrivals of a ramp in Artillery: in second i of n as many as the rate between the two, rounded to a whole number, halves up.
std::uint64_t ramp_of_artillery(int from, int to, int seconds) {
    if (seconds == 1) return static_cast<std::uint64_t>(std::floor((from + to) / 2.0 + 0.5));
    std::uint64_t sum = 0;
    for (int i = 0; i < seconds; ++i)
        sum += static_cast<std::uint64_t>(std::floor(from + static_cast<double>(to - from) / (seconds - 1) * i + 0.5));
    return sum;
}

} // namespace

TEST(artillery_phases, have_the_arrivals_of_the_original) {
    const struct {
        const char* phase;
        std::uint64_t arrivals;
        const char* why;
    } rows[] = {
        {"{duration: 60, arrivalRate: 5}", 300, "duration times rate"},
        {"{duration: '60', arrivalRate: '5'}", 300, "numbers as texts"},
        {"{duration: 5m, arrivalRate: 2}", 600, "a unit"},
        {"{duration: 1.5 hours, arrivalRate: 1}", 5400, "a long unit"},
        {"{duration: 500ms, arrivalRate: 8}", 4, "less than a second"},
        {"{duration: 10, arrivalRate: 0.25}", 2, "2.5: whole ones only"},
        {"{duration: 3, arrivalRate: 0.1}", 0, "none"},
        {"{duration: 3, arrivalRate: 0}", 0, "a rate of 0 is a pause"},
        {"{pause: 7}", 0, "a pause"},
        {"{duration: 10, arrivalCount: 7}", 7, "a fixed number"},
        {"{duration: 10, arrivalCount: 0}", 0, "a fixed number of none"},
        {"{duration: 4, arrivalRate: 2, rampTo: 9}", 22, "2, 4, 7, 9"},
        {"{duration: 5, arrivalRate: 1, rampTo: 4}", 13, "1, 1.75, 2.5, 3.25, 4: half a request more than the area"},
        {"{duration: 3, arrivalRate: 6, rampTo: 2}", 12, "downwards"},
        {"{duration: 3, rampTo: 5}", 8, "from 0: 0, 2.5, 5"},
        {"{duration: 1, arrivalRate: 1, rampTo: 4}", 3, "one second has the mean"},
        {"{duration: 3, arrivalRate: 0.4, rampTo: 0}", 0, "each second rounds to none"},
        {"{duration: 2, arrivalRate: '{{ $env.RATE }}'}", 10, "a number of the environment"},
        {"{duration: 2, arrivalRate: '{{ $processEnvironment.RATE }}'}", 10, "its older name"},
    };
    for (const auto& r : rows)
        EXPECT_THAT(arrivals_by_phase(r.phase), ElementsAre(r.arrivals)) << r.phase << ": " << r.why;
}

TEST(artillery_phases, ramps_of_all_kinds_keep_their_number) {
    for (const int from : {0, 1, 5, 33})
        for (const int to : {0, 1, 2, 7, 100})
            for (const int seconds : {1, 2, 3, 10, 61}) {
                if (from == to) continue;
                const auto phase = "{duration: " + std::to_string(seconds) + ", arrivalRate: " + std::to_string(from) +
                                   ", rampTo: " + std::to_string(to) + "}";
                EXPECT_THAT(arrivals_by_phase(phase), ElementsAre(ramp_of_artillery(from, to, seconds))) << phase;
            }
}

TEST(artillery_phases, no_fraction_moves_into_the_next_phase) {
    EXPECT_THAT(
        arrivals_by_phase(
            "{duration: 10, arrivalRate: 0.25}, {duration: 10, arrivalRate: 0.25}, {duration: 5, arrivalRate: 1, "
            "rampTo: 4}, {duration: 10, arrivalRate: 0.25}"),
        ElementsAre(2, 2, 13, 2));
}

TEST(artillery_phases, arrivals_are_due_within_their_phase) {
    const auto schedule = imported_schedule(
        with_phases("{duration: 3, arrivalRate: 2}, {pause: 2}, {duration: 4, arrivalRate: 2, rampTo: 9}"));
    loadsim::load::schedule::cursor cursor(schedule);
    std::vector<double> due;
    while (const auto next = cursor.next()) due.push_back(seconds(next->due));
    ASSERT_EQ(due.size(), 6U + 22U);
    EXPECT_THAT(std::vector<double>(due.begin(), due.begin() + 6), ElementsAre(0.5, 1, 1.5, 2, 2.5, 3));
    EXPECT_GT(due[6], 5) << "after the pause";
    EXPECT_LE(due.back(), 9);
}

TEST(artillery_phases, keep_names_and_limits) {
    const auto config = imported_config(
        with_phases("{name: 'warm up', duration: 2, arrivalRate: 1, maxVusers: 50}, {name: rest, pause: 1}"));
    ASSERT_EQ(config.load.phases.size(), 2U);
    EXPECT_EQ(config.load.phases[0].name, "warm up");
    EXPECT_EQ(config.load.phases[0].max_vusers, 50U);
    EXPECT_TRUE(config.load.phases[1].pause);
    EXPECT_EQ(config.load.phases[1].name, "rest");
}

TEST(artillery_phases, without_phases_there_is_one_request_as_in_artillery) {
    EXPECT_EQ(imported_schedule(artillery_script("")).size(), 1U);
    EXPECT_THAT(notes_of(artillery_script("")), HasSubstr("1: config.phases is missing: one request, as in Artillery"));
}

TEST(artillery_phases, poisson_keeps_the_number) {
    const auto script = artillery_script("  mode: poisson\n  phases: [{duration: 10, arrivalRate: 5}]\n");
    EXPECT_EQ(imported_config(script).load.spacing, loadsim::load::spacing::poisson);
    EXPECT_EQ(imported_schedule(script).size(), 50U);
    EXPECT_THAT(notes_of(script), HasSubstr("3: the mode 'poisson' keeps the spacing"));
}

TEST(artillery_phases, the_fleet_carries_the_peak_if_nothing_answers) {
    const auto config = imported_config(
        artillery_script("  http: {timeout: 5}\n  phases: [{duration: 10, arrivalRate: 1, rampTo: 41}]\n"));
    EXPECT_EQ(config.fleet.vehicles, 410U) << "41/s for 10 s";
    EXPECT_EQ(config.load.completion_timeout, std::chrono::seconds(10));
    problems warnings;
    const auto text = imported(with_phases("{duration: 60, arrivalRate: 50}")).text;
    EXPECT_TRUE(read(text, "f", {}, &warnings));
    EXPECT_EQ(to_string(warnings), "") << text;
}

TEST(artillery_phases, wrong_numbers_are_refused_with_their_place) {
    const std::pair<const char*, const char*> rows[] = {
        {"{duration: 60, arrivalRate: many}", "s.yml:3:40: arrivalRate is 'many', which is no number"},
        {"{duration: 60, arrivalRate: -1}", "arrivalRate is '-1', which is no number from 0"},
        {"{duration: 60, arrivalRate: .nan}", "arrivalRate is '.nan'"},
        {"{duration: soon, arrivalRate: 1}",
         "s.yml:3:23: the duration is 'soon': write whole seconds, or a number with a unit"},
        {"{duration: 1.5, arrivalRate: 1}", "the duration is '1.5': write whole seconds"},
        {"{duration: 10000000d, arrivalRate: 1}", "the duration is '10000000d'"},
        {"{duration: 60}", "s.yml:3:12: the phase has no arrivals: add 'arrivalRate'"},
        {"{arrivalRate: 1}", "the phase has neither a 'duration' nor a 'pause'"},
        {"5", "a phase is a map"},
        {"{pause: 5}", "s.yml:3:3: no phase has an arrival: add one"},
        {"{duration: 60, arrivalRate: '{{ $env.NONE }}'}",
         "that of the environment variable NONE, which is not set: export it"},
        {"{duration: 60, arrivalRate: '{{ rate }}'}",
         "arrivalRate is '{{ rate }}', which an import does not know: write the number"},
        {"{duration: [1], arrivalRate: 1}", "the duration is no number"},
    };
    for (const auto& [phase, problem] : rows) EXPECT_THAT(refusal_of(with_phases(phase)), HasSubstr(problem)) << phase;
}
