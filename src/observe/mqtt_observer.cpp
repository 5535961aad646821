#include <loadsim/observe/mqtt_observer.hpp>

#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/topics.hpp>

#include <fmt/format.h>
#include <mqtt/async_client.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdint>
#include <random>
#include <string_view>

namespace loadsim::observe {
namespace {

using std::chrono::seconds;

constexpr seconds answer_within{5};
constexpr int qos = 1;
/// What the broker is to keep for us while we are away: longer than any outage that a run survives.
constexpr seconds session_expiry{3600};

/// A name of its own for each run: two observers with one name would throw each other out.
std::string client_id() { return fmt::format("loadsim-observer-{:08x}", std::random_device{}()); }

std::optional<outcome> outcome_of(const contract::event& e) {
    if (e.state == "executed") return outcome::executed;
    if (e.state == "failed") return e.reason == "timeout" ? outcome::timed_out : outcome::failed;
    return std::nullopt;
}

std::optional<final_event> read(const mqtt::message& m, monotonic_time now) {
    const auto vin = contract::vin_of(m.get_topic());
    const auto event = contract::read_event(m.get_payload_str());
    if (!vin || !event) return std::nullopt;
    const auto end = outcome_of(*event);
    if (!end) return std::nullopt;
    return final_event{std::string(*vin), event->id, *end, event->reason, now};
}

} // namespace

class mqtt_observer::client {
public:
    client(const net::endpoint& broker, on_event tell)
        : tell_(std::move(tell)), paho_(net::to_paho(broker), client_id(),
                                        mqtt::create_options_builder().mqtt_version(MQTTVERSION_5).finalize()) {
        paho_.set_message_callback([this](const mqtt::const_message_ptr& message) {
            if (message) tell_(read(*message, std::chrono::steady_clock::now()));
        });
        paho_.set_connection_lost_handler(
            [](const std::string&) { spdlog::warn("observer: the broker is lost; reconnecting"); });
        paho_.set_connected_handler([this](const std::string&) {
            // At every connect: a broker that was restarted may have forgotten the session.
            try {
                paho_.subscribe(std::string(contract::event_filter()), qos);
            } catch (const mqtt::exception& lost) { // again: the next connect subscribes
                spdlog::warn("observer: cannot subscribe: {}", lost.what());
            }
        });
    }

    ~client() {
        try {
            // The broker need keep nothing more for us (5.0, 3.14.2.2.2).
            paho_
                .disconnect(mqtt::disconnect_options_builder()
                                .properties({{mqtt::property::SESSION_EXPIRY_INTERVAL, std::uint32_t{0}}})
                                .finalize())
                ->wait_for(seconds{1});
        } catch (const mqtt::exception&) { // it was not connected
        }
    }

    /// Empty: subscribed. Else the sentence.
    std::string start(const net::endpoint& broker) {
        auto options = mqtt::connect_options_builder()
                           .mqtt_version(MQTTVERSION_5)
                           .clean_start(false)
                           .properties({{mqtt::property::SESSION_EXPIRY_INTERVAL,
                                         static_cast<std::uint32_t>(session_expiry.count())}})
                           .keep_alive_interval(seconds{30})
                           .connect_timeout(answer_within)
                           .automatic_reconnect(seconds{1}, seconds{4});
        if (!broker.user.empty()) options.user_name(broker.user);
        if (!broker.password.empty()) options.password(broker.password);
        try {
            if (!paho_.connect(options.finalize())->wait_for(answer_within + seconds{1}))
                return "the broker does not answer the observer; see whether it is an MQTT 5 broker";
            const auto granted = paho_.subscribe(std::string(contract::event_filter()), qos);
            if (!granted->wait_for(answer_within))
                return "the broker does not answer the observer's subscription; see its log";
            if (static_cast<int>(granted->get_reason_code()) >= 0x80)
                return fmt::format("the broker refuses the observer's subscription to {}; check its access rules",
                                   contract::event_filter());
        } catch (const mqtt::exception& failed) {
            return fmt::format("the observer cannot connect ({}); check that the broker runs, and target.user and "
                               "target.password if it wants them",
                               failed.what());
        }
        return {};
    }

private:
    on_event tell_;
    mqtt::async_client paho_; // last: its threads use the above
};

mqtt_observer::mqtt_observer() = default;
mqtt_observer::~mqtt_observer() = default;

result<void> mqtt_observer::start(const net::endpoint& broker, on_event tell) {
    try {
        client_ = std::make_unique<client>(broker, std::move(tell));
    } catch (const mqtt::exception& impossible) {
        return problems{net::to_string(broker), fmt::format("not an address of a broker ({})", impossible.what())};
    }
    if (auto trouble = client_->start(broker); !trouble.empty()) {
        client_.reset();
        return problems{net::to_string(broker), std::move(trouble)};
    }
    return {};
}

void mqtt_observer::stop() { client_.reset(); }

} // namespace loadsim::observe
