// Needs against many machines.
#include <loadsim/target/preflight.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>

using namespace loadsim::target;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

namespace {

constexpr std::uint64_t gib = 1ULL << 30;

machine usual() {
    return {.open_files = 20'000,
            .open_files_most = 1'048'576,
            .files_free = 2'000'000,
            .source_ports = 28'232,
            .listen_backlog = 4096,
            .syn_backlog = 2048,
            .tcp = machine::tcp_memory{2 * gib, 0},
            .memory_free = 22 * gib,
            .conntrack = {},
            .cores = 2};
}

needs embedded(std::uint64_t sessions, std::uint32_t ranks = 1) {
    return {.where = {ranks, ranks},
            .sessions = sessions,
            .files_fixed = 144,
            .broker_files_fixed = 128,
            .connections_fixed = 8,
            .connects_in_flight = 100,
            .packets_per_second = 4'000,
            .own_broker = true,
            .broker_here = true};
}

needs foreign(std::uint64_t sessions, std::uint32_t ranks = 1) {
    auto n = embedded(sessions, ranks);
    n.own_broker = n.broker_here = false;
    return n;
}

machine with(const std::function<void(machine&)>& change) {
    auto m = usual();
    change(m);
    return m;
}

check the(std::string_view name, const needs& n, const machine& m) {
    const auto all = assess(n, m);
    const auto found = std::ranges::find(all, name, &check::name);
    EXPECT_NE(found, all.end()) << name;
    return found != all.end() ? *found : check{};
}

/// What can be copied, in order.
std::vector<std::string> to_copy(const check& c) {
    std::vector<std::string> all;
    for (const auto& r : c.remedies) all.push_back(r.command + r.flags);
    return all;
}

} // namespace

TEST(preflight, has_nothing_to_say_of_a_machine_that_is_large_enough) {
    for (const auto& c : assess(embedded(2'000), usual())) {
        EXPECT_EQ(c.verdict, fit::enough) << c.name;
        EXPECT_THAT(c.remedies, IsEmpty()) << c.name;
    }
    const auto ready = preflight(embedded(2'000), usual());
    ASSERT_TRUE(ready);
    EXPECT_THAT(*ready, IsEmpty());
    EXPECT_TRUE(preflight(embedded(400'000, 22), usual())) << "the large fleet, spread as advised";
}

TEST(preflight, tells_each_check_that_is_not_enough_in_one_sentence) {
    const auto refused = preflight(embedded(400'000), usual());
    ASSERT_FALSE(refused);
    ASSERT_THAT(refused.error().list, SizeIs(2));
    EXPECT_THAT(to_string(refused.error().list[0]),
                AllOf(HasSubstr("open files: 400144 are needed"), HasSubstr("20000 are there"),
                      HasSubstr("(--ranks 22)"), HasSubstr("(ulimit -Hn 400144)"), HasSubstr("lower fleet.vehicles"),
                      Not(HasSubstr("\n"))));
    EXPECT_THAT(to_string(refused.error().list[1]), AllOf(HasSubstr("source ports: "), HasSubstr("(--ranks 22)")));
}

TEST(preflight, warns_of_what_is_tight_or_cannot_be_seen_and_runs) {
    auto stormy = embedded(2'000);
    stormy.connects_in_flight = 500;
    const auto storm = preflight(stormy, usual());
    ASSERT_TRUE(storm);
    EXPECT_THAT(*storm, ElementsAre(AllOf(HasSubstr("listen backlog: 500 are needed"), HasSubstr("100 are there"),
                                          HasSubstr("fleet.connectsInFlight=100"))));
    const auto blind = preflight(foreign(2'000), machine{});
    ASSERT_TRUE(blind);
    EXPECT_THAT(*blind, SizeIs(5)) << "all but the broker's own backlog, which nobody can read from here";
    EXPECT_THAT(*blind, testing::Each(AllOf(HasSubstr("what is there is unknown"), HasSubstr("cannot be read"))));
}

TEST(open_files, as_many_as_needed_are_enough) {
    const auto limited = [](std::uint64_t limit) { return with([=](machine& m) { m.open_files = limit; }); };
    EXPECT_EQ(the("open files", embedded(1'000), limited(1'144)).verdict, fit::enough);
    EXPECT_EQ(the("open files", embedded(1'000), limited(1'143)).verdict, fit::not_enough);
    auto broker_larger = embedded(1'000);
    broker_larger.broker_files_fixed = 200;
    EXPECT_EQ(the("open files", broker_larger, limited(1'150)).verdict, fit::not_enough)
        << "mosquitto has the same limit";
    broker_larger.own_broker = false;
    EXPECT_EQ(the("open files", broker_larger, limited(1'150)).verdict, fit::enough) << "somebody else's has its own";
}

TEST(open_files, remedies_fit_the_machine) {
    EXPECT_THAT(to_copy(the("open files", embedded(400'000), usual())),
                ElementsAre("--ranks 22", "ulimit -Hn 400144", "--set fleet.vehicles=19856"));
    EXPECT_THAT(
        to_copy(the("open files", embedded(2'000'000), with([](machine& m) { m.memory_free = 100 * gib; }))),
        ElementsAre("--ranks 107", "sysctl -w fs.nr_open=2000144 && ulimit -Hn 2000144", "--set fleet.vehicles=19856"))
        << "above fs.nr_open root has to raise that first";
    EXPECT_THAT(to_copy(the("open files", embedded(400'000), with([](machine& m) { m.memory_free = 6 * gib; }))),
                ElementsAre("ulimit -Hn 400144", "--set fleet.vehicles=19856"))
        << "one process would fit the memory, 22 would not";
    EXPECT_THAT(to_copy(the("open files", embedded(100), with([](machine& m) { m.open_files = 120; }))),
                ElementsAre("ulimit -Hn 244", ""))
        << "too few for any process: no number of ranks, no smaller fleet";
    EXPECT_THAT(to_copy(the("open files", embedded(400'000, 10), usual())),
                ElementsAre("--ranks 22", "ulimit -Hn 40208", "--set fleet.vehicles=197920"));
}

TEST(files_of_all, are_those_of_every_process_and_broker) {
    const auto c = the("files of all", embedded(400'000, 22), with([](machine& m) { m.files_free = 800'000; }));
    EXPECT_EQ(c.verdict, fit::not_enough) << "400,000 sessions have two ends";
    EXPECT_THAT(to_copy(c), ElementsAre("sysctl -w fs.file-max=1614800"));
    EXPECT_EQ(the("files of all", foreign(400'000, 22), with([](machine& m) { m.files_free = 800'000; })).verdict,
              fit::enough);
    const auto endless = with([](machine& m) { m.files_free = 9'223'372'036'854'775'807; });
    EXPECT_EQ(the("files of all", embedded(10), endless).has, "unlimited");
}

TEST(source_ports, count_for_each_pair_of_source_and_target) {
    const auto many_files = with([](machine& m) { m.open_files = 1'000'000; });
    const auto sources = [](needs n, std::uint64_t count) {
        n.sources = count;
        return n;
    };
    const struct {
        needs n;
        fit verdict;
        const char* why;
    } rows[] = {
        {foreign(25'400), fit::enough, "nine tenths"},
        {foreign(25'401), fit::tight, "reconnects wait for ports in TIME_WAIT"},
        {foreign(28'224), fit::tight, "all of them"},
        {foreign(28'225), fit::not_enough, "one too many, for not all are the vehicles'"},
        {foreign(40'000, 4), fit::not_enough, "ranks of one machine share its ports"},
        {embedded(40'000, 4), fit::enough, "but not to brokers of their own"},
        {sources(foreign(40'000), 2), fit::enough, "each source address has its own"},
        {sources(foreign(60'000), 2), fit::not_enough, "two are too few"},
    };
    for (const auto& row : rows) EXPECT_EQ(the("source ports", row.n, many_files).verdict, row.verdict) << row.why;

    auto half_here = foreign(40'000, 2);
    half_here.where.ranks_here = 1;
    EXPECT_EQ(the("source ports", half_here, many_files).verdict, fit::enough) << "the other half has another machine";
}

TEST(source_ports, are_tight_beyond_half_where_the_kernel_gets_slow) {
    const auto slow = with([](machine& m) { m.half_the_ports_are_slow = true; });
    EXPECT_EQ(the("source ports", foreign(14'000), slow).verdict, fit::enough);
    const auto c = the("source ports", foreign(14'200), slow);
    EXPECT_EQ(c.verdict, fit::tight);
    EXPECT_THAT(c.remedies.front().what, HasSubstr("2 addresses"));
}

TEST(source_ports, remedies_fit_the_machine) {
    constexpr auto widen = "sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"";
    const auto many_files = with([](machine& m) { m.open_files = 1'000'000; });
    EXPECT_THAT(to_copy(the("source ports", embedded(400'000), usual())), ElementsAre("--ranks 22"))
        << "what the files ask for is enough for the ports";
    EXPECT_THAT(to_copy(the("source ports", embedded(400'000), many_files)),
                ElementsAre("--set 'fleet.sourceAddresses=[127.1.0.0/27]'", widen, "--set fleet.vehicles=28224"));
    const auto elsewhere = the("source ports", foreign(400'000), many_files);
    EXPECT_THAT(elsewhere.remedies.front().what, HasSubstr("16 addresses"));
    EXPECT_THAT(elsewhere.remedies[1].what, HasSubstr("7 source addresses are then enough"));
    EXPECT_THAT(to_copy(elsewhere), ElementsAre("", widen, "--set fleet.vehicles=28224"));
    const auto wide = with([](machine& m) { m.source_ports = 64'512; });
    EXPECT_THAT(to_copy(the("source ports", foreign(100'000), wide)), ElementsAre("", "--set fleet.vehicles=64504"))
        << "wider it does not get";
    EXPECT_THAT(to_copy(the("source ports", foreign(10), with([](machine& m) { m.source_ports = 0; }))),
                ElementsAre("", widen, ""))
        << "none at all";
}

TEST(memory, is_tight_above_four_fifths) {
    const auto needed = memory_here(embedded(400'000, 22));
    const auto has = [&](std::uint64_t bytes) { return with([=](machine& m) { m.memory_free = bytes; }); };
    EXPECT_EQ(the("memory", embedded(400'000, 22), has(needed * 5 / 4 + 100)).verdict, fit::enough);
    EXPECT_EQ(the("memory", embedded(400'000, 22), has(needed * 5 / 4 - 100)).verdict, fit::tight);
    EXPECT_EQ(the("memory", embedded(400'000, 22), has(needed)).verdict, fit::tight);
    EXPECT_EQ(the("memory", embedded(400'000, 22), has(needed - 1)).verdict, fit::not_enough);
}

TEST(memory, remedies_are_more_machines_or_fewer_vehicles) {
    const auto small = with([](machine& m) { m.memory_free = 2 * gib; });
    const auto c = the("memory", embedded(400'000, 22), small);
    ASSERT_THAT(c.remedies, SizeIs(2));
    EXPECT_THAT(c.remedies[0].what, HasSubstr("machines like this one"));
    ASSERT_THAT(c.remedies[1].flags, testing::StartsWith("--set fleet.vehicles="));
    const auto most = std::stoull(c.remedies[1].flags.substr(c.remedies[1].flags.find('=') + 1));
    EXPECT_EQ(the("memory", embedded(most, 22), small).verdict, fit::enough) << most;
    EXPECT_EQ(the("memory", embedded(most + 22, 22), small).verdict, fit::tight) << "no fewer than it takes";
    EXPECT_THAT(the("memory", embedded(10, 22), with([](machine& m) { m.memory_free = 1000; })).remedies, SizeIs(1))
        << "no fleet is small enough, and no number of such machines";
    const auto group = with([](machine& m) { m.memory_of_group = true; });
    EXPECT_THAT(the("memory", embedded(10), group).of, HasSubstr("control group"));
    EXPECT_THAT(the("memory", embedded(10), usual()).of, Not(HasSubstr("control group")));
}

TEST(tcp_memory, is_for_what_waits_and_not_for_idle_sessions) {
    EXPECT_EQ(the("TCP memory", embedded(1'000'000, 60), usual()).needs,
              the("TCP memory", embedded(2'000, 60), usual()).needs);
    const auto with_memory = [](std::uint64_t most, std::uint64_t used) {
        return with([=](machine& m) { m.tcp = machine::tcp_memory{most, used}; });
    };
    const auto needed = (4'000 + 100) * 4096ULL;
    EXPECT_EQ(the("TCP memory", embedded(2'000), with_memory(needed * 2, 0)).verdict, fit::enough);
    EXPECT_EQ(the("TCP memory", embedded(2'000), with_memory(needed * 2, needed)).verdict, fit::tight);
    const auto c = the("TCP memory", embedded(2'000), with_memory(needed - 1, 0));
    EXPECT_EQ(c.verdict, fit::not_enough);
    EXPECT_THAT(to_copy(c), ElementsAre("sysctl -w net.ipv4.tcp_mem=\"2562 3843 5125\""));
}

TEST(listen_backlog, is_mosquittos_own_or_the_kernels_and_never_stops_a_run) {
    auto n = embedded(2'000);
    EXPECT_EQ(the("listen backlog", n, usual()).verdict, fit::enough);
    n.connects_in_flight = 101;
    EXPECT_EQ(the("listen backlog", n, usual()).verdict, fit::tight);
    n.connects_in_flight = 60;
    EXPECT_EQ(the("listen backlog", n, with([](machine& m) { m.listen_backlog = 50; })).verdict, fit::tight);
    EXPECT_EQ(the("listen backlog", n, with([](machine& m) { m.syn_backlog = 50; })).verdict, fit::tight);
    n.own_broker = false;
    const auto theirs = the("listen backlog", n, usual());
    EXPECT_EQ(theirs.verdict, fit::unknown);
    EXPECT_EQ(theirs.has, "unknown");
}

TEST(conntrack, is_looked_at_where_there_is_any) {
    for (const auto& c : assess(embedded(10), usual())) EXPECT_NE(c.name, "conntrack");
    const auto tracking = with([](machine& m) { m.conntrack = machine::tracked_connections{10'000, 100}; });
    EXPECT_EQ(the("conntrack", embedded(9'900), tracking).verdict, fit::enough);
    const auto c = the("conntrack", embedded(9'901), tracking);
    EXPECT_EQ(c.verdict, fit::tight) << "a warning: there may be no rule that tracks";
    EXPECT_THAT(to_copy(c), ElementsAre("sysctl -w net.netfilter.nf_conntrack_max=19902"));
}
