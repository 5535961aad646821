#include <loadsim/observe/mqtt_observer.hpp>

#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/topics.hpp>

#include <fmt/format.h>
#include <mqtt/async_client.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::observe {
namespace {

using std::chrono::seconds;

constexpr seconds answer_within{5};
constexpr int event_qos = 1;
constexpr int word_qos = 2; // as they come: a word that is published once is heard once
/// Messages that a broker may send again after an outage: those that were under way.
constexpr std::size_t remembered = 1'000;
/// What the broker is to keep for us while we are away: longer than any outage that a run survives.
constexpr seconds session_expiry{3600};

/// A name of its own for each run: two observers with one name would throw each other out.
std::string client_id() { return fmt::format("loadsim-observer-{:08x}", std::random_device{}()); }

bool is_word(const mqtt::message& m) {
    const auto vin = contract::vin_of(m.get_topic());
    return vin && m.get_topic() != contract::event_topic(*vin);
}

std::optional<heard_word> read_word(const mqtt::message& m, monotonic_time now) {
    const auto vin = contract::vin_of(m.get_topic());
    auto said = contract::read_response(m.get_payload_str());
    if (!vin || !said || said->seq <= 0) return std::nullopt;
    return heard_word{std::string(*vin), std::move(said->id), static_cast<std::uint64_t>(said->seq), now};
}

std::optional<final_event> read_event(const mqtt::message& m, monotonic_time now) {
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
    client(const net::endpoint& broker, on_event tell, on_word words)
        : tell_(std::move(tell)), tell_word_(std::move(words)),
          paho_(net::to_paho(broker), client_id(),
                mqtt::create_options_builder().mqtt_version(MQTTVERSION_5).finalize()) {
        paho_.set_message_callback([this](const mqtt::const_message_ptr& message) {
            if (message) hear(*message, std::chrono::steady_clock::now());
        });
        paho_.set_connection_lost_handler(
            [](const std::string&) { spdlog::warn("observer: the broker is lost; reconnecting"); });
        paho_.set_connected_handler([this](const std::string&) {
            // At every connect: a broker that was restarted may have forgotten the session.
            try {
                for (const auto& [filter, qos] : wanted()) paho_.subscribe(filter, qos);
            } catch (const mqtt::exception& lost) { // again: the next connect subscribes
                spdlog::warn("observer: cannot subscribe: {}", lost.what());
            }
        });
    }

    ~client() {
        try {
            // The broker need keep nothing more for us (5.0, 3.14.2.2.2).
            mqtt::disconnect_options good_bye;
            good_bye.set_properties({{mqtt::property::SESSION_EXPIRY_INTERVAL, 0}});
            paho_.disconnect(good_bye)->wait_for(seconds{1});
        } catch (const mqtt::exception&) { // it was not connected
        }
    }

    /// Empty: subscribed. Else the sentence.
    std::string start(const net::endpoint& broker) {
        auto options = mqtt::connect_options_builder()
                           .mqtt_version(MQTTVERSION_5)
                           .clean_start(false)
                           .keep_alive_interval(seconds{30})
                           .connect_timeout(answer_within)
                           .automatic_reconnect(seconds{1}, seconds{4})
                           .finalize();
        // Not through the builder: what that is given of properties (Paho C++ 1.2) never gets into the packet.
        options.set_properties(
            {{mqtt::property::SESSION_EXPIRY_INTERVAL, static_cast<std::int32_t>(session_expiry.count())}});
        if (!broker.user.empty()) options.set_user_name(broker.user);
        if (!broker.password.empty()) options.set_password(broker.password);
        try {
            if (!paho_.connect(options)->wait_for(answer_within + seconds{1}))
                return "the broker does not answer the observer; see whether it is an MQTT 5 broker";
            for (const auto& [filter, qos] : wanted()) {
                const auto granted = paho_.subscribe(filter, qos);
                if (!granted->wait_for(answer_within))
                    return "the broker does not answer the observer's subscription; see its log";
                if (static_cast<int>(granted->get_reason_code()) >= 0x80)
                    return fmt::format("the broker refuses the observer's subscription to {}; check its access rules",
                                       filter);
            }
        } catch (const mqtt::exception& failed) {
            return fmt::format("the observer cannot connect ({}); check that the broker runs, and target.user and "
                               "target.password if it wants them",
                               failed.what());
        }
        return {};
    }

private:
    std::vector<std::pair<std::string, int>> wanted() const {
        std::vector<std::pair<std::string, int>> filters{{std::string(contract::event_filter()), event_qos}};
        if (tell_word_) filters.emplace_back(contract::response_filter(), word_qos);
        return filters;
    }

    /// Whether the broker only was not sure that we had it. Without the flag it is said twice, and that is to be told.
    bool is_sent_again(const mqtt::message& m) {
        auto said = m.get_topic() + '\n' + m.get_payload_str();
        if (m.is_duplicate() && std::ranges::find(recent_, said) != recent_.end()) return true;
        recent_.push_back(std::move(said));
        if (recent_.size() > remembered) recent_.pop_front();
        return false;
    }

    void hear(const mqtt::message& m, monotonic_time now) {
        if (is_sent_again(m)) return;
        if (!is_word(m)) return tell_(read_event(m, now));
        if (auto word = read_word(m, now); word && tell_word_) tell_word_(std::move(*word));
    }

    on_event tell_;
    on_word tell_word_;              // empty: nobody wants them
    std::deque<std::string> recent_; // by Paho's thread alone
    mqtt::async_client paho_;        // last: its threads use the above
};

mqtt_observer::mqtt_observer() = default;
mqtt_observer::~mqtt_observer() = default;

result<void> mqtt_observer::start(const net::endpoint& broker, on_event tell, on_word words) {
    try {
        client_ = std::make_unique<client>(broker, std::move(tell), std::move(words));
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
