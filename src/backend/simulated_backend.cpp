#include <loadsim/backend/simulated_backend.hpp>

#include "service_core.hpp"

#include <utility>
#include <vector>

namespace loadsim::backend {
namespace {

/// Always connected; accepts every message and keeps it until it is delivered to the callbacks.
class memory_port final : public broker_port {
public:
    bool publish(send_id id, const outbox_message& message, std::uint32_t expires_in_s) override {
        send_ids.push_back(id);
        messages.push_back({message.topic, message.payload, message.qos, expires_in_s});
        return true;
    }
    std::vector<send_id> send_ids;
    std::vector<published_message> messages;
};

std::string_view reason_text(creation::create_status v) {
    switch (v) {
    case creation::create_status::created: return "";
    case creation::create_status::invalid_vin: return "invalid VIN";
    case creation::create_status::unknown_service: return "unknown service";
    case creation::create_status::busy: return "busy";
    case creation::create_status::overloaded: return "overloaded";
    }
    return "";
}

} // namespace

class simulated_backend::impl {
public:
    impl(const options& o, const time_source& time, std::int64_t ms_since_epoch, std::uint32_t id_prefix,
         simulated_io e)
        : options_(o), io_(std::move(e)),
          core_(options_, time,
                {.ms_since_epoch = ms_since_epoch,
                 .id_prefix = id_prefix,
                 .send_trigger = io_.send_trigger ? wakeup_scheduler::trigger_sender([this](auto vin, auto bearer) {
                     triggers_.emplace_back(vin, bearer);
                 })
                                                  : wakeup_scheduler::trigger_sender{}},
                port_, nullptr) {
        core_.out().on_connected();
    }

    service_core& core() { return core_; }

    /// Callbacks may call back into this class: the work is done in a further round, never from inside the core.
    void run() {
        run_again_ = true;
        if (std::exchange(busy_, true)) return;
        while (std::exchange(run_again_, false)) {
            core_.run();
            while (!port_.messages.empty() || !triggers_.empty()) flush_output();
        }
        busy_ = false;
    }

private:
    void flush_output() {
        for (const auto one : std::exchange(port_.send_ids, {})) core_.out().on_confirmed(one);
        for (const auto& message : std::exchange(port_.messages, {})) io_.publish(message);
        for (const auto& [vin, bearer] : std::exchange(triggers_, {})) io_.send_trigger(vin, bearer);
    }

    const options options_;
    simulated_io io_;
    memory_port port_;
    std::vector<std::pair<std::string, std::string_view>> triggers_;
    service_core core_;
    bool busy_ = false;
    bool run_again_ = false;
};

simulated_backend::simulated_backend(const options& o, const time_source& time, std::int64_t ms_since_epoch,
                                     std::uint32_t id_prefix, simulated_io io)
    : impl_(std::make_unique<impl>(o, time, ms_since_epoch, id_prefix, std::move(io))) {}
simulated_backend::~simulated_backend() = default;

simulated_backend::create_result simulated_backend::create(std::string_view vin, std::string_view service) {
    auto made = impl_->core().create(vin, service);
    if (made.status == creation::create_status::created) return {true, std::move(made.id), {}};
    return {false, {}, std::string(reason_text(made.status))};
}

void simulated_backend::receive(std::string_view topic, std::string_view payload) {
    impl_->core().receive(topic, payload);
}
void simulated_backend::run() { impl_->run(); }
monotonic_time simulated_backend::next_due() const { return impl_->core().next_due(); }
backend_counts simulated_backend::counts() const { return impl_->core().counts(); }

} // namespace loadsim::backend
