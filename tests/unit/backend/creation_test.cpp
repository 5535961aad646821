// Who gets a request, who is turned away, and how long it is known.
#include "platform_fixture.hpp"

#include <set>

using namespace loadsim;
using namespace loadsim::backend;
using namespace std::chrono_literals;

using creating = platform_under_test;

TEST_F(creating, one_active_request_per_vehicle_whatever_the_service) {
    const auto first = service->create(horn_vin, "horn");
    const auto second = service->create(horn_vin, "climate");
    EXPECT_EQ(second.what, creation::verdict::busy);
    EXPECT_EQ(second.id, first.id) << "the id of the one in the way";
    EXPECT_EQ(service->create(other_vin, "horn").what, creation::verdict::created) << "another vehicle is free";
    service->run();
    EXPECT_EQ(service->create(horn_vin, "horn").what, creation::verdict::busy) << "pending";
    ack(first.id);
    EXPECT_EQ(service->create(horn_vin, "horn").what, creation::verdict::busy) << "running";
    final(first.id);
    const auto next = service->create(horn_vin, "horn");
    EXPECT_EQ(next.what, creation::verdict::created);
    EXPECT_NE(next.id, first.id);
    EXPECT_EQ(service->counted().creation.busy, 3U);
    EXPECT_EQ(service->counted().requests.active, 2U);
}

TEST_F(creating, checks_the_vin_before_the_service) {
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
        EXPECT_EQ(service->create(vehicle, "horn").what, creation::verdict::invalid_vin) << why;
    EXPECT_EQ(service->create("bad", "fly").what, creation::verdict::invalid_vin);
    EXPECT_EQ(service->create(horn_vin, "fly").what, creation::verdict::unknown_service);
    EXPECT_EQ(service->create("LZ9SMEV15TF000001", "horn").what, creation::verdict::created)
        << "a wrong check digit is fine";
    EXPECT_EQ(service->counted().requests.created, 1U);
}

TEST_F(creating, ids_are_sixteen_hexadecimal_digits_and_each_is_its_own) {
    std::set<std::string> ids;
    for (int i = 0; i < 300; ++i) {
        const auto id = pending();
        EXPECT_EQ(id.size(), 16U);
        EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
        ids.insert(id);
        final(id);
    }
    EXPECT_EQ(ids.size(), 300U);
    service.emplace(wanted, time, platform::start{start_ms, 0xabcd1235, {}}, broker, &store);
    EXPECT_FALSE(ids.contains(service->create(horn_vin, "horn").id)) << "another start, another prefix";
    EXPECT_EQ(service->find(*ids.begin()), nullptr);
}

TEST_F(creating, an_ended_request_is_forgotten_after_its_time_to_live) {
    wanted.time_to_live = 1h;
    restart();
    const auto id = pending();
    pass(5s);
    final(id);
    pass(1h - 1ns);
    EXPECT_NE(service->find(id), nullptr);
    time.advance(1ns);
    EXPECT_EQ(service->find(id), nullptr) << "exactly, and not when somebody cleans up";
    EXPECT_EQ(service->counted().requests.remembered, 1U);
    service->run();
    EXPECT_EQ(service->counted().requests.remembered, 0U);
    final(id);
    EXPECT_EQ(heard().unknown, 1U);
}

TEST_F(creating, an_active_request_is_never_forgotten) {
    wanted.time_to_live = 0s;
    wanted.remembered = 1;
    restart();
    const auto first = pending();
    const auto second = pending(other_vin);
    pass(9s);
    EXPECT_EQ(state_of(first), state::pending);
    say(second, contract::response::phase::final, true, {}, other_vin);
    EXPECT_EQ(service->find(second), nullptr) << "no time to live, but the oldest is active and holds the table";
    EXPECT_EQ(service->counted().requests.remembered, 2U);
    final(first);
    EXPECT_EQ(service->counted().requests.remembered, 0U);
}

TEST_F(creating, remembers_a_bounded_number_of_ended_requests) {
    wanted.remembered = 100;
    restart();
    std::string first;
    std::string last;
    for (int i = 0; i < 1'000; ++i) {
        last = pending();
        if (i == 0) first = last;
        final(last);
    }
    EXPECT_EQ(service->counted().requests.remembered, 100U);
    EXPECT_EQ(service->find(first), nullptr);
    EXPECT_NE(service->find(last), nullptr);
    EXPECT_EQ(service->counted().requests.executed, 1'000U);
}

TEST_F(creating, figures_add_up) {
    const auto executed = pending();
    final(executed);
    const auto failed = pending();
    final(failed, false, "door_open");
    pending();
    pass(10s);
    pending();
    const auto f = service->counted().requests;
    EXPECT_EQ(
        f, (request_figures{.created = 4, .active = 1, .executed = 1, .failed = 2, .timed_out = 1, .remembered = 4}));
}
