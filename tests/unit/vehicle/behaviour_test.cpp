// Expected outcomes and validation of behaviours.
#include "step_builders.hpp"

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::vehicle;
using namespace std::chrono_literals;

namespace {

namespace o {
using enum outcome;
}

/// The step with a corrupted response.
step corrupted(step s, void (*corrupt)(response_step&)) {
    corrupt(s.response);
    return s;
}

/// Validation issues as "path: text".
std::vector<std::string> found(const behaviour& b) {
    std::vector<std::string> all;
    for (const auto& f : check(b)) all.push_back(f.path + ": " + f.text);
    return all;
}

} // namespace

TEST(expected_of, is_the_first_well_formed_final_response_of_every_branch) {
    const struct {
        std::vector<step> steps;
        outcome_set expected;
        const char* why;
    } rows[] = {
        {{ack, executed}, o::executed, ""},
        {{failed}, o::failed, "no acknowledgement needed"},
        {{failed, executed}, o::failed, "the first final response decides"},
        {{executed, ack}, o::executed, "the acknowledgement goes back nowhere"},
        {{ack, running}, o::timed_out, "never ends"},
        {{}, o::timed_out, "silence"},
        {{execute}, o::timed_out, "done, but never said"},
        {{ack, drop}, o::timed_out, ""},
        {{corrupted(failed, [](response_step& response) { response.request = response_step::correlation::other; }),
          executed},
         o::executed,
         "another's request"},
        {{corrupted(failed, [](response_step& response) { response.request = response_step::correlation::previous; }),
          executed},
         o::executed,
         "one before"},
        {{corrupted(failed, [](response_step& response) { response.request = response_step::correlation::unknown; }),
          executed},
         o::executed,
         "nobody's request"},
        {{corrupted(failed, [](response_step& response) { response.foreign_vin = true; }), executed},
         o::executed,
         "another's VIN"},
        {{corrupted(failed, [](response_step& response) { response.payload = response_step::corruption::malformed; }),
          executed},
         o::executed,
         "cannot be read"},
        {{corrupted(failed, [](response_step& response) { response.payload = response_step::corruption::empty; }),
          executed},
         o::executed,
         "has no bytes"},
        {{corrupted(failed, [](response_step& response) { response.payload = response_step::corruption::oversized; })},
         o::timed_out,
         "is too large"},
        {{choose({weighted(3, {executed}), weighted(1, {failed})})}, {o::executed, o::failed}, "every branch"},
        {{choose({weighted(1, {drop}), weighted(1, {})}), executed},
         {o::executed, o::timed_out},
         "one ends there, one goes on"},
        {{choose({weighted(1, {drop}), weighted(0, {})}), executed}, o::timed_out, "a weight of 0 is never chosen"},
        {{choose({weighted(1, {executed}), weighted(1, {failed}, {o::rejected})}), executed},
         {o::executed, o::rejected},
         "a branch that says so itself"},
        {{choose({weighted(1, {choose({weighted(1, {executed}), weighted(1, {drop})})}, o::failed),
                  weighted(1, {failed}, o::timed_out)})},
         {o::failed, o::timed_out},
         "what is said further out holds inside"},
        {{executed, choose({weighted(1, {failed}), weighted(1, {drop})})}, o::executed, "decided before"},
    };
    for (const auto& row : rows)
        EXPECT_EQ(to_string(with_steps(row.steps).expected), to_string(row.expected)) << row.why;
}

TEST(expected_of, is_timed_out_for_vehicles_that_are_never_online) {
    auto b = with_steps({executed});
    EXPECT_EQ(expected_of(b), outcome_set(outcome::executed));
    b.online = false;
    EXPECT_EQ(expected_of(b), outcome_set(o::timed_out));
    b.online = true;
    b.credentials = credentials{"somebody", "else"};
    EXPECT_EQ(expected_of(b), outcome_set(o::timed_out));
}

TEST(expected_of, merges_equal_paths_of_many_branches) {
    std::vector<step> steps(
        500, choose({weighted(1, {ack}), weighted(1, {}), weighted(1, {executed}), weighted(1, {failed})}));
    EXPECT_EQ(with_steps(steps).expected, (outcome_set{o::executed, o::failed, o::timed_out}));
}

TEST(check_behaviour, reports_issues_with_their_paths) {
    using kind = delay::kind;
    const auto nameless = [](std::vector<step> steps) {
        auto b = with_steps(std::move(steps));
        b.name.clear();
        return b;
    };
    const auto changed = [](std::vector<step> steps, void (*change)(behaviour&)) {
        auto b = with_steps(std::move(steps));
        change(b);
        return b;
    };
    const struct {
        behaviour b;
        const char* what;
    } rows[] = {
        {nameless({executed}), ": a behaviour needs a name"},
        {with_steps({drop, executed}), "steps[1]: this step comes after drop"},
        {with_steps({ack, drop, wait_for(1s), executed}), "steps[2]: this step comes after drop"},
        {with_steps({choose({weighted(1, {drop}), weighted(2, {ack, drop})}), executed}),
         "steps[1]: this step comes after drop"},
        {with_steps({choose({weighted(1, {drop, ack}), weighted(1, {})})}),
         "steps[0].choose[0].steps[1]: this step comes after drop"},
        {with_steps({choose({weighted(1, {drop}), weighted(0, {})}), ack}), "steps[1]: this step comes after drop"},
        {with_steps({respond_with(response_step::kind::failed)}), "steps[0]: it fails without a code"},
        {with_steps({respond_with(response_step::kind::executed, "x")}), "steps[0]: only a failure has a code"},
        {with_steps({choose({})}), "steps[0].choose: the weights of these branches add up to nothing"},
        {with_steps({ack, choose({weighted(0, {ack}), weighted(0, {})})}),
         "steps[1].choose: the weights of these branches add up"},
        {with_steps({choose({weighted(2, {}), weighted(-1, {})})}),
         "steps[0].choose[1].weight: a weight is not negative"},
        {with_steps({disconnect_with(disconnect_kind::abrupt), executed}), "steps[1]: the vehicle is offline here"},
        {with_steps({disconnect_with(disconnect_kind::half_open), ack, executed}),
         "steps[1]: the vehicle is offline here"},
        {with_steps({disconnect_with(disconnect_kind::clean), disconnect_with(disconnect_kind::clean)}),
         "steps[1]: the vehicle is offline here"},
        {with_steps({disconnect_with(disconnect_kind::clean), simple_step(step::kind::stall, 1s)}),
         "steps[1]: the vehicle is offline here"},
        {with_steps({disconnect_with(disconnect_kind::clean), simple_step(step::kind::takeover, 1s)}),
         "steps[1]: the vehicle is offline here"},
        {with_steps({choose({weighted(1, {disconnect_with(disconnect_kind::clean)}), weighted(1, {})}), executed}),
         "steps[1]: the vehicle is offline here"},
        {with_steps({ack, reconnect}), "steps[1]: the vehicle is online here"},
        {with_steps({ack, wait_for({kind::uniform, 20ms, 10ms, {}})}), "steps[1].wait: max is less than min"},
        {with_steps({simple_step(step::kind::takeover, -1ms)}), "steps[0].takeover: a delay is never negative"},
        {with_steps({simple_step(step::kind::stall, -1ms)}), "steps[0].stall: a delay is never negative"},
        {with_steps({wait_for("work")}), "steps[0].wait: nothing is called 'work'"},
        {changed({wait_for("wrok")}, [](behaviour& b) { b.delays["work"] = {}; }),
         "steps[0].wait: unknown delay 'wrok'; did you mean 'work'?"},
        {changed({},
                 [](behaviour& b) {
                     b.delays["work"] = {kind::lognormal, 20ms, 10ms, {}};
                 }),
         "delays.work: p99 is less than the median"},
        {changed({}, [](behaviour& b) { b.services["horn"]["work"] = {}; }),
         "services.horn.work: nothing is called 'work'"},
        {changed({},
                 [](behaviour& b) {
                     b.delays["work"] = {};
                     b.services["horn"]["work"].a = -1ms;
                 }),
         "services.horn.work: a delay is never negative"},
        {changed({ack}, [](behaviour& b) { b.online = false; }), "steps: a vehicle that is offline takes no steps"},
        {changed({ack}, [](behaviour& b) { b.credentials = credentials{}; }),
         "steps: a vehicle with wrong credentials is rejected by the broker"},
        {changed({},
                 [](behaviour& b) {
                     b.credentials = credentials{};
                     b.online = false;
                 }),
         "online: a vehicle that is offline connects first"},
        {changed({},
                 [](behaviour& b) {
                     b.asleep = vehicle::sleep{};
                     b.online = false;
                 }),
         "asleep: a vehicle that is offline"},
        {changed({},
                 [](behaviour& b) {
                     b.asleep = vehicle::sleep{};
                     b.asleep->wakeup_delay.a = -1ms;
                 }),
         "asleep.takes: a delay is never negative"},
        {changed({},
                 [](behaviour& b) {
                     b.expected = {o::executed, o::skipped};
                 }),
         "expect: a request is skipped by the generator"},
        {with_steps({choose({weighted(1, {}, o::skipped)})}), "steps[0].choose[0].expect: a request is skipped"},
    };
    for (const auto& row : rows) EXPECT_THAT(found(row.b), testing::ElementsAre(testing::StartsWith(row.what)));
}

TEST(check_behaviour, accepts_unusual_response_sequences) {
    const std::pair<const char*, std::vector<step>> rows[] = {
        {"final without ack", {executed}},
        {"two acks", {ack, ack, executed}},
        {"progress before the ack", {running, ack, failed}},
        {"ack and then nothing", {ack}},
        {"late", {ack, wait_for(1h), executed}},
        {"ack after the result", {executed, ack}},
        {"two results", {executed, failed}},
        {"twice", {execute, execute, executed}},
        {"back for the result", {ack, disconnect_with(disconnect_kind::abrupt), wait_for(1s), reconnect, executed}},
        {"gone for good", {ack, disconnect_with(disconnect_kind::half_open), drop}},
        {"back on every way",
         {choose({weighted(1, {disconnect_with(disconnect_kind::clean)}), weighted(1, {})}), reconnect, executed}},
        {"what was taken over", {simple_step(step::kind::takeover, 1s), reconnect, executed}},
        {"only who stays goes on",
         {choose({weighted(1, {disconnect_with(disconnect_kind::clean), drop}), weighted(1, {})}), executed}},
        {"executing is not a response", {disconnect_with(disconnect_kind::clean), execute}},
    };
    for (const auto& [what, steps] : rows) EXPECT_THAT(found(with_steps(steps)), testing::IsEmpty()) << what;
    auto refused = with_steps({});
    refused.online = false;
    refused.expected = outcome::rejected;
    EXPECT_THAT(found(refused), testing::IsEmpty()) << "by the platform";
}
