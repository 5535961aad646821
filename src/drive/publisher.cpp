#include <loadsim/drive/publisher.hpp>

#include "own_session.hpp"

#include <unordered_map>
#include <utility>

namespace loadsim::drive {

class publisher::session final : public own_session {
public:
    using told = std::function<void(std::string)>;

    session(net::loop& loop, publisher_setup s)
        : own_session(loop, {.protocol = s.protocol},
                      {.who = "the campaigns",
                       .name = std::move(s.name),
                       .user = std::move(s.user),
                       .password = std::move(s.password),
                       .brokers = std::move(s.brokers),
                       .filter = {}}) {}

    void start(told ready) { connect(std::move(ready)); }
    void stop() {
        open_.clear();
        disconnect();
    }

    void publish(const contract::composed& m, told done) {
        if (!link().online()) return done("its session is not connected");
        const auto sent = link().publish({.topic = m.topic,
                                          .payload = m.payload,
                                          .quality = m.qos ? static_cast<mqtt::qos>(*m.qos) : mqtt::qos::at_least_once,
                                          .retain = m.retain,
                                          .response_topic = m.response_topic,
                                          .correlation_data = m.correlation,
                                          .content_type = m.content_type,
                                          .expiry_interval = m.expiry_s,
                                          .user_properties = m.user_properties});
        if (sent.error) return done(sent.error.message());
        if (sent.packet_id == 0) return done({});
        open_[sent.packet_id] = std::move(done);
    }

private:
    void on_begun() override {}
    void on_lost(std::error_code why) override {
        for (auto& [id, done] : std::exchange(open_, {})) done("the broker did not acknowledge it: " + why.message());
    }
    void on_message(net::mqtt_link&, const mqtt::message&) override {} // it listens to nothing
    void on_published(net::mqtt_link&, std::uint16_t id, mqtt::reason why) override {
        const auto one = open_.extract(id);
        if (one.empty()) return;
        one.mapped()(static_cast<std::uint8_t>(why) < 0x80 ? std::string{} : mqtt::to_string(why));
    }

    std::unordered_map<std::uint16_t, told> open_;
};

publisher::publisher(net::loop& loop, publisher_setup setup)
    : session_(std::make_unique<session>(loop, std::move(setup))) {}
publisher::~publisher() = default;

void publisher::start(std::function<void(std::string)> ready) { session_->start(std::move(ready)); }
void publisher::publish(const contract::composed& m, std::function<void(std::string)> done) {
    session_->publish(m, std::move(done));
}
void publisher::stop() { session_->stop(); }

} // namespace loadsim::drive
