// Phases split by load spikes.
#include "scenario_text.hpp"

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::scenario;
using namespace std::chrono_literals;

namespace {

using testing::ElementsAre;

scenario_config with_spikes(std::string_view phases, std::string_view spikes) {
    return read_valid("name: t\nload:\n  phases: [" + std::string(phases) + "]\nconditions: [" + std::string(spikes) +
                      "]\n");
}

std::vector<std::string> names(const scenario_config& config) { return labels_of(config).phases; }

/// Number of arrivals of each phase.
std::vector<std::uint64_t> arrivals(const scenario_config& config) {
    const auto schedule = schedule_of(config);
    std::vector<std::uint64_t> all;
    for (std::size_t i = 0; i < schedule.phases().size(); ++i) all.push_back(schedule.size(i));
    return all;
}

constexpr auto steady = "{name: steady, duration: 60, arrivalRate: 10}";

} // namespace

TEST(load_spikes, split_the_phase_that_they_overlap) {
    const auto d = with_spikes(steady, "{spike: {at: 20s, for: 10s, factor: 40}}");
    EXPECT_THAT(names(d), ElementsAre("steady", "steady (spike)", "steady"));
    EXPECT_THAT(arrivals(d), ElementsAre(200, 4000, 300));
    EXPECT_EQ(schedule_of(d).duration(), 60s);
    EXPECT_EQ(schedule_of(d).phase_start(1), 20s);
    EXPECT_EQ(d.load.phases.size(), 1U) << "the document says what it was told";
}

TEST(load_spikes, leave_other_phases_unchanged) {
    const auto d = with_spikes(
        "{name: a, duration: 10, arrivalRate: 1, rampTo: 9}, {pause: 10}, {name: b, duration: 10, arrivalCount: "
        "7, maxVusers: 3}, {name: c, duration: 10, arrivalRate: 10}",
        "{spike: {at: 32s, for: 2s, factor: 2}}");
    const auto phases = phases_of(d);
    ASSERT_EQ(phases.size(), 6U);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(phases[i], d.load.phases[i]);
    EXPECT_THAT(arrivals(d), ElementsAre(50, 0, 7, 20, 40, 60));
    EXPECT_EQ(phases_of(with_spikes(steady, "")), with_spikes(steady, "").load.phases) << "without any, all are";
}

TEST(load_spikes, at_the_ends_of_phases_and_over_several) {
    EXPECT_THAT(names(with_spikes(steady, "{spike: {at: 0s, for: 10s, factor: 2}}")),
                ElementsAre("steady (spike)", "steady"));
    EXPECT_THAT(names(with_spikes(steady, "{spike: {at: 50s, for: 1m, factor: 2}}")),
                ElementsAre("steady", "steady (spike)"));
    EXPECT_THAT(names(with_spikes(steady, "{spike: {at: 0s, for: 1h, factor: 2}}")), ElementsAre("steady (spike)"));
    const auto over = with_spikes(
        "{name: a, duration: 10, arrivalRate: 10}, {name: b, pause: 10}, {name: c, duration: 10, arrivalRate: 10}",
        "{spike: {at: 5s, for: 20s, factor: 2}}");
    EXPECT_THAT(names(over), ElementsAre("a", "a (spike)", "b", "c (spike)", "c"));
    EXPECT_THAT(arrivals(over), ElementsAre(50, 100, 0, 100, 50));
}

TEST(load_spikes, keep_the_arrivals_of_ramps_and_counts) {
    // 0 to 60/s in 60 s: 1800 requests, of which 20 s to 30 s have 250; four times that is 750 more.
    const auto ramp =
        with_spikes("{name: up, duration: 60, arrivalRate: 0, rampTo: 60}", "{spike: {at: 20s, for: 10s, factor: 4}}");
    EXPECT_THAT(arrivals(ramp), ElementsAre(200, 1000, 1350));
    const auto phases = phases_of(ramp);
    EXPECT_EQ(phases[1].arrival_rate, rate{80});
    EXPECT_EQ(phases[1].ramp_to, rate{120});
    EXPECT_EQ(phases[2].arrival_rate, rate{30});
    EXPECT_EQ(phases[2].ramp_to, rate{60});
    // 700 in 70 s, with 10 s at three times the rate.
    const auto count =
        with_spikes("{name: n, duration: 70, arrivalCount: 700}", "{spike: {at: 7s, for: 10s, factor: 3}}");
    EXPECT_THAT(arrivals(count), ElementsAre(70, 300, 530));
    // Fractions of a request carry over between the parts: 1.5/s over 7 s.
    const auto odd = with_spikes("{name: odd, duration: 7, arrivalRate: 1.5}", "{spike: {at: 1s, for: 3s, factor: 1}}");
    EXPECT_EQ(schedule_of(odd).size(), 10U) << "10.5, as without";
}

TEST(load_spikes, are_numbered_when_repeated) {
    const auto d = with_spikes(steady, "{spike: {name: push, at: 10s, every: 20s, for: 5s, factor: 2}}");
    EXPECT_THAT(names(d), ElementsAre("steady", "steady (push 1)", "steady", "steady (push 2)", "steady",
                                      "steady (push 3)", "steady"));
    EXPECT_THAT(arrivals(d), ElementsAre(100, 100, 150, 100, 150, 100, 50));
}

TEST(load_spikes, over_a_whole_phase_leave_nothing_to_its_name) {
    const auto text = "name: t\nload: {phases: [" + std::string(steady) +
                      "]}\nconditions: [{spike: {at: 0s, every: 30s, for: 30s, factor: 40}}]\n"
                      "budgets: ['e2e{phase=steady,service=none}.p99 < 1s']\n";
    EXPECT_THAT(problems_of(text),
                testing::AllOf(testing::HasSubstr("f:4:11: the phase 'steady' is in a spike from its begin to its end; "
                                                  "write {phase=steady (spike 1)}"),
                               testing::HasSubstr("unknown service 'none'")));
}

TEST(load_spikes, have_names_of_their_own) {
    const auto problem = [](const std::string& other_name, const std::string& spikes) {
        return problems_of("name: t\nload:\n  phases:\n  - " + std::string(steady) + "\n  - {name: " + other_name +
                           ", duration: 60, arrivalRate: 1}\nconditions: [" + spikes + "]\n");
    };
    const std::string spike = "{spike: {at: 0s, for: 10s, factor: 2}}";
    EXPECT_EQ(problem("other", spike), "");
    EXPECT_EQ(problem("other (spike)", spike), "");
    EXPECT_THAT(problem("steady (spike)", spike),
                testing::HasSubstr("f:5:12: 'steady (spike)' is the name of the part of 'steady' in the spike 'spike', "
                                   "too; choose another"));
    EXPECT_THAT(problem("other", "{spike: {name: a, at: 0s, every: 30s, for: 1s, factor: 2}}, "
                                 "{spike: {name: a 1, at: 10s, for: 1s, factor: 2}}"),
                testing::HasSubstr("two spikes give a part of the phase 'steady' the name 'steady (a 1)'"));
}

TEST(load_spikes, have_phase_names_for_budgets) {
    const auto text =
        "name: t\nload: {phases: [" + std::string(steady) +
        "]}\nconditions: [{spike: {at: 20s, for: 10s, factor: 40}}]\nbudgets: ['e2e{phase=steady (spike)}.p99 < 1s']\n";
    EXPECT_EQ(problems_of(text), "");
}

TEST(load_spikes, are_no_condition_label_of_requests) {
    const auto problem = [](const std::string& budget) {
        return problems_of("name: t\nload: {phases: [" + std::string(steady) +
                           "]}\nconditions: [{spike: {at: 20s, for: 10s, factor: 40}}]\nbudgets: ['" + budget +
                           "', e2e.p99 < 9s]\n");
    };
    EXPECT_EQ(problem("e2e{condition=spike}.p99 < 1s"),
              "f:4:11: 'spike' is a spike, which multiplies the load and is a condition of no vehicle; write "
              "{phase=steady (spike)}");
    EXPECT_EQ(problem("recovery{condition=spike}.latency < 1m"), "");
}
