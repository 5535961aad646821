#include <loadsim/backend/model.hpp>

#include "platform.hpp"

#include <utility>
#include <vector>

namespace loadsim::backend {
namespace {

/// Always connected; takes everything, and keeps it until it is handed out.
class open_port final : public broker_port {
public:
    bool publish(ticket handed, const outgoing& message, std::uint32_t expires_in_s) override {
        taken.push_back(handed);
        messages.push_back({message.topic, message.payload, message.qos, expires_in_s});
        return true;
    }
    std::vector<ticket> taken;
    std::vector<platform_message> messages;
};

std::string_view why(creation::verdict v) {
    switch (v) {
    case creation::verdict::created: return "";
    case creation::verdict::invalid_vin: return "invalid VIN";
    case creation::verdict::unknown_service: return "unknown service";
    case creation::verdict::busy: return "busy";
    }
    return "";
}

} // namespace

class model::running {
public:
    running(const options& o, const time_source& time, std::int64_t ms_since_epoch, std::uint32_t prefix, model_edges e)
        : options_(o), edges_(std::move(e)),
          platform_(options_, time,
                    {.ms_since_epoch = ms_since_epoch,
                     .id_prefix = prefix,
                     .wake = edges_.wake ? sleepers::trigger(
                                               [this](auto vin, auto bearer) { triggers_.emplace_back(vin, bearer); })
                                         : sleepers::trigger{}},
                    port_, nullptr) {
        platform_.out().connected();
    }

    platform& service() { return platform_; }

    /// Edges may call in again: what they bring about is done in a further round, never from inside the core.
    void run() {
        again_ = true;
        if (std::exchange(busy_, true)) return;
        while (std::exchange(again_, false)) {
            platform_.run();
            while (!port_.messages.empty() || !triggers_.empty()) hand_out();
        }
        busy_ = false;
    }

private:
    void hand_out() {
        for (const auto one : std::exchange(port_.taken, {})) platform_.out().confirmed(one);
        for (const auto& message : std::exchange(port_.messages, {})) edges_.publish(message);
        for (const auto& [vin, bearer] : std::exchange(triggers_, {})) edges_.wake(vin, bearer);
    }

    const options options_;
    model_edges edges_;
    open_port port_;
    std::vector<std::pair<std::string, std::string_view>> triggers_;
    platform platform_;
    bool busy_ = false;
    bool again_ = false;
};

model::model(const options& o, const time_source& time, std::int64_t ms_since_epoch, std::uint32_t prefix,
             model_edges edges)
    : running_(std::make_unique<running>(o, time, ms_since_epoch, prefix, std::move(edges))) {}
model::~model() = default;

model::answer model::create(std::string_view vin, std::string_view service) {
    auto made = running_->service().create(vin, service);
    if (made.what == creation::verdict::created) return {true, std::move(made.id), {}};
    return {false, {}, std::string(why(made.what))};
}

void model::receive(std::string_view topic, std::string_view payload) { running_->service().receive(topic, payload); }
void model::run() { running_->run(); }
monotonic_time model::next_due() const { return running_->service().next_due(); }
figures model::counted() const { return running_->service().counted(); }

} // namespace loadsim::backend
