#include "platform.hpp"

#include <loadsim/contract/topics.hpp>

#include <algorithm>
#include <utility>

namespace loadsim::backend {

platform::platform(const options& o, const time_source& time, const start& s, broker_port& broker, event_store* store)
    : options_(o), time_(time), calendar_(time.now(), s.ms_since_epoch),
      requests_(s.id_prefix, o.time_to_live, o.remembered), processing_(requests_, time), faults_(o.faults, o.seed),
      outbox_(broker, requests_, time, s.limits), creation_(processing_, requests_, o.services),
      inbound_(processing_, requests_, time), outbound_(processing_, requests_, outbox_, o, calendar_, faults_, time),
      lifecycle_(processing_, requests_, o.services),
      distribution_(processing_, requests_, outbox_, o.services, calendar_, faults_, time),
      sleepers_(processing_, requests_, o.wake.again, s.wake),
      words_(faults_, fault::message::word, time, ways_of_words()) {
    if (store != nullptr) persistence_.emplace(processing_, requests_, *store, o, calendar_);
}

detour<vehicle_message>::ways platform::ways_of_words() {
    const auto read = [this](const vehicle_message& word) { inbound_.receive(word.topic, word.payload); };
    const auto say_again = [this](vehicle_message word) {
        outbox_.add({.topic = word.topic, .payload = word.payload, .command_of = std::nullopt});
        own_words_.said(std::move(word));
    };
    return {.on = read, .astray = read, .again = say_again};
}

const request* platform::find(std::string_view id) const {
    const auto number = requests_.find(id, time_.now());
    return number ? requests_.find(*number) : nullptr;
}

void platform::receive(std::string_view topic, std::string_view payload) {
    const auto vehicle = contract::vin_of(topic);
    if (vehicle && topic == contract::presence_topic(*vehicle)) return sleepers_.receive(*vehicle, payload);
    if (own_words_.take(topic, payload)) return;
    words_.take(vehicle.value_or(std::string_view{}), {std::string(topic), std::string(payload)});
}

void platform::run() {
    const auto now = time_.now();
    lifecycle_.check_due(now);
    words_.release(now);
    outbound_.release(now);
    distribution_.release(now);
    do {
        outbound_.work();
        sleepers_.work();
        lifecycle_.work();
        distribution_.work();
        if (persistence_) persistence_->work(now);
        lifecycle_.check_due(now); // a deadline of zero is due at once
    } while (!processing_.changes().idle());
    outbox_.send();
    sleepers_.call(now);
    requests_.forget(now);
}

monotonic_time platform::next_due() const {
    return std::min({lifecycle_.next_due(), persistence_ ? persistence_->next_due() : never, words_.next_due(),
                     outbound_.next_due(), distribution_.next_due(), sleepers_.next_due()});
}

void platform::flush() {
    run();
    if (persistence_) persistence_->flush();
}

figures platform::counted() const {
    figures all;
    all.requests = requests_.counted();
    all.requests.timed_out = lifecycle_.timed_out();
    all.creation = creation_.counted();
    all.outbound = outbox_.counted();
    all.inbound = inbound_.counted();
    if (persistence_) all.persistence = persistence_->counted();
    all.wake = sleepers_.counted();
    all.faults = faults_.counted();
    all.broker_connected = outbox_.is_connected();
    return all;
}

} // namespace loadsim::backend
