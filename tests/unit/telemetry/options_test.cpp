// Options of telemetry: defaults, and the problem of each option.
#include <loadsim/telemetry/options.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>

using namespace loadsim;
using namespace loadsim::telemetry;
using namespace std::chrono_literals;

namespace {

telemetry_options usable_options() {
    contract::message_options m;
    m.topic = "v1/{vin}/tlm";
    m.payload.text = "{}";
    telemetry_options o;
    o.groups.push_back({"position", period_always(1s), {0.1}, m});
    o.alarms.push_back({"tyre", rate{1}, m});
    o.store.emplace();
    return o;
}

struct option_case {
    std::string path; ///< of the one problem; empty: none
    std::function<void(telemetry_options&)> change;
};

} // namespace

TEST(telemetry_options, defaults_are_usable) {
    EXPECT_TRUE(check(usable_options()).empty()) << to_string(check(usable_options()));
    EXPECT_TRUE(check(telemetry_options{}).empty());
}

TEST(telemetry_options, each_problem_has_the_path_of_its_option) {
    const option_case cases[] = {
        {"telemetry[0].every.driving", [](auto& o) { o.groups[0].every.driving = 0ns; }},
        {"telemetry[0].every.parked", [](auto& o) { o.groups[0].every.parked = -1s; }},
        {"telemetry[0].every.charging", [](auto& o) { o.groups[0].every.charging = -1s; }},
        {"telemetry[0].every", [](auto& o) { o.groups[0].every = {}; }},
        {"", [](auto& o) { o.groups[0].every = {.driving = 1s}; }},
        {"telemetry[0].jitter", [](auto& o) { o.groups[0].jitter = {1.01}; }},
        {"telemetry[0].jitter", [](auto& o) { o.groups[0].jitter = {-0.1}; }},
        {"telemetry[0].jitter", [](auto& o) { o.groups[0].jitter = {std::numeric_limits<double>::quiet_NaN()}; }},
        {"", [](auto& o) { o.groups[0].jitter = {1}; }},
        {"telemetry[0].name", [](auto& o) { o.groups[0].name.clear(); }},
        {"alarms[0].name", [](auto& o) { o.alarms[0].name = "position"; }},
        {"telemetry[0].topic", [](auto& o) { o.groups[0].message.topic.clear(); }},
        {"telemetry[0].qos", [](auto& o) { o.groups[0].message.qos = 3; }},
        {"telemetry[0].expiry", [](auto& o) { o.groups[0].message.expiry = -1s; }},
        {"telemetry[0].expiry", [](auto& o) { o.groups[0].message.expiry = 4'294'967'296s; }},
        {"telemetry[0].protobuf.message",
         [](auto& o) {
             o.groups[0].message.payload.text.clear();
             o.groups[0].message.protobuf = contract::protobuf_options{"vehicle.desc", "", {}};
         }},
        {"alarms[0].rate", [](auto& o) { o.alarms[0].rate = {0}; }},
        {"alarms[0].rate", [](auto& o) { o.alarms[0].rate = {-1}; }},
        {"alarms[0].qos", [](auto& o) { o.alarms[0].message.qos = 3; }},
        {"store.messages",
         [](auto& o) {
             o.store->messages = o.store->bytes = 0;
             o.store->age = 0s;
         }},
        {"",
         [](auto& o) {
             o.store->messages = o.store->bytes = 0; // limited by age
         }},
        {"store.age", [](auto& o) { o.store->age = -1s; }},
        {"store.reissue.share", [](auto& o) { o.store->reissue.share = {1.5}; }},
        {"store.reissue.share", [](auto& o) { o.store->reissue.share = {-0.5}; }},
        {"store.reissue.share",
         [](auto& o) {
             o.store->reissue.order = reissue_order::interleaved;
             o.store->reissue.share = {0};
         }},
        {"store.reissue.rate", [](auto& o) { o.store->reissue.rate = rate{0}; }},
        {"store.diskBytes",
         [](auto& o) {
             o.store->sqlite = "store";
             o.store->disk_bytes = 1'000;
         }},
        {"store.batch",
         [](auto& o) {
             o.store->sqlite = "store";
             o.store->batch = 0;
         }},
        {"store.batchWindow",
         [](auto& o) {
             o.store->sqlite = "store";
             o.store->batch_window = -1ns;
         }},
    };
    for (const auto& c : cases) {
        auto options = usable_options();
        c.change(options);
        const auto found = check(options);
        if (c.path.empty()) {
            EXPECT_TRUE(found.empty()) << to_string(found);
            continue;
        }
        ASSERT_EQ(found.list.size(), 1U) << c.path << "\n" << to_string(found);
        EXPECT_EQ(found.list[0].location, c.path);
        EXPECT_FALSE(found.list[0].text.empty());
    }
}
