#include <loadsim/driver/mqtt_driver.hpp>

#include "sent_requests.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/random.hpp>
#include <loadsim/contract/mqtt_message.hpp>
#include <loadsim/driver/publisher.hpp>
#include <loadsim/net/mqtt_client.hpp>
#include <loadsim/net/refusal.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace loadsim::driver {
namespace {

/// True: a response is parsed from payload and properties alone, so that it may use this driver's response topic.
bool is_independent_of_topic(const contract::options& o) {
    const auto in_topic = [](const std::string& source) { return source.starts_with("topic["); };
    return !in_topic(o.responses.id) && !in_topic(o.responses.reason) &&
           std::ranges::none_of(o.responses.state, in_topic);
}

/// Response topic sent with commands; empty: responses use the contract's topic.
std::string response_topic_of(const mqtt_driver_setup& s) {
    const auto& o = s.message_contract.options();
    const bool requests_response_topic =
        s.protocol == mqtt::version::v5_0 && o.use_response_topic && o.command.message.response_topic.empty();
    return requests_response_topic && is_independent_of_topic(o) ? fmt::format("loadsim/{}/rsp", s.client_id)
                                                                 : std::string{};
}

constexpr auto default_qos = mqtt::qos::at_least_once; ///< of commands

/// First counter of the commands' random stream; keeps it apart from the stream of the vehicles' responses.
constexpr std::uint64_t first_random_counter = std::uint64_t{3} << 62U;

class mqtt_driver final : public driver, private net::mqtt_client {
public:
    mqtt_driver(net::loop& owner, driver_events& events, mqtt_driver_setup s)
        : mqtt_client(owner,
                      // Commands queue when the broker's receive maximum is reached; the wait counts as latency.
                      {.protocol = s.protocol, .queue_limit = 65'535},
                      {.display_name = "the driver",
                       .client_id = s.client_id,
                       .user = s.user,
                       .password = s.password,
                       .brokers = s.brokers,
                       .first_broker = s.first_broker,
                       .subscriptions = {{response_topic_of(s).empty() ? s.message_contract.options().responses_filter
                                                                       : response_topic_of(s)}}}),
          events_(events), deadline_(s.options.deadline), response_topic_(response_topic_of(s)),
          message_contract_(s.message_contract), seed_(s.seed), fill_values_(std::move(s.fill_values)),
          match_stats_(s.match_stats), sample_vin_(std::move(s.sample_vin)),
          sample_requests_(std::move(s.sample_requests)) {}

    void start(std::function<void(std::string)> ready) override {
        connect([ready = std::move(ready)](const auto& failure) {
            ready(failure ? net::start_error(*failure, net::keys_of_own_sessions) : std::string{});
        });
    }

    void send(request_key key, std::string_view vin, const service_request& wanted) override {
        const auto number = ++sent_;
        const auto id = id_of(number);
        const auto now = loop().now();
        if (!compose(key, vin, wanted, id, now)) return events_.on_errored(key, "mqtt: " + command_.problem, now);
        if (!link().online()) return events_.on_errored(key, "mqtt: the driver's session is not connected", now);
        if (subscription_refused()) // the final response would be missed, and look like a vehicle that is silent
            return events_.on_errored(key, "mqtt: the broker refuses the driver's subscription to responses", now);
        const auto published = link().publish(contract::mqtt_message_of(command_, default_qos));
        if (published.error) return events_.on_errored(key, "mqtt: " + published.error.message(), now);
        report_content(key, id);
        events_.on_sent(key, now);
        auto& request = requests_.open(number, *this, number, key);
        loop().arm(request, now + deadline_);
        if (published.packet_id == 0)
            accept(request, now); // QoS 0: no acknowledgement follows
        else
            by_packet_[published.packet_id] = number;
    }

    void stop() override {
        disconnect();
        requests_.clear();
        by_packet_.clear();
    }

    std::map<std::string, std::uint64_t> take_broker_limits() override { return std::exchange(broker_limits_, {}); }

private:
    struct open_request final : net::timer {
        open_request(mqtt_driver& driver, std::uint64_t n, request_key k) : owner(driver), number(n), key(k) {}
        void on_timer(monotonic_time now) override { owner.on_deadline(*this, now); }

        mqtt_driver& owner;
        std::uint64_t number;
        request_key key;
        bool accepted = false;
    };

    std::string id_of(std::uint64_t number) const {
        std::string id;
        id.reserve(setup().client_id.size() + sizeof "-18446744073709551615"); // the largest uint64
        id += setup().client_id;
        id += '-';
        append_number(number, id);
        return id;
    }

    /// Number in a request id of this driver; 0 for a foreign id.
    std::uint64_t number_in(std::string_view id) const {
        if (id.size() <= setup().client_id.size() + 1 || !id.starts_with(setup().client_id) ||
            id[setup().client_id.size()] != '-')
            return 0;
        std::uint64_t number{};
        const auto* end = id.data() + id.size();
        const auto read = std::from_chars(id.data() + setup().client_id.size() + 1, end, number);
        return read.ec == std::errc{} && read.ptr == end ? number : 0;
    }

    void accept(open_request& r, monotonic_time now) {
        if (std::exchange(r.accepted, true)) return;
        events_.on_accepted(r.key, id_of(r.number), now);
    }

    void on_deadline(const open_request& r, monotonic_time now) {
        const auto key = r.key;
        const auto id = id_of(r.number);
        const bool accepted = r.accepted;
        requests_.drop(r.number);
        if (accepted)
            events_.on_completed(key.vehicle, id, outcome::timed_out, "no final response in time", now);
        else
            events_.on_errored(key, "mqtt: the broker did not acknowledge the command", now);
    }

    /// Makes command_.
    bool compose(request_key key, std::string_view vin, const service_request& wanted, std::string_view id,
                 monotonic_time now) {
        random_stream rng(seed_, stream_id::template_value, loadsim::number(key.arrival), first_random_counter);
        contract::template_values values{.index = index(key.vehicle)};
        if (fill_values_) fill_values_(key, values);
        values.vin = vin;
        values.service = wanted.name;
        values.parameters = wanted.parameters;
        values.request_id = id;
        values.arrival = loadsim::number(key.arrival);
        values.now_us = system_time_us();
        values.sent_us = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
        values.random = &rng;
        if (!message_contract_.compose_command(values, command_, wanted.service)) return false;
        if (!response_topic_.empty()) {
            command_.response_topic = response_topic_;
            if (command_.correlation.empty()) command_.correlation = id;
        }
        return true;
    }

    /// Reports the content of command_, read as a vehicle reads it.
    void report_content(request_key key, std::string_view id) {
        const auto parsed = message_contract_.parse_command(
            {.topic = command_.topic,
             .payload = command_.payload,
             .correlation = command_.correlation,
             .property =
                 [this](std::string_view name) {
                     const auto found =
                         std::ranges::find(command_.user_properties, name, &std::pair<std::string, std::string>::first);
                     return found == command_.user_properties.end() ? std::string_view{} : found->second;
                 }},
            nullptr);
        if (parsed)
            events_.on_requested(key, id, {.service = parsed->service, .parameters = parsed->parameters});
        else
            events_.on_requested(key, id, {});
    }

    /// One command of each service.
    std::vector<published_sample> samples() {
        std::vector<published_sample> all;
        const auto id = id_of(0);
        for (std::uint32_t i = 0; i < sample_requests_.size(); ++i) {
            const auto& [service, parameters] = sample_requests_[i];
            if (compose({}, sample_vin_, {i, service, parameters}, id, loop().now()))
                all.push_back({.plural = "commands",
                               .singular = fmt::format("a command for '{}'", service),
                               .location = "contract.command",
                               .message = command_});
        }
        return all;
    }

    std::string check_limits(const mqtt::server_limits& limits) override {
        auto found = find_unsupported(samples(), limits, link().options().protocol);
        for (const auto& sentence : found.limits) report_limit(sentence);
        return std::move(found.refusal);
    }

    void on_limited(const std::string& sentence) override { ++broker_limits_[sentence]; }

    void on_session_started() override { by_packet_.clear(); } // packet ids of the previous session

    void on_published(net::mqtt_link&, std::uint16_t packet_id, mqtt::reason why) override {
        const auto packet = by_packet_.find(packet_id);
        if (packet == by_packet_.end()) return;
        auto* const request = requests_.find_open(packet->second);
        by_packet_.erase(packet);
        if (request == nullptr) return;
        if (!net::is_refusal(why)) return accept(*request, loop().now());
        const auto key = request->key;
        requests_.drop(request->number);
        events_.on_errored(key, "mqtt: " + mqtt::to_string(why), loop().now());
    }

    void on_message(net::mqtt_link&, const mqtt::message& m) override {
        const auto event = message_contract_.response_mapping().extract(contract::message_view_of(m), match_stats_);
        if (!event) return events_.on_malformed();
        if (!event->final_outcome) return;
        const auto number = number_in(event->request_id);
        const auto now = loop().now();
        std::optional<vehicle_id> vehicle;
        if (auto* const request = requests_.find_open(number)) {
            accept(*request, now); // a response implies delivery, even without PUBACK
            vehicle = request->key.vehicle;
            requests_.complete(number, *vehicle);
        } else if (!m.retain) { // else a copy for the new subscription after a reconnect
            vehicle = requests_.vehicle_of_completed(number);
        }
        if (!vehicle) return; // a foreign request, or one that is not kept any more
        events_.on_completed(*vehicle, event->request_id, *event->final_outcome, event->reason, now);
    }

    driver_events& events_;
    nanoseconds deadline_;
    std::string response_topic_; ///< empty: responses use the contract's topic
    const contract::message_contract& message_contract_;
    std::uint64_t seed_;
    std::function<void(request_key, contract::template_values&)> fill_values_;
    contract::field_match_stats* match_stats_;
    std::string sample_vin_;
    std::vector<mqtt_driver_setup::sample_request> sample_requests_;
    std::map<std::string, std::uint64_t> broker_limits_; ///< since the last take_broker_limits()
    contract::outgoing_message command_;                 ///< last command; buffers are reused
    std::uint64_t sent_ = 0;
    sent_requests<open_request> requests_;
    std::unordered_map<std::uint16_t, std::uint64_t> by_packet_;
};

} // namespace

std::unique_ptr<driver> make_mqtt_driver(net::loop& owner, driver_events& events, mqtt_driver_setup setup) {
    return std::make_unique<mqtt_driver>(owner, events, std::move(setup));
}

} // namespace loadsim::driver
