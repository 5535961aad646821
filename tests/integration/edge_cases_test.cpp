// Every scenario of scenarios/edge-cases, as it is, against the reference backend: it handles all of them, so each passes.
#include "account.hpp"
#include "program.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using stage::program;

namespace {

/// At once: they wait most of the time.
constexpr std::size_t together = 10;

std::vector<std::filesystem::path> scenarios() {
    std::vector<std::filesystem::path> all;
    for (const auto& file : std::filesystem::directory_iterator(LOADSIM_ROOT "/scenarios/edge-cases"))
        if (file.path().extension() == ".yaml") all.push_back(file.path());
    std::ranges::sort(all);
    return all;
}

/// The machine is shared by all of them: how late the generator is says nothing here.
std::unique_ptr<program> start(const std::filesystem::path& scenario) {
    return std::make_unique<program>(
        stage::arguments{"run", scenario.string(), "--report", "report", "--shards", "1", "--set", "load.lagLimit=5s"});
}

void expect_a_pass(program& run, const std::string& name) {
    SCOPED_TRACE(name);
    EXPECT_EQ(run.wait(90s), 0) << run.out() << run.err()
                                << stage::contents(run.report() / "anomalies.jsonl").substr(0, 4000);
    if (!exists(run.report() / "summary.json")) return;
    const auto summary = run.summary();
    stage::expect_sums_hold(summary);
    EXPECT_EQ(stage::text(summary, "/verdict"), "pass");
    EXPECT_GT(stage::number(summary, "/requests/due"), 0);
    EXPECT_EQ(stage::number(summary, "/requests/unexpected"), 0);
}

TEST(edge_cases, pass_as_they_are) {
    const auto all = scenarios();
    ASSERT_GE(all.size(), 25U);
    for (std::size_t first = 0; first < all.size(); first += together) {
        std::vector<std::unique_ptr<program>> running;
        const auto last = std::min(first + together, all.size());
        for (auto i = first; i < last; ++i) running.push_back(start(all[i]));
        for (auto i = first; i < last; ++i) expect_a_pass(*running[i - first], all[i].filename().string());
    }
}

} // namespace
