// The vehicles of a rehearsal: every step of a behaviour, and every condition, in simulated time.
#include <loadsim/fleet/model_vehicles.hpp>

#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/topics.hpp>
#include <loadsim/vehicle/registry.hpp>
#include <loadsim/vehicle/script.hpp>
#include <loadsim/vehicle/vin.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using vehicle::condition;
using vehicle::step;
using vehicle::word;
using kind = vehicle::step::kind;

namespace {

vehicle::delay exactly(nanoseconds d) { return {vehicle::delay::kind::fixed, d, 0s, {}}; }
step wait(nanoseconds d) { return {.what = kind::wait, .lasts = exactly(d), .named = {}, .said = {}, .branches = {}}; }
step say(word w) { return {.what = kind::say, .lasts = {}, .named = {}, .said = std::move(w), .branches = {}}; }
step say(word::kind what) {
    word w;
    w.what = what;
    return say(w);
}
step act(kind what, nanoseconds lasts = 0s) {
    return {.what = what, .lasts = exactly(lasts), .named = {}, .said = {}, .branches = {}};
}
step part(vehicle::parting way) {
    auto s = act(kind::disconnect);
    s.way = way;
    return s;
}

vehicle::behaviour behaves(std::vector<step> steps) {
    vehicle::behaviour b;
    b.name = "tested";
    b.steps = std::move(steps);
    return b;
}

condition befalls(condition::kind what, nanoseconds at, nanoseconds lasts = 0s) {
    condition c;
    c.name = std::string(to_string(what));
    c.what = what;
    c.at = at;
    c.lasts.a = lasts;
    return c;
}

/// Vehicles with a platform that writes down what it gets, and somebody who writes down what they tell. Instants are in
/// milliseconds since the load's start.
class model_vehicles : public testing::Test, private fleet::vehicle_events, private fleet::model_broker {
protected:
    void build(std::uint32_t vehicles = 1) {
        options_.vehicles = vehicles;
        if (behaviours_.empty()) behaviours_.push_back(behaves({say(word::kind::executed)}));
        if (options_.segments.empty()) options_.segments.push_back({"all", {1}, behaviours_.front().name});
        for (const auto& s : options_.segments) names_.push_back(s.name);
        segments_ = std::make_unique<vehicle::segmentation>(seed, vehicles, options_.segments);
        time_.set(start);
        wheel_ = std::make_unique<net::timer_wheel>(start);
        fleet::vehicle_events& events = *this;
        fleet::model_broker& broker = *this;
        registry_ = std::make_unique<vehicle::registry>(options_.vin, vehicles);
        variables_.resize(names_.size());
        fleet_ = std::make_unique<fleet::model_vehicles>(
            [this](net::timer& t, monotonic_time when) { wheel_->arm(t, when); }, time_, events,
            fleet::plan{.options = options_,
                        .terms = terms_ ? *terms_ : contract::terms::of_our_own(),
                        .cars = *registry_,
                        .names = known_,
                        .seed = seed,
                        .segments = *segments_,
                        .segment_names = names_,
                        .segment_variables = variables_,
                        .behaviours = behaviours_,
                        .conditions = conditions_,
                        .campaigns = campaigns_,
                        .share = share_,
                        .load = 1000s},
            broker, manner_);
    }

    void begin(std::uint32_t vehicles = 1) {
        build(vehicles);
        fleet_->begin_load(start);
    }

    void run_to(nanoseconds t) {
        for (auto next = wheel_->next(); next <= start + t; next = wheel_->next()) {
            time_.set(next);
            wheel_->advance(next);
        }
        time_.set(start + t);
        wheel_->advance(start + t);
    }

    std::string vin(std::uint32_t v) const { return vehicle::vin_of(options_.vin, vehicle_id{v}); }

    void command(const std::string& id, std::uint32_t v = 0, std::uint8_t qos = 1, nanoseconds expires = 1000s) {
        fleet_->deliver(vehicle_id{v}, contract::command_topic(vin(v), "horn"),
                        to_json(contract::command{.id = id, .service = "horn", .ts_ms = 0}), qos, start + expires);
    }

    double ms() const { return milliseconds(time_.now() - start); }
    void keep_sessions(std::chrono::seconds expiry = 3600s) {
        options_.mqtt.session.clean_start = false;
        options_.mqtt.session.session_expiry = expiry;
    }

    static constexpr std::uint64_t seed = 5;
    static constexpr monotonic_time start{1'700'000'000s};
    fleet::options options_;
    std::vector<vehicle::behaviour> behaviours_;
    std::vector<condition> conditions_;
    shard_share share_;
    fleet::model_manner manner_;
    std::optional<contract::terms> terms_;   ///< none: our own
    std::map<std::string, arrival_id> ours_; ///< requests that are of an arrival
    std::set<std::string> had_;              ///< commands that have come
    std::unique_ptr<fleet::model_vehicles> fleet_;

    std::vector<std::string> told_;   ///< "delivered r1 at 0", "acked ...", "finished ...", "executed ..."
    std::vector<std::string> words_;  ///< what the platform got: "r1 final #1 at 20"
    std::vector<std::string> states_; ///< presence that it got: "asleep udp at 0"
    std::vector<std::string> shown_;  ///< messages that were told: "up r1 at 20"
    std::vector<std::string> links_;  ///< "away at 0", "back at 0"
    std::vector<std::string> session_;
    std::vector<std::string> struck_; ///< "0 at 10", "0 passed at 20"
    std::vector<contract::response> said_;
    std::vector<std::string> payloads_;
    std::vector<std::string> topics_;

private:
    void tell(const char* what, std::string_view request) {
        told_.push_back(fmt::format("{} {} at {}", what, request, ms()));
    }

    fleet::order on_delivered(vehicle_id, std::string_view request, monotonic_time) override {
        tell("delivered", request);
        const auto known = ours_.find(std::string(request));
        return {.fresh = had_.insert(std::string(request)).second,
                .arrival = known == ours_.end() ? std::nullopt : std::optional{known->second}};
    }
    void on_acked(vehicle_id, std::string_view r, monotonic_time) override { tell("acked", r); }
    void on_finished(vehicle_id, std::string_view r, outcome, std::string_view, monotonic_time) override {
        tell("finished", r);
    }
    void on_executed(vehicle_id, std::string_view r, monotonic_time) override { tell("executed", r); }
    void on_malformed(vehicle_id, std::string_view, std::string_view payload, monotonic_time) override {
        tell("malformed", payload);
    }
    void on_message(vehicle_id, std::string_view r, bool to_vehicle, std::string_view topic, std::string_view payload,
                    monotonic_time) override {
        EXPECT_FALSE(topic.empty() && payload.empty());
        shown_.push_back(fmt::format("{} {} at {}", to_vehicle ? "down" : "up", r, ms()));
    }
    void on_away(vehicle_id) override { links_.push_back(fmt::format("away at {}", ms())); }
    void on_back(vehicle_id) override { links_.push_back(fmt::format("back at {}", ms())); }
    void on_session(vehicle_id, std::string what, monotonic_time) override {
        session_.push_back(fmt::format("{} at {}", what, ms()));
    }
    void on_let_in(vehicle_id, monotonic_time) override { ADD_FAILURE() << "nobody is let in"; }
    void on_struck(vehicle_id, std::uint32_t c, monotonic_time) override {
        struck_.push_back(fmt::format("{} at {}", c, ms()));
    }
    void on_passed(vehicle_id, std::uint32_t c, monotonic_time) override {
        struck_.push_back(fmt::format("{} passed at {}", c, ms()));
    }

    void from_vehicle(vehicle_id, std::string_view, std::string_view topic, std::string_view payload) override {
        if (topic.ends_with("/state")) {
            const auto p = contract::read_presence(payload).value();
            states_.push_back(fmt::format("{}{}{} at {}", p.state, p.wake.empty() ? "" : " ", p.wake, ms()));
            return;
        }
        topics_.emplace_back(topic);
        payloads_.emplace_back(payload);
        const auto word = contract::read_response(payload);
        if (!word) return words_.push_back(fmt::format("unreadable at {}", ms()));
        said_.push_back(*word);
        constexpr const char* phases[] = {"ack", "running", "final"};
        words_.push_back(fmt::format("{} {} #{} at {}", word->id, phases[static_cast<int>(word->at)], word->seq, ms()));
    }

    manual_time time_;
    std::vector<std::string> names_;
    std::vector<std::vector<std::string>> variables_;
    contract::known_names known_;
    std::vector<fleet::campaign_options> campaigns_;
    std::unique_ptr<vehicle::registry> registry_;
    std::unique_ptr<vehicle::segmentation> segments_;
    std::unique_ptr<net::timer_wheel> wheel_;
};

TEST_F(model_vehicles, do_as_their_behaviour_says) {
    behaviours_ = {behaves({wait(20ms), say(word::kind::ack), wait(100ms), say(word::kind::executed)})};
    begin();
    EXPECT_EQ(fleet_->size(), 1U);
    EXPECT_EQ(fleet_->online(), 1U);
    EXPECT_EQ(fleet_->asked(), 1U);
    run_to(1s);
    command("r1");
    run_to(2s);
    EXPECT_THAT(told_,
                ElementsAre("delivered r1 at 1000", "acked r1 at 1020", "executed r1 at 1120", "finished r1 at 1120"));
    EXPECT_THAT(words_, ElementsAre("r1 ack #1 at 1020", "r1 final #2 at 1120"));
    EXPECT_THAT(shown_, ElementsAre("down r1 at 1000", "up r1 at 1020", "up r1 at 1120"));
    EXPECT_THAT(topics_, Each(contract::response_topic(vin(0), "r1")));
    EXPECT_EQ(said_[0].sent_us, (1'700'000'000LL + 1) * 1'000'000 + 20'000);
    EXPECT_EQ(said_[0].ts_ms, (1'700'000'000LL + 1) * 1000 + 20) << "the steady clock shows the date";
    EXPECT_TRUE(said_[1].ok);
    EXPECT_EQ(fleet_->received(), 1U);
    EXPECT_EQ(fleet_->published(), 2U);
    EXPECT_THAT(links_, IsEmpty());
    EXPECT_THAT(session_, IsEmpty());
}

/// One row for each step and each thing that a word can get wrong.
TEST_F(model_vehicles, steps) {
    word failed{.what = word::kind::failed, .code = "door_open"};
    word previous{.what = word::kind::executed, .code = {}, .request = word::about::previous};
    word unknown{.what = word::kind::executed, .code = {}, .request = word::about::unknown};
    word other{.what = word::kind::executed, .code = {}, .request = word::about::other};
    word foreign{.what = word::kind::executed, .code = {}, .foreign_vin = true};
    word malformed{.what = word::kind::executed, .code = {}, .payload = word::form::malformed};
    word empty{.what = word::kind::executed, .code = {}, .payload = word::form::empty};
    word oversized{.what = word::kind::executed, .code = {}, .payload = word::form::oversized};
    struct row {
        const char* what;
        std::vector<step> steps;
        std::vector<std::string> words, told; ///< of the second of two commands, at 1 s; `delivered` left out
    };
    const std::vector<row> table{
        {"nothing", {}, {}, {}},
        {"progress", {say(word::kind::running)}, {"r2 running #2 at 1000"}, {}},
        {"failure", {say(failed)}, {"r2 final #2 at 1000"}, {"finished r2 at 1000"}},
        {"execution apart",
         {act(kind::execute), act(kind::execute), say(word::kind::executed)},
         {"r2 final #2 at 1000"},
         {"executed r2 at 1000", "executed r2 at 1000", "finished r2 at 1000"}},
        {"silence after an acknowledgement",
         {say(word::kind::ack), act(kind::drop)},
         {"r2 ack #2 at 1000"},
         {"acked r2 at 1000"}},
        {"result before acknowledgement",
         {say(failed), wait(5ms), say(word::kind::ack)},
         {"r2 final #3 at 1000", "r2 ack #4 at 1005"},
         {"finished r2 at 1000", "acked r2 at 1005"}},
        {"the request before", {say(previous)}, {"r1 final #2 at 1000"}, {"executed r2 at 1000"}},
        {"a made-up request",
         {say(unknown)},
         {fmt::format("no-request-of-{}-2 final #2 at 1000", vin(0))},
         {"executed r2 at 1000"}},
        {"another vehicle's, and there is none",
         {say(other)},
         {fmt::format("no-request-of-{}-2 final #2 at 1000", vin(0))},
         {"executed r2 at 1000"}},
        {"another vehicle's VIN", {say(foreign)}, {"r2 final #2 at 1000"}, {"executed r2 at 1000"}},
        {"no JSON", {say(malformed)}, {"unreadable at 1000"}, {"executed r2 at 1000"}},
        {"no bytes", {say(empty)}, {"unreadable at 1000"}, {"executed r2 at 1000"}},
        {"too many bytes", {say(oversized)}, {"unreadable at 1000"}, {"executed r2 at 1000"}},
    };
    for (const auto& r : table) {
        SCOPED_TRACE(r.what);
        behaviours_ = {behaves(r.steps)};
        fleet_.reset();
        had_.clear();
        begin();
        command("r1");
        run_to(1s);
        words_.clear();
        told_.clear();
        command("r2");
        run_to(2s);
        EXPECT_EQ(words_, r.words);
        ASSERT_FALSE(told_.empty());
        EXPECT_EQ(told_.front(), "delivered r2 at 1000");
        told_.erase(told_.begin());
        EXPECT_EQ(told_, r.told);
        EXPECT_EQ(fleet_->online(), 1U);
    }
}

TEST_F(model_vehicles, what_a_word_gets_wrong_is_in_it) {
    word foreign{.what = word::kind::executed, .code = {}, .foreign_vin = true};
    word oversized{.what = word::kind::executed, .code = {}, .payload = word::form::oversized};
    word other{.what = word::kind::executed, .code = {}, .request = word::about::other};
    behaviours_ = {behaves({wait(10ms), say(foreign), say(oversized), say(other)})};
    behaviours_.front().clock = -3min;
    begin(2);
    command("mine", 0);
    command("theirs", 1);
    run_to(1s);
    ASSERT_EQ(payloads_.size(), 6U);
    ASSERT_EQ(said_.size(), 4U);
    std::set<std::string> vins, abouts;
    for (const auto& w : said_) {
        EXPECT_EQ(w.ts_ms, (1'700'000'000LL - 180) * 1000 + 10);
        if (!w.vin.empty()) vins.insert(w.vin);
        abouts.insert(w.id);
    }
    EXPECT_EQ(vins, (std::set{vin(0), vin(1)}));
    EXPECT_TRUE(abouts.contains("mine") && abouts.contains("theirs"));
    EXPECT_GT(payloads_[1].size(), contract::payload_limit);
}

TEST_F(model_vehicles, choices_belong_to_the_arrival) {
    step s = act(kind::choose);
    vehicle::branch early, late;
    early.steps = {wait(10ms), say(word::kind::executed)};
    late.steps = {wait(20ms), say(word::kind::executed)};
    s.branches = {early, late};
    behaviours_ = {behaves({s})};
    std::set<std::string> seen;
    for (std::uint64_t arrival = 0; arrival < 20; ++arrival) {
        words_.clear();
        fleet_.reset();
        had_.clear();
        begin(3);
        ours_ = {{"r1", arrival_id{arrival}}};
        auto choices = vehicle::draws_of(seed, arrival_id{arrival});
        const auto expected = choices.unit() < 0.5 ? "r1 final #1 at 10" : "r1 final #1 at 20";
        command("r1", static_cast<std::uint32_t>(arrival % 3));
        run_to(1s);
        EXPECT_THAT(words_, ElementsAre(expected)) << "whoever the vehicle is";
        seen.insert(words_.front());
    }
    EXPECT_EQ(seen.size(), 2U);
}

TEST_F(model_vehicles, commands_of_no_arrival_have_choices_of_their_own) {
    auto s = wait(0s);
    s.lasts = {vehicle::delay::kind::uniform, 0s, 10s, {}};
    behaviours_ = {behaves({s, say(word::kind::executed)})};
    begin();
    command("stray1");
    command("stray2");
    run_to(20s);
    ASSERT_EQ(words_.size(), 2U);
    draws expected(seed, stream::stray_command, 0);
    const auto first = sample(s.lasts, expected);
    const auto second = sample(s.lasts, expected);
    std::set<std::string> both;
    for (const auto at : {first, second})
        both.insert(fmt::format("{}", std::chrono::ceil<std::chrono::milliseconds>(at).count()));
    std::set<std::string> seen;
    for (const auto& w : words_) seen.insert(w.substr(w.find(" at ") + 4));
    EXPECT_EQ(seen, both);
}

TEST_F(model_vehicles, repeated_command_is_done_again_by_those_that_do_not_look) {
    for (const bool looks : {true, false}) {
        behaviours_ = {behaves({say(word::kind::executed)})};
        behaviours_.front().deduplicates = looks;
        fleet_.reset();
        had_.clear();
        words_.clear();
        begin();
        command("r1");
        command("r1");
        EXPECT_EQ(words_.size(), looks ? 1U : 2U);
        EXPECT_EQ(fleet_->received(), 2U);
    }
}

TEST_F(model_vehicles, malformed_command_is_told) {
    begin();
    fleet_->deliver(vehicle_id{0}, contract::command_topic(vin(0), "horn"), "{", 1, never);
    EXPECT_THAT(told_, ElementsAre("malformed { at 0"));
    EXPECT_THAT(words_, IsEmpty());
}

TEST_F(model_vehicles, disconnect_and_reconnect_steps) {
    struct row {
        vehicle::parting way;
        std::vector<std::string> states;
    };
    const std::vector<row> table{
        {vehicle::parting::clean, {"offline at 10", "online at 60"}},
        {vehicle::parting::abrupt, {"offline at 10", "online at 60"}},
        {vehicle::parting::half_open, {"online at 60"}}, // nobody knows of it
    };
    for (const auto& r : table) {
        behaviours_ = {behaves({say(word::kind::ack), wait(10ms), part(r.way), wait(50ms), act(kind::reconnect),
                                say(word::kind::executed)})};
        fleet_.reset();
        had_.clear();
        words_.clear();
        states_.clear();
        links_.clear();
        begin();
        command("r1");
        run_to(30ms);
        EXPECT_EQ(fleet_->online(), 0U);
        EXPECT_EQ(fleet_->reachable(), 0U);
        EXPECT_FALSE(fleet_->reachable(vehicle_id{0}));
        run_to(1s);
        EXPECT_THAT(words_, ElementsAre("r1 ack #1 at 0", "r1 final #2 at 60"));
        EXPECT_THAT(links_, ElementsAre("away at 10", "back at 60"));
        EXPECT_EQ(states_, r.states);
        EXPECT_TRUE(fleet_->reachable(vehicle_id{0}));
        EXPECT_EQ(fleet_->take().sessions.reconnects, 1U);
    }
}

TEST_F(model_vehicles, come_back_when_a_behaviour_that_left_is_over) {
    behaviours_ = {behaves({say(word::kind::executed), part(vehicle::parting::abrupt), wait(50ms)})};
    begin();
    command("r1");
    run_to(1s);
    EXPECT_THAT(links_, ElementsAre("away at 0", "back at 50"));
    EXPECT_THAT(session_, ElementsAre(HasSubstr("off line"), "on line at 50"));
}

TEST_F(model_vehicles, word_without_a_session_waits_for_one) {
    behaviours_ = {behaves({part(vehicle::parting::clean), say(word::kind::executed)})};
    begin();
    command("r1");
    run_to(1s);
    EXPECT_THAT(words_, IsEmpty()) << "and this one waits for ever";
    EXPECT_EQ(fleet_->online(), 0U);
}

TEST_F(model_vehicles, session_that_is_taken_over_comes_back_after_a_backoff) {
    behaviours_ = {behaves({act(kind::takeover, 5s), wait(1ms), say(word::kind::executed)})};
    begin();
    command("r1");
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_FALSE(fleet_->reachable(vehicle_id{0}));
    run_to(2s);
    EXPECT_EQ(fleet_->online(), 1U) << "the first wait is within a second";
    EXPECT_EQ(words_.size(), 1U);
    EXPECT_THAT(links_, ElementsAre("away at 0", HasSubstr("back at ")));
    const auto seen = fleet_->take();
    EXPECT_EQ(seen.sessions.dropped, 0U) << "it was meant";
    EXPECT_EQ(seen.sessions.reconnects, 1U);
}

TEST_F(model_vehicles, consumer_that_does_not_read_reads_later_in_order) {
    behaviours_ = {behaves({say(word::kind::ack), act(kind::stall, 3s)})};
    begin();
    command("r1");
    run_to(1s);
    command("r2");
    command("r3");
    run_to(10s);
    EXPECT_THAT(words_, ElementsAre("r1 ack #1 at 0", "r2 ack #2 at 3000", "r3 ack #3 at 6000"));
    EXPECT_THAT(links_, IsEmpty()) << "its session stands";
}

// Who is away for good, or sleeps.

TEST_F(model_vehicles, offline_vehicles_leave_when_the_load_begins) {
    behaviours_ = {behaves({})};
    behaviours_.front().online = false;
    keep_sessions();
    build();
    EXPECT_EQ(fleet_->asked(), 1U);
    EXPECT_EQ(fleet_->online(), 1U);
    fleet_->begin_load(start);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0})) << "away as it should be";
    EXPECT_EQ(fleet_->reachable(), 1U);
    command("r1");
    run_to(100s);
    EXPECT_THAT(told_, IsEmpty());
    EXPECT_THAT(links_, ElementsAre("away at 0"));
    EXPECT_THAT(states_, ElementsAre("offline at 0"));
}

TEST_F(model_vehicles, wrong_credentials_never_get_a_session) {
    behaviours_ = {behaves({})};
    behaviours_.front().credentials = vehicle::credentials{"nobody", "wrong"};
    begin();
    EXPECT_EQ(fleet_->asked(), 0U);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0}));
    EXPECT_THAT(links_, ElementsAre("away at 0"));
    command("r1");
    run_to(100s);
    EXPECT_THAT(told_, IsEmpty());
    EXPECT_EQ(fleet_->take().sessions.refused, 1U);
}

class sleeping_vehicles : public model_vehicles {
protected:
    void SetUp() override {
        behaviours_ = {behaves({wait(100ms), say(word::kind::executed)})};
        behaviours_.front().asleep = vehicle::sleep{.woken_by = vehicle::sleep::bearer::sms, .takes = exactly(5s)};
    }
};

TEST_F(sleeping_vehicles, are_woken_take_what_waits_answer_and_sleep_again) {
    begin();
    EXPECT_EQ(fleet_->asked(), 1U);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0}));
    EXPECT_THAT(states_, ElementsAre("asleep sms at 0"));
    run_to(1s);
    command("r1"); // in spite of a clean start: these always keep their session
    fleet_->wake(vehicle_id{0});
    fleet_->wake(vehicle_id{0}); // is on its way already
    run_to(20s);
    EXPECT_THAT(words_, ElementsAre("r1 final #1 at 6100"));
    EXPECT_THAT(states_, ElementsAre("asleep sms at 0", "online at 6000", "asleep sms at 8100"));
    EXPECT_THAT(links_, ElementsAre("away at 0", "back at 6000", "away at 8100"));
    EXPECT_EQ(fleet_->online(), 0U);
}

TEST_F(sleeping_vehicles, awake_ones_hear_no_trigger_and_stay_while_they_work) {
    behaviours_.front().steps = {wait(10s), say(word::kind::executed)};
    begin();
    command("r1");
    fleet_->wake(vehicle_id{0});
    run_to(6s);
    fleet_->wake(vehicle_id{0});
    run_to(60s);
    EXPECT_THAT(links_, ElementsAre("away at 0", "back at 5000", "away at 17000"));
}

TEST_F(sleeping_vehicles, triggers_are_lost) {
    behaviours_.front().asleep->loss.of_one = 0.5;
    constexpr std::uint32_t fleet = 2000;
    begin(fleet);
    for (std::uint32_t v = 0; v < fleet; ++v) fleet_->wake(vehicle_id{v});
    run_to(6s);
    EXPECT_NEAR(fleet_->online(), fleet / 2.0, 100);
    for (int again = 0; again < 20; ++again)
        for (std::uint32_t v = 0; v < fleet; ++v) fleet_->wake(vehicle_id{v});
    run_to(6500ms);
    EXPECT_NEAR(fleet_->online(), fleet / 2.0, 100);
}

// Sessions: what waits, what is lost.

TEST_F(model_vehicles, commands_for_an_absent_vehicle_wait_or_are_lost) {
    struct row {
        bool kept;
        std::chrono::seconds session_expiry;
        mqtt::version protocol;
        std::uint8_t qos;
        mqtt::qos subscribed;
        nanoseconds expires;
        bool arrives;
    };
    using enum mqtt::version;
    using enum mqtt::qos;
    const std::vector<row> table{
        {true, 3600s, v5_0, 1, at_least_once, 1000s, true},   {true, 3600s, v5_0, 2, exactly_once, 1000s, true},
        {true, 3600s, v5_0, 0, at_least_once, 1000s, false},  // QoS 0 is for those who are there
        {true, 3600s, v5_0, 1, at_most_once, 1000s, false},   // as granted
        {true, 3600s, v5_0, 1, at_least_once, 40s, false},    // the message has expired
        {true, 3600s, v5_0, 1, at_least_once, 60s, true},     // it has not, on the dot
        {true, 30s, v5_0, 1, at_least_once, 1000s, false},    // the session has
        {true, 0s, v3_1_1, 1, at_least_once, 1000s, true},    // 3.1.1 keeps it for ever
        {true, 0s, v5_0, 1, at_least_once, 1000s, false},     // 5.0 ends it with the connection
        {false, 3600s, v5_0, 1, at_least_once, 1000s, false}, // a clean start
    };
    for (std::size_t i = 0; i < table.size(); ++i) {
        const auto& r = table[i];
        SCOPED_TRACE(i);
        fleet_.reset();
        had_.clear();
        told_.clear();
        conditions_ = {befalls(condition::kind::garage, 10s, 50s)};
        options_.mqtt.session.clean_start = !r.kept;
        options_.mqtt.session.session_expiry = r.session_expiry;
        options_.mqtt.session.protocol = r.protocol;
        options_.mqtt.command_qos = r.subscribed;
        behaviours_ = {behaves({})};
        begin();
        run_to(20s);
        command("r1", 0, r.qos, r.expires);
        run_to(100s);
        if (r.arrives)
            EXPECT_THAT(told_, ElementsAre("delivered r1 at 60000"));
        else
            EXPECT_THAT(told_, IsEmpty());
    }
}

TEST_F(model_vehicles, what_waits_comes_in_order) {
    keep_sessions();
    behaviours_ = {behaves({})};
    conditions_ = {befalls(condition::kind::garage, 1s, 5s)};
    begin();
    run_to(2s);
    for (const auto* id : {"r1", "r2", "r3"}) command(id);
    run_to(10s);
    EXPECT_THAT(told_, ElementsAre("delivered r1 at 6000", "delivered r2 at 6000", "delivered r3 at 6000"));
    EXPECT_THAT(session_, ElementsAre("garage begins at 1000", "off line: garage at 1000", "garage ends at 6000",
                                      "on line, session present at 6000"));
}

// Conditions.

class struck_vehicles : public model_vehicles {
protected:
    /// Answers at once, and half a second later.
    void SetUp() override { behaviours_ = {behaves({say(word::kind::ack), wait(500ms), say(word::kind::executed)})}; }

    /// A command before, one while it lasts, and one after.
    void live_through(condition c) {
        conditions_.push_back(std::move(c));
        begin();
        run_to(900ms);
        command("before");
        run_to(2s);
        command("during");
        run_to(8s);
        command("after");
        run_to(20s);
    }
    measure::recovery_counts recovery() {
        const auto seen = fleet_->take();
        EXPECT_EQ(seen.recoveries.size(), 1U);
        return seen.recoveries.empty() ? measure::recovery_counts{} : seen.recoveries.begin()->second;
    }
    void expect_recovery(std::uint64_t affected, nanoseconds within) {
        const auto counted = recovery();
        EXPECT_EQ(counted.affected, affected);
        EXPECT_EQ(counted.back.count(), affected);
        EXPECT_NEAR(seconds(counted.back.max()), seconds(within), 0.01 + seconds(within) / 500);
    }
};

TEST_F(struck_vehicles, in_a_tunnel_hear_and_say_nothing_until_its_end) {
    live_through(befalls(condition::kind::tunnel, 1s, 4s));
    EXPECT_THAT(words_, ElementsAre("before ack #1 at 900", "before final #2 at 5000", "during ack #3 at 5000",
                                    "during final #4 at 5500", "after ack #5 at 8000", "after final #6 at 8500"));
    EXPECT_THAT(told_, testing::Contains("finished before at 1400")) << "it does not know";
    EXPECT_THAT(links_, ElementsAre("away at 1000", "back at 5000"));
    EXPECT_THAT(struck_, ElementsAre("0 at 1000", "0 passed at 5000"));
    EXPECT_THAT(states_, IsEmpty()) << "on the same connection";
    expect_recovery(1, 4s);
}

TEST_F(struck_vehicles, in_a_garage_have_no_session) {
    keep_sessions();
    live_through(befalls(condition::kind::garage, 1s, 4s));
    EXPECT_THAT(words_,
                ElementsAre("before ack #1 at 900", "during ack #2 at 5000", testing::StartsWith("before final #3 at "),
                            "during final #4 at 5500", "after ack #5 at 8000", "after final #6 at 8500"));
    EXPECT_THAT(links_, ElementsAre("away at 1000", "back at 5000"));
    expect_recovery(1, 4s);
}

TEST_F(struck_vehicles, in_a_garage_can_be_asked) {
    conditions_ = {befalls(condition::kind::garage, 1s, 4s)};
    begin();
    run_to(2s);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0})) << "what is sent now waits for it: that is what garages are for";
    EXPECT_EQ(fleet_->reachable(), 1U);
}

TEST_F(struck_vehicles, change_cells_in_a_blink) {
    live_through(befalls(condition::kind::handover, 1s));
    EXPECT_THAT(words_, ElementsAre("before ack #1 at 900", "before final #2 at 1400", "during ack #3 at 2000",
                                    "during final #4 at 2500", "after ack #5 at 8000", "after final #6 at 8500"));
    EXPECT_THAT(links_, ElementsAre("away at 1000", "back at 1000"));
    EXPECT_THAT(struck_, ElementsAre("0 at 1000", "0 passed at 1000"));
    expect_recovery(1, 0s);
}

TEST_F(struck_vehicles, half_open_send_into_the_void_and_again_when_they_are_back) {
    keep_sessions();
    live_through(befalls(condition::kind::half_open, 1s, 4s));
    EXPECT_THAT(words_, ElementsAre("before ack #1 at 900", "before final #2 at 5000", "during ack #3 at 5000",
                                    "during final #4 at 5500", "after ack #5 at 8000", "after final #6 at 8500"));
    EXPECT_THAT(told_, testing::Contains("finished before at 1400"));
    EXPECT_THAT(links_, ElementsAre("away at 1000", "back at 5000"));
    expect_recovery(1, 4s);
}

TEST_F(struck_vehicles, half_open_lose_everything_without_a_session_that_is_kept) {
    live_through(befalls(condition::kind::half_open, 1s, 4s));
    EXPECT_THAT(words_, ElementsAre("before ack #1 at 900", "after ack #3 at 8000", "after final #4 at 8500"));
}

TEST_F(struck_vehicles, half_open_lose_words_of_qos_0) {
    keep_sessions();
    options_.mqtt.response_qos = mqtt::qos::at_most_once;
    live_through(befalls(condition::kind::half_open, 1s, 4s));
    EXPECT_THAT(words_, ElementsAre("before ack #1 at 900", "during ack #3 at 5000", "during final #4 at 5500",
                                    "after ack #5 at 8000", "after final #6 at 8500"));
}

TEST_F(struck_vehicles, on_a_slow_link_wait_for_each_byte) {
    auto slow = befalls(condition::kind::slow, 1s, 4s);
    slow.added.a = 50ms;
    live_through(slow);
    EXPECT_THAT(words_, ElementsAre("before ack #1 at 900", "before final #2 at 1450", "during ack #3 at 2100",
                                    "during final #4 at 2600", "after ack #5 at 8000", "after final #6 at 8500"));
    EXPECT_THAT(told_, testing::Contains("delivered during at 2050"));
    EXPECT_THAT(links_, IsEmpty());
    EXPECT_THAT(fleet_->take().recoveries, IsEmpty());
}

TEST_F(struck_vehicles, on_a_slow_link_have_one_delay_for_as_long_as_it_lasts) {
    auto slow = befalls(condition::kind::slow, 1s, 4s);
    slow.added = {vehicle::delay::kind::uniform, 10ms, 900ms, {}};
    slow.every = 10s;
    conditions_ = {slow};
    behaviours_ = {behaves({})};
    begin();
    const std::vector<nanoseconds> sent{2s, 3s, 12s};
    std::vector<double> took;
    for (const auto at : sent) {
        run_to(at);
        command(fmt::format("r{}", took.size()));
        run_to(at + 950ms);
        ASSERT_EQ(told_.size(), took.size() + 1);
        took.push_back(std::stod(told_.back().substr(told_.back().find(" at ") + 4)) - milliseconds(at));
    }
    EXPECT_EQ(took[0], took[1]);
    EXPECT_NE(took[0], took[2]) << "drawn anew when it comes again";
}

TEST_F(struck_vehicles, on_a_slow_link_send_one_after_the_other) {
    auto slow = befalls(condition::kind::slow, 1s, 100s);
    slow.bytes_per_second = 1000;
    conditions_ = {slow};
    behaviours_ = {behaves({})};
    begin();
    run_to(2s);
    const auto bytes = contract::command_topic(vin(0), "horn").size() +
                       to_json(contract::command{.id = "r1", .service = "horn", .ts_ms = 0}).size();
    command("r1");
    command("r2");
    run_to(10s);
    EXPECT_THAT(told_, ElementsAre(fmt::format("delivered r1 at {}", 2000 + bytes),
                                   fmt::format("delivered r2 at {}", 2000 + 2 * bytes)));
}

TEST_F(struck_vehicles, that_lose_words_have_used_up_their_numbers) {
    auto lossy = befalls(condition::kind::lossy, 1s, 4s);
    lossy.loss.of_one = 1;
    live_through(lossy);
    EXPECT_THAT(words_, ElementsAre("before ack #1 at 900", "after ack #5 at 8000", "after final #6 at 8500"));
    EXPECT_THAT(shown_, ElementsAre("down before at 900", "up before at 900", "down during at 2000",
                                    "down after at 8000", "up after at 8000", "up after at 8500"));
    EXPECT_EQ(fleet_->published(), 3U);
}

TEST_F(struck_vehicles, lose_the_share_that_the_condition_says) {
    auto lossy = befalls(condition::kind::lossy, 1s, 500s);
    lossy.loss.of_one = 0.3;
    conditions_ = {lossy};
    behaviours_ = {behaves({say(word::kind::executed)})};
    begin(10);
    run_to(2s);
    for (int i = 0; i < 2000; ++i) command(fmt::format("r{}", i), static_cast<std::uint32_t>(i % 10));
    EXPECT_NEAR(static_cast<double>(words_.size()), 1400, 80);
}

TEST_F(struck_vehicles, in_a_storm_are_back_at_once) {
    auto storm = befalls(condition::kind::reconnect_storm, 1s);
    storm.within = 2s;
    conditions_ = {storm};
    begin(1000);
    run_to(500ms);
    EXPECT_THAT(links_, IsEmpty());
    run_to(2s);
    EXPECT_NEAR(static_cast<double>(links_.size()), 2 * 500, 100) << "evenly over two seconds";
    run_to(5s);
    EXPECT_EQ(links_.size(), 2000U);
    EXPECT_EQ(fleet_->online(), 1000U);
    const auto counted = recovery();
    EXPECT_EQ(counted.affected, 1000U);
    EXPECT_EQ(counted.back.count(), 1000U);
}

TEST_F(struck_vehicles, power_on_when_their_time_has_come) {
    auto power = befalls(condition::kind::power_on, 10s);
    power.part.of_one = 0.5;
    power.within = 10s;
    conditions_ = {power};
    keep_sessions();
    begin(1000);
    EXPECT_NEAR(fleet_->asked(), 500, 60);
    EXPECT_EQ(fleet_->online(), fleet_->asked());
    EXPECT_EQ(fleet_->reachable(), fleet_->asked()) << "nobody knows the others yet";
    const auto dark = 1000 - fleet_->asked();
    EXPECT_EQ(links_.size(), dark) << "they are told to be away";
    run_to(15s);
    EXPECT_NEAR(fleet_->online(), 750, 60);
    run_to(21s);
    EXPECT_EQ(fleet_->online(), 1000U);
    const auto seen = fleet_->take();
    EXPECT_EQ(seen.recoveries.begin()->second.affected, dark);
    EXPECT_EQ(seen.recoveries.begin()->second.back.count(), dark);
    EXPECT_EQ(seen.sessions.reconnects, 0U) << "it is their first session";
}

TEST_F(struck_vehicles, lose_a_broker_that_restarts_and_come_back_one_by_one) {
    conditions_ = {befalls(condition::kind::outage, 1s, 5s)};
    begin(1000);
    run_to(1s);
    fleet_->broker_goes(0, 0, condition::outage_way::restart);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_EQ(fleet_->reachable(), 0U);
    EXPECT_EQ(struck_.size(), 1000U);
    run_to(6s);
    EXPECT_EQ(fleet_->online(), 0U);
    fleet_->broker_returns(0);
    EXPECT_EQ(struck_.size(), 2000U);
    EXPECT_EQ(fleet_->online(), 0U) << "they wait for their turn";
    run_to(8s);
    EXPECT_GT(fleet_->online(), 200U);
    EXPECT_LT(fleet_->online(), 1000U);
    run_to(60s);
    EXPECT_EQ(fleet_->online(), 1000U);
    const auto seen = fleet_->take();
    EXPECT_EQ(seen.sessions.dropped, 0U) << "it was meant";
    EXPECT_EQ(seen.sessions.reconnects, 1000U);
    EXPECT_GT(seen.sessions.refused, 1000U);
    EXPECT_EQ(seen.recoveries.begin()->second.affected, 1000U);
    EXPECT_EQ(seen.recoveries.begin()->second.back.count(), 1000U);
    EXPECT_GT(seconds(seen.recoveries.begin()->second.back.max()), 5);
}

TEST_F(struck_vehicles, come_back_as_their_options_say) {
    struct row {
        fleet::reconnect_options::kind how;
        double first_ms, last_ms; ///< when they come back
        std::uint64_t refused;    ///< each of them, until then
    };
    using enum fleet::reconnect_options::kind;
    const std::vector<row> table{{none, 3000, 3100, 20}, {fixed, 3700, 3700, 1}};
    for (const auto& r : table) {
        options_.reconnect.backoff = r.how;
        options_.reconnect.base = 1350ms;
        conditions_ = {befalls(condition::kind::outage, 1s, 2s)};
        fleet_.reset();
        links_.clear();
        begin(10);
        run_to(1s);
        fleet_->broker_goes(0, 0, condition::outage_way::restart);
        run_to(3s);
        fleet_->broker_returns(0);
        run_to(10s);
        ASSERT_EQ(links_.size(), 20U);
        for (std::size_t i = 10; i < 20; ++i) {
            const auto at = std::stod(links_[i].substr(links_[i].find(" at ") + 4));
            EXPECT_GE(at, r.first_ms);
            EXPECT_LE(at, r.last_ms);
        }
        EXPECT_NEAR(static_cast<double>(fleet_->take().sessions.refused), 10.0 * static_cast<double>(r.refused), 10);
    }
}

TEST_F(struck_vehicles, wait_for_a_broker_that_is_frozen) {
    conditions_ = {befalls(condition::kind::outage, 1s, 5s)};
    begin();
    run_to(900ms);
    command("before");
    run_to(1s);
    fleet_->broker_goes(0, 0, condition::outage_way::freeze);
    EXPECT_EQ(fleet_->online(), 1U);
    run_to(6s);
    EXPECT_THAT(words_, ElementsAre("before ack #1 at 900"));
    fleet_->broker_returns(0);
    EXPECT_THAT(words_, ElementsAre("before ack #1 at 900", "before final #2 at 6000"));
    EXPECT_THAT(links_, ElementsAre("away at 1000", "back at 6000"));
    expect_recovery(1, 5s);
}

TEST_F(struck_vehicles, that_overlap_end_with_the_last_one) {
    keep_sessions();
    conditions_ = {befalls(condition::kind::tunnel, 1s, 4s), befalls(condition::kind::garage, 2s, 6s)};
    begin();
    run_to(1500ms);
    command("r1");
    run_to(20s);
    EXPECT_THAT(links_, ElementsAre("away at 1000", "back at 8000"));
    EXPECT_THAT(words_, ElementsAre("r1 ack #1 at 8000", "r1 final #2 at 8500"))
        << "what was on its way waits at the broker";
}

TEST_F(struck_vehicles, asleep_wake_when_the_garage_lets_them) {
    behaviours_.front().asleep = vehicle::sleep{.takes = exactly(1s)};
    conditions_ = {befalls(condition::kind::garage, 1s, 9s)};
    begin();
    run_to(2s);
    command("r1");
    fleet_->wake(vehicle_id{0});
    run_to(20s);
    EXPECT_THAT(words_, ElementsAre("r1 ack #1 at 10000", "r1 final #2 at 10500"));
}

TEST_F(struck_vehicles, woken_in_a_tunnel_connect_at_its_end) {
    behaviours_.front().asleep = vehicle::sleep{.takes = exactly(1s)};
    conditions_ = {befalls(condition::kind::tunnel, 1s, 9s)};
    begin();
    run_to(2s);
    command("r1");
    fleet_->wake(vehicle_id{0});
    run_to(9s);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0}));
    EXPECT_THAT(states_, ElementsAre("asleep udp at 0"));
    run_to(20s);
    EXPECT_THAT(words_, ElementsAre("r1 ack #1 at 10000", "r1 final #2 at 10500"));
    EXPECT_THAT(states_, ElementsAre("asleep udp at 0", "online at 10000", "asleep udp at 12500"));
}

TEST_F(struck_vehicles, in_a_tunnel_fall_asleep_at_its_end_for_somebody_has_to_hear_of_it) {
    behaviours_.front().asleep = vehicle::sleep{.takes = exactly(1s)}; // on line from 2 s, for two seconds
    conditions_ = {befalls(condition::kind::tunnel, 3s, 4s)};
    begin();
    run_to(1s);
    fleet_->wake(vehicle_id{0});
    run_to(20s);
    EXPECT_THAT(states_, ElementsAre("asleep udp at 0", "online at 2000", "asleep udp at 8000"));
    expect_recovery(1, 4s);
}

TEST_F(struck_vehicles, stay_awake_while_the_broker_is_frozen) {
    behaviours_.front().asleep = vehicle::sleep{.takes = exactly(1s)}; // on line from 2 s, for two seconds
    conditions_ = {befalls(condition::kind::outage, 3s, 4s)};
    begin();
    run_to(1s);
    fleet_->wake(vehicle_id{0});
    run_to(3s);
    fleet_->broker_goes(0, 0, condition::outage_way::freeze);
    run_to(7s);
    fleet_->broker_returns(0);
    run_to(20s);
    EXPECT_THAT(states_, ElementsAre("asleep udp at 0", "online at 2000", "asleep udp at 8000"));
    expect_recovery(1, 4s);
}

TEST_F(struck_vehicles, of_other_segments_are_left_alone) {
    options_.segments = {{"road", {0.5}, "tested"}, {"home", {0.5}, "tested"}};
    behaviours_.push_back(behaviours_.front());
    auto tunnel = befalls(condition::kind::tunnel, 1s, 1s);
    tunnel.segments = {"road"};
    conditions_ = {tunnel};
    begin(100);
    run_to(5s);
    EXPECT_EQ(struck_.size(), 100U) << "half of them, twice told";
}

TEST_F(model_vehicles, of_a_share_are_every_nth_one) {
    share_ = {1, 3};
    begin(10);
    EXPECT_EQ(fleet_->size(), 3U) << "1, 4 and 7";
    command("r1", 7);
    EXPECT_THAT(topics_, ElementsAre(contract::response_topic(vin(7), "r1")));
}

TEST_F(model_vehicles, that_are_stopped_do_nothing_more) {
    behaviours_ = {behaves({wait(1s), say(word::kind::executed)})};
    begin();
    command("r1");
    fleet_->stop();
    run_to(5s);
    EXPECT_THAT(words_, IsEmpty());
    EXPECT_EQ(fleet_->online(), 0U);
}

// Memory: a vehicle that does nothing takes none.

TEST_F(model_vehicles, take_no_memory_before_they_do_something) {
    begin(24'500'000);
    EXPECT_EQ(fleet_->size(), 24'500'000U);
    EXPECT_EQ(fleet_->online(), 24'500'000U);
    EXPECT_EQ(fleet_->reachable(), 24'500'000U);
    EXPECT_TRUE(fleet_->reachable(vehicle_id{24'499'999}));
    EXPECT_EQ(fleet_->remembered(), 0U);
    command("r1", 24'499'999);
    EXPECT_THAT(words_, ElementsAre("r1 final #1 at 0"));
}

TEST_F(model_vehicles, are_forgotten_when_they_are_through_and_go_on_counting) {
    behaviours_ = {behaves({wait(20ms), say(word::kind::executed)})};
    begin(1000);
    command("r1", 7);
    EXPECT_EQ(fleet_->remembered(), 1U);
    run_to(50ms);
    command("r2", 8); // what is over is forgotten when the next thing happens
    EXPECT_EQ(fleet_->remembered(), 1U);
    run_to(100ms);
    command("r3", 7);
    run_to(200ms);
    EXPECT_THAT(words_, ElementsAre("r1 final #1 at 20", "r2 final #1 at 70", "r3 final #2 at 120"));
}

TEST_F(struck_vehicles, are_forgotten_when_it_has_passed) {
    behaviours_ = {behaves({say(word::kind::executed)})};
    conditions_ = {befalls(condition::kind::tunnel, 1s, 2s), befalls(condition::kind::slow, 1s, 2s)};
    conditions_[1].added = exactly(10ms);
    begin(100);
    run_to(2s);
    EXPECT_EQ(fleet_->remembered(), 100U);
    command("r1", 3);
    run_to(4s);
    EXPECT_EQ(fleet_->remembered(), 0U);
    EXPECT_THAT(words_, testing::SizeIs(1));
}

TEST_F(model_vehicles, that_were_powered_on_keep_no_line) {
    conditions_ = {befalls(condition::kind::power_on, 1s)};
    begin(10);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_EQ(fleet_->reachable(), 0U);
    EXPECT_FALSE(fleet_->reachable(vehicle_id{3}));
    EXPECT_EQ(fleet_->remembered(), 0U) << "dark ones are as they were at first";
    run_to(2s);
    EXPECT_EQ(fleet_->online(), 10U);
    EXPECT_TRUE(fleet_->reachable(vehicle_id{3}));
    command("r1", 3);
    EXPECT_THAT(words_, ElementsAre("r1 final #1 at 2000"));
}

TEST_F(model_vehicles, absent_ones_are_told_of_when_they_are_called_if_that_is_wanted) {
    manner_.absent_when_called = true;
    behaviours_ = {behaves({say(word::kind::executed)}), behaves({})};
    behaviours_[1].name = "gone";
    behaviours_[1].online = false;
    options_.segments = {{"here", {0.5}, "tested"}, {"gone", {0.5}, "gone"}};
    begin(100);
    EXPECT_EQ(fleet_->online(), 50U);
    EXPECT_EQ(fleet_->asked(), 100U);
    EXPECT_THAT(session_, IsEmpty());
    EXPECT_THAT(links_, IsEmpty());
    EXPECT_THAT(states_, IsEmpty());
    for (std::uint32_t v = 0; v < 100; ++v) command("r" + std::to_string(v), v);
    EXPECT_THAT(links_, testing::SizeIs(50)) << "each when a command came for it";
    EXPECT_THAT(words_, testing::SizeIs(50));
    EXPECT_EQ(fleet_->remembered(), 0U);
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0})) << "away as it should be";
}

TEST_F(model_vehicles, absent_ones_of_a_share_are_counted_exactly) {
    manner_.absent_when_called = true;
    share_ = {1, 3};
    behaviours_ = {behaves({say(word::kind::executed)}), behaves({})};
    behaviours_[1].name = "gone";
    behaviours_[1].online = false;
    options_.segments = {{"here", {0.7}, "tested"}, {"gone", {0.3}, "gone"}};
    begin(100);
    const vehicle::segmentation same(seed, 100, options_.segments);
    std::uint32_t here = 0;
    for (std::uint32_t v = 1; v < 100; v += 3) here += same.segment_of(vehicle_id{v}) == 0 ? 1U : 0U;
    EXPECT_EQ(fleet_->asked(), 33U);
    EXPECT_EQ(fleet_->online(), here);
}

TEST_F(model_vehicles, do_something_else_once) {
    begin(10);
    auto other = behaves({say(word::kind::ack)});
    fleet_->behave_next(vehicle_id{4}, other);
    command("r0", 3);
    command("r1", 4);
    command("r2", 4);
    EXPECT_THAT(words_, ElementsAre("r0 final #1 at 0", "r1 ack #1 at 0", "r2 final #2 at 0"));
}

TEST_F(model_vehicles, words_have_the_date) {
    manner_.date_ahead = 5s;
    begin();
    command("r1");
    ASSERT_EQ(said_.size(), 1U);
    EXPECT_EQ(said_[0].ts_ms, 1'700'000'005'000);
}

TEST_F(model_vehicles, understand_the_contract_that_they_are_given) {
    contract::options spoken;
    spoken.command.id = "header:X-Id";
    spoken.command.service = "topic[2]";
    terms_ = contract::terms::compile(spoken).value();
    begin();
    fleet_->deliver(vehicle_id{0}, "cars/x/horn", "anything", 1, never, {{"X-Id", "r9"}});
    EXPECT_THAT(words_, ElementsAre("r9 final #1 at 0"));
}

TEST_F(model_vehicles, places_of_the_contract_that_never_fit_are_told) {
    contract::options spoken;
    spoken.command.id = "/nowhere";
    terms_ = contract::terms::compile(spoken).value();
    begin();
    for (int i = 0; i < 30; ++i) command("r" + std::to_string(i));
    const auto misfits = fleet_->misfits();
    ASSERT_EQ(misfits.size(), 1U);
    EXPECT_THAT(misfits[0], HasSubstr("/nowhere"));
    EXPECT_THAT(fleet_->misfits(), IsEmpty()) << "once";
}

} // namespace
