#include <loadsim/drive/mqtt_driver.hpp>

#include "own_session.hpp"

#include <loadsim/base/draw.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <unordered_map>
#include <utility>
#include <vector>

namespace loadsim::drive {
namespace {

/// Of so many last requests it is known whose they were: a final word that comes twice is then told as what it is.
constexpr std::size_t remembered = 65'536;

/// An answer can be told from its payload and properties alone, so that it may come by a topic of ours.
bool speaks_anywhere(const contract::options& o) {
    const auto in_topic = [](const std::string& source) { return source.starts_with("topic["); };
    return !in_topic(o.words.id) && !in_topic(o.words.reason) && std::ranges::none_of(o.words.state, in_topic);
}

/// Where vehicles are asked to answer; empty: where the contract says.
std::string response_topic_of(const mqtt_driver_setup& s) {
    const auto& o = s.terms.options();
    const bool asks = s.protocol == mqtt::version::v5_0 && o.answers_as_asked && o.command.sent.response_topic.empty();
    return asks && speaks_anywhere(o) ? fmt::format("loadsim/{}/rsp", s.name) : std::string{};
}

/// Where the draws of commands begin, away from those of what vehicles say.
constexpr std::uint64_t first_draw = std::uint64_t{3} << 62U;

class mqtt_driver final : public driver, private own_session {
public:
    mqtt_driver(net::loop& owner, driver_events& events, mqtt_driver_setup s)
        : own_session(owner,
                      // Commands wait for the broker's receive maximum, and that shows as latency.
                      {.protocol = s.protocol, .queue_limit = 65'535},
                      {.who = "the driver",
                       .name = s.name,
                       .user = s.user,
                       .password = s.password,
                       .brokers = s.brokers,
                       .filter = response_topic_of(s).empty() ? s.terms.options().words_filter : response_topic_of(s)}),
          events_(events), deadline_(s.options.deadline), response_topic_(response_topic_of(s)), terms_(s.terms),
          seed_(s.seed), known_(std::move(s.known)), watch_(s.watch) {}

    void start(std::function<void(std::string)> ready) override { connect(std::move(ready)); }

    void send(request_key key, std::string_view vin, std::string_view service) override {
        const auto number = ++sent_;
        const auto id = id_of(number);
        const auto now = loop().now();
        if (!compose(key, vin, service, id, now))
            return events_.on_errored(key, "mqtt: the command's payload cannot be made", now);
        if (!link().online()) return events_.on_errored(key, "mqtt: the driver's session is not connected", now);
        const auto published = publish(id);
        if (published.error) return events_.on_errored(key, "mqtt: " + published.error.message(), now);
        events_.on_sent(key, now);
        vehicle_of_[number % remembered] = {number, key.vehicle};
        auto& request = open_.try_emplace(number, *this, number, key).first->second;
        loop().arm(request, now + deadline_);
        if (published.packet_id == 0)
            accept(request, now); // at QoS 0 nobody will say more
        else
            by_packet_[published.packet_id] = number;
    }

    void stop() override {
        disconnect();
        open_.clear();
        by_packet_.clear();
    }

private:
    struct open_request final : net::timer {
        open_request(mqtt_driver& driver, std::uint64_t n, request_key k) : owner(driver), number(n), key(k) {}
        void on_timer(monotonic_time now) override { owner.overdue(*this, now); }

        mqtt_driver& owner;
        std::uint64_t number;
        request_key key;
        bool accepted = false;
    };

    std::string id_of(std::uint64_t number) const {
        std::array<char, 20> digits; // of the largest one
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        std::string id;
        id.reserve(to().name.size() + 1 + digits.size());
        id += to().name;
        id += '-';
        id.append(digits.data(), end);
        return id;
    }

    /// The number in an id of ours; 0 for anybody else's.
    std::uint64_t number_in(std::string_view id) const {
        if (id.size() <= to().name.size() + 1 || !id.starts_with(to().name) || id[to().name.size()] != '-') return 0;
        std::uint64_t number{};
        const auto* end = id.data() + id.size();
        const auto read = std::from_chars(id.data() + to().name.size() + 1, end, number);
        return read.ec == std::errc{} && read.ptr == end ? number : 0;
    }

    void accept(open_request& r, monotonic_time now) {
        if (std::exchange(r.accepted, true)) return;
        events_.on_accepted(r.key, id_of(r.number), now);
    }

    void overdue(const open_request& r, monotonic_time now) {
        const auto key = r.key;
        const auto id = id_of(r.number);
        const bool accepted = r.accepted;
        vehicle_of_[r.number % remembered] = {}; // given up: what its vehicle still says is no second end
        open_.erase(r.number);
        if (accepted)
            events_.on_ended(key.vehicle, id, outcome::timed_out, "no final word in time", now);
        else
            events_.on_errored(key, "mqtt: the broker did not acknowledge the command", now);
    }

    bool compose(request_key key, std::string_view vin, std::string_view service, std::string_view id,
                 monotonic_time now) {
        draws chance(seed_, stream::text, loadsim::number(key.arrival), first_draw);
        contract::values of{.index = index(key.vehicle)};
        if (known_) known_(key, of);
        of.vin = vin;
        of.service = service;
        of.request_id = id;
        of.arrival = loadsim::number(key.arrival);
        of.now_us = wall_us();
        of.sent_us = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
        of.draw = &chance;
        return terms_.compose_command(of, command_);
    }

    mqtt::session::published publish(std::string_view id) {
        const auto& m = command_;
        const bool as_asked = !response_topic_.empty();
        return link().publish(
            {.topic = m.topic,
             .payload = m.payload,
             .quality = m.qos ? static_cast<mqtt::qos>(*m.qos) : mqtt::qos::at_least_once,
             .retain = m.retain,
             .response_topic = as_asked ? response_topic_ : m.response_topic,
             .correlation_data = as_asked && m.correlation.empty() ? id : std::string_view{m.correlation},
             .content_type = m.content_type,
             .expiry_interval = m.expiry_s,
             .user_properties = m.user_properties});
    }

    void on_begun() override { by_packet_.clear(); } // they were of the session before

    void on_published(net::mqtt_link&, std::uint16_t packet_id, mqtt::reason why) override {
        const auto packet = by_packet_.find(packet_id);
        if (packet == by_packet_.end()) return;
        const auto request = open_.find(packet->second);
        by_packet_.erase(packet);
        if (request == open_.end()) return;
        if (static_cast<std::uint8_t>(why) < 0x80) return accept(request->second, loop().now());
        const auto key = request->second.key;
        open_.erase(request);
        events_.on_errored(key, "mqtt: " + mqtt::to_string(why), loop().now());
    }

    void on_message(net::mqtt_link&, const mqtt::message& m) override {
        contract::heard answer{.topic = m.topic, .payload = m.payload, .correlation = m.correlation_data};
        if (!m.raw_properties.empty())
            answer.named = [&m](std::string_view name) { return mqtt::user_property(m, name); };
        const auto said = terms_.words().read(answer, watch_);
        if (!said) return events_.on_malformed();
        if (!said->end) return;
        const auto number = number_in(said->request);
        const auto& [known, vehicle] = vehicle_of_[number % remembered];
        if (number == 0 || known != number) return; // another driver's, or too old to say whose
        const auto now = loop().now();
        if (const auto request = open_.find(number); request != open_.end()) {
            accept(request->second, now); // who answers has got it, whatever became of the acknowledgement
            open_.erase(request);
        }
        events_.on_ended(vehicle, said->request, *said->end, said->reason, now);
    }

    driver_events& events_;
    nanoseconds deadline_;
    std::string response_topic_; ///< empty: vehicles answer where the contract says
    const contract::terms& terms_;
    std::uint64_t seed_;
    std::function<void(request_key, contract::values&)> known_;
    contract::fit* watch_;
    contract::composed command_; ///< the last one: its texts are used again
    std::uint64_t sent_ = 0;
    std::unordered_map<std::uint64_t, open_request> open_;
    std::vector<std::pair<std::uint64_t, vehicle_id>> vehicle_of_{remembered}; ///< at number % remembered
    std::unordered_map<std::uint16_t, std::uint64_t> by_packet_;
};

} // namespace

std::unique_ptr<driver> make_mqtt_driver(net::loop& owner, driver_events& events, mqtt_driver_setup setup) {
    return std::make_unique<mqtt_driver>(owner, events, std::move(setup));
}

} // namespace loadsim::drive
