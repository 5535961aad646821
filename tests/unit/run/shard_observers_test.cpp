// Observers of a shard that need no connection: the API's response, and the vehicle's final response.
#include "shard/shard_observers.hpp"

#include "plan_from_text.hpp"

#include <loadsim/driver/authenticator.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/measure/totals.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/observer/request_correlator.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

using namespace loadsim;
using namespace loadsim::run;
using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

namespace {

std::string with_observer(const std::string& observer) {
    return "name: t\nfleet: {vehicles: 3}\ntarget: {broker: mqtt://a, api: http://b}\n"
           "contract: {request: {id: /id}, command: {filter: \"c/{vin}\", topic: \"c/{vin}\", id: /id}}\n"
           "load: {services: {horn: 1}, phases: [{duration: 1s, arrivalCount: 1}], observers: [" +
           observer + "]}\n";
}

struct observers_fixture {
    explicit observers_fixture(const std::string& observer, bool correlates = false)
        : text(with_observer(observer)),
          observers(loop, text.plan, {.api = api, .auth = {}, .correlator = correlates ? &correlator : nullptr},
                    [this](vehicle_id v, observer::completion c) { completions.emplace_back(v, std::move(c)); }) {
        EXPECT_EQ(observers.start(), "");
    }

    void accept(std::string_view request) { observers.on_accepted(vehicle, arrival_id{0}, request, 0, time.now()); }
    void respond(std::string_view body) {
        const http::header_list headers;
        observers.on_api_response(vehicle, {.status = 200, .body = body, .error = {}, .headers = headers}, time.now());
    }
    measure::observer_counts counts() {
        observers.take_counts(totals);
        return std::exchange(totals.observers[0], {});
    }

    const vehicle_id vehicle{1};
    plan_from_text text;
    manual_time time;
    net::loop loop{time};
    http::client_options api;
    observer::request_correlator correlator{10s};
    std::vector<std::pair<vehicle_id, observer::completion>> completions;
    measure::totals totals;
    shard_observers observers;
};

constexpr auto response = "{response: {state: /now, ends: {executed: DONE, failed: ERR}}}";

} // namespace

TEST(shard_observers, complete_the_accepted_request_by_the_response_of_the_api) {
    observers_fixture f(response);
    f.accept("r1");
    f.respond(R"({"now": "BUSY"})");
    EXPECT_THAT(f.completions, IsEmpty());
    f.respond(R"({"now": "ERR"})");
    ASSERT_THAT(f.completions, SizeIs(1));
    EXPECT_EQ(f.completions[0].first, f.vehicle);
    EXPECT_EQ(f.completions[0].second.request, "r1");
    EXPECT_EQ(f.completions[0].second.final_outcome, outcome::failed);
    EXPECT_EQ(f.counts().received, 2U);
    EXPECT_EQ(f.counts().received, 0U) << "since the last call";
}

TEST(shard_observers, report_a_field_that_no_response_has) {
    observers_fixture f(response);
    for (int i = 0; i < 100; ++i) f.respond(R"({"state": "DONE"})");
    f.counts();
    EXPECT_THAT(f.completions, IsEmpty());
    EXPECT_THAT(f.totals.unmatched_fields, SizeIs(1));
}

TEST(shard_observers, complete_the_accepted_request_by_the_final_response_of_the_vehicle) {
    observers_fixture f("none");
    f.observers.on_finished(f.vehicle, "r1", outcome::failed, "door_open", f.time.now());
    EXPECT_THAT(f.completions, IsEmpty()) << "not accepted yet";
    f.accept("r1");
    ASSERT_THAT(f.completions, SizeIs(1));
    EXPECT_EQ(f.completions[0].second.request, "r1");
    EXPECT_EQ(f.completions[0].second.final_outcome, outcome::failed);
    EXPECT_EQ(f.completions[0].second.reason, "door_open");
}

TEST(shard_observers, complete_a_request_by_an_event_that_came_before_it_was_accepted) {
    observers_fixture f(response, true);
    const observer::completion early{.vin = {}, .request = "r1", .final_outcome = outcome::executed, .reason = {}};
    EXPECT_FALSE(f.correlator.correlate(early));
    f.accept("r1");
    ASSERT_THAT(f.completions, SizeIs(1));
    EXPECT_EQ(f.completions[0].first, f.vehicle);
}

TEST(shard_observers, release_the_requests_that_have_expired) {
    observers_fixture f(response, true);
    f.accept("r1");
    f.time.advance(1s);
    f.accept("r2");
    const auto known = [&f](const char* request) {
        return f.correlator.correlate({.vin = {}, .request = request}).has_value();
    };
    f.observers.expire(monotonic_time{0s}, f.time.now());
    f.time.advance(11s);
    f.correlator.expired(f.time.now()); // forgets what ended longer ago than 10 s
    EXPECT_FALSE(known("r1"));
    EXPECT_TRUE(known("r2"));
}
