// Every scenario of scenarios/edge-cases, unchanged, against the reference backend: each passes.
#include "program.hpp"
#include "summary_checks.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using harness::program;

namespace {

/// Number of concurrent runs; they mostly wait.
constexpr std::size_t concurrent_runs = 10;

std::vector<std::filesystem::path> scenarios() {
    std::vector<std::filesystem::path> all;
    for (const auto& file : std::filesystem::directory_iterator(LOADSIM_ROOT "/scenarios/edge-cases"))
        if (file.path().extension() == ".yaml") all.push_back(file.path());
    std::ranges::sort(all);
    return all;
}

/// With a high lag limit: concurrent runs share the machine.
std::unique_ptr<program> start(const std::filesystem::path& scenario) {
    return std::make_unique<program>(harness::arguments{"run", scenario.string(), "--report", "report", "--shards", "1",
                                                        "--set", "load.lagLimit=5s"});
}

void expect_a_pass(program& run, const std::string& name) {
    SCOPED_TRACE(name);
    EXPECT_EQ(run.wait(90s), 0) << run.out() << run.err()
                                << harness::read_file(run.report() / "anomalies.jsonl").substr(0, 4000);
    if (!exists(run.report() / "summary.json")) return;
    const auto summary = run.summary();
    harness::expect_consistent_sums(summary);
    EXPECT_EQ(harness::text(summary, "/verdict"), "pass");
    EXPECT_GT(harness::number(summary, "/requests/due"), 0);
    EXPECT_EQ(harness::number(summary, "/requests/unexpected"), 0);
}

TEST(edge_cases, pass_unchanged) {
    const auto all = scenarios();
    ASSERT_GE(all.size(), 25U);
    for (std::size_t first = 0; first < all.size(); first += concurrent_runs) {
        std::vector<std::unique_ptr<program>> running;
        const auto last = std::min(first + concurrent_runs, all.size());
        for (auto i = first; i < last; ++i) running.push_back(start(all[i]));
        for (auto i = first; i < last; ++i) expect_a_pass(*running[i - first], all[i].filename().string());
    }
}

} // namespace
