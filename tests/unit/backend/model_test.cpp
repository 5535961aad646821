// The core without its edges: in the caller's time, and the same each time.
#include <loadsim/backend/model.hpp>

#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/topics.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

using namespace loadsim;
using namespace loadsim::backend;
using namespace std::chrono_literals;
using phase = contract::response::phase;

namespace {

constexpr std::array<std::string_view, 2> vins{"LZ9SMEV05TF000001", "1M8GDM9AXKP042788"};
constexpr std::uint32_t prefix = 0xabcd1234;

std::string word(const std::string& id, phase at) {
    return contract::to_json(contract::response{.id = id, .at = at, .code = {}});
}

/// Vehicles that answer from inside publish, at once, and whoever notes it all.
class rehearsed {
public:
    explicit rehearsed(options o = {}, bool answers = true)
        : answers_(answers),
          platform(o, time, 1'700'000'000'000, prefix,
                   {.publish = [this](const platform_message& m) { hear(m); },
                    .wake =
                        [this](auto vin, auto bearer) {
                            noted.push_back("wake " + std::string(vin) + " by " + std::string(bearer));
                        }}) {}

    /// To the end of all that is due.
    void run_out() {
        while (platform.next_due() != never) {
            time.set(platform.next_due());
            platform.run();
        }
    }

    std::vector<std::string> noted;
    manual_time time;

private:
    void hear(const platform_message& m) {
        noted.push_back(m.topic + ' ' + m.payload);
        last = m;
        const auto command = contract::read_command(m.payload);
        if (!answers_ || m.topic.find("/cmd/") == std::string::npos) return;
        const auto topic = contract::response_topic(*contract::vin_of(m.topic), command->id);
        for (const auto at : {phase::ack, phase::final}) {
            platform.receive(topic, word(command->id, at));
            platform.run(); // from inside: it is done in a further round
        }
    }

    bool answers_;

public:
    model platform;
    platform_message last;
};

} // namespace

TEST(model, takes_a_request_to_its_end_in_one_call) {
    rehearsed r;
    const auto made = r.platform.create(vins[0], "horn");
    EXPECT_TRUE(made.accepted);
    EXPECT_EQ(made.id, "abcd123400000001");
    EXPECT_TRUE(r.noted.empty()) << "told from inside run() alone";
    r.platform.run();
    ASSERT_EQ(r.noted.size(), 2U);
    EXPECT_EQ(r.noted[0],
              R"(v1/LZ9SMEV05TF000001/cmd/horn {"id":"abcd123400000001","service":"horn","ts":1700000000000})");
    EXPECT_EQ(contract::read_event(r.last.payload)->state, "executed");
    const auto f = r.platform.counted();
    EXPECT_EQ(f.requests.executed, 1U);
    EXPECT_EQ(f.outbound.confirmed, 2U);
    EXPECT_EQ(f.outbound.unconfirmed, 0U);
    EXPECT_EQ(f.inbound.applied, 2U);
    EXPECT_EQ(f.persistence.events, 0U) << "nothing is kept";
}

TEST(model, says_why_it_turns_a_request_away) {
    rehearsed r({}, false);
    EXPECT_TRUE(r.platform.create(vins[0], "horn").accepted);
    EXPECT_EQ(r.platform.create(vins[0], "horn").why, "busy");
    EXPECT_EQ(r.platform.create(vins[1], "fly").why, "unknown service");
    EXPECT_EQ(r.platform.create("bad", "horn").why, "invalid VIN");
}

TEST(model, ends_a_silent_request_when_time_says_so) {
    rehearsed r({}, false);
    r.platform.create(vins[0], "horn");
    r.platform.run();
    EXPECT_EQ(r.last.qos, 1);
    EXPECT_EQ(r.last.expires_in_s, 10U);
    r.run_out();
    EXPECT_EQ(r.time.now(), monotonic_time{10s});
    EXPECT_EQ(contract::read_event(r.last.payload)->reason, "timeout");
}

TEST(model, has_the_servers_faults_and_wakes_those_that_sleep) {
    options o;
    o.faults = {{.what = fault::kind::drop, .of = fault::message::event, .every = 1, .probability = {}, .by = 0ns}};
    rehearsed r(o, false);
    r.platform.receive(contract::presence_topic(vins[0]), R"({"state":"asleep","wake":"sms"})");
    const auto made = r.platform.create(vins[0], "horn");
    r.platform.run();
    ASSERT_EQ(r.noted.size(), 2U);
    EXPECT_EQ(r.noted[1], "wake LZ9SMEV05TF000001 by sms") << "after the command";
    r.platform.receive(contract::response_topic(vins[0], made.id), word(made.id, phase::final));
    r.platform.run();
    EXPECT_EQ(r.noted.size(), 2U);
    EXPECT_EQ(r.platform.counted().faults.of(fault::kind::drop, fault::message::event), 1U);
    EXPECT_EQ(r.platform.counted().requests.executed, 1U);
}

TEST(model, is_the_same_for_the_same_calls) {
    const auto story = [](std::uint64_t seed) {
        options o;
        o.seed = seed;
        for (auto& s : o.services) s.limits = {.created = 1s, .pending = 1s, .running = 1s};
        for (const auto what : {fault::kind::drop, fault::kind::delay, fault::kind::duplicate, fault::kind::reorder})
            for (const auto of : {fault::message::command, fault::message::word, fault::message::event})
                o.faults.push_back({.what = what, .of = of, .every = std::nullopt, .probability = {0.05}, .by = 700ms});
        rehearsed r(o);
        for (int i = 0; i < 500; ++i) {
            r.platform.create(vins[static_cast<std::size_t>(i) % 2], i % 3 == 0 ? "horn" : "climate");
            r.platform.run();
            r.time.advance(450ms);
            r.platform.run();
        }
        r.run_out();
        return r.noted;
    };
    const auto once = story(7);
    EXPECT_GT(once.size(), 800U);
    EXPECT_EQ(once, story(7));
    EXPECT_NE(once, story(8));
}

TEST(model, is_not_slowed_down_by_what_it_remembers) {
    options o;
    o.remembered = 100;
    rehearsed r(o);
    for (int i = 0; i < 5'000; ++i) {
        ASSERT_TRUE(r.platform.create(vins[0], "horn").accepted);
        r.platform.run();
    }
    EXPECT_LE(r.platform.counted().requests.remembered, 101U);
}
