#include "service_core.hpp"

#include <loadsim/backend/default_protocol.hpp>

#include <algorithm>
#include <utility>

namespace loadsim::backend {

service_core::service_core(const options& o, const time_source& time, const startup& s, broker_port& broker,
                           event_store* store)
    : options_(o), time_(time), clock_(time.now(), s.ms_since_epoch),
      requests_(s.id_prefix, o.time_to_live, o.remembered), processing_(requests_, time), faults_(o.faults, o.seed),
      outbox_(broker, requests_, time, s.limits), creation_(processing_, requests_, o.services),
      inbound_(processing_, requests_, time), outbound_(processing_, requests_, outbox_, o, clock_, faults_, time),
      lifecycle_(processing_, requests_, o.services),
      distribution_(processing_, requests_, outbox_, o.services, clock_, faults_, time),
      wakeup_scheduler_(processing_, requests_, o.wakeup.repeat_interval, s.send_trigger),
      responses_(faults_, fault::message::response, time, response_outputs()) {
    if (store != nullptr) persistence_.emplace(processing_, requests_, *store, o, clock_);
}

fault_injector<vehicle_message>::outputs service_core::response_outputs() {
    const auto process = [this](const vehicle_message& response) {
        inbound_.receive(response.topic, response.payload);
    };
    const auto publish_again = [this](vehicle_message response) {
        outbox_.add({.topic = response.topic, .payload = response.payload, .request = std::nullopt});
        echo_filter_.expect(std::move(response));
    };
    return {.forward = process, .late = process, .duplicate = publish_again};
}

const request* service_core::find(std::string_view id) const {
    const auto number = requests_.find(id, time_.now());
    return number ? requests_.find(*number) : nullptr;
}

void service_core::read_events(event_query query, event_store::on_read on_read) {
    run();
    if (!persistence_) return on_read(std::nullopt);
    persistence_->read(std::move(query), std::move(on_read));
}

void service_core::receive(std::string_view topic, std::string_view payload) {
    const auto vehicle = vin_of(topic);
    if (vehicle && topic == presence_topic(*vehicle)) return wakeup_scheduler_.receive(*vehicle, payload);
    if (echo_filter_.consume(topic, payload)) return;
    responses_.submit(vehicle.value_or(std::string_view{}), {std::string(topic), std::string(payload)});
}

void service_core::run() {
    const auto now = time_.now();
    lifecycle_.check_due(now);
    responses_.release_delayed(now);
    outbound_.release_delayed(now);
    distribution_.release_delayed(now);
    do {
        outbound_.process_queue();
        wakeup_scheduler_.process_queue();
        lifecycle_.process_queue();
        distribution_.process_queue();
        if (persistence_) persistence_->process_queue(now);
        lifecycle_.check_due(now); // a deadline of zero is due at once
    } while (!processing_.changes().idle());
    outbox_.send();
    wakeup_scheduler_.send_due(now);
    requests_.evict(now);
}

monotonic_time service_core::next_due() const {
    return std::min({lifecycle_.next_due(), persistence_ ? persistence_->next_due() : never, responses_.next_due(),
                     outbound_.next_due(), distribution_.next_due(), wakeup_scheduler_.next_due()});
}

void service_core::flush() {
    run();
    if (persistence_) persistence_->flush();
}

backend_counts service_core::counts() const {
    backend_counts all;
    all.requests = requests_.counts();
    all.requests.timed_out = lifecycle_.timed_out();
    all.creation = creation_.counts();
    all.workers = outbound_.waiting();
    all.outbound = outbox_.counts();
    all.inbound = inbound_.counts();
    if (persistence_) all.persistence = persistence_->counts();
    all.wakeup = wakeup_scheduler_.counts();
    all.faults = faults_.counts();
    all.broker_connected = outbox_.is_connected();
    return all;
}

} // namespace loadsim::backend
