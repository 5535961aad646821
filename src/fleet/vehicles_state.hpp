// The inside of vehicles: real sessions, and everything that is done to them.
#pragma once

#include "activity.hpp"
#include "body.hpp"
#include "car.hpp"
#include "connect_queue.hpp"
#include "forecast.hpp"

#include <loadsim/contract/terms.hpp>
#include <loadsim/fleet/campaign.hpp>
#include <loadsim/fleet/papers.hpp>
#include <loadsim/fleet/vehicles.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/container/deque.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::fleet {

struct vehicles::state final : body, net::link_events, car_alarm::owner {
    using standing = car::standing;

    /// A broker, and what it is known to have.
    struct server {
        boost::asio::ip::tcp::endpoint where;
        mqtt::qos maximum_qos = mqtt::qos::exactly_once;
        bool retains = true;
    };

    state(net::loop&, vehicle_events&, const plan&, std::uint32_t connects_in_flight,
          std::vector<boost::asio::ip::tcp::endpoint> brokers);

    // vehicles.cpp: who there is.
    void begin_load(monotonic_time);
    void stop();
    void on_alarm(car_alarm::kind, std::uint32_t place) override;

    // sessions.cpp: how they begin and end.
    void connect_due();
    void connect_over(car&);
    void connect(car&);
    void come_back(car&); ///< at once, if nothing keeps it away
    void ready(car&);
    void say_goodbye(car&, mqtt::session::ends);
    void away(car&, const std::string& why); ///< we have ended its connection
    void leave(car&);
    void fall_asleep(car&);
    void sleep_later(car&);
    void wake(car&);
    void subscribe(car&, const mqtt::server_limits&);
    std::vector<std::string> filters_of(const car&) const; ///< that for commands comes first
    void not_subscribed(car&, const std::string& filter, mqtt::reason, const std::string& why);
    void let_in(car&);
    std::string reason_of(const car&, std::error_code why);
    void heed(car&, const mqtt::server_limits&);
    void heed_refusal(car&);
    void note_once(std::string what);
    bool tells_presence(const car&) const;
    void publish_presence(car&, std::string_view state);

    // telemetry.cpp: what every vehicle says without being asked.
    void telemetry_due();
    void send_telemetry(car&);

    // commands.cpp: what it does with messages.
    bool is_of_campaign(const car&, const contract::heard&);
    mqtt::session::published publish(car&, const contract::composed&, mqtt::qos otherwise);

    // strikes.cpp: conditions.
    void take_turns();
    void strike(const turn&);
    void pass(const turn&);
    void silence(car&, std::uint32_t condition, std::uint32_t occurrence);
    void recovered(car&);
    void broker_goes(std::uint32_t condition, std::uint32_t occurrence);
    void broker_returns(std::uint32_t condition);

    vehicle_id id_of(const car& c) const { return vehicle_id{c.link.tag()}; }
    std::uint32_t place_of(const car& c) const { return c.link.tag() / the.share.count; }
    car& car_of(vehicle_id v) { return cars[index(v) / the.share.count]; }
    const car& car_of(vehicle_id v) const { return cars[index(v) / the.share.count]; }
    const vehicle::behaviour& behaviour_of(const car& c) const {
        return the.behaviours[the.segments.segment_of(id_of(c))];
    }
    server& broker_of(const car& c) { return brokers[(c.link.tag() + c.moves) % brokers.size()]; }
    std::string vin_of(const car&) const;
    std::int64_t clock_of(const car&) const; ///< the same as the vehicle's own shows it
    plight& under(car&);
    bool silent(const car&) const; ///< nothing gets through, either way
    bool stays_away(const car&) const;
    bool hears_now(const car& c) const { return c.stands && !silent(c); }
    bool askable_now(const car&) const;
    void look(car&);         ///< tells and counts what has changed of it
    void stands(car&, bool); ///< its session does from now on, or no longer
    void tell(const car&, std::string what);

    bool say(activity&, const vehicle::word&) override;
    void execute(activity&) override;
    void disconnect(activity&, vehicle::parting) override;
    void reconnect(activity&) override;
    bool online(vehicle_id v) const override { return car_of(v).stands; }
    void take_over(activity&, nanoseconds) override;
    void stall(activity&, nanoseconds) override;
    void arm(net::timer& t, monotonic_time when) override { loop.arm(t, when); }
    monotonic_time now() const override { return loop.now(); }
    void end(activity&) override;

    mqtt::identity identify(net::mqtt_link&) override;
    void on_online(net::mqtt_link&, const mqtt::server_limits&, nanoseconds took) override;
    void on_message(net::mqtt_link&, const mqtt::message&) override;
    void on_published(net::mqtt_link&, std::uint16_t packet_id, mqtt::reason) override;
    void on_downgraded(net::mqtt_link&) override;
    void on_subscribed(net::mqtt_link&, std::span<const mqtt::reason>) override;
    void on_offline(net::mqtt_link&, std::error_code why, bool was_online) override;
    void on_waited(net::mqtt_link&) override;

    /// Something of all of them that comes due.
    class alarm final : public net::timer {
    public:
        using work = void (state::*)();
        alarm(state& owner, work what) : owner_(owner), what_(what) {}

    private:
        void on_timer(monotonic_time) override { (owner_.*what_)(); }
        state& owner_;
        work what_;
    };
    /// In blocks, each car where it is for good: a pointer for each, and its place on the heap, would cost more.
    using slab =
        boost::container::deque<car, void, boost::container::deque_options_t<boost::container::block_size<256>>>;

    net::loop& loop;
    vehicle_events& events;
    const plan the;
    std::vector<server> brokers; ///< vehicles take turns by index
    paper_forms own_papers;
    std::vector<std::optional<paper_forms>> false_papers; ///< by segment
    std::vector<campaign> campaigns;                      ///< by the plan's
    std::vector<std::vector<std::uint32_t>> campaigns_of; ///< by segment
    mqtt::session_options session_of_sleepers;            ///< kept by the broker, whatever the others' is
    mqtt::session_options session_of_intruders;           ///< of nobody's, and nobody's after it
    std::vector<boost::asio::ip::address> sources;        ///< empty: the kernel's choice
    forecast coming;
    alarm next_connect{*this, &state::connect_due};
    alarm next_turn{*this, &state::take_turns};
    alarm next_telemetry{*this, &state::telemetry_due};
    slab cars; ///< by index / count
    connect_queue queue;
    std::vector<std::unique_ptr<activity>> activities;
    monotonic_time start = never; ///< of the load
    bool connecting = false;      ///< inside connect_due()
    bool remembers = false;       ///< some vehicle speaks of its request before
    bool broker_away = false;
    bool stopping = false;
    std::uint32_t asked = 0;
    std::uint32_t online_now = 0;
    std::uint32_t askable = 0;
    std::string refusal;
    std::set<std::string> noted;
    seen counted;
    contract::fit watch;
    std::uint32_t watched = 0;         ///< commands
    contract::composed message;        ///< the last one that was sent: its texts are used again
    std::uint64_t presences = 0;       ///< sent: of the draws of their texts
    std::uint64_t round = 1;           ///< of telemetry
    std::uint32_t telemetry_place = 0; ///< of the car whose turn it is in this round
    struct {
        papers shown;
        contract::composed offline;
    } identity; ///< the views of the last identify() point here
};

} // namespace loadsim::fleet
