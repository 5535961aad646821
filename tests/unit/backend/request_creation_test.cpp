// Request creation: accepted and rejected calls, and how long a request is kept.
#include "service_core_fixture.hpp"

#include <set>

using namespace loadsim;
using namespace loadsim::backend;
using namespace std::chrono_literals;

using request_creation = service_core_fixture;

TEST_F(request_creation, one_active_request_per_vehicle_whatever_the_service) {
    const auto first = core->create(horn_vin, "horn");
    const auto second = core->create(horn_vin, "climate");
    EXPECT_EQ(second.status, creation::create_status::busy);
    EXPECT_EQ(second.id, first.id) << "the id of the one in the way";
    EXPECT_EQ(core->create(other_vin, "horn").status, creation::create_status::created) << "another vehicle is free";
    core->run();
    EXPECT_EQ(core->create(horn_vin, "horn").status, creation::create_status::busy) << "pending";
    send_ack(first.id);
    EXPECT_EQ(core->create(horn_vin, "horn").status, creation::create_status::busy) << "running";
    send_final(first.id);
    const auto next = core->create(horn_vin, "horn");
    EXPECT_EQ(next.status, creation::create_status::created);
    EXPECT_NE(next.id, first.id);
    EXPECT_EQ(core->counts().creation.busy, 3U);
    EXPECT_EQ(core->counts().requests.active, 2U);
}

TEST_F(request_creation, checks_the_vin_before_the_service) {
    const std::pair<const char*, const char*> bad[] = {
        {"LZ9SMEV05TF00000", "a character short"},
        {"LZ9SMEV05TF0000011", "a character long"},
        {"LZ9SMEV05TF00000I", "I is not in it"},
        {"LZ9SMEV05TF00000O", "nor O"},
        {"LZ9SMEV05TF00000Q", "nor Q"},
        {"lz9smev05tf000001", "capitals only"},
        {"", "empty"},
        {"LZ9SMEV05TF00+/#1", "would be an MQTT wildcard"},
        {"LZ9SMEV05TF0000\xc3\xa4", "not ASCII"},
    };
    for (const auto& [vehicle, why] : bad)
        EXPECT_EQ(core->create(vehicle, "horn").status, creation::create_status::invalid_vin) << why;
    EXPECT_EQ(core->create("bad", "fly").status, creation::create_status::invalid_vin);
    EXPECT_EQ(core->create(horn_vin, "fly").status, creation::create_status::unknown_service);
    EXPECT_EQ(core->create("LZ9SMEV15TF000001", "horn").status, creation::create_status::created)
        << "a wrong check digit is fine";
    EXPECT_EQ(core->counts().requests.created, 1U);
}

TEST_F(request_creation, ids_are_sixteen_hexadecimal_digits_and_unique) {
    std::set<std::string> ids;
    for (int i = 0; i < 300; ++i) {
        const auto id = pending_request();
        EXPECT_EQ(id.size(), 16U);
        EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
        ids.insert(id);
        send_final(id);
    }
    EXPECT_EQ(ids.size(), 300U);
    core.emplace(config, time, service_core::startup{start_ms, 0xabcd1235, {}}, broker, &store);
    EXPECT_FALSE(ids.contains(core->create(horn_vin, "horn").id)) << "another start, another prefix";
    EXPECT_EQ(core->find(*ids.begin()), nullptr);
}

TEST_F(request_creation, an_ended_request_is_evicted_after_its_time_to_live) {
    config.time_to_live = 1h;
    restart();
    const auto id = pending_request();
    advance(5s);
    send_final(id);
    advance(1h - 1ns);
    EXPECT_NE(core->find(id), nullptr);
    time.advance(1ns);
    EXPECT_EQ(core->find(id), nullptr) << "exactly, and not when somebody cleans up";
    EXPECT_EQ(core->counts().requests.remembered, 1U);
    core->run();
    EXPECT_EQ(core->counts().requests.remembered, 0U);
    send_final(id);
    EXPECT_EQ(received().unknown, 1U);
}

TEST_F(request_creation, an_active_request_is_never_evicted) {
    config.time_to_live = 0s;
    config.remembered = 1;
    restart();
    const auto first = pending_request();
    const auto second = pending_request(other_vin);
    advance(9s);
    EXPECT_EQ(state_of(first), state::pending);
    send_response(second, phase::final, true, {}, other_vin);
    EXPECT_EQ(core->find(second), nullptr) << "no time to live, but the oldest is active and holds the table";
    EXPECT_EQ(core->counts().requests.remembered, 2U);
    send_final(first);
    EXPECT_EQ(core->counts().requests.remembered, 0U);
}

TEST_F(request_creation, keeps_a_bounded_number_of_ended_requests) {
    config.remembered = 100;
    restart();
    std::string first;
    std::string last;
    for (int i = 0; i < 1'000; ++i) {
        last = pending_request();
        if (i == 0) first = last;
        send_final(last);
    }
    EXPECT_EQ(core->counts().requests.remembered, 100U);
    EXPECT_EQ(core->find(first), nullptr);
    EXPECT_NE(core->find(last), nullptr);
    EXPECT_EQ(core->counts().requests.executed, 1'000U);
}

TEST_F(request_creation, counts_add_up) {
    const auto executed = pending_request();
    send_final(executed);
    const auto failed = pending_request();
    send_final(failed, false, "door_open");
    pending_request();
    advance(10s);
    pending_request();
    const auto f = core->counts().requests;
    EXPECT_EQ(f,
              (request_counts{.created = 4, .active = 1, .executed = 1, .failed = 2, .timed_out = 1, .remembered = 4}));
}
