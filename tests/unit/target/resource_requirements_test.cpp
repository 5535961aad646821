#include "cost.hpp"

#include <loadsim/base/units.hpp>
#include <loadsim/target/machine_resources.hpp>
#include <loadsim/target/resource_requirements.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>

using namespace loadsim::target;

namespace {

resource_requirements requirements_of(std::uint64_t sessions, rank_placement placement = {}) {
    return {.placement = placement,
            .sessions = sessions,
            .files_fixed = 144,
            .broker_files_fixed = 128,
            .connections_fixed = 3,
            .own_broker = true,
            .local_broker = true};
}

} // namespace

TEST(resource_requirements, are_those_of_the_rank_with_the_largest_partition) {
    EXPECT_EQ(sessions_per_rank(requirements_of(10)), 10U);
    EXPECT_EQ(sessions_per_rank(requirements_of(10, {3, 3})), 4U);
    EXPECT_EQ(local_sessions(requirements_of(10, {3, 3})), 10U) << "never more than there are";
    EXPECT_EQ(local_sessions(requirements_of(10, {3, 1})), 4U);
    EXPECT_EQ(connections_per_broker(requirements_of(10, {3, 3})), 4U + 3) << "each rank has its own";
    auto shared = requirements_of(10, {3, 2});
    shared.own_broker = false;
    EXPECT_EQ(connections_per_broker(shared), 8U + 2 * 3);
    EXPECT_EQ(files_per_broker(shared), 0U);
}

TEST(resource_requirements, of_tls_are_memory_of_our_end_and_of_a_broker_of_ours) {
    auto n = requirements_of(100'000);
    const auto without = local_memory(n);
    n.tls = true;
    EXPECT_EQ(local_memory(n) - without, 100'000 * (cost::tls_session + cost::broker_tls_session));
    n.own_broker = false;
    const auto with_tls = local_memory(n);
    n.tls = false;
    EXPECT_EQ(with_tls - local_memory(n), 100'000 * cost::tls_session);
}

TEST(default_shards, are_one_for_every_two_cores) {
    const struct {
        unsigned cores;
        bool of_several_ranks;
        std::uint32_t shards;
    } rows[] = {{0, false, 1}, {1, false, 1}, {3, false, 1}, {4, false, 2}, {64, false, 8}, {64, true, 1}};
    for (const auto& r : rows) EXPECT_EQ(default_shards(r.cores, r.of_several_ranks), r.shards) << r.cores;
}

TEST(handshakes, are_limited_by_threads_and_cores) {
    const auto fleet = [](rank_placement placement, bool own_broker, bool local_broker) {
        auto n = requirements_of(100'000, placement);
        n.own_broker = own_broker;
        n.local_broker = local_broker;
        n.tls = true;
        return n;
    };
    const struct {
        resource_requirements n;
        unsigned cores;
        std::optional<double> busy_cores; // of loadsim's end
        const char* why;
    } rows[] = {
        {fleet({1, 1}, false, false), 2, 1, "one shard"},
        {fleet({2, 2}, false, false), 2, 2, "a core for each rank"},
        {fleet({8, 8}, false, false), 2, 2, "no more than there are cores"},
        {fleet({4, 1}, false, false), 8, 1, "the other ranks are elsewhere"},
        {fleet({1, 1}, false, false), 8, 4, "four shards"},
        {fleet({1, 1}, false, true), 8, 4, "the broker has the other four cores"},
        {fleet({8, 8}, false, true), 8, 4, "the broker needs as much"},
        {fleet({1, 1}, false, true), 1, 0.5, "both ends share a core"},
        {fleet({1, 1}, true, true), 8, 1, "one mosquitto has one thread"},
        {fleet({1, 1}, false, false), 0, std::nullopt, "the cores are unknown"},
        {requirements_of(1), 2, std::nullopt, "no TLS"},
    };
    for (const auto& r : rows) {
        const auto available = handshakes_per_second_max(r.n, {.cores = r.cores});
        ASSERT_EQ(available.has_value(), r.busy_cores.has_value()) << r.why;
        if (available) {
            EXPECT_DOUBLE_EQ(*available, *r.busy_cores / loadsim::seconds(cost::tls_connect)) << r.why;
        }
    }
}

TEST(connect_time, is_that_of_the_connect_rate_or_of_the_handshakes) {
    using namespace std::chrono_literals;
    auto n = requirements_of(100'000, {4, 2});
    n.own_broker = n.local_broker = false;
    n.connects_per_second = 4000;
    const machine_resources machine{.cores = 1}; // 370 handshakes a second
    EXPECT_EQ(local_connects_per_second(n), 2000);
    EXPECT_EQ(connect_time_min(n, machine), 25s) << "half of the fleet is here";
    n.tls = true;
    EXPECT_DOUBLE_EQ(loadsim::seconds(connect_time_min(n, machine)), 50'000 * loadsim::seconds(cost::tls_connect))
        << "the handshakes";
    n.connects_per_second = 400;
    EXPECT_EQ(connect_time_min(n, machine), 250s) << "the rate";
    n.sessions = 0;
    EXPECT_EQ(connect_time_min(n, machine), 0s);
}

TEST(resource_requirements, of_files_are_sessions_plus_the_fixed_files_of_each_process) {
    EXPECT_EQ(files_per_rank(requirements_of(1000)), 1144U);
    EXPECT_EQ(files_per_broker(requirements_of(1000)), 1128U);
    EXPECT_EQ(files_per_broker(requirements_of(1000, {2, 2})), 628U);
    EXPECT_GT(files_per_rank(requirements_of(1000, {2, 2})), 500U + 144) << "MPI has files, too";
}

TEST(resource_requirements, of_memory_count_both_ends_of_a_connection_only_if_both_are_local) {
    const auto growth = [](resource_requirements n) {
        const auto some = local_memory(n);
        n.sessions *= 2;
        return local_memory(n) - some;
    };
    auto n = requirements_of(100'000);
    const auto with_broker = growth(n);
    n.own_broker = false;
    const auto to_loopback = growth(n);
    n.local_broker = false;
    const auto to_elsewhere = growth(n);
    EXPECT_GT(with_broker, to_loopback);
    EXPECT_GT(to_loopback, to_elsewhere);
    // Measured per session: 14.6 kB with the embedded broker, about 6 kB without.
    EXPECT_NEAR(static_cast<double>(with_broker) / 100'000, 14'600, 2'000);
    EXPECT_NEAR(static_cast<double>(to_elsewhere) / 100'000, 5'700, 1'000);
    EXPECT_GT(local_memory(requirements_of(100'000, {22, 22})),
              local_memory(requirements_of(100'000)) + 21 * 30'000'000U)
        << "each process costs something";
}

TEST(required_ranks, are_the_fewest_with_5_percent_spare) {
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
        const auto ranks = required_ranks(requirements_of(row.sessions), {.open_files = row.limit});
        EXPECT_EQ(ranks, row.ranks) << row.why;
        if (!ranks) continue;
        const auto n = requirements_of(row.sessions, {*ranks, *ranks});
        EXPECT_LE(files_per_rank(n), row.limit) << row.why;
        EXPECT_LE(files_per_broker(n), row.limit) << row.why;
    }
    EXPECT_EQ(required_ranks(requirements_of(10), {}), std::nullopt) << "the limit is unknown";
}

TEST(format_memory, uses_mib_and_gib) {
    EXPECT_EQ(format_memory(0), "0 MiB");
    EXPECT_EQ(format_memory(512ULL << 20), "512 MiB");
    EXPECT_EQ(format_memory(1ULL << 30), "1.0 GiB");
    EXPECT_EQ(format_memory((24ULL << 30) + (512ULL << 20)), "24.5 GiB");
}
