// Simulated backend: runs in the caller's time and is deterministic.
#include <loadsim/backend/simulated_backend.hpp>

#include "vehicle_messages.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

using namespace loadsim;
using namespace loadsim::backend;
using namespace std::chrono_literals;

namespace {

constexpr std::array<std::string_view, 2> vins{"LZ9SMEV05TF000001", "1M8GDM9AXKP042788"};
constexpr std::uint32_t prefix = 0xabcd1234;

std::string response_json(const std::string& id, phase at) {
    return to_json(response{.id = id, .phase = at, .code = {}});
}

/// Simulated backend with vehicles that respond at once, from inside publish, and a log of all output.
class simulated_run {
public:
    explicit simulated_run(options o = {}, bool responds = true)
        : responds_(responds),
          simulated(o, time, 1'700'000'000'000, prefix,
                    {.publish = [this](const published_message& m) { on_publish(m); },
                     .send_trigger =
                         [this](auto vin, auto bearer) {
                             log.push_back("wake " + std::string(vin) + " by " + std::string(bearer));
                         }}) {}

    /// Advances the time until no work is due.
    void run_until_idle() {
        while (simulated.next_due() != never) {
            time.set(simulated.next_due());
            simulated.run();
        }
    }

    std::vector<std::string> log;
    manual_time time;

private:
    void on_publish(const published_message& m) {
        log.push_back(m.topic + ' ' + m.payload);
        last = m;
        const auto command = read_command(m.payload);
        if (!responds_ || m.topic.find("/cmd/") == std::string::npos) return;
        const auto topic = response_topic(*vin_of(m.topic), command->id);
        for (const auto at : {phase::ack, phase::final}) {
            simulated.receive(topic, response_json(command->id, at));
            simulated.run(); // nested call: the work is done in a further round
        }
    }

    bool responds_;

public:
    simulated_backend simulated;
    published_message last;
};

} // namespace

TEST(simulated_backend, completes_a_request_in_one_call) {
    simulated_run r;
    const auto made = r.simulated.create(vins[0], "horn");
    EXPECT_TRUE(made.accepted);
    EXPECT_EQ(made.id, "abcd123400000001");
    EXPECT_TRUE(r.log.empty()) << "told from inside run() alone";
    r.simulated.run();
    ASSERT_EQ(r.log.size(), 2U);
    EXPECT_EQ(r.log[0],
              R"(v1/LZ9SMEV05TF000001/cmd/horn {"id":"abcd123400000001","service":"horn","ts":1700000000000})");
    EXPECT_EQ(read_event(r.last.payload)->state, "executed");
    const auto f = r.simulated.counts();
    EXPECT_EQ(f.requests.executed, 1U);
    EXPECT_EQ(f.outbound.confirmed, 2U);
    EXPECT_EQ(f.outbound.unconfirmed, 0U);
    EXPECT_EQ(f.inbound.applied, 2U);
    EXPECT_EQ(f.persistence.events, 0U) << "nothing is kept";
}

TEST(simulated_backend, returns_the_reason_of_a_rejection) {
    simulated_run r({}, false);
    EXPECT_TRUE(r.simulated.create(vins[0], "horn").accepted);
    EXPECT_EQ(r.simulated.create(vins[0], "horn").reason, "busy");
    EXPECT_EQ(r.simulated.create(vins[1], "fly").reason, "unknown service");
    EXPECT_EQ(r.simulated.create("bad", "horn").reason, "invalid VIN");
}

TEST(simulated_backend, times_out_a_request_without_response) {
    simulated_run r({}, false);
    r.simulated.create(vins[0], "horn");
    r.simulated.run();
    EXPECT_EQ(r.last.qos, 1);
    EXPECT_EQ(r.last.expires_in_s, 10U);
    r.run_until_idle();
    EXPECT_EQ(r.time.now(), monotonic_time{10s});
    EXPECT_EQ(read_event(r.last.payload)->reason, "timeout");
}

TEST(simulated_backend, has_the_servers_faults_and_wakes_sleeping_vehicles) {
    options o;
    o.faults = {{.what = fault::kind::drop,
                 .applies_to = fault::message::event,
                 .rule = {.every = 1, .probability = {}, .window = {}},
                 .delay = 0ns}};
    simulated_run r(o, false);
    r.simulated.receive(presence_topic(vins[0]), R"({"state":"asleep","wake":"sms"})");
    const auto made = r.simulated.create(vins[0], "horn");
    r.simulated.run();
    ASSERT_EQ(r.log.size(), 2U);
    EXPECT_EQ(r.log[1], "wake LZ9SMEV05TF000001 by sms") << "after the command";
    r.simulated.receive(response_topic(vins[0], made.id), response_json(made.id, phase::final));
    r.simulated.run();
    EXPECT_EQ(r.log.size(), 2U);
    EXPECT_EQ(r.simulated.counts().faults.of(fault::kind::drop, fault::message::event), 1U);
    EXPECT_EQ(r.simulated.counts().requests.executed, 1U);
}

TEST(simulated_backend, is_deterministic) {
    const auto run = [](std::uint64_t seed) {
        options o;
        o.seed = seed;
        for (auto& s : o.services) s.limits = {.created = 1s, .pending = 1s, .running = 1s};
        for (const auto what : {fault::kind::drop, fault::kind::delay, fault::kind::duplicate, fault::kind::reorder})
            for (const auto of : {fault::message::command, fault::message::response, fault::message::event})
                o.faults.push_back({.what = what,
                                    .applies_to = of,
                                    .rule = {.every = {}, .probability = fraction{0.05}, .window = {}},
                                    .delay = 700ms});
        simulated_run r(o);
        for (int i = 0; i < 500; ++i) {
            r.simulated.create(vins[static_cast<std::size_t>(i) % 2], i % 3 == 0 ? "horn" : "climate");
            r.simulated.run();
            r.time.advance(450ms);
            r.simulated.run();
        }
        r.run_until_idle();
        return r.log;
    };
    const auto once = run(7);
    EXPECT_GT(once.size(), 800U);
    EXPECT_EQ(once, run(7));
    EXPECT_NE(once, run(8));
}

TEST(simulated_backend, is_not_slowed_down_by_kept_requests) {
    options o;
    o.remembered = 100;
    simulated_run r(o);
    for (int i = 0; i < 5'000; ++i) {
        ASSERT_TRUE(r.simulated.create(vins[0], "horn").accepted);
        r.simulated.run();
    }
    EXPECT_LE(r.simulated.counts().requests.remembered, 101U);
}
