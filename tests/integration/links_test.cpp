// Real vehicles at a real broker, and everything that behaviours and the road do to their links.
#include "broker.hpp"
#include "scratch.hpp"

#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/terms.hpp>
#include <loadsim/contract/topics.hpp>
#include <loadsim/drive/publisher.hpp>
#include <loadsim/fleet/vehicles.hpp>
#include <loadsim/net/byte_tap.hpp>
#include <loadsim/net/mqtt_link.hpp>
#include <loadsim/vehicle/registry.hpp>
#include <loadsim/vehicle/vin.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::Gt;
using testing::IsEmpty;
using testing::Lt;
using vehicle::condition;
using vehicle::step;
using vehicle::word;
using kind = vehicle::step::kind;

namespace {

step make(kind what, nanoseconds lasts = 0s) {
    step s;
    s.what = what;
    s.lasts.a = lasts;
    return s;
}
step wait(nanoseconds d) { return make(kind::wait, d); }
step say(word::kind what) {
    auto s = make(kind::say);
    s.said.what = what;
    return s;
}
step part(vehicle::parting way) {
    auto s = make(kind::disconnect);
    s.way = way;
    return s;
}
const step executed = say(word::kind::executed);

std::ptrdiff_t open_files() { return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}); }

/// Some vehicles, and a platform on the same loop: one more session, which sends commands and writes down what comes.
class links : public testing::Test, private fleet::vehicle_events, private net::byte_tap {
protected:
    links() { options_.vehicles = 1; }
    ~links() override { loop_.tap = nullptr; }

    void behave(std::vector<step> steps) { behaviour_.steps = std::move(steps); }
    condition& befall(condition::kind what, nanoseconds at, nanoseconds lasts = 0s) {
        auto& c = conditions_.emplace_back();
        c.name = std::string(to_string(what));
        c.what = what;
        c.at = at;
        c.lasts.a = lasts;
        return c;
    }
    void keep_sessions() {
        options_.mqtt.session.clean_start = false;
        options_.mqtt.session.session_expiry = 10min;
    }

    void connect(const stage::broker& broker) {
        address_ = address_of(broker);
        connect(std::vector{address_});
    }
    static boost::asio::ip::tcp::endpoint address_of(const stage::broker& broker) {
        return {boost::asio::ip::address_v4::loopback(), broker.endpoint().port};
    }
    void connect(const std::vector<boost::asio::ip::tcp::endpoint>& brokers) {
        address_ = brokers.back();
        behaviour_.name = "tested";
        behaviours_.assign(std::max<std::size_t>(1, options_.segments.size()), behaviour_);
        names_ = {"all"};
        if (!options_.segments.empty()) names_.clear();
        for (const auto& one : options_.segments) names_.push_back(one.name);
        variables_.assign(names_.size(), {});
        segments_ = std::make_unique<vehicle::segmentation>(1, options_.vehicles, options_.segments);
        loop_.tap = this;
        fleet::vehicle_events& events = *this;
        cars_ = std::make_unique<vehicle::registry>(options_.vin, options_.vehicles);
        terms_ = std::make_unique<contract::terms>(contract::terms::compile(contract_).value());
        fleet_ = std::make_unique<fleet::vehicles>(loop_, events,
                                                   fleet::plan{.options = options_,
                                                               .terms = *terms_,
                                                               .cars = *cars_,
                                                               .names = known_names_,
                                                               .seed = 1,
                                                               .segments = *segments_,
                                                               .segment_names = names_,
                                                               .segment_variables = variables_,
                                                               .behaviours = behaviours_,
                                                               .conditions = conditions_,
                                                               .campaigns = campaigns_,
                                                               .share = {},
                                                               .load = 100s},
                                                   100, brokers);
        if (!platform_.ready) platform_.connect(address_);
        ASSERT_TRUE(until([&] { return platform_.ready; }));
        opened_.clear();
        opened_at_.clear();
        fleet_->start();
    }
    /// The load begins, with all on line.
    void begin() {
        ASSERT_NO_FATAL_FAILURE(connect(broker_));
        ASSERT_TRUE(until([&] { return fleet_->online() == fleet_->asked(); }));
        begin_load();
    }
    void begin_load() {
        start_ = loop_.now();
        fleet_->begin_load(start_);
    }

    bool until(const std::function<bool()>& reached, nanoseconds limit = 4s) {
        for (const auto end = loop_.now() + limit; !reached(); loop_.io().run_for(1ms))
            if (loop_.now() > end) return false;
        return true;
    }
    void run_to(nanoseconds t) {
        while (loop_.now() < start_ + t) loop_.io().run_for(1ms);
    }
    void command(const std::string& id, mqtt::qos quality = mqtt::qos::at_least_once) {
        platform_.send(contract::command_topic(vin(), "horn"),
                       to_json(contract::command{.id = id, .service = "horn", .ts_ms = 0}), quality);
    }
    std::uint32_t segment_of(std::uint32_t v) const { return segments_->segment_of(vehicle_id{v}); }
    std::string vin() const { return vehicle::vin_of(options_.vin, vehicle_id{0}); }
    double ms() const { return milliseconds(loop_.now() - start_); }
    bool delivered(const std::string& id) const { return delivered_.contains(id); }
    bool heard(const std::string& id) const { return std::ranges::count(platform_.words, id) > 0; }
    const auto& words() const { return platform_.words; }
    const auto& states() const { return platform_.states; }
    const auto& numbers() const { return platform_.numbers; }
    fleet::seen seen() {
        auto now = fleet_->take();
        seen_.sessions.add(now.sessions);
        for (const auto& [key, counts] : now.recoveries) seen_.recoveries[key].add(counts);
        return seen_;
    }
    /// One was affected, and came back so many milliseconds after the beginning.
    template <class Matcher>
    void expect_recovery(Matcher back_ms) {
        const auto counts = seen().recoveries[{0, 0}];
        EXPECT_EQ(counts.affected, 1U);
        ASSERT_EQ(counts.back.count(), 1U);
        EXPECT_THAT(milliseconds(counts.back.max()), back_ms);
    }

    stage::broker broker_;
    fleet::options options_;
    contract::options contract_;
    std::vector<fleet::campaign_options> campaigns_;
    vehicle::behaviour behaviour_;
    std::vector<condition> conditions_;
    steady_time time_;
    net::loop loop_{time_};
    std::unique_ptr<fleet::vehicles> fleet_;

    std::map<std::string, int> delivered_;       ///< how often
    std::map<std::string, double> delivered_at_; ///< first, in ms
    std::vector<std::string> session_;           ///< what happened to it
    std::vector<std::string> heard_;             ///< "away", "back"
    std::vector<std::string> struck_;            ///< "0 begins", "0 passes"
    std::vector<std::string> opened_;            ///< the vehicles' connections: where from
    mqtt::bytes last_sent_;
    std::vector<std::string> finished_;    ///< "r1 failed door_open"
    std::vector<std::string> malformed_;   ///< payloads
    std::vector<std::string> got_;         ///< "0 has 1": vehicle and campaign
    std::vector<std::uint16_t> opened_at_; ///< ports of brokers
    int let_in_ = 0;
    int closed_ = 0;
    std::uint64_t sent_ = 0; ///< as was seen on the wire
    std::uint64_t received_ = 0;
    bool elsewhere_ = false; ///< bytes of a connection that nobody had opened

protected:
    class platform final : private net::link_events {
    public:
        explicit platform(net::loop& loop) : link_(loop, options_, *this, 0) {}
        void connect(const boost::asio::ip::tcp::endpoint& where) { link_.connect(where); }
        void send(const std::string& topic, const std::string& payload, mqtt::qos quality) {
            send({.topic = topic, .payload = payload, .quality = quality});
        }
        void send(const mqtt::message& m) { EXPECT_FALSE(link_.publish(m).error); }
        bool ready = false;
        std::function<void(const mqtt::message&)> foreign; ///< what is not of our own contract, below "out"
        std::vector<std::string> words;                    ///< requests that they are of
        std::vector<std::int64_t> numbers;                 ///< in the vehicle's sequence
        std::vector<std::string> states;                   ///< "online"; "asleep udp"

    private:
        mqtt::identity identify(net::mqtt_link&) override {
            return {.client_id = "platform", .user = "platform", .password = "secret", .last_will = {}};
        }
        void on_online(net::mqtt_link&, const mqtt::server_limits&, nanoseconds) override {
            const mqtt::subscription all[] = {
                {.filter = contract::response_filter()}, {.filter = contract::presence_filter()}, {.filter = "out/#"}};
            link_.subscribe(all);
        }
        void on_subscribed(net::mqtt_link&, std::span<const mqtt::reason>) override { ready = true; }
        void on_message(net::mqtt_link&, const mqtt::message& m) override {
            if (m.topic.starts_with("out/")) return foreign ? foreign(m) : void();
            if (m.topic.ends_with("/state")) {
                const auto told = contract::read_presence(m.payload).value();
                return states.push_back(told.state + (told.wake.empty() ? "" : " " + told.wake));
            }
            const auto said = contract::read_response(m.payload).value();
            words.push_back(said.id);
            numbers.push_back(said.seq);
        }
        void on_offline(net::mqtt_link&, std::error_code, bool) override { ready = false; }

        mqtt::session_options options_;
        net::mqtt_link link_;
    };

private:
    fleet::order on_delivered(vehicle_id, std::string_view request, monotonic_time) override {
        const std::string id(request);
        delivered_at_.emplace(id, ms());
        return {.fresh = ++delivered_[id] == 1, .arrival = {}};
    }
    void on_finished(vehicle_id, std::string_view request, outcome end, std::string_view code,
                     monotonic_time) override {
        finished_.push_back(fmt::format("{} {} {}", request, to_string(end), code));
    }
    void on_campaign(vehicle_id v, std::uint32_t which, monotonic_time) override {
        got_.push_back(fmt::format("{} has {}", index(v), which));
    }
    void on_malformed(vehicle_id, std::string_view, std::string_view payload, monotonic_time) override {
        malformed_.emplace_back(payload);
    }
    void on_away(vehicle_id) override { heard_.emplace_back("away"); }
    void on_back(vehicle_id) override { heard_.emplace_back("back"); }
    void on_session(vehicle_id, std::string what, monotonic_time) override { session_.push_back(std::move(what)); }
    void on_let_in(vehicle_id, monotonic_time) override { ++let_in_; }
    void on_struck(vehicle_id, std::uint32_t c, monotonic_time) override {
        struck_.push_back(fmt::format("{} begins", c));
    }
    void on_passed(vehicle_id, std::uint32_t c, monotonic_time) override {
        struck_.push_back(fmt::format("{} passes", c));
    }
    void on_opened(const connection& c, monotonic_time) override {
        opened_.push_back(c.local.address().to_string());
        opened_at_.push_back(c.remote.port());
        known_.insert(c.local);
    }
    void on_bytes(const connection& c, bool sent, mqtt::byte_view bytes, monotonic_time) override {
        (sent ? sent_ : received_) += bytes.size();
        if (sent) last_sent_.assign(bytes.begin(), bytes.end());
        if (!known_.contains(c.local)) elsewhere_ = true;
    }
    void on_closed(const connection& c, monotonic_time) override {
        ++closed_;
        if (known_.erase(c.local) == 0) elsewhere_ = true;
    }

protected:
    platform platform_{loop_};

private:
    boost::asio::ip::tcp::endpoint address_;
    std::set<boost::asio::ip::tcp::endpoint> known_; ///< open connections
    std::vector<std::string> names_{"all"};
    std::vector<vehicle::behaviour> behaviours_;
    std::unique_ptr<vehicle::segmentation> segments_;
    std::unique_ptr<vehicle::registry> cars_;
    std::unique_ptr<contract::terms> terms_;
    const contract::known_names known_names_;
    std::vector<std::vector<std::string>> variables_{{}};
    monotonic_time start_{};
    fleet::seen seen_;
};

// Conditions.

TEST_F(links, tunnel_keeps_the_connection_and_delivers_afterwards) {
    behave({executed});
    befall(condition::kind::tunnel, 100ms, 700ms);
    begin();
    run_to(300ms);
    EXPECT_EQ(fleet_->online(), 1U) << "as far as it knows";
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0}));
    command("r1");
    command("r2", mqtt::qos::at_most_once);
    run_to(750ms);
    EXPECT_FALSE(delivered("r1"));
    ASSERT_TRUE(until([&] { return heard("r1") && heard("r2"); }));
    EXPECT_THAT(delivered_at_["r1"], Gt(799));
    EXPECT_THAT(words(), ElementsAre("r1", "r2"));
    EXPECT_EQ(opened_.size(), 1U) << "the same connection";
    EXPECT_EQ(closed_, 0);
    EXPECT_THAT(heard_, ElementsAre("away", "back"));
    EXPECT_THAT(struck_, ElementsAre("0 begins", "0 passes"));
    EXPECT_THAT(session_, ElementsAre("tunnel begins", "tunnel ends"));
    EXPECT_EQ(seen().sessions.dropped, 0U);
    expect_recovery(testing::AllOf(Gt(690), Lt(900)));
}

TEST_F(links, word_that_is_said_in_a_tunnel_comes_out_of_it) {
    behave({wait(200ms), executed});
    befall(condition::kind::tunnel, 100ms, 500ms);
    begin();
    command("r1");
    run_to(500ms);
    EXPECT_TRUE(delivered("r1"));
    EXPECT_FALSE(heard("r1"));
    EXPECT_TRUE(until([&] { return heard("r1"); }));
    EXPECT_THAT(ms(), Gt(599));
}

TEST_F(links, tunnel_that_is_longer_than_the_keep_alive_costs_the_connection) {
    behave({wait(100ms), executed});
    keep_sessions();
    options_.mqtt.session.keep_alive = 1s;
    befall(condition::kind::tunnel, 100ms, 2400ms);
    begin();
    command("r1");
    ASSERT_TRUE(until([&] { return fleet_->online() == 0; })) << "no PINGRESP";
    EXPECT_THAT(ms(), testing::AllOf(Gt(1900), Lt(2500)));
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0}));
    EXPECT_EQ(closed_, 0) << "no goodbye gets through";
    ASSERT_TRUE(until([&] { return heard("r1"); })) << "what it has said meanwhile is said again";
    EXPECT_THAT(ms(), Gt(2499)) << "nor a connect";
    EXPECT_EQ(opened_.size(), 2U);
    EXPECT_THAT(session_, Contains("on line, session present"));
    EXPECT_EQ(seen().sessions.dropped, 0U);
}

TEST_F(links, garage_resets_the_connection_and_commands_wait_for_the_session) {
    behave({executed});
    keep_sessions();
    befall(condition::kind::garage, 100ms, 600ms);
    begin();
    ASSERT_TRUE(until([&] { return fleet_->online() == 0; }));
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0})) << "away as it should be";
    ASSERT_TRUE(until([&] { return states().back() == "offline"; })) << "its will";
    command("r1");
    command("r2");
    run_to(650ms);
    EXPECT_EQ(fleet_->online(), 0U);
    ASSERT_TRUE(until([&] { return heard("r2"); }));
    EXPECT_THAT(words(), ElementsAre("r1", "r2"));
    EXPECT_EQ(delivered_["r1"], 1);
    EXPECT_THAT(session_, ElementsAre("garage begins", "off line: garage", "garage ends", "on line, session present"));
    EXPECT_THAT(heard_, ElementsAre("away", "back"));
    EXPECT_EQ(states().back(), "online");
    const auto counts = seen().sessions;
    EXPECT_EQ(counts.dropped, 0U) << "that was on purpose";
    EXPECT_EQ(counts.refused, 0U);
    EXPECT_EQ(counts.reconnects, 1U);
    EXPECT_THAT(counts.reasons, IsEmpty());
    expect_recovery(testing::AllOf(Gt(590), Lt(900)));
}

TEST_F(links, run_that_ends_leaves_no_session_and_one_that_begins_finds_none) {
    keep_sessions();
    begin();
    fleet_->stop();
    const mqtt::bytes goodbye{0xE0, 7, 0, 5, 0x11, 0, 0, 0, 0}; // DISCONNECT, session expiry 0
    EXPECT_EQ(last_sent_, goodbye);
    begin(); // of the run before that, one that died, there may be a session all the same
    fleet_.reset();
    begin();
    EXPECT_EQ(seen().sessions.refused, 0U);
    EXPECT_THAT(seen().sessions.reasons, IsEmpty());
}

TEST_F(links, handover_goes_on_from_another_address_with_the_same_session) {
    behave({wait(50ms), executed});
    keep_sessions();
    befall(condition::kind::handover, 100ms, 100ms);
    begin();
    const auto files = open_files();
    run_to(80ms);
    command("r1"); // answered when it is away
    ASSERT_TRUE(until([&] { return heard("r1"); }));
    EXPECT_THAT(opened_, ElementsAre("127.0.0.1", "127.0.0.2"));
    EXPECT_THAT(session_,
                ElementsAre("handover begins", "off line: handover", "handover ends", "on line, session present"));
    EXPECT_THAT(states(), testing::Not(Contains("offline"))) << "nobody has said goodbye, nor died";
    EXPECT_TRUE(until([&] { return open_files() == files; })) << "the connection left behind is closed by the broker";
    EXPECT_EQ(seen().sessions.dropped, 0U);
    EXPECT_EQ(seen().sessions.reconnects, 1U);
}

TEST_F(links, handover_takes_the_next_of_the_addresses_that_there_are) {
    options_.source_addresses = {"127.0.0.7", "127.0.0.8"};
    befall(condition::kind::handover, 100ms);
    begin();
    ASSERT_TRUE(until([&] { return opened_.size() == 2; }));
    EXPECT_EQ((std::set<std::string>(opened_.begin(), opened_.end())),
              (std::set<std::string>{"127.0.0.7", "127.0.0.8"}));
    EXPECT_THAT(struck_, ElementsAre("0 begins", "0 passes"));
}

TEST_F(links, half_open_loses_everything_and_tells_nobody) {
    behave({wait(200ms), executed});
    keep_sessions();
    befall(condition::kind::half_open, 100ms, 600ms);
    befall(condition::kind::tunnel, 120ms, 50ms); // which ends, and lets nothing through all the same
    begin();
    const auto files = open_files();
    command("r1");
    run_to(350ms);
    EXPECT_TRUE(delivered("r1"));
    EXPECT_EQ(fleet_->online(), 1U) << "as far as it knows; and it has said its word";
    command("r2"); // into the old connection
    run_to(650ms);
    EXPECT_FALSE(delivered("r2"));
    EXPECT_THAT(words(), IsEmpty());
    EXPECT_EQ(closed_, 0);
    ASSERT_TRUE(until([&] { return heard("r1") && heard("r2"); })) << "QoS 1, and both sides have the session still";
    EXPECT_THAT(states(), testing::Not(Contains("offline")));
    EXPECT_EQ(opened_.size(), 2U);
    EXPECT_EQ(closed_, 0) << "the first one is left behind";
    EXPECT_THAT(session_, ElementsAre("halfOpen begins", "tunnel begins", "tunnel ends", "halfOpen ends",
                                      "off line: nobody had answered", "on line, session present"));
    EXPECT_TRUE(until([&] { return open_files() == files; }));
    EXPECT_EQ(seen().sessions.dropped, 0U);
}

TEST_F(links, slow_slows_both_ways) {
    behave({executed});
    auto& slow = befall(condition::kind::slow, 0s, 1500ms);
    slow.bytes_per_second = 1000;
    slow.added.a = 200ms;
    begin();
    run_to(20ms);
    command("r1"); // some 70 bytes down, 170 up
    ASSERT_TRUE(until([&] { return heard("r1"); }));
    const auto down = delivered_at_["r1"] - 20;
    EXPECT_THAT(down, testing::AllOf(Gt(250), Lt(450)));
    EXPECT_THAT(ms() - delivered_at_["r1"], testing::AllOf(Gt(300), Lt(550)));
    run_to(1550ms);
    command("r2");
    ASSERT_TRUE(until([&] { return heard("r2"); }));
    EXPECT_THAT(ms(), Lt(1650)) << "as fast as it can again";
    EXPECT_EQ(opened_.size(), 1U);
    EXPECT_THAT(heard_, IsEmpty()) << "it hears all the while";
}

TEST_F(links, lossy_loses_words_that_take_a_number_all_the_same) {
    behave({executed});
    befall(condition::kind::lossy, 0s, 300ms).loss = {1};
    begin();
    run_to(20ms);
    command("r1");
    command("r2");
    run_to(350ms);
    EXPECT_TRUE(delivered("r2"));
    command("r3");
    ASSERT_TRUE(until([&] { return heard("r3"); }));
    EXPECT_THAT(words(), ElementsAre("r3"));
    EXPECT_THAT(numbers(), ElementsAre(3));
}

TEST_F(links, storm_comes_back_at_once) {
    options_.vehicles = 50;
    options_.connect_rate = {5000};
    options_.reconnect.base = options_.reconnect.cap = 60s;
    befall(condition::kind::reconnect_storm, 100ms).within = 200ms;
    begin();
    run_to(310ms);
    ASSERT_TRUE(until([&] { return opened_.size() == 100 && fleet_->online() == 50; }, 1s));
    EXPECT_EQ(std::ranges::count(session_, "off line: reconnectStorm"), 50);
    EXPECT_EQ(seen().recoveries[std::pair(0U, 0U)].back.count(), 50U);
    EXPECT_EQ(seen().sessions.dropped, 0U);
}

TEST_F(links, dark_vehicles_come_when_they_power_on) {
    options_.vehicles = 20;
    options_.connect_rate = {5000};
    auto& c = befall(condition::kind::power_on, 200ms);
    c.within = 100ms;
    c.part = {0.5};
    begin();
    const auto lit = fleet_->online();
    EXPECT_EQ(lit, fleet_->asked());
    EXPECT_THAT(lit, testing::AllOf(Gt(0U), Lt(20U)));
    EXPECT_EQ(fleet_->reachable(), lit);
    run_to(190ms);
    EXPECT_EQ(opened_.size(), lit) << "not even a connect";
    ASSERT_TRUE(until([&] { return fleet_->online() == 20; }));
    EXPECT_EQ(seen().recoveries[std::pair(0U, 0U)].affected, 20 - lit);
    EXPECT_EQ(seen().sessions.reconnects, 0U);
}

TEST_F(links, frozen_broker_keeps_its_connections) {
    behave({executed});
    befall(condition::kind::outage, 0s, 400ms).way = condition::outage_way::freeze;
    begin();
    fleet_->broker_goes(0, 0);
    broker_.signal(SIGSTOP);
    run_to(200ms);
    command("r1");
    EXPECT_THAT(heard_, ElementsAre("away"));
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0}));
    run_to(400ms);
    EXPECT_FALSE(delivered("r1"));
    broker_.signal(SIGCONT);
    fleet_->broker_returns(0);
    ASSERT_TRUE(until([&] { return heard("r1"); }));
    EXPECT_THAT(heard_, ElementsAre("away", "back"));
    EXPECT_EQ(opened_.size(), 1U);
    expect_recovery(Gt(390));
}

TEST_F(links, broker_that_starts_again_has_them_back_with_backoff) {
    options_.reconnect.base = options_.reconnect.cap = 200ms;
    befall(condition::kind::outage, 0s, 200ms);
    begin();
    fleet_->broker_goes(0, 0);
    broker_.stop(SIGKILL);
    run_to(200ms);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_FALSE(fleet_->reachable(vehicle_id{0}));
    broker_.start();
    fleet_->broker_returns(0);
    ASSERT_TRUE(until([&] { return fleet_->online() == 1; }));
    EXPECT_THAT(heard_, ElementsAre("away", "back"));
    expect_recovery(Gt(190));
}

TEST_F(links, who_looks_on_sees_every_byte) {
    behave({executed});
    keep_sessions();
    befall(condition::kind::slow, 0s, 200ms).bytes_per_second = 5000;
    befall(condition::kind::garage, 300ms, 50ms);
    begin();
    for (const auto* id : {"r1", "r2", "r3"}) command(id);
    ASSERT_TRUE(until([&] { return heard("r3") && opened_.size() == 2 && fleet_->online() == 1; }));
    EXPECT_EQ(sent_, loop_.moved.bytes_sent);
    EXPECT_EQ(received_, loop_.moved.bytes_received);
    EXPECT_EQ(closed_, 1);
    EXPECT_FALSE(elsewhere_) << "each with the ends that it was opened with";
}

// Behaviours.

struct parted {
    vehicle::parting way;
    const char* name;
    const char* told;
    bool told_offline; ///< by itself, or by its will
};

class partings : public links, public testing::WithParamInterface<parted> {};

TEST_P(partings, leave_behind_what_they_should) {
    keep_sessions();
    behave({say(word::kind::ack), wait(30ms), part(GetParam().way), wait(100ms), make(kind::reconnect), executed});
    begin();
    command("r1");
    ASSERT_TRUE(until([&] { return words().size() == 2; }));
    EXPECT_THAT(ms(), Gt(129));
    EXPECT_EQ(std::ranges::count(states(), "offline"), GetParam().told_offline ? 1 : 0);
    EXPECT_EQ(states().back(), "online");
    EXPECT_THAT(session_, ElementsAre(GetParam().told, "on line, session present"));
    EXPECT_THAT(heard_, ElementsAre("away", "back"));
    EXPECT_EQ(seen().sessions.dropped, 0U);
    EXPECT_THAT(numbers(), ElementsAre(1, 2));
}

INSTANTIATE_TEST_SUITE_P(
    all, partings,
    testing::Values(parted{vehicle::parting::clean, "clean", "off line: it said goodbye", true},
                    parted{vehicle::parting::abrupt, "abrupt", "off line: it reset the connection", true},
                    parted{vehicle::parting::half_open, "half_open", "off line: it fell silent", false}),
    [](const auto& row) { return row.param.name; });

TEST_F(links, parting_as_the_first_step_and_coming_back_by_itself) {
    behave({part(vehicle::parting::abrupt), wait(100ms)});
    keep_sessions();
    begin();
    command("r1");
    ASSERT_TRUE(until([&] { return fleet_->online() == 0; }));
    ASSERT_TRUE(until([&] { return fleet_->online() == 1; }));
    EXPECT_THAT(ms(), Gt(99));
    EXPECT_EQ(delivered_["r1"], 1) << "it was acknowledged before";
}

TEST_F(links, second_client_takes_the_session_over_and_leaves) {
    behave({make(kind::takeover, 300ms), wait(400ms), make(kind::reconnect), executed});
    keep_sessions();
    options_.reconnect.base = options_.reconnect.cap = 60s; // so that the step is what brings it back
    begin();
    command("r1");
    ASSERT_TRUE(until([&] { return fleet_->online() == 0; }));
    EXPECT_THAT(session_, ElementsAre("a second client comes with its name", "off line: its session was taken over"));
    run_to(200ms);
    EXPECT_EQ(closed_, 1) << "the other is there";
    ASSERT_TRUE(until([&] { return heard("r1"); }));
    EXPECT_THAT(ms(), Gt(399));
    EXPECT_EQ(opened_.size(), 3U) << "the vehicle's, the other's, the vehicle's";
    EXPECT_EQ(fleet_->online(), 1U);
    EXPECT_EQ(seen().sessions.dropped, 0U);
    EXPECT_EQ(seen().sessions.reconnects, 1U);
    command("r2");
    EXPECT_TRUE(until([&] { return delivered("r2"); })) << "subscribed again";
}

TEST_F(links, thrown_out_vehicle_throws_the_other_out_once) {
    behave({make(kind::takeover, 10s), executed});
    options_.reconnect.base = options_.reconnect.cap = 100ms;
    begin();
    command("r1");
    ASSERT_TRUE(until([&] { return opened_.size() == 3 && fleet_->online() == 1; }));
    run_to(800ms);
    EXPECT_EQ(opened_.size(), 3U) << "the other does not come back";
}

TEST_F(links, consumer_that_stops_reading_keeps_its_session) {
    behave({make(kind::stall, 500ms), say(word::kind::ack)});
    begin();
    command("r1");
    ASSERT_TRUE(until([&] { return heard("r1"); })) << "it speaks all the same";
    command("r2");
    run_to(450ms);
    EXPECT_FALSE(delivered("r2"));
    ASSERT_TRUE(until([&] { return heard("r2"); }));
    EXPECT_THAT(delivered_at_["r2"], Gt(499));
    EXPECT_EQ(opened_.size(), 1U);
    EXPECT_THAT(heard_, IsEmpty());
    EXPECT_THAT(session_, ElementsAre("it stops reading", "it reads again", "it stops reading"));
}

TEST_F(links, sleeping_vehicle_is_woken_takes_what_waits_and_sleeps_again) {
    behave({wait(300ms), executed}); // longer than it stays awake for nothing
    behaviour_.asleep = vehicle::sleep{.woken_by = vehicle::sleep::bearer::sms, .takes = {}, .awake_for = 200ms};
    behaviour_.asleep->takes.a = 100ms;
    options_.mqtt.presence = false; // and yet the platform has to know
    begin();
    ASSERT_TRUE(until([&] { return !states().empty() && states().back() == "asleep sms"; }));
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0}));
    command("r1");
    run_to(150ms);
    EXPECT_FALSE(delivered("r1"));
    const auto woken_at = ms();
    fleet_->wake(vehicle_id{0});
    fleet_->wake(vehicle_id{0}); // a second trigger changes nothing
    ASSERT_TRUE(until([&] { return fleet_->online() == 1; }));
    EXPECT_THAT(ms() - woken_at, Gt(99));
    ASSERT_TRUE(until([&] { return heard("r1"); }));
    const auto said_at = ms();
    ASSERT_TRUE(until([&] { return fleet_->online() == 0; }));
    EXPECT_THAT(ms() - said_at, testing::AllOf(Gt(190), Lt(400)));
    ASSERT_TRUE(until([&] { return states().size() == 4; }));
    EXPECT_THAT(states(), ElementsAre("online", "asleep sms", "online", "asleep sms"));
    EXPECT_THAT(session_,
                ElementsAre("off line: it sleeps", "woken", "on line, session present", "off line: it sleeps"));
    EXPECT_EQ(seen().sessions.dropped, 0U);
    EXPECT_EQ(opened_.size(), 2U);
}

TEST_F(links, storm_wakes_nobody) {
    behave({});
    behaviour_.asleep = vehicle::sleep{};
    befall(condition::kind::reconnect_storm, 50ms);
    befall(condition::kind::garage, 100ms, 50ms);
    befall(condition::kind::handover, 200ms);
    befall(condition::kind::half_open, 220ms, 30ms);
    befall(condition::kind::tunnel, 260ms, 30ms);
    begin();
    run_to(400ms);
    EXPECT_EQ(struck_.size(), 10U);
    EXPECT_EQ(opened_.size(), 1U);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0}));
}

TEST_F(links, storm_does_not_keep_anybody_from_waking_up) {
    behave({});
    behaviour_.asleep = vehicle::sleep{};
    behaviour_.asleep->takes.a = 100ms;
    befall(condition::kind::reconnect_storm, 50ms);
    begin();
    fleet_->wake(vehicle_id{0});
    EXPECT_TRUE(until([&] { return fleet_->online() == 1; }, 1s));
    EXPECT_EQ(struck_.size(), 2U);
}

TEST_F(links, wrong_credentials_are_tried_again_and_again) {
    const stage::scratch folder;
    const stage::broker strict("allow_anonymous false\npassword_file " +
                               stage::broker::password_file(folder, "platform", "secret") + "\n");
    behaviour_.credentials = vehicle::credentials{"platform", "expired"};
    options_.mqtt.user = "platform";
    options_.mqtt.password = "secret"; // which would do
    options_.reconnect.base = options_.reconnect.cap = 50ms;
    ASSERT_NO_FATAL_FAILURE(connect(strict));
    EXPECT_EQ(fleet_->asked(), 0U);
    ASSERT_TRUE(until([&] { return opened_.size() >= 4; }));
    begin_load();
    run_to(50ms);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_EQ(let_in_, 0);
    EXPECT_EQ(fleet_->refusal(), "") << "the run is not to blame";
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0})) << "requests are sent to it, and time out";
    EXPECT_THAT(heard_, ElementsAre("away"));
    const auto counts = seen().sessions;
    EXPECT_THAT(counts.refused, testing::Ge(3U));
    ASSERT_EQ(counts.reasons.size(), 1U);
    EXPECT_EQ(counts.reasons.begin()->second, counts.refused);
}

TEST_F(links, vehicle_that_should_not_have_been_let_in_is_told_of_once) {
    behave({executed});
    behaviour_.credentials = vehicle::credentials{"nobody", "wrong"};
    ASSERT_NO_FATAL_FAILURE(connect(broker_)); // which takes anybody
    EXPECT_EQ(fleet_->asked(), 0U);
    ASSERT_TRUE(until([&] { return let_in_ == 1; }));
    begin_load();
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_EQ(fleet_->reachable(), 1U);
    command("r1");
    run_to(200ms);
    EXPECT_FALSE(delivered("r1"));
    EXPECT_EQ(let_in_, 1);
    EXPECT_EQ(opened_.size(), 1U);
}

// Contracts.

TEST_F(links, contract_of_somebody_else_is_understood_and_spoken) {
    behave({say(word::kind::ack), executed});
    contract_.command.filter = "in/{vin}/+";
    contract_.command.id = "/meta/no";
    contract_.command.service = "topic[2]";
    contract_.command.parameters = {{"grade", "/args/grade"}};
    contract_.ack.topic = "out/{vin}/ack";
    contract_.ack.payload.text = "ok {request.id}";
    contract_.executed.topic = "out/{vin}/{service}";
    contract_.executed.payload.text = R"({"re":{command:/meta/no},"did":"{parameter.grade}"})";
    contract_.executed.user_properties = {{"req", "{request.id}"}};
    contract_.executed.content_type = "application/json";
    std::vector<std::string> heard;
    platform_.foreign = [&](const mqtt::message& m) {
        heard.push_back(fmt::format("{} {} {} [{}] [{}]", m.topic, m.payload, m.content_type,
                                    mqtt::user_property(m, "req"), m.correlation_data));
    };
    begin();
    platform_.send({.topic = "in/" + vin() + "/climate",
                    .payload = R"({"meta":{"no":77},"args":{"grade":21.5}})",
                    .quality = mqtt::qos::at_least_once,
                    .correlation_data = "c1"});
    ASSERT_TRUE(until([&] { return heard.size() == 2; }));
    EXPECT_THAT(heard, ElementsAre("out/" + vin() + "/ack ok 77  [] [c1]",
                                   "out/" + vin() + R"(/climate {"re":77,"did":"21.5"} application/json [77] [c1])"));
    EXPECT_THAT(finished_, ElementsAre("77 executed "));
    EXPECT_THAT(malformed_, IsEmpty());
    EXPECT_THAT(fleet_->misfits(), IsEmpty());
}

TEST_F(links, command_may_say_its_id_in_a_user_property) {
    auto failed = say(word::kind::failed);
    failed.said.code = "door_open";
    behave({failed});
    contract_.command.id = "property:req";
    begin();
    const std::vector<std::pair<std::string, std::string>> named{{"other", "x"}, {"req", "r9"}};
    const auto topic = contract::command_topic(vin(), "horn");
    platform_.send({.topic = topic, .payload = "no JSON at all", .user_properties = named});
    ASSERT_TRUE(until([&] { return heard("r9"); }));
    EXPECT_THAT(finished_, ElementsAre("r9 failed door_open"));
}

TEST_F(links, pointer_that_never_fits_is_told_with_a_message) {
    contract_.command.id = "/request";
    begin();
    for (int i = 0; i < 20; ++i) command(fmt::format("r{}", i));
    ASSERT_TRUE(until([&] { return malformed_.size() == 20; }));
    const auto told = fleet_->misfits();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_THAT(told[0], testing::HasSubstr("contract.command.id"));
    EXPECT_THAT(told[0], testing::HasSubstr(R"({"id":"r0")"));
    EXPECT_THAT(fleet_->misfits(), IsEmpty()) << "once";
}

TEST_F(links, payload_that_cannot_be_made_is_counted) {
    behave({executed});
    contract_.executed.payload = {.text = "{request.id}", .as = contract::payload_options::form::hex};
    begin();
    command("no hex");
    ASSERT_TRUE(until([&] { return delivered("no hex"); }));
    EXPECT_THAT(seen().sessions.reasons, ElementsAre(testing::Pair("answer not sent: its payload cannot be made", 1)));
    EXPECT_THAT(finished_, IsEmpty());
}

// Telemetry.

TEST_F(links, telemetry_comes_from_everybody_in_turn) {
    options_.vehicles = 20;
    options_.connect_rate = {5000};
    contract_.telemetry = contract::telemetry_options{
        .sent = {.topic = "out/{vin}/telemetry", .payload = {.text = R"({"n":{seq},"at":{now:ms}})"}}, .every = 200ms};
    std::vector<std::pair<std::string, double>> heard;
    platform_.foreign = [&](const mqtt::message& m) { heard.emplace_back(m.topic.substr(4, 17), ms()); };
    begin();
    EXPECT_THAT(heard, IsEmpty()) << "not before the load";
    run_to(795ms);
    fleet_->stop();
    ASSERT_TRUE(until([&] { return heard.size() == 80; })) << heard.size();
    std::map<std::string, int> by_car;
    std::map<int, int> by_window; // of 50 ms
    for (const auto& [car, at] : heard) ++by_car[car], ++by_window[static_cast<int>(at / 50)];
    EXPECT_EQ(by_car.size(), 20U);
    for (const auto& [car, count] : by_car) EXPECT_EQ(count, 4) << car;
    for (const auto& [window, count] : by_window) EXPECT_THAT(count, testing::AllOf(Gt(1), Lt(10))) << window;
    EXPECT_GE(loop_.moved.published, 80U) << "counted as messages";
}

TEST_F(links, who_is_silent_misses_its_telemetry) {
    contract_.telemetry =
        contract::telemetry_options{.sent = {.topic = "out/t", .payload = {.text = "{seq}"}}, .every = 100ms};
    std::vector<std::string> heard;
    platform_.foreign = [&](const mqtt::message& m) { heard.emplace_back(m.payload); };
    befall(condition::kind::tunnel, 50ms, 300ms);
    begin();
    ASSERT_TRUE(until([&] { return heard.size() == 3; }));
    EXPECT_THAT(heard, ElementsAre("1", "5", "6")) << "what it would have said in the tunnel is not said afterwards";
}

// Campaigns.

TEST_F(links, campaign_reaches_those_that_it_addresses) {
    options_.vehicles = 10;
    options_.connect_rate = {5000};
    options_.segments = {{"city", {0.5}, "tested"}, {"land", {0.5}, "tested"}};
    campaigns_ = {{.name = "recall",
                   .segments = {"city"},
                   .sent = {.topic = "all/{segment}/cmd", .payload = {.text = R"({"id":"{request.id}"})"}},
                   .filter = "all/{segment}/+",
                   .id = "/id"},
                  {.name = "news",
                   .sent = {.topic = "all/news", .payload = {.text = "{request.id}"}},
                   .filter = "all/news",
                   .id = {}}};
    ASSERT_NO_FATAL_FAILURE(connect(broker_));
    ASSERT_TRUE(until([&] { return fleet_->online() == 10; }));
    begin_load();
    drive::publisher sender(loop_, {.name = "sender", .brokers = {address_of(broker_)}});
    std::optional<std::string> ready;
    sender.start([&](std::string trouble) { ready = std::move(trouble); });
    ASSERT_TRUE(until([&] { return ready.has_value(); }));
    EXPECT_EQ(*ready, "");
    std::vector<std::string> done;
    for (const auto& o : campaigns_) {
        const auto one = fleet::campaign::compile(o, {}, o.name).value();
        contract::composed m;
        ASSERT_TRUE(one.compose({.segment = "city"}, m));
        sender.publish(m, [&](std::string trouble) { done.push_back(std::move(trouble)); });
    }
    ASSERT_TRUE(until([&] { return done.size() == 2 && got_.size() >= 15; }));
    EXPECT_THAT(done, ElementsAre("", ""));
    run_to(100ms);
    EXPECT_EQ(got_.size(), 15U);
    for (std::uint32_t i = 0; i < 10; ++i) {
        const bool in_city = segment_of(i) == 0;
        EXPECT_EQ(std::ranges::count(got_, fmt::format("{} has 0", i)), in_city ? 1 : 0);
        EXPECT_EQ(std::ranges::count(got_, fmt::format("{} has 1", i)), 1);
    }
    platform_.send("all/city/cmd", R"({"id":"something else"})", mqtt::qos::at_least_once);
    ASSERT_TRUE(until([&] { return delivered("something else"); })) << "it is a command like any other";
    EXPECT_EQ(got_.size(), 15U);
    sender.stop();
}

// Brokers.

TEST_F(links, brokers_take_turns) {
    const stage::broker other;
    options_.vehicles = 10;
    options_.connect_rate = {5000};
    ASSERT_NO_FATAL_FAILURE(connect({address_of(other), address_of(broker_)}));
    ASSERT_TRUE(until([&] { return fleet_->online() == 10; }));
    EXPECT_EQ(std::ranges::count(opened_at_, address_of(other).port()), 5);
    EXPECT_EQ(std::ranges::count(opened_at_, address_of(broker_).port()), 5);
}

TEST_F(links, broker_that_is_closed_costs_an_attempt_and_the_next_one_is_tried) {
    stage::broker other;
    const auto closed = address_of(other);
    other.stop(SIGTERM);
    options_.vehicles = 10;
    options_.connect_rate = {5000};
    options_.reconnect.base = options_.reconnect.cap = 50ms;
    ASSERT_NO_FATAL_FAILURE(connect({closed, address_of(broker_)}));
    ASSERT_TRUE(until([&] { return fleet_->online() == 10; }));
    const auto counts = seen().sessions;
    EXPECT_EQ(counts.refused, 5U);
    ASSERT_EQ(counts.reasons.size(), 1U);
    EXPECT_THAT(counts.reasons.begin()->first, testing::HasSubstr("refused"));
    begin_load();
    broker_.stop(SIGKILL);
    other.start();
    ASSERT_TRUE(until([&] { return fleet_->online() == 10; }, 8s)) << "and back to the first";
}

} // namespace
