#include "machine_text.hpp"

#include <gmock/gmock.h>

#include <functional>

using namespace loadsim;
using namespace loadsim::verdict;
using measure::machine_load;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

/// A machine of four cores, two of them usable by the generator; nothing is the matter.
machine_load idle_machine() {
    return {.host = "a",
            .measured_s = 10,
            .cores = 4,
            .cores_usable = 2,
            .own_share = 0.3,
            .other_share = 0.05,
            .steal_share = 0,
            .stalled_s = 0.1,
            .throttled_s = 0};
}

std::string text_of(const std::vector<machine_load>& machines, std::uint32_t shards = 2) {
    return machine_text({.shards = shards, .machines = machines});
}

} // namespace

TEST(machine_text, has_the_figures_of_the_machine) {
    auto m = idle_machine();
    m.own_share = 0.97;
    m.other_share = 0.6;
    m.steal_share = 0.12;
    m.stalled_s = 4.5;
    m.throttled_s = 3.2;
    EXPECT_EQ(text_of({m}),
              "CPU during the load: generator 97% of 2 cores, other processes 60% of 4 cores, steal 12%, tasks waited "
              "for a core 45% of the time, throttled 3.2 s. The generator used up its cores: ask for fewer requests a "
              "second, or use more cores (--ranks on other hosts). Other processes had the cores, the embedded broker "
              "among them: end them, or use another machine. The hypervisor gave the cores to other machines (steal): "
              "use a machine whose cores are its own. A CPU limit of a cgroup (cpu.max) withheld cores: raise the "
              "limit, or ask for fewer requests a second.");
    EXPECT_EQ(text_of({}), "") << "nothing was measured";
}

TEST(machine_text, names_what_to_change) {
    struct {
        std::function<void(machine_load&)> change;
        std::uint32_t shards;
        const char* advice;
    } const cases[] = {
        {[](auto& m) { m.own_share = 0.86; }, 2, "The generator used up its cores"},
        {[](auto& m) { m.own_share = 0.5; }, 1, "use more shards (--shards)."},
        {[](auto& m) { m.own_share = 0.5; }, 2, "On average cores were free"},
        {[](auto& m) { m.other_share = 0.75; }, 2, "Other processes had the cores"},
        {[](auto& m) { m.other_share = 0.5; }, 2, "On average cores were free"},
        {[](auto& m) { m.steal_share = 0.05; }, 2, "The hypervisor gave the cores"},
        {[](auto& m) { m.throttled_s = 0.1; }, 2, "(cpu.max) withheld cores"},
        {[](auto& m) { m.stalled_s = 2; }, 2, "Tasks waited for cores at times"},
        {[](auto&) {}, 2, "On average cores were free"},
        {[](auto& m) { m = {.host = "a", .measured_s = 10}; }, 2, "On average cores were free"},
    };
    for (const auto& c : cases) {
        auto m = idle_machine();
        c.change(m);
        EXPECT_THAT(text_of({m}, c.shards), HasSubstr(c.advice));
    }
}

TEST(machine_text, leaves_out_what_the_kernel_does_not_tell) {
    const machine_load m{.host = "a", .measured_s = 10, .cores_usable = 1, .own_share = 0.9};
    EXPECT_THAT(text_of({m}), StartsWith("CPU during the load: generator 90% of 1 core. The generator used up"));
}

TEST(machine_text, names_several_machines_and_each_change_once) {
    auto a = idle_machine();
    a.steal_share = 0.2;
    auto b = a;
    b.host = "b";
    const auto text = text_of({a, b});
    EXPECT_THAT(text, StartsWith("CPU during the load: a: generator 30% of 2 cores"));
    EXPECT_THAT(text, HasSubstr("; b: generator 30%"));
    EXPECT_EQ(text.find("The hypervisor"), text.rfind("The hypervisor"));
}

/// Two ranks of one shard on each of two machines: one core for each shard is not the limit of two usable cores.
TEST(machine_text, counts_the_shards_of_the_ranks_of_a_machine) {
    auto a = idle_machine();
    a.own_share = 0.6;
    auto b = a;
    b.host = "b";
    EXPECT_THAT(machine_text({.shards = 1, .ranks = 4, .machines = {a, b}}), EndsWith("has that effect."));
    EXPECT_THAT(machine_text({.shards = 1, .ranks = 2, .machines = {a, b}}), EndsWith("more shards (--shards)."));
}
