#include <comparison.hpp>
#include <results.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>

namespace loadsim::bench {
namespace {

using testing::HasSubstr;

TEST(comparison, median_of_odd_and_even) {
    EXPECT_EQ(median({3, 1, 2}), 2);
    EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
    EXPECT_TRUE(std::isnan(median({})));
}

TEST(comparison, ratio_uses_medians_and_spread_uses_pairs) {
    const auto r = compare({10, 20, 30}, {11, 30, 27});
    EXPECT_DOUBLE_EQ(r.of_medians, 27.0 / 20);
    EXPECT_DOUBLE_EQ(r.lowest, 0.9);
    EXPECT_DOUBLE_EQ(r.highest, 1.5);
}

TEST(comparison, growth_has_no_cost_of_the_start_in_it) { EXPECT_DOUBLE_EQ(growth_per_session(9.5, 1.5, 4000), 0.002); }

TEST(comparison, samples_keep_run_order) {
    EXPECT_THAT(samples_of({{{"a", 1}, {"b", 2}}, {{"b", 3}}, {{"a", 4}}}, "a"), testing::ElementsAre(1, 4));
}

results sample_results() {
    results r;
    r.machine = {{"cpu", "a CPU"},      {"cores", "2"},       {"memory", "24 GiB"},
                 {"kernel", "Linux 6"}, {"system", "Debian"}, {"compiler", "GCC 12"},
                 {"build", "Release"},  {"mosquitto", "2.0"}, {"date", "2026-01-01"}};
    r.pairs = 1;
    r.comparisons.push_back({"connects", "per second", "", 0, {1234567.4}, {617283.7}});
    r.repeated_runs.emplace_back("floor: lost");
    return r;
}

TEST(results, markdown_has_the_machine_and_both_medians) {
    const auto page = to_markdown(sample_results());
    EXPECT_THAT(page,
                HasSubstr("a CPU, 2 cores, 24 GiB, Debian, Linux 6; GCC 12, Release; mosquitto 2.0; 2026-01-01."));
    EXPECT_THAT(page, HasSubstr("| connects, per second | 1,234,567 | 617,284 | 0.50 (0.50 to 0.50) |  |"));
    EXPECT_THAT(page, HasSubstr("made again: 1 (fleet.json says why)"));
}

TEST(results, files_are_named_after_the_page) {
    auto r = sample_results();
    r.name = "tls";
    EXPECT_THAT(to_markdown(r), HasSubstr("(tls.json says why)"));
    const auto folder = std::filesystem::path(testing::TempDir()) / "loadsim-bench-results";
    write(r, folder);
    EXPECT_TRUE(std::filesystem::exists(folder / "tls.md"));
    EXPECT_TRUE(std::filesystem::exists(folder / "tls.json"));
    EXPECT_FALSE(std::filesystem::exists(folder / "fleet.md"));
    std::filesystem::remove_all(folder);
}

TEST(results, json_has_every_sample_and_the_reason_of_each_repeated_run) {
    const auto page = to_json(sample_results());
    EXPECT_THAT(page, HasSubstr(R"("floor":[1.2345674E6])"));
    EXPECT_THAT(page, HasSubstr(R"("repeated":["floor: lost"])"));
}

} // namespace
} // namespace loadsim::bench
