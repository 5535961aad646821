#include "mqtt_observer.hpp"

#include <loadsim/mqtt/packet.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <future>
#include <random>
#include <utility>

namespace loadsim::observe {
namespace {

constexpr int event_qos = 1;
constexpr int word_qos = 2; // as they come: a word that is published once is heard once

} // namespace

mqtt_observer::mqtt_observer(std::optional<mqtt_options> wanted, const surroundings& where, on_event tell,
                             std::uint32_t index)
    : options_(std::move(wanted)), where_(where), place_(options_ ? place_of(index, "mqtt") : "load.watchWords"),
      ear_(std::move(tell), index) {}

mqtt_observer::~mqtt_observer() { stop(); }

const contract::terms& mqtt_observer::terms() const {
    return where_.terms != nullptr ? *where_.terms : contract::terms::of_our_own();
}

std::string mqtt_observer::brokers() const {
    std::vector<std::string> urls;
    for (const auto& b : where_.brokers) urls.push_back(net::to_string(b));
    return fmt::format("{}", fmt::join(urls, ", "));
}

std::vector<subscription> mqtt_observer::wanted(std::uint32_t client, const std::string& group) const {
    std::vector<subscription> all;
    const bool wants_words = where_.word && client == 0;
    const auto& words = terms().options().words_filter;
    if (options_) {
        const bool same = wants_words && count() == 1 && words == options_->filter;
        const auto shared = count() > 1 ? fmt::format("$share/{}/", group) : std::string{};
        all.push_back({shared + options_->filter, same ? word_qos : event_qos});
        if (same) return all; // a second subscription to a filter replaces the first (5.0, 3.8.4)
    }
    if (wants_words) all.push_back({words, word_qos});
    return all;
}

mqtt_client::attempt mqtt_observer::start(mqtt_version version) {
    version_ = version;
    const auto group = fmt::format("loadsim-{:08x}", std::random_device{}()); // runs must not take each other's events
    for (std::uint32_t i = 0; i < count(); ++i)
        clients_.push_back(std::make_unique<mqtt_client>(
            where_.brokers, version, wanted(i, group),
            [this](const contract::heard& message, monotonic_time at) { hear(message, at); },
            [this] { ear_.reconnected(); }));
    // All at once: beside one that is connected already, Paho takes two seconds for the next.
    std::vector<std::future<mqtt_client::attempt>> starting;
    for (const auto& c : clients_) starting.push_back(std::async(std::launch::async, [&c] { return c->start(); }));
    mqtt_client::attempt all;
    for (auto& one : starting)
        if (auto tried = one.get(); all.trouble.empty()) all = std::move(tried);
    if (!all.trouble.empty()) clients_.clear();
    return all;
}

result<void> mqtt_observer::start() {
    if (where_.brokers.empty()) return problems{place_, "there is no broker to listen at; give target.broker"};
    if (options_) {
        auto reading = reading_of_events(options_->reading, place_);
        if (!reading) return reading.error();
        reading_.emplace(std::move(*reading));
        if (options_->clients == 0) return problems{place_ + ".clients", "nobody would listen; write 1 or more"};
    }
    try {
        auto tried = start(mqtt_version::v5);
        if (tried.refuses_version) {
            if (auto older = start(mqtt_version::v3_1_1); older.trouble.empty() || !older.refuses_version)
                tried = std::move(older);
        }
        if (!tried.trouble.empty()) return problems{brokers(), std::move(tried.trouble)};
    } catch (const paho::exception& impossible) {
        return problems{brokers(), fmt::format("not an address of a broker ({})", impossible.what())};
    }
    // The older version says nothing of them, and a filter of that name may be accepted and never match.
    if (version_ == mqtt_version::v3_1_1 && count() > 1) {
        stop();
        return problems{brokers(),
                        "the broker speaks MQTT 3.1.1, which has no shared subscriptions, and several clients of "
                        "an observer need them; write clients: 1"};
    }
    return {};
}

void mqtt_observer::stop() { clients_.clear(); }

counts mqtt_observer::take() { return ear_.take(); }

std::string mqtt_observer::said() const {
    if (clients_.empty() || version_ == mqtt_version::v5) return {};
    return fmt::format(
        "{}: {} refuses MQTT 5 and is listened to in 3.1.1: without user properties and correlation data",
        options_ ? "mqtt" : "watchWords", brokers());
}

void mqtt_observer::hear(const contract::heard& message, monotonic_time at) {
    const bool is_word = where_.word && mqtt::matches(terms().options().words_filter, message.topic);
    // What fits neither is an event that was subscribed to in a way that we do not know.
    if (options_ && (!is_word || mqtt::matches(options_->filter, message.topic)))
        ear_.hear(*reading_, message, fmt::format("a message on {}", message.topic), at);
    if (is_word) hear_word(message, at);
}

void mqtt_observer::hear_word(const contract::heard& message, monotonic_time at) {
    auto said = ear_.read(terms().words(), message);
    if (!said || said->sequence == 0 || said->vin.empty()) return;
    where_.word({std::move(said->vin), std::move(said->request), said->sequence, at});
}

} // namespace loadsim::observe
