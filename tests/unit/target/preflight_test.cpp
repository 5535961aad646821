// Resource requirements checked against many machines.
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

machine_resources typical() {
    return {.open_files = 20'000,
            .open_files_max = 1'048'576,
            .files_free = 2'000'000,
            .source_ports = 28'232,
            .listen_backlog = 4096,
            .syn_backlog = 2048,
            .tcp = machine_resources::tcp_memory{2 * gib, 0},
            .memory_free = 22 * gib,
            .conntrack = {},
            .cores = 2};
}

resource_requirements embedded_broker(std::uint64_t sessions, std::uint32_t ranks = 1) {
    return {.placement = {ranks, ranks},
            .sessions = sessions,
            .files_fixed = 144,
            .broker_files_fixed = 128,
            .connections_fixed = 8,
            .connects_in_flight = 100,
            .packets_per_second = 4'000,
            .own_broker = true,
            .local_broker = true};
}

resource_requirements external_broker(std::uint64_t sessions, std::uint32_t ranks = 1) {
    auto n = embedded_broker(sessions, ranks);
    n.own_broker = n.local_broker = false;
    return n;
}

machine_resources with(const std::function<void(machine_resources&)>& change) {
    auto m = typical();
    change(m);
    return m;
}

check check_named(std::string_view name, const resource_requirements& n, const machine_resources& m) {
    const auto all = assess(n, m);
    const auto found = std::ranges::find(all, name, &check::name);
    EXPECT_NE(found, all.end()) << name;
    return found != all.end() ? *found : check{};
}

/// Commands and flags of the remedies, in order.
std::vector<std::string> remedy_commands(const check& c) {
    std::vector<std::string> all;
    for (const auto& r : c.remedies) all.push_back(r.command + r.flags);
    return all;
}

} // namespace

TEST(preflight, has_no_warnings_for_a_machine_that_is_large_enough) {
    for (const auto& c : assess(embedded_broker(2'000), typical())) {
        EXPECT_EQ(c.status, check_status::enough) << c.name;
        EXPECT_THAT(c.remedies, IsEmpty()) << c.name;
    }
    const auto ready = preflight(embedded_broker(2'000), typical());
    ASSERT_TRUE(ready);
    EXPECT_THAT(*ready, IsEmpty());
    EXPECT_TRUE(preflight(embedded_broker(400'000, 22), typical())) << "the large fleet, spread as advised";
}

TEST(preflight, reports_each_failed_check_in_one_sentence) {
    const auto refused = preflight(embedded_broker(400'000), typical());
    ASSERT_FALSE(refused);
    ASSERT_THAT(refused.error().list, SizeIs(2));
    EXPECT_THAT(to_string(refused.error().list[0]),
                AllOf(HasSubstr("open files: 400144 are needed"), HasSubstr("20000 are there"),
                      HasSubstr("(--ranks 22)"), HasSubstr("(ulimit -Hn 400144)"), HasSubstr("lower fleet.vehicles"),
                      Not(HasSubstr("\n"))));
    EXPECT_THAT(to_string(refused.error().list[1]), AllOf(HasSubstr("source ports: "), HasSubstr("(--ranks 22)")));
}

TEST(preflight, warns_of_tight_and_unknown_resources_and_passes) {
    auto stormy = embedded_broker(2'000);
    stormy.connects_in_flight = 500;
    const auto storm = preflight(stormy, typical());
    ASSERT_TRUE(storm);
    EXPECT_THAT(*storm, ElementsAre(AllOf(HasSubstr("listen backlog: 500 are needed"), HasSubstr("100 are there"),
                                          HasSubstr("fleet.connectsInFlight=100"))));
    const auto blind = preflight(external_broker(2'000), machine_resources{});
    ASSERT_TRUE(blind);
    EXPECT_THAT(*blind, SizeIs(5)) << "all but the broker's own backlog, which nobody can read from here";
    EXPECT_THAT(*blind, testing::Each(AllOf(HasSubstr("what is there is unknown"), HasSubstr("cannot be read"))));
}

TEST(open_files, as_many_as_needed_are_enough) {
    const auto limited = [](std::uint64_t limit) { return with([=](machine_resources& m) { m.open_files = limit; }); };
    EXPECT_EQ(check_named("open files", embedded_broker(1'000), limited(1'144)).status, check_status::enough);
    EXPECT_EQ(check_named("open files", embedded_broker(1'000), limited(1'143)).status, check_status::not_enough);
    auto broker_larger = embedded_broker(1'000);
    broker_larger.broker_files_fixed = 200;
    EXPECT_EQ(check_named("open files", broker_larger, limited(1'150)).status, check_status::not_enough)
        << "mosquitto has the same limit";
    broker_larger.own_broker = false;
    EXPECT_EQ(check_named("open files", broker_larger, limited(1'150)).status, check_status::enough)
        << "somebody else's has its own";
}

TEST(open_files, remedies_fit_the_machine) {
    EXPECT_THAT(remedy_commands(check_named("open files", embedded_broker(400'000), typical())),
                ElementsAre("--ranks 22", "ulimit -Hn 400144", "--set fleet.vehicles=19856"));
    EXPECT_THAT(
        remedy_commands(check_named("open files", embedded_broker(2'000'000),
                                    with([](machine_resources& m) { m.memory_free = 100 * gib; }))),
        ElementsAre("--ranks 107", "sysctl -w fs.nr_open=2000144 && ulimit -Hn 2000144", "--set fleet.vehicles=19856"))
        << "above fs.nr_open root has to raise that first";
    EXPECT_THAT(remedy_commands(check_named("open files", embedded_broker(400'000),
                                            with([](machine_resources& m) { m.memory_free = 6 * gib; }))),
                ElementsAre("ulimit -Hn 400144", "--set fleet.vehicles=19856"))
        << "one process would fit the memory, 22 would not";
    EXPECT_THAT(remedy_commands(check_named("open files", embedded_broker(100),
                                            with([](machine_resources& m) { m.open_files = 120; }))),
                ElementsAre("ulimit -Hn 244", ""))
        << "too few for any process: no number of ranks, no smaller fleet";
    EXPECT_THAT(remedy_commands(check_named("open files", embedded_broker(400'000, 10), typical())),
                ElementsAre("--ranks 22", "ulimit -Hn 40208", "--set fleet.vehicles=197920"));
}

TEST(files_of_all, are_those_of_every_process_and_broker) {
    const auto c = check_named("files of all", embedded_broker(400'000, 22),
                               with([](machine_resources& m) { m.files_free = 800'000; }));
    EXPECT_EQ(c.status, check_status::not_enough) << "400,000 sessions have two ends";
    EXPECT_THAT(remedy_commands(c), ElementsAre("sysctl -w fs.file-max=1614800"));
    EXPECT_EQ(check_named("files of all", external_broker(400'000, 22),
                          with([](machine_resources& m) { m.files_free = 800'000; }))
                  .status,
              check_status::enough);
    const auto endless = with([](machine_resources& m) { m.files_free = 9'223'372'036'854'775'807; });
    EXPECT_EQ(check_named("files of all", embedded_broker(10), endless).available, "unlimited");
}

TEST(source_ports, count_for_each_pair_of_source_and_target) {
    const auto many_files = with([](machine_resources& m) { m.open_files = 1'000'000; });
    const auto sources = [](resource_requirements n, std::uint64_t count) {
        n.sources = count;
        return n;
    };
    const struct {
        resource_requirements n;
        check_status verdict;
        const char* why;
    } rows[] = {
        {external_broker(25'400), check_status::enough, "nine tenths"},
        {external_broker(25'401), check_status::tight, "reconnects wait for ports in TIME_WAIT"},
        {external_broker(28'224), check_status::tight, "all of them"},
        {external_broker(28'225), check_status::not_enough, "one too many, for not all are the vehicles'"},
        {external_broker(40'000, 4), check_status::not_enough, "ranks of one machine share its ports"},
        {embedded_broker(40'000, 4), check_status::enough, "but not to brokers of their own"},
        {sources(external_broker(40'000), 2), check_status::enough, "each source address has its own"},
        {sources(external_broker(60'000), 2), check_status::not_enough, "two are too few"},
    };
    for (const auto& row : rows)
        EXPECT_EQ(check_named("source ports", row.n, many_files).status, row.verdict) << row.why;

    auto half_here = external_broker(40'000, 2);
    half_here.placement.local_ranks = 1;
    EXPECT_EQ(check_named("source ports", half_here, many_files).status, check_status::enough)
        << "the other half has another machine";
}

TEST(source_ports, are_tight_beyond_half_where_the_kernel_gets_slow) {
    const auto slow = with([](machine_resources& m) { m.slow_above_half_of_ports = true; });
    EXPECT_EQ(check_named("source ports", external_broker(14'000), slow).status, check_status::enough);
    const auto c = check_named("source ports", external_broker(14'200), slow);
    EXPECT_EQ(c.status, check_status::tight);
    EXPECT_THAT(c.remedies.front().description, HasSubstr("2 addresses"));
}

TEST(source_ports, remedies_fit_the_machine) {
    constexpr auto widen = "sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"";
    const auto many_files = with([](machine_resources& m) { m.open_files = 1'000'000; });
    EXPECT_THAT(remedy_commands(check_named("source ports", embedded_broker(400'000), typical())),
                ElementsAre("--ranks 22"))
        << "what the files ask for is enough for the ports";
    EXPECT_THAT(remedy_commands(check_named("source ports", embedded_broker(400'000), many_files)),
                ElementsAre("--set 'fleet.sourceAddresses=[127.1.0.0/27]'", widen, "--set fleet.vehicles=28224"));
    const auto elsewhere = check_named("source ports", external_broker(400'000), many_files);
    EXPECT_THAT(elsewhere.remedies.front().description, HasSubstr("16 addresses"));
    EXPECT_THAT(elsewhere.remedies[1].description, HasSubstr("7 source addresses are then enough"));
    EXPECT_THAT(remedy_commands(elsewhere), ElementsAre("", widen, "--set fleet.vehicles=28224"));
    const auto wide = with([](machine_resources& m) { m.source_ports = 64'512; });
    EXPECT_THAT(remedy_commands(check_named("source ports", external_broker(100'000), wide)),
                ElementsAre("", "--set fleet.vehicles=64504"))
        << "wider it does not get";
    EXPECT_THAT(remedy_commands(check_named("source ports", external_broker(10),
                                            with([](machine_resources& m) { m.source_ports = 0; }))),
                ElementsAre("", widen, ""))
        << "none at all";
}

TEST(memory, is_tight_above_80_percent) {
    const auto needed = local_memory(embedded_broker(400'000, 22));
    const auto with_free_memory = [&](std::uint64_t bytes) {
        return with([=](machine_resources& m) { m.memory_free = bytes; });
    };
    EXPECT_EQ(check_named("memory", embedded_broker(400'000, 22), with_free_memory(needed * 5 / 4 + 100)).status,
              check_status::enough);
    EXPECT_EQ(check_named("memory", embedded_broker(400'000, 22), with_free_memory(needed * 5 / 4 - 100)).status,
              check_status::tight);
    EXPECT_EQ(check_named("memory", embedded_broker(400'000, 22), with_free_memory(needed)).status,
              check_status::tight);
    EXPECT_EQ(check_named("memory", embedded_broker(400'000, 22), with_free_memory(needed - 1)).status,
              check_status::not_enough);
}

TEST(memory, remedies_are_more_machines_or_fewer_vehicles) {
    const auto small = with([](machine_resources& m) { m.memory_free = 2 * gib; });
    const auto c = check_named("memory", embedded_broker(400'000, 22), small);
    ASSERT_THAT(c.remedies, SizeIs(2));
    EXPECT_THAT(c.remedies[0].description, HasSubstr("machines like this one"));
    ASSERT_THAT(c.remedies[1].flags, testing::StartsWith("--set fleet.vehicles="));
    const auto most = std::stoull(c.remedies[1].flags.substr(c.remedies[1].flags.find('=') + 1));
    EXPECT_EQ(check_named("memory", embedded_broker(most, 22), small).status, check_status::enough) << most;
    EXPECT_EQ(check_named("memory", embedded_broker(most + 22, 22), small).status, check_status::tight)
        << "no fewer than it takes";
    EXPECT_THAT(check_named("memory", embedded_broker(10, 22), with([](machine_resources& m) { m.memory_free = 1000; }))
                    .remedies,
                SizeIs(1))
        << "no fleet is small enough, and no number of such machines";
    const auto group = with([](machine_resources& m) { m.memory_limited_by_cgroup = true; });
    EXPECT_THAT(check_named("memory", embedded_broker(10), group).scope, HasSubstr("control group"));
    EXPECT_THAT(check_named("memory", embedded_broker(10), typical()).scope, Not(HasSubstr("control group")));
}

TEST(tcp_memory, is_for_unread_packets_and_not_for_idle_sessions) {
    EXPECT_EQ(check_named("TCP memory", embedded_broker(1'000'000, 60), typical()).needed,
              check_named("TCP memory", embedded_broker(2'000, 60), typical()).needed);
    const auto with_memory = [](std::uint64_t most, std::uint64_t used) {
        return with([=](machine_resources& m) { m.tcp = machine_resources::tcp_memory{most, used}; });
    };
    const auto needed = (4'000 + 100) * 4096ULL;
    EXPECT_EQ(check_named("TCP memory", embedded_broker(2'000), with_memory(needed * 2, 0)).status,
              check_status::enough);
    EXPECT_EQ(check_named("TCP memory", embedded_broker(2'000), with_memory(needed * 2, needed)).status,
              check_status::tight);
    const auto c = check_named("TCP memory", embedded_broker(2'000), with_memory(needed - 1, 0));
    EXPECT_EQ(c.status, check_status::not_enough);
    EXPECT_THAT(remedy_commands(c), ElementsAre("sysctl -w net.ipv4.tcp_mem=\"2562 3843 5125\""));
}

TEST(listen_backlog, is_mosquittos_own_or_the_kernels_and_never_stops_a_run) {
    auto n = embedded_broker(2'000);
    EXPECT_EQ(check_named("listen backlog", n, typical()).status, check_status::enough);
    n.connects_in_flight = 101;
    EXPECT_EQ(check_named("listen backlog", n, typical()).status, check_status::tight);
    n.connects_in_flight = 60;
    EXPECT_EQ(check_named("listen backlog", n, with([](machine_resources& m) { m.listen_backlog = 50; })).status,
              check_status::tight);
    EXPECT_EQ(check_named("listen backlog", n, with([](machine_resources& m) { m.syn_backlog = 50; })).status,
              check_status::tight);
    n.own_broker = false;
    const auto theirs = check_named("listen backlog", n, typical());
    EXPECT_EQ(theirs.status, check_status::unknown);
    EXPECT_EQ(theirs.available, "unknown");
}

TEST(tls_handshakes, are_tight_at_a_higher_connect_rate_than_the_cores_can_do) {
    auto n = external_broker(100'000);
    n.connects_per_second = 370; // a core makes 1 / cost::tls_connect
    for (const auto& c : assess(n, typical())) EXPECT_NE(c.name, "TLS handshakes");
    n.tls = true;
    const auto enough = check_named("TLS handshakes", n, typical());
    EXPECT_EQ(enough.status, check_status::enough);
    EXPECT_EQ(enough.needed, "370/s");
    EXPECT_EQ(enough.available, "370/s");
    EXPECT_EQ(enough.scope, "full ones; the broker pays as much CPU time; connecting takes 4m31s at least");
    n.connects_per_second = 1400;
    const auto tight = check_named("TLS handshakes", n, typical());
    EXPECT_EQ(tight.status, check_status::tight) << "the connects wait";
    EXPECT_THAT(tight.scope, HasSubstr("connecting takes 4m3"));
    EXPECT_THAT(remedy_commands(tight), ElementsAre("--set fleet.connectRate=370", ""));
    n.placement = {4, 1};
    EXPECT_EQ(check_named("TLS handshakes", n, typical()).status, check_status::enough) << "a quarter of the connects";
    n.placement = {1, 1};
    n.local_broker = true;
    EXPECT_THAT(check_named("TLS handshakes", n, typical()).scope, HasSubstr("cores pay for both ends"));
    const auto unknown = check_named("TLS handshakes", n, with([](machine_resources& m) { m.cores = 0; }));
    EXPECT_EQ(unknown.status, check_status::unknown);
    EXPECT_EQ(unknown.available, "unknown");
}

TEST(conntrack, is_checked_only_if_the_kernel_has_it) {
    for (const auto& c : assess(embedded_broker(10), typical())) EXPECT_NE(c.name, "conntrack");
    const auto tracking = with([](machine_resources& m) {
        m.conntrack = machine_resources::tracked_connections{10'000, 100};
    });
    EXPECT_EQ(check_named("conntrack", embedded_broker(9'900), tracking).status, check_status::enough);
    const auto c = check_named("conntrack", embedded_broker(9'901), tracking);
    EXPECT_EQ(c.status, check_status::tight) << "a warning: there may be no rule that tracks";
    EXPECT_THAT(remedy_commands(c), ElementsAre("sysctl -w net.netfilter.nf_conntrack_max=19902"));
}
