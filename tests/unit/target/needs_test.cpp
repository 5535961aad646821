#include <loadsim/target/machine.hpp>
#include <loadsim/target/needs.hpp>

#include <gtest/gtest.h>

using namespace loadsim::target;

namespace {

needs embedded(std::uint64_t sessions, placement where = {}) {
    return {.where = where,
            .sessions = sessions,
            .files_fixed = 144,
            .broker_files_fixed = 128,
            .connections_fixed = 3,
            .own_broker = true,
            .broker_here = true};
}

} // namespace

TEST(needs, are_those_of_the_rank_with_the_largest_share) {
    EXPECT_EQ(sessions_of_rank(embedded(10)), 10U);
    EXPECT_EQ(sessions_of_rank(embedded(10, {3, 3})), 4U);
    EXPECT_EQ(sessions_here(embedded(10, {3, 3})), 10U) << "never more than there are";
    EXPECT_EQ(sessions_here(embedded(10, {3, 1})), 4U);
    EXPECT_EQ(connections_to_one_broker(embedded(10, {3, 3})), 4U + 3) << "each rank has its own";
    auto shared = embedded(10, {3, 2});
    shared.own_broker = false;
    EXPECT_EQ(connections_to_one_broker(shared), 8U + 2 * 3);
    EXPECT_EQ(files_of_broker(shared), 0U);
}

TEST(needs, of_files_are_sessions_and_what_each_process_has_of_its_own) {
    EXPECT_EQ(files_of_rank(embedded(1000)), 1144U);
    EXPECT_EQ(files_of_broker(embedded(1000)), 1128U);
    EXPECT_EQ(files_of_broker(embedded(1000, {2, 2})), 628U);
    EXPECT_GT(files_of_rank(embedded(1000, {2, 2})), 500U + 144) << "MPI has files, too";
}

TEST(needs, of_memory_count_both_ends_only_where_both_are_here) {
    const auto growth = [](needs n) {
        const auto some = memory_here(n);
        n.sessions *= 2;
        return memory_here(n) - some;
    };
    auto n = embedded(100'000);
    const auto with_broker = growth(n);
    n.own_broker = false;
    const auto to_loopback = growth(n);
    n.broker_here = false;
    const auto to_elsewhere = growth(n);
    EXPECT_GT(with_broker, to_loopback);
    EXPECT_GT(to_loopback, to_elsewhere);
    // What was measured for a session: 14.6 kB with the embedded broker, about 6 kB without.
    EXPECT_NEAR(static_cast<double>(with_broker) / 100'000, 14'600, 2'000);
    EXPECT_NEAR(static_cast<double>(to_elsewhere) / 100'000, 5'700, 1'000);
    EXPECT_GT(memory_here(embedded(100'000, {22, 22})), memory_here(embedded(100'000)) + 21 * 30'000'000U)
        << "each process costs something";
}

TEST(ranks, are_the_fewest_with_a_twentieth_to_spare) {
    const struct {
        std::uint64_t sessions;
        std::uint64_t limit;
        std::optional<std::uint32_t> ranks;
        const char* why;
    } rows[] = {
        {19'856, 20'000, 1, "just fit one process, and need no spare"},
        {19'857, 20'000, 2, "one too many"},
        {400'000, 20'000, 22, "the issue's number"},
        {1'000'000, 20'000, 54, "a million"},
        {400'000, 1'048'576, 1, "a machine with higher limits"},
        {400'000, 1'024, 523, "the usual soft limit"},
        {400'000, 210, {}, "hardly more than a process has of its own"},
        {400'000, 0, {}, "nothing at all"},
        {1, 100, {}, "more processes do not help a single session"},
        {300, 350, 3, "little room in each"},
        {10'000'000'000'000, 1'024, {}, "far too many"},
    };
    for (const auto& row : rows) {
        const auto ranks = ranks_that_fit(embedded(row.sessions), {.open_files = row.limit});
        EXPECT_EQ(ranks, row.ranks) << row.why;
        if (!ranks) continue;
        const auto n = embedded(row.sessions, {*ranks, *ranks});
        EXPECT_LE(files_of_rank(n), row.limit) << row.why;
        EXPECT_LE(files_of_broker(n), row.limit) << row.why;
    }
    EXPECT_EQ(ranks_that_fit(embedded(10), {}), std::nullopt) << "the limit is unknown";
}

TEST(memory, is_written_as_people_read_it) {
    EXPECT_EQ(format_memory(0), "0 MiB");
    EXPECT_EQ(format_memory(512ULL << 20), "512 MiB");
    EXPECT_EQ(format_memory(1ULL << 30), "1.0 GiB");
    EXPECT_EQ(format_memory((24ULL << 30) + (512ULL << 20)), "24.5 GiB");
}
