// What behaviours promise, and which of them make no sense.
#include "steps.hpp"

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::vehicle;
using namespace std::chrono_literals;

namespace {

namespace o {
using enum outcome;
}

/// With something wrong about it.
step garbled(step s, void (*garble)(word&)) {
    garble(s.said);
    return s;
}

/// "place: text", one each.
std::vector<std::string> found(const behaviour& b) {
    std::vector<std::string> all;
    for (const auto& f : check(b)) all.push_back(f.place + ": " + f.text);
    return all;
}

} // namespace

TEST(expected_of, counts_what_a_platform_can_take_of_every_branch) {
    const struct {
        std::vector<step> steps;
        outcome_set expected;
        const char* why;
    } rows[] = {
        {{ack, executed}, o::executed, ""},
        {{failed}, o::failed, "no acknowledgement needed"},
        {{failed, executed}, o::failed, "the first final word decides"},
        {{executed, ack}, o::executed, "the acknowledgement goes back nowhere"},
        {{ack, running}, o::timed_out, "never ends"},
        {{}, o::timed_out, "silence"},
        {{execute}, o::timed_out, "done, but never said"},
        {{ack, drop}, o::timed_out, ""},
        {{garbled(failed, [](word& w) { w.request = word::about::other; }), executed},
         o::executed,
         "another's request"},
        {{garbled(failed, [](word& w) { w.request = word::about::previous; }), executed}, o::executed, "one before"},
        {{garbled(failed, [](word& w) { w.request = word::about::unknown; }), executed},
         o::executed,
         "nobody's request"},
        {{garbled(failed, [](word& w) { w.foreign_vin = true; }), executed}, o::executed, "another's VIN"},
        {{garbled(failed, [](word& w) { w.payload = word::form::malformed; }), executed},
         o::executed,
         "cannot be read"},
        {{garbled(failed, [](word& w) { w.payload = word::form::empty; }), executed}, o::executed, "has no bytes"},
        {{garbled(failed, [](word& w) { w.payload = word::form::oversized; })}, o::timed_out, "is too large"},
        {{choose({one(3, {executed}), one(1, {failed})})}, {o::executed, o::failed}, "every branch"},
        {{choose({one(1, {drop}), one(1, {})}), executed}, {o::executed, o::timed_out}, "one ends there, one goes on"},
        {{choose({one(1, {drop}), one(0, {})}), executed}, o::timed_out, "a weight of 0 is never chosen"},
        {{choose({one(1, {executed}), one(1, {failed}, {o::rejected})}), executed},
         {o::executed, o::rejected},
         "a branch that says so itself"},
        {{choose({one(1, {choose({one(1, {executed}), one(1, {drop})})}, o::failed), one(1, {failed}, o::timed_out)})},
         {o::failed, o::timed_out},
         "what is said further out holds inside"},
        {{executed, choose({one(1, {failed}), one(1, {drop})})}, o::executed, "decided before"},
    };
    for (const auto& row : rows) EXPECT_EQ(to_string(doing(row.steps).expected), to_string(row.expected)) << row.why;
}

TEST(expected_of, nobody_hears_a_vehicle_that_is_not_there) {
    auto b = doing({executed});
    EXPECT_EQ(expected_of(b), outcome_set(outcome::executed));
    b.online = false;
    EXPECT_EQ(expected_of(b), outcome_set(o::timed_out));
    b.online = true;
    b.credentials = credentials{"somebody", "else"};
    EXPECT_EQ(expected_of(b), outcome_set(o::timed_out));
}

TEST(expected_of, many_branches_are_no_more_work_than_their_promises) {
    std::vector<step> steps(500, choose({one(1, {ack}), one(1, {}), one(1, {executed}), one(1, {failed})}));
    EXPECT_EQ(doing(steps).expected, (outcome_set{o::executed, o::failed, o::timed_out}));
}

TEST(check_behaviour, names_what_makes_no_sense_and_where) {
    using kind = delay::kind;
    const auto nameless = [](std::vector<step> steps) {
        auto b = doing(std::move(steps));
        b.name.clear();
        return b;
    };
    const auto changed = [](std::vector<step> steps, void (*change)(behaviour&)) {
        auto b = doing(std::move(steps));
        change(b);
        return b;
    };
    const struct {
        behaviour b;
        const char* what;
    } rows[] = {
        {nameless({executed}), ": a behaviour needs a name"},
        {doing({drop, executed}), "steps[1]: this step comes after drop"},
        {doing({ack, drop, wait_for(1s), executed}), "steps[2]: this step comes after drop"},
        {doing({choose({one(1, {drop}), one(2, {ack, drop})}), executed}), "steps[1]: this step comes after drop"},
        {doing({choose({one(1, {drop, ack}), one(1, {})})}), "steps[0].choose[0].steps[1]: this step comes after drop"},
        {doing({choose({one(1, {drop}), one(0, {})}), ack}), "steps[1]: this step comes after drop"},
        {doing({say(word::kind::failed)}), "steps[0]: it fails without a code"},
        {doing({say(word::kind::executed, "x")}), "steps[0]: only a failure has a code"},
        {doing({choose({})}), "steps[0].choose: the weights of these branches add up to nothing"},
        {doing({ack, choose({one(0, {ack}), one(0, {})})}), "steps[1].choose: the weights of these branches add up"},
        {doing({choose({one(2, {}), one(-1, {})})}), "steps[0].choose[1].weight: a weight is not negative"},
        {doing({part(parting::abrupt), executed}), "steps[1]: the vehicle is off line here"},
        {doing({part(parting::half_open), ack, executed}), "steps[1]: the vehicle is off line here"},
        {doing({part(parting::clean), part(parting::clean)}), "steps[1]: the vehicle is off line here"},
        {doing({part(parting::clean), plain(step::kind::stall, 1s)}), "steps[1]: the vehicle is off line here"},
        {doing({part(parting::clean), plain(step::kind::takeover, 1s)}), "steps[1]: the vehicle is off line here"},
        {doing({choose({one(1, {part(parting::clean)}), one(1, {})}), executed}),
         "steps[1]: the vehicle is off line here"},
        {doing({ack, reconnect}), "steps[1]: it is on line here"},
        {doing({ack, wait_for({kind::uniform, 20ms, 10ms, {}})}), "steps[1].wait: max is less than min"},
        {doing({plain(step::kind::takeover, -1ms)}), "steps[0].takeover: a delay is never negative"},
        {doing({plain(step::kind::stall, -1ms)}), "steps[0].stall: a delay is never negative"},
        {doing({wait_for("work")}), "steps[0].wait: nothing is called 'work'"},
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
         "steps: a vehicle with wrong credentials is never let in"},
        {changed({},
                 [](behaviour& b) {
                     b.credentials = credentials{};
                     b.online = false;
                 }),
         "online: a vehicle that is offline signs in first"},
        {changed({},
                 [](behaviour& b) {
                     b.asleep = vehicle::sleep{};
                     b.online = false;
                 }),
         "asleep: a vehicle that is offline"},
        {changed({},
                 [](behaviour& b) {
                     b.asleep = vehicle::sleep{};
                     b.asleep->takes.a = -1ms;
                 }),
         "asleep.takes: a delay is never negative"},
        {changed({},
                 [](behaviour& b) {
                     b.expected = {o::executed, o::skipped};
                 }),
         "expect: a request is skipped by the generator"},
        {doing({choose({one(1, {}, o::skipped)})}), "steps[0].choose[0].expect: a request is skipped"},
    };
    for (const auto& row : rows) EXPECT_THAT(found(row.b), testing::ElementsAre(testing::StartsWith(row.what)));
}

TEST(check_behaviour, lets_pass_what_platforms_get) {
    const std::pair<const char*, std::vector<step>> rows[] = {
        {"final without ack", {executed}},
        {"two acks", {ack, ack, executed}},
        {"progress before the ack", {running, ack, failed}},
        {"ack and then nothing", {ack}},
        {"late", {ack, wait_for(1h), executed}},
        {"ack after the result", {executed, ack}},
        {"two results", {executed, failed}},
        {"twice", {execute, execute, executed}},
        {"back for the result", {ack, part(parting::abrupt), wait_for(1s), reconnect, executed}},
        {"gone for good", {ack, part(parting::half_open), drop}},
        {"back on every way", {choose({one(1, {part(parting::clean)}), one(1, {})}), reconnect, executed}},
        {"what was taken over", {plain(step::kind::takeover, 1s), reconnect, executed}},
        {"only who stays goes on", {choose({one(1, {part(parting::clean), drop}), one(1, {})}), executed}},
        {"doing is no word", {part(parting::clean), execute}},
    };
    for (const auto& [what, steps] : rows) EXPECT_THAT(found(doing(steps)), testing::IsEmpty()) << what;
    auto refused = doing({});
    refused.online = false;
    refused.expected = outcome::rejected;
    EXPECT_THAT(found(refused), testing::IsEmpty()) << "by the platform";
}
