#include <loadsim/driver/publisher.hpp>

#include <loadsim/contract/mqtt_message.hpp>
#include <loadsim/net/mqtt_client.hpp>
#include <loadsim/net/refusal.hpp>

#include <unordered_map>
#include <utility>

namespace loadsim::driver {

unsupported_messages find_unsupported(std::span<const published_sample> samples, const mqtt::server_limits& limits,
                                      mqtt::version protocol) {
    unsupported_messages found;
    for (const auto& s : samples) {
        const auto message = contract::mqtt_message_of(s.message, mqtt::qos::at_least_once);
        if (limits.maximum_qos < message.quality)
            found.limits.push_back(net::qos_limit(limits.maximum_qos, message.quality, s.plural, s.location + ".qos"));
        if (message.retain && !limits.retain_available)
            found.limits.push_back(net::retain_limit(s.plural, s.location + ".retain"));
        const auto size = net::packet_size(message, protocol);
        if (limits.maximum_packet_size != 0 && size > limits.maximum_packet_size && found.refusal.empty())
            found.refusal = net::packet_limit(limits.maximum_packet_size, size, s.singular, s.location + ".payload");
    }
    return found;
}

class publisher::session final : public net::mqtt_client {
public:
    using done_handler = std::function<void(std::string)>;

    session(net::loop& loop, publisher_setup s)
        : mqtt_client(loop, {.protocol = s.protocol},
                      {.display_name = "the campaigns",
                       .client_id = std::move(s.client_id),
                       .user = std::move(s.user),
                       .password = std::move(s.password),
                       .brokers = std::move(s.brokers)}),
          samples_(std::move(s.samples)) {}

    void start(done_handler ready) {
        connect([ready = std::move(ready)](const auto& failure) {
            ready(failure ? net::start_error(*failure, net::keys_of_own_sessions) : std::string{});
        });
    }
    void stop() {
        fail_unacknowledged("the broker did not acknowledge it before the end");
        disconnect();
    }

    void publish(const contract::outgoing_message& m, done_handler done) {
        if (!link().online()) return done("its session is not connected");
        const auto sent = link().publish(contract::mqtt_message_of(m, mqtt::qos::at_least_once));
        if (sent.error) return done(sent.error.message());
        if (!link().online()) return done("the connection was lost while sending");
        if (sent.packet_id == 0) return done({});
        unacknowledged_[sent.packet_id] = std::move(done);
    }

    std::map<std::string, std::uint64_t> take_broker_limits() { return std::exchange(broker_limits_, {}); }

private:
    std::string check_limits(const mqtt::server_limits& limits) override {
        auto found = find_unsupported(samples_, limits, link().options().protocol);
        for (const auto& sentence : found.limits) report_limit(sentence);
        return std::move(found.refusal);
    }
    void on_limited(const std::string& sentence) override { ++broker_limits_[sentence]; }
    void on_session_lost(std::error_code why) override {
        fail_unacknowledged("the broker did not acknowledge it: " + why.message());
    }
    void fail_unacknowledged(const std::string& why) {
        for (auto& [id, done] : std::exchange(unacknowledged_, {})) done(why);
    }
    void on_message(net::mqtt_link&, const mqtt::message&) override {} // no subscription
    void on_published(net::mqtt_link&, std::uint16_t id, mqtt::reason why) override {
        const auto one = unacknowledged_.extract(id);
        if (one.empty()) return;
        one.mapped()(net::is_refusal(why) ? mqtt::to_string(why) : std::string{});
    }

    std::vector<published_sample> samples_;
    std::map<std::string, std::uint64_t> broker_limits_; ///< since the last take_broker_limits()
    std::unordered_map<std::uint16_t, done_handler> unacknowledged_;
};

publisher::publisher(net::loop& loop, publisher_setup setup)
    : session_(std::make_unique<session>(loop, std::move(setup))) {}
publisher::~publisher() = default;

void publisher::start(std::function<void(std::string)> ready) { session_->start(std::move(ready)); }
void publisher::publish(const contract::outgoing_message& m, std::function<void(std::string)> done) {
    session_->publish(m, std::move(done));
}
std::map<std::string, std::uint64_t> publisher::take_broker_limits() { return session_->take_broker_limits(); }
void publisher::stop() { session_->stop(); }

} // namespace loadsim::driver
