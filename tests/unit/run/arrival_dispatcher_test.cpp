// Arrival dispatcher with a ledger, vehicles that are only a set, and a driver that only counts.
#include "shard/arrival_dispatcher.hpp"
#include "shard/event_recorder.hpp"

#include "plan_from_text.hpp"

#include <loadsim/base/units.hpp>
#include <loadsim/driver/driver.hpp>
#include <loadsim/fleet/vehicles.hpp>
#include <loadsim/measure/ledger.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <set>

using namespace loadsim;
using namespace loadsim::run;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

namespace {

class fake_vehicles final : public fleet::vehicles {
public:
    explicit fake_vehicles(std::uint32_t size) : size_(size) {}
    std::set<std::uint32_t> offline;

    std::uint32_t size() const noexcept override { return size_; }
    bool available(vehicle_id v) const override { return !offline.contains(index(v)); }
    std::uint32_t available() const noexcept override { return size_ - static_cast<std::uint32_t>(offline.size()); }

    // Not called by a dispatcher.
    void begin_load(monotonic_time) override {}
    void set_next_behaviour(vehicle_id, const vehicle::behaviour&) override {}
    void wake(vehicle_id) override {}
    void on_broker_down(std::uint32_t, std::uint32_t) override {}
    void on_broker_up(std::uint32_t) override {}
    void end_load() override {}
    std::optional<nanoseconds> next_condition_event() const override { return {}; }
    std::uint32_t returning() const noexcept override { return 0; }
    void stop() override {}
    std::uint32_t expected_online() const noexcept override { return size_; }
    std::uint32_t online() const noexcept override { return available(); }
    measure::vehicle_states states() const noexcept override { return {}; }
    const std::string& refusal() const noexcept override { return refusal_; }
    fleet::fleet_counts take_counts() override { return {}; }
    std::vector<std::string> take_unmatched_fields() override { return {}; }

private:
    std::uint32_t size_;
    std::string refusal_;
};

class fake_driver final : public driver::driver {
public:
    struct request {
        request_key key;
        std::string vin, service;
        std::vector<std::string> parameters;
        monotonic_time at{};
    };
    std::vector<request> sent;
    monotonic_time now{};        ///< of the next requests
    manual_time* time = nullptr; ///< advanced by each send()

    void start(std::function<void(std::string)>) override {}
    void stop() override {}
    void send(request_key key, std::string_view vin, const loadsim::driver::service_request& wanted) override {
        sent.push_back({key,
                        std::string(vin),
                        std::string(wanted.name),
                        {wanted.parameters.begin(), wanted.parameters.end()},
                        now});
        if (time != nullptr) time->advance(30ms);
    }
};

/// Ten arrivals, the n-th (from 1) due n * 100 ms after the start, for four vehicles.
constexpr auto ten_arrivals = "name: t\nseed: 5\nfleet: {vehicles: 4}\n"
                              "load: {services: {horn: 1}, phases: [{duration: 1s, arrivalRate: 10}]}\n";

struct dispatch_fixture {
    explicit dispatch_fixture(std::string_view yaml = ten_arrivals, fleet_partition partition = {},
                              std::optional<replay_selection> replay = {})
        : text(yaml, std::move(replay)),
          ledger(
              text.plan.labels, [this](vehicle_id v) { return text.plan.vin_of(v); }, 60s),
          vehicles(text.scenario.fleet.vehicles), dispatcher(text.plan, partition, {}, ledger, vehicles, driver, time) {
        dispatcher.begin(start, text.plan.current_load);
    }

    void set_offline(std::set<std::uint32_t> vehicles_offline) {
        vehicles.offline = std::move(vehicles_offline);
        for (std::uint32_t v = 0; v < vehicles.size(); ++v) dispatcher.update(vehicle_id{v});
    }
    monotonic_time dispatch_due(monotonic_time now) {
        time.set(now);
        driver.now = now;
        return dispatcher.dispatch_due();
    }

    /// Ends all requests so far: their vehicles are free again.
    void complete_all() {
        for (; completed < driver.sent.size(); ++completed) complete_next();
    }
    void complete_next() {
        const auto& key = driver.sent[completed].key;
        const auto id = std::to_string(number(key.arrival));
        ledger.accepted(key, id, start);
        ledger.completion_observed(key.vehicle, id, outcome::executed, {}, start);
    }
    /// Ends the requests that were sent before `limit`; they are in order.
    void complete_begun_before(monotonic_time limit) {
        for (; completed < driver.sent.size() && driver.sent[completed].at < limit; ++completed) complete_next();
    }
    std::vector<std::uint64_t> arrivals() const {
        std::vector<std::uint64_t> all;
        for (const auto& r : driver.sent) all.push_back(number(r.key.arrival));
        return all;
    }

    static constexpr monotonic_time start{1h};
    plan_from_text text;
    measure::ledger ledger;
    fake_vehicles vehicles;
    fake_driver driver;
    manual_time time;
    std::size_t completed = 0;
    arrival_dispatcher dispatcher;
};

} // namespace

TEST(arrival_dispatcher, sends_what_is_due_and_names_the_next_due_time) {
    dispatch_fixture f;
    EXPECT_EQ(f.dispatch_due(f.start), f.start + 100ms);
    EXPECT_THAT(f.driver.sent, IsEmpty());
    EXPECT_EQ(f.dispatch_due(f.start + 250ms), f.start + 300ms);
    EXPECT_THAT(f.arrivals(), ElementsAre(0, 1));
    EXPECT_EQ(f.driver.sent[0].service, "horn");
    EXPECT_EQ(f.driver.sent[0].vin, f.text.plan.vin_of(f.driver.sent[0].key.vehicle));
    EXPECT_TRUE(f.ledger.is_open(f.driver.sent[0].key));
    EXPECT_FALSE(f.dispatcher.all_due());
}

TEST(arrival_dispatcher, sends_the_platforms_name_and_the_parameters_of_a_service) {
    dispatch_fixture f("name: t\nseed: 5\nfleet: {vehicles: 4}\n"
                       "load: {services: {horn: {as: HORN, parameters: {seconds: {uniform: {min: 1, max: 1000}}}}},"
                       " phases: [{duration: 1s, arrivalRate: 10}]}\n");
    f.dispatch_due(f.start + 210ms);
    ASSERT_EQ(f.driver.sent.size(), 2U);
    EXPECT_EQ(f.driver.sent[1].service, "HORN");
    std::vector<std::string> planned;
    f.text.plan.parameters.draw(arrival_id{1}, 0, planned);
    EXPECT_EQ(f.driver.sent[1].parameters, planned);
    EXPECT_NE(f.driver.sent[0].parameters, f.driver.sent[1].parameters);
}

TEST(arrival_dispatcher, ends_after_the_last_arrival) {
    dispatch_fixture f;
    EXPECT_EQ(f.dispatch_due(f.start + 1s), never);
    EXPECT_TRUE(f.dispatcher.all_due());
    EXPECT_EQ(f.ledger.take_counts().requests.due, 10U);
}

TEST(arrival_dispatcher, sends_nothing_after_a_stop) {
    dispatch_fixture f;
    f.dispatch_due(f.start + 100ms);
    f.dispatcher.stop();
    EXPECT_TRUE(f.dispatcher.all_due());
    EXPECT_EQ(f.dispatch_due(f.start + 1s), never);
    EXPECT_THAT(f.arrivals(), ElementsAre(0));
}

// Lag: from due until the dispatcher gets to the arrival, and no longer.
TEST(arrival_dispatcher, measures_lag_of_each_arrival_by_itself) {
    dispatch_fixture f;
    f.driver.time = &f.time;
    EXPECT_EQ(f.dispatch_due(f.start + 210ms), f.start + 200ms);
    EXPECT_EQ(f.dispatcher.dispatch_due(), f.start + 300ms);
    EXPECT_THAT(f.arrivals(), ElementsAre(0, 1));
    const auto lag = f.ledger.take_counts().latencies.select(measure::hop::lag);
    EXPECT_EQ(lag.count(), 2U);
    EXPECT_NEAR(milliseconds(lag.max()), 110, 0.2) << "due at 100 ms, begun at 210 ms";
    EXPECT_NEAR(milliseconds(lag.min()), 40, 0.2) << "due at 200 ms, begun at 240 ms: after the first was sent";
}

// A turn ends when it has taken long, so that sessions, timers and a stop have theirs.
TEST(arrival_dispatcher, ends_a_turn_although_further_arrivals_are_due) {
    dispatch_fixture f;
    f.driver.time = &f.time;
    EXPECT_EQ(f.dispatch_due(f.start + 900ms), f.start + 200ms);
    EXPECT_THAT(f.arrivals(), ElementsAre(0));
    f.dispatcher.dispatch_due();
    EXPECT_THAT(f.arrivals(), ElementsAre(0, 1));
    f.dispatcher.stop();
    EXPECT_EQ(f.dispatcher.dispatch_due(), never);
    EXPECT_THAT(f.arrivals(), ElementsAre(0, 1)) << "what was due remains undone";
}

TEST(arrival_dispatcher, gives_no_vehicle_a_second_request) {
    dispatch_fixture f;
    f.dispatch_due(f.start + 1s);
    std::set<std::uint32_t> busy;
    for (const auto& r : f.driver.sent) busy.insert(index(r.key.vehicle));
    EXPECT_EQ(f.driver.sent.size(), 4U);
    EXPECT_EQ(busy.size(), 4U);
    const auto counts = f.ledger.take_counts();
    EXPECT_EQ(counts.requests.outcomes[static_cast<std::size_t>(outcome::skipped)], 6U);
    EXPECT_THAT(counts.errors, ElementsAre(Pair("no vehicle was online and free", 6U)));
    EXPECT_EQ(counts.requests.unexpected, 6U);
}

TEST(arrival_dispatcher, uses_a_vehicle_again_when_its_request_has_ended) {
    dispatch_fixture f;
    for (auto now = f.start; now <= f.start + 1s; now += 100ms) {
        f.dispatch_due(now);
        f.complete_all();
    }
    EXPECT_EQ(f.driver.sent.size(), 10U);
}

TEST(arrival_dispatcher, takes_a_substitute_for_a_vehicle_that_is_offline) {
    dispatch_fixture all;
    all.dispatch_due(all.start + 100ms);
    const auto first_choice = all.driver.sent.at(0).key.vehicle;

    dispatch_fixture f;
    f.set_offline({index(first_choice)});
    f.dispatch_due(f.start + 100ms);
    ASSERT_EQ(f.driver.sent.size(), 1U);
    EXPECT_NE(f.driver.sent[0].key.vehicle, first_choice);

    dispatch_fixture none;
    none.set_offline({0, 1, 2, 3});
    none.dispatch_due(none.start + 1s);
    EXPECT_THAT(none.driver.sent, IsEmpty());
}

TEST(arrival_dispatcher, finds_the_only_free_vehicle) {
    for (std::uint32_t only = 0; only < 4; ++only) {
        dispatch_fixture f;
        std::set<std::uint32_t> others{0, 1, 2, 3};
        others.erase(only);
        f.set_offline(others);
        f.dispatch_due(f.start + 200ms);
        ASSERT_EQ(f.driver.sent.size(), 1U) << "then it is busy";
        EXPECT_EQ(f.driver.sent[0].key.vehicle, vehicle_id{only});
        f.complete_all();
        f.dispatch_due(f.start + 300ms);
        EXPECT_EQ(f.driver.sent.size(), 2U) << "its request has ended";
    }
}

TEST(arrival_dispatcher, follows_the_availability_that_the_fleet_reports) {
    dispatch_fixture f;
    event_recorder recorder(f.text.plan, f.ledger, f.time);
    recorder.set_dispatcher(f.dispatcher);
    fleet::vehicle_events& events = recorder;
    const auto report_all = [&] {
        for (std::uint32_t v = 0; v < 4; ++v) events.on_availability_changed(vehicle_id{v});
    };
    f.vehicles.offline = {0, 1, 2, 3};
    report_all();
    f.dispatch_due(f.start + 300ms);
    EXPECT_THAT(f.driver.sent, IsEmpty());
    f.vehicles.offline.clear();
    report_all();
    f.dispatch_due(f.start + 700ms);
    EXPECT_EQ(f.driver.sent.size(), 4U) << "first choices and substitutes: each vehicle has a request";
}

// Ten arrivals for four vehicles; load.lagLimit is 100 ms.
TEST(arrival_dispatcher, tells_which_skips_its_own_lateness_may_have_caused) {
    struct {
        std::vector<nanoseconds> turns; ///< after the start
        bool frees_vehicles;            ///< after each turn
        std::uint64_t skipped, late;
        const char* reason;
    } const rows[] = {
        {{100ms, 200ms, 300ms, 400ms, 500ms, 600ms, 700ms, 800ms, 900ms, 1s}, false, 6, 0, "a fleet that is too small"},
        {{1s}, false, 6, 6, "a stall: four of the skipped are late, and two more are due when late ones are open"},
        {{500ms, 600ms, 700ms, 800ms, 900ms, 1s},
         false,
         6,
         3,
         "three requests were begun late, and each accounts for one"},
        {{500ms, 600ms, 700ms, 800ms, 900ms, 1s}, true, 1, 1, "all are free again after the turn"},
    };
    for (const auto& row : rows) {
        dispatch_fixture f;
        for (const auto turn : row.turns) {
            f.dispatch_due(f.start + turn);
            if (row.frees_vehicles) f.complete_all();
        }
        const auto counts = f.ledger.take_counts().requests;
        EXPECT_EQ(counts.outcomes[static_cast<std::size_t>(outcome::skipped)], row.skipped) << row.reason;
        EXPECT_EQ(counts.skipped_late, row.late) << row.reason;
        EXPECT_EQ(counts.unexpected_late, row.late) << row.reason;
    }
}

TEST(arrival_dispatcher, shards_divide_the_arrivals) {
    std::set<std::uint64_t> all;
    std::uint64_t due = 0;
    for (std::uint32_t i = 0; i < 3; ++i) {
        dispatch_fixture f(ten_arrivals, {i, 3});
        f.dispatch_due(f.start + 1s);
        for (const auto& r : f.driver.sent) {
            EXPECT_TRUE((fleet_partition{i, 3}.owns(r.key.vehicle)));
            EXPECT_TRUE(all.insert(number(r.key.arrival)).second);
        }
        due += f.ledger.take_counts().requests.due;
    }
    EXPECT_EQ(due, 10U) << "each arrival is one shard's";
}

TEST(arrival_dispatcher, skips_as_wanted_above_the_limit_of_the_phase) {
    dispatch_fixture f("name: t\nseed: 5\nfleet: {vehicles: 4}\n"
                       "load: {services: {horn: 1}, phases: [{duration: 1s, arrivalRate: 10, maxVusers: 2}]}\n");
    f.dispatch_due(f.start + 1s);
    EXPECT_EQ(f.driver.sent.size(), 2U);
    const auto counts = f.ledger.take_counts();
    EXPECT_THAT(counts.errors, ElementsAre(Pair("maxVusers reached", 8U)));
    EXPECT_EQ(counts.requests.unexpected, 0U);
}

TEST(arrival_dispatcher, the_limit_of_a_phase_holds_for_all_shards_of_a_process_together) {
    constexpr auto limited = "name: t\nseed: 5\nfleet: {vehicles: 40}\n"
                             "load: {services: {horn: 1}, phases: [{duration: 1s, arrivalRate: 10, maxVusers: 3}]}\n";
    std::atomic<std::uint64_t> open{0};
    dispatch_fixture one(limited, {0, 2});
    dispatch_fixture two(limited, {1, 2});
    one.ledger.share_open_count(open);
    two.ledger.share_open_count(open);
    one.dispatch_due(one.start + 1s);
    ASSERT_GE(one.driver.sent.size(), 3U) << "or this seed proves nothing";
    EXPECT_EQ(one.driver.sent.size(), 3U) << "all of the limit, not half of it";
    EXPECT_EQ(open, 3U);
    two.dispatch_due(two.start + 500ms);
    EXPECT_THAT(two.driver.sent, IsEmpty()) << "the other shard has used it";
    one.complete_all();
    EXPECT_EQ(open, 0U);
    two.dispatch_due(two.start + 1s);
    EXPECT_FALSE(two.driver.sent.empty());
}

// A limit that is just met by one shard is met by 22 of them: 22 in flight, ten on average.
TEST(arrival_dispatcher, skips_no_more_with_many_shards) {
    constexpr auto limited =
        "name: t\nseed: 5\nfleet: {vehicles: 2200}\n"
        "load: {services: {horn: 1}, spacing: poisson, phases: [{duration: 40s, arrivalRate: 10, maxVusers: 22}]}\n";
    const auto skipped = [&](std::uint32_t shards) {
        std::atomic<std::uint64_t> open{0};
        std::vector<std::unique_ptr<dispatch_fixture>> all;
        for (std::uint32_t i = 0; i < shards; ++i) {
            all.push_back(std::make_unique<dispatch_fixture>(limited, fleet_partition{i, shards}));
            all.back()->ledger.share_open_count(open);
        }
        for (auto now = dispatch_fixture::start; now <= dispatch_fixture::start + 40s; now += 10ms) {
            for (const auto& one : all) one->complete_begun_before(now - 1s);
            for (const auto& one : all) one->dispatch_due(now);
        }
        std::uint64_t count = 0;
        for (const auto& one : all)
            count += one->ledger.take_counts().requests.outcomes[static_cast<std::size_t>(outcome::skipped)];
        return count;
    };
    EXPECT_EQ(skipped(22), skipped(1));
    EXPECT_LE(skipped(1), 4U) << "of 400";
}

TEST(arrival_dispatcher, replays_the_selected_arrivals_with_the_selected_vehicle) {
    const replay_selection selection{.vehicle = vehicle_id{2}, .arrivals = {arrival_id{3}, arrival_id{7}}};
    dispatch_fixture f(ten_arrivals, {2, 4}, selection);
    EXPECT_EQ(f.dispatch_due(f.start), f.start + 400ms);
    f.dispatch_due(f.start + 500ms);
    f.complete_all();
    EXPECT_EQ(f.dispatch_due(f.start + 1s), never);
    EXPECT_THAT(f.arrivals(), ElementsAre(3, 7));
    for (const auto& r : f.driver.sent) EXPECT_EQ(r.key.vehicle, vehicle_id{2});
}
