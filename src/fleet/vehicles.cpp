#include "vehicles_state.hpp"

#include "traits.hpp"

#include <loadsim/net/sources.hpp>
#include <loadsim/vehicle/registry.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace loadsim::fleet {
namespace {

/// A sleeping vehicle's commands wait in its session.
constexpr std::chrono::seconds sleeping_at_most = std::chrono::hours{24};

mqtt::session_options kept(mqtt::session_options session) {
    session.clean_start = false;
    session.session_expiry = std::max(session.session_expiry, sleeping_at_most);
    return session;
}

/// Whatever else there is of that name is void at the broker: its session, its subscription, and what waits for it.
mqtt::session_options its_own(mqtt::session_options session) {
    session.clean_start = true;
    session.session_expiry = std::chrono::seconds{0};
    return session;
}

std::uint32_t cars_of(const plan& p) {
    const auto fleet = p.options.vehicles;
    return fleet > p.share.index ? (fleet - p.share.index - 1) / p.share.count + 1 : 0;
}

} // namespace

vehicles::state::state(net::loop& l, vehicle_events& e, const plan& p, std::uint32_t connects_in_flight,
                       std::vector<boost::asio::ip::tcp::endpoint> addresses)
    : loop(l), events(e), the(p), own_papers(paper_forms::compile(p.options.mqtt, p.names).value()),
      session_of_sleepers(kept(p.options.mqtt.session)), session_of_intruders(its_own(p.options.mqtt.session)),
      sources(net::parse_sources(p.options.source_addresses).value()), // the scenario's reader has checked them
      coming(p.conditions, p.segments, p.segment_names, p.seed, p.options.vehicles, p.share, p.load),
      queue(cars_of(p), p.options.connect_rate, p.share, connects_in_flight) {
    for (auto& one : addresses) brokers.push_back({std::move(one)});
    for (const auto& b : the.behaviours) {
        auto& claimed = false_papers.emplace_back();
        if (b.credentials) claimed = paper_forms::compile(the.options.mqtt, *b.credentials, the.names).value();
    }
    campaigns_of.resize(the.segment_names.size());
    for (std::uint32_t i = 0; i < the.campaigns.size(); ++i) {
        campaigns.push_back(campaign::compile(the.campaigns[i], the.names, the.campaigns[i].name).value());
        for (std::size_t s = 0; s < the.segment_names.size(); ++s)
            if (campaigns.back().addresses(the.segment_names[s])) campaigns_of[s].push_back(i);
    }
    remembers = std::ranges::any_of(the.behaviours, [](const auto& one) { return speaks_of_previous(one.steps); });
    net::link_events& self = *this;
    for (std::uint64_t i = the.share.index; i < the.options.vehicles; i += the.share.count) {
        const auto tag = static_cast<std::uint32_t>(i);
        const auto& b_of_it = the.behaviours[the.segments.segment_of(vehicle_id{tag})];
        auto& c = cars.emplace_back(loop, b_of_it.asleep ? session_of_sleepers : the.options.mqtt.session, self, tag);
        if (b_of_it.credentials)
            c.is = standing::barred;
        else if (powers_on_later(the, id_of(c)))
            under(c).dark = true;
        else
            ++asked;
        look(c);
    }
}

void vehicles::state::begin_load(monotonic_time at) {
    start = at;
    coming.begin_at(the.from);
    for (car& c : cars) {
        look(c);
        if (c.is != standing::meant_on) continue;
        const auto& b = behaviour_of(c);
        if (!b.online)
            leave(c);
        else if (b.asleep && c.stands) // else when its session does: the platform has to know it first
            fall_asleep(c);
    }
    take_turns();
    if (the.terms.has_telemetry()) telemetry_due();
}

void vehicles::state::stop() {
    stopping = true;
    next_connect.disarm();
    next_turn.disarm();
    next_telemetry.disarm();
    activities.clear();
    for (car& c : cars) {
        if (!c.under || c.under->half_open == 0) c.link.release(); // or the goodbye would not get through
        c.under.reset();
        say_goodbye(c, mqtt::session::ends::session); // nothing of ours is left behind at the broker
    }
}

std::string vehicles::state::vin_of(const car& c) const { return the.cars.vin_of(id_of(c)); }

std::int64_t vehicles::state::clock_of(const car& c) const {
    return wall_us() + std::chrono::duration_cast<std::chrono::microseconds>(behaviour_of(c).clock).count();
}

plight& vehicles::state::under(car& c) {
    if (!c.under) c.under = std::make_unique<plight>(*this, place_of(c));
    return *c.under;
}

bool vehicles::state::silent(const car& c) const {
    return broker_away || (c.under && (c.under->tunnels > 0 || c.under->half_open > 0));
}

bool vehicles::state::stays_away(const car& c) const {
    if (c.is == standing::left || c.is == standing::asleep) return true;
    if (!c.under) return false;
    const auto& u = *c.under;
    return u.tunnels > 0 || u.garages > 0 || u.half_open > 0 || u.dark || u.parted_by != nullptr;
}

/// On line, or away as it should be: for good, asleep, or because of a condition.
bool vehicles::state::askable_now(const car& c) const {
    if (c.stands || c.is != standing::meant_on) return true;
    if (c.under && (c.under->tunnels > 0 || c.under->garages > 0 || c.under->half_open > 0)) return true;
    return start != never && behaviour_of(c).asleep; // woken, and on its way
}

/// Before the load nobody needs to know.
void vehicles::state::look(car& c) {
    const bool can = askable_now(c);
    if (std::exchange(c.askable, can) != can) can ? ++askable : --askable;
    if (start == never || stopping) return;
    const bool hears = hears_now(c);
    if (std::exchange(c.hears, hears) == hears) return;
    hears ? events.on_back(id_of(c)) : events.on_away(id_of(c));
    if (hears) recovered(c);
}

void vehicles::state::stands(car& c, bool it_does) {
    if (std::exchange(c.stands, it_does) != it_does) it_does ? ++online_now : --online_now;
    look(c);
}

void vehicles::state::tell(const car& c, std::string what) {
    if (start != never && !stopping) events.on_session(id_of(c), std::move(what), now());
}

void vehicles::state::on_alarm(car_alarm::kind what, std::uint32_t place) {
    car& c = cars[place];
    switch (what) {
    case car_alarm::kind::sleep:
        if (!c.stands || c.under->busy > 0) return;
        return silent(c) ? sleep_later(c) : fall_asleep(c); // nobody would hear that it does
    case car_alarm::kind::read_on: tell(c, "it reads again"); return c.link.read_on();
    }
}

vehicles::vehicles(net::loop& loop, vehicle_events& events, const plan& p, std::uint32_t connects_in_flight,
                   std::vector<boost::asio::ip::tcp::endpoint> brokers)
    : state_(std::make_unique<state>(loop, events, p, connects_in_flight, std::move(brokers))) {}
vehicles::~vehicles() = default;

void vehicles::start() {
    state_->queue.start(state_->now());
    state_->connect_due();
}
void vehicles::begin_load(monotonic_time start) { state_->begin_load(start); }
void vehicles::wake(vehicle_id v) { state_->wake(state_->car_of(v)); }
void vehicles::broker_goes(std::uint32_t condition, std::uint32_t occurrence) {
    state_->broker_goes(condition, occurrence);
}
void vehicles::broker_returns(std::uint32_t condition) { state_->broker_returns(condition); }
std::optional<nanoseconds> vehicles::next_turn() { return state_->coming.next(); }
void vehicles::cut() { state_->coming.cut(); }
void vehicles::stop() { state_->stop(); }

std::uint32_t vehicles::size() const noexcept { return static_cast<std::uint32_t>(state_->cars.size()); }
bool vehicles::reachable(vehicle_id v) const { return state_->car_of(v).askable; }
std::uint32_t vehicles::reachable() const noexcept { return state_->askable; }
std::uint32_t vehicles::asked() const noexcept { return state_->asked; }
std::uint32_t vehicles::online() const noexcept { return state_->online_now; }
const std::string& vehicles::refusal() const noexcept { return state_->refusal; }
seen vehicles::take() { return std::exchange(state_->counted, {}); }
std::vector<std::string> vehicles::misfits() { return state_->watch.take(); }

} // namespace loadsim::fleet
