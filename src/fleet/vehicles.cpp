#include <loadsim/fleet/vehicles.hpp>

#include "activity.hpp"
#include "connect_queue.hpp"

#include <loadsim/base/draw.hpp>
#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/topics.hpp>
#include <loadsim/net/backoff.hpp>
#include <loadsim/net/source_use.hpp>
#include <loadsim/net/sources.hpp>
#include <loadsim/vehicle/vin.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace loadsim::fleet {
namespace {

/// Begun one after the other; then others have their turn, for a connect that finds no port takes its time.
constexpr int connects_in_a_row = 64;
constexpr std::string_view online_state = R"({"state":"online"})";
constexpr std::string_view offline_state = R"({"state":"offline"})";
/// Draws that one command may take, so that what a vehicle chooses for its n-th command does not depend on the ones before.
constexpr std::uint64_t draws_per_command = 64;

std::string with_vin(std::string text, std::string_view vin) {
    constexpr std::string_view hole = "{vin}";
    for (auto at = text.find(hole); at != std::string::npos; at = text.find(hole, at + vin.size()))
        text.replace(at, hole.size(), vin);
    return text;
}

bool refused(mqtt::reason r) { return static_cast<std::uint8_t>(r) >= 0x80; }

/// Refusals that trying again does not change.
bool is_final(mqtt::reason r) {
    using enum mqtt::reason;
    constexpr mqtt::reason those[] = {
        unsupported_protocol_version, client_identifier_not_valid, bad_user_name_or_password, not_authorized, banned,
        bad_authentication_method};
    return std::find(std::begin(those), std::end(those), r) != std::end(those);
}

} // namespace

struct vehicles::car {
    car(net::loop& loop, const mqtt::session_options& session, net::link_events& events, std::uint32_t index)
        : link(loop, session, events, index) {}

    net::mqtt_link link;
    std::uint32_t attempts = 0; ///< failed since the last success
    std::uint32_t tries = 0;    ///< all connects: the counter of the reconnect draws
    std::uint32_t commands = 0;
    bool hears = false; ///< on line, and the subscription stands
    bool connected_before = false;
    bool subscribed = false; ///< as far as the broker's session goes
    bool connecting = false; ///< holds a place among the connects in flight
    bool left = false;       ///< off line for good
};

/// Starts connects that are due, a tick at a time.
class vehicles::connecter final : public net::timer {
public:
    explicit connecter(vehicles& owner) : owner_(owner) {}

private:
    void on_timer(monotonic_time) override { owner_.connect_due(); }
    vehicles& owner_;
};

vehicles::vehicles(net::loop& loop, vehicle_events& events, const options& wanted, std::uint64_t seed,
                   const vehicle::segmentation& segments, std::vector<vehicle::behaviour> behaviours, shard_share share,
                   std::uint32_t connects_in_flight, const boost::asio::ip::tcp::endpoint& broker)
    : loop_(loop), events_(events), options_(wanted), seed_(seed), segments_(segments),
      behaviours_(std::move(behaviours)), share_(share), broker_(broker),
      sources_(net::parse_sources(options_.source_addresses).value()), // the scenario's reader has checked them
      connecter_(std::make_unique<connecter>(*this)) {
    net::link_events& self = *this;
    for (std::uint64_t i = share_.index; i < options_.vehicles; i += share_.count)
        cars_.emplace_back(loop_, options_.mqtt.session, self, static_cast<std::uint32_t>(i));
    queue_ = std::make_unique<connect_queue>(size(), options_.connect_rate, share_, connects_in_flight);
}

vehicles::~vehicles() = default;

std::uint32_t vehicles::size() const noexcept { return static_cast<std::uint32_t>(cars_.size()); }

vehicles::car& vehicles::car_of(vehicle_id v) { return cars_[index(v) / share_.count]; }
const vehicles::car& vehicles::car_of(vehicle_id v) const { return cars_[index(v) / share_.count]; }

const vehicle::behaviour& vehicles::behaviour_of(vehicle_id v) const { return behaviours_[segments_.segment_of(v)]; }

std::string vehicles::vin_of(vehicle_id v) const { return vehicle::vin_of(options_.vin, v); }

bool vehicles::reachable(vehicle_id v) const {
    const car& c = car_of(v);
    return c.hears || c.left;
}

void vehicles::start() {
    queue_->start(loop_.now());
    connect_due();
}

void vehicles::connect_due() {
    // A connect that fails at once, or one that comes through, comes back to here from inside.
    if (stopping_ || std::exchange(connecting_, true)) return;
    for (int begun = 0; begun < connects_in_a_row; ++begun) {
        const auto next = queue_->take(loop_.now());
        if (!next) break;
        car& c = cars_[*next];
        if (c.left) { // while it waited for its turn
            queue_->done();
            continue;
        }
        c.connecting = true;
        c.link.connect(broker_, sources_, sources_.empty() ? 0 : net::source_for(seed_, c.link.tag(), sources_.size()));
    }
    connecting_ = false;
    loop_.arm(*connecter_, queue_->next()); // `never` with all places taken: whoever comes through or fails looks again
}

/// It has come through, or failed: the next one may.
void vehicles::connect_over(car& c) {
    if (!std::exchange(c.connecting, false)) return;
    queue_->done();
    connect_due();
}

void vehicles::on_waited(net::mqtt_link& link) {
    queue_->again(link.tag() / share_.count, loop_.now());
    connect_due();
}

mqtt::identity vehicles::identify(net::mqtt_link& link) {
    identity_.vin = vin_of(vehicle_id{link.tag()});
    identity_.user = with_vin(options_.mqtt.user, identity_.vin);
    identity_.password = with_vin(options_.mqtt.password, identity_.vin);
    mqtt::identity who{.client_id = identity_.vin, .user = identity_.user, .password = identity_.password};
    if (options_.mqtt.presence) {
        identity_.presence = contract::presence_topic(identity_.vin);
        who.last_will = mqtt::will{
            .topic = identity_.presence, .payload = offline_state, .quality = mqtt::qos::at_least_once, .retain = true};
    }
    return who;
}

void vehicles::on_online(net::mqtt_link& link, const mqtt::server_limits& limits, nanoseconds took) {
    seen_.connect.record(took);
    if (link.syn_was_repeated()) ++seen_.syn_retransmitted;
    car& c = car_of(vehicle_id{link.tag()});
    c.attempts = 0;
    if (std::exchange(c.connected_before, true)) ++seen_.reconnects;
    c.subscribed = c.subscribed && limits.session_present;
    if (c.subscribed) {
        ready(c);
    } else {
        const auto filter = contract::command_filter(vin_of(vehicle_id{link.tag()}));
        const mqtt::subscription commands{filter, options_.mqtt.command_qos};
        if (const auto asked = link.subscribe({&commands, 1}); asked.error) not_subscribed(link, asked.error.message());
    }
    if (options_.mqtt.presence) publish_presence(link, online_state);
    connect_over(c);
}

void vehicles::publish_presence(net::mqtt_link& link, std::string_view state) {
    const auto topic = contract::presence_topic(vin_of(vehicle_id{link.tag()}));
    const auto sent =
        link.publish({.topic = topic, .payload = state, .quality = mqtt::qos::at_most_once, .retain = true});
    if (sent.error) ++seen_.reasons["presence not sent: " + sent.error.message()];
}

void vehicles::on_subscribed(net::mqtt_link& link, std::span<const mqtt::reason> granted) {
    if (granted.empty() || refused(granted[0]))
        return not_subscribed(link, granted.empty() ? "an empty SUBACK" : mqtt::to_string(granted[0]));
    car& c = car_of(vehicle_id{link.tag()});
    c.subscribed = true;
    ready(c);
}

void vehicles::not_subscribed(net::mqtt_link& link, const std::string& why) {
    ++seen_.refused;
    ++seen_.reasons["subscription refused: " + why];
    if (refusal_.empty())
        refusal_ =
            fmt::format("the broker refuses vehicle {} its subscription to {} ({}); check the broker's access rules",
                        vin_of(vehicle_id{link.tag()}), contract::command_filter(vin_of(vehicle_id{link.tag()})), why);
}

void vehicles::ready(car& c) {
    if (std::exchange(c.hears, true)) return;
    ++online_;
}

void vehicles::on_offline(net::mqtt_link& link, std::error_code why, bool was_online) {
    const vehicle_id v{link.tag()};
    car& c = car_of(v);
    if (std::exchange(c.hears, false)) --online_;
    if (stopping_) return;
    ++(was_online ? seen_.dropped : seen_.refused);
    if (!was_online && link.syn_was_repeated()) ++seen_.syn_retransmitted;
    std::string reason = why.message();
    if (why == mqtt::errc::connect_refused || why == mqtt::errc::server_disconnected) {
        reason += ": " + mqtt::to_string(link.session().last_reason());
        if (refusal_.empty() && is_final(link.session().last_reason()))
            refusal_ =
                fmt::format("the broker refuses vehicle {} ({}); check fleet.mqtt.user and fleet.mqtt.password and the "
                            "broker's access rules",
                            vin_of(v), mqtt::to_string(link.session().last_reason()));
    }
    ++seen_.reasons[reason];
    const auto wait = net::backoff(options_.reconnect.base, options_.reconnect.cap, c.attempts,
                                   draw_unit(seed_, stream::reconnect, index(v), c.tries));
    ++c.attempts;
    ++c.tries;
    link.wait_until(loop_.now() + wait);
    connect_over(c);
}

void vehicles::on_message(net::mqtt_link& link, const mqtt::message& m) {
    const vehicle_id v{link.tag()};
    const auto now = loop_.now();
    const auto command = contract::read_command(m.payload);
    if (!command) return events_.on_malformed(v);
    if (!events_.on_delivered(v, command->id, now)) return;
    car& c = car_of(v);
    auto work = std::make_unique<activity>(*this, v, behaviour_of(v),
                                           draws(seed_, stream::behaviour, index(v), c.commands++ * draws_per_command));
    work->request = command->id;
    work->response_topic =
        m.response_topic.empty() ? contract::response_topic(vin_of(v), command->id) : std::string(m.response_topic);
    work->correlation = m.correlation_data;
    work->place_ = activities_.size();
    activities_.push_back(std::move(work));
    activities_.back()->go_on(now);
}

bool vehicles::answer(activity& work, const vehicle::step& step) {
    car& c = car_of(work.vehicle);
    if (!c.link.online()) return false;
    const auto now = loop_.now(); // before the bytes leave: whoever hears of it cannot be earlier
    using kind = vehicle::step::kind;
    using phase = contract::response::phase;
    const bool last = step.what == kind::executed || step.what == kind::failed;
    const auto wall = std::chrono::system_clock::now().time_since_epoch();
    const auto payload = contract::to_json(contract::response{
        .id = work.request,
        .at = last                     ? phase::final
              : step.what == kind::ack ? phase::ack
                                       : phase::running,
        .ok = step.what != kind::failed,
        .code = step.code,
        .ts_ms = std::chrono::duration_cast<std::chrono::milliseconds>(wall).count(),
        .sent_us = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count()});
    const auto sent = c.link.publish({.topic = work.response_topic,
                                      .payload = payload,
                                      .quality = options_.mqtt.response_qos,
                                      .correlation_data = work.correlation});
    if (sent.error == mqtt::errc::queue_full) return false;
    if (sent.error) {
        ++seen_.reasons["answer not sent: " + sent.error.message()];
        return true;
    }
    if (step.what == kind::ack) events_.on_acked(work.vehicle, work.request, now);
    if (last) events_.on_finished(work.vehicle, work.request, now);
    return true;
}

void vehicles::end(activity& work) {
    const auto place = work.place_;
    if (place + 1 != activities_.size()) {
        std::swap(activities_[place], activities_.back());
        activities_[place]->place_ = place;
    }
    activities_.pop_back();
}

void vehicles::leave() {
    for (car& c : cars_) {
        if (behaviour_of(vehicle_id{c.link.tag()}).online) continue;
        c.left = true;
        ++left_;
        say_goodbye(c);
    }
}

void vehicles::stop() {
    stopping_ = true;
    connecter_->disarm();
    activities_.clear();
    for (car& c : cars_) say_goodbye(c);
}

void vehicles::say_goodbye(car& c) {
    if (c.link.online() && options_.mqtt.presence) publish_presence(c.link, offline_state);
    c.link.close();
    if (std::exchange(c.hears, false)) --online_;
    connect_over(c);
}

measure::session_counts vehicles::take() { return std::exchange(seen_, {}); }

} // namespace loadsim::fleet
