#include "request_messages.hpp"

#include "request_lifecycle.hpp"

#include <loadsim/backend/default_protocol.hpp>
#include <loadsim/base/encoding.hpp>

#include <string>
#include <utility>

namespace loadsim::backend {
namespace {

/// The command is sent and delivered regardless of the request's state, as the fault requires.
outbox_message unconditional(outbox_message command) {
    command.request.reset();
    command.expires = never;
    return command;
}

// The vehicle chooses the reason, and it is stored for each failed request: its size must be limited.
constexpr std::size_t reason_size_max = 64;

std::string reason_of(const response& response) {
    if (response.ok) return {};
    if (response.code.empty()) return "unspecified";
    return std::string(utf8_prefix(response.code, reason_size_max));
}

fault_injector<outbox_message>::outputs outputs_to(outbox& out) {
    const auto send = [&out](outbox_message event) { out.add(std::move(event)); };
    return {.forward = send, .late = send, .duplicate = send};
}

} // namespace

outbound::outbound(processing& p, request_table& requests, outbox& out, const options& o, const epoch_clock& c,
                   fault_plans& faults, const time_source& time)
    : processing_(p), requests_(requests), out_(out), options_(o), clock_(c), faults_(faults), time_(time),
      commands_(faults, fault::message::command, time,
                {.forward = [this](outbox_message m) { out_.add(std::move(m)); },
                 .late = [this](outbox_message m) { out_.add(unconditional(std::move(m))); },
                 .duplicate = [this](outbox_message m) { out_.add(unconditional(std::move(m))); }}),
      workers_(o.workers, o.queue.value_or(default_queue)),
      queue_(p.changes().subscribe([](const state_change& change) { return change.state == state::created; })) {}

void outbound::process_queue() {
    while (const auto created = queue_.pop()) workers_.add(created->number, created->at);
    const auto now = time_.now();
    while (const auto task = workers_.take(now)) {
        auto* r = requests_.find(task->number);
        // Changing the state first turns a change delivered twice into one command. A request may have timed out while it waited.
        const bool is_sent = r != nullptr && processing_.transition(*r, state::pending);
        workers_.release(task->begin + (is_sent ? send_command(*r, task->begin) : nanoseconds{0}));
    }
}

nanoseconds outbound::send_command(request& r, monotonic_time begin) {
    const auto* hit = faults_.next(fault::message::request);
    const bool forget = hit != nullptr && hit->what == fault::kind::forget;
    const bool twice = hit != nullptr && hit->what == fault::kind::double_send;
    const auto delay =
        commands_.submit(r.vin.view(), forget ? unconditional(build_command(r)) : build_command(r), begin);
    if (twice) out_.add(build_second_command(r));
    if (forget || twice) faults_.record(*hit);
    if (forget) requests_.drop_active(r.number);
    return delay;
}

outbox_message outbound::build_command(const request& r) const {
    const auto& service = options_.services[r.service];
    const auto now = r.entered_at(state::pending);
    const command command{.id = requests_.id(r.number), .service = service.name, .ts_ms = clock_.ms_since_epoch(now)};
    return {.topic = command_topic(r.vin.view(), service.name),
            .payload = to_json(command),
            .request = r.number,
            .qos = options_.command_qos,
            .expires = deadline_of(service.limits, state::pending, now)};
}

/// Command with an id that matches no request.
outbox_message outbound::build_second_command(const request& r) const {
    auto message = unconditional(build_command(r));
    message.payload = to_json(command{.id = requests_.id(r.number) + "-second",
                                      .service = options_.services[r.service].name,
                                      .ts_ms = clock_.ms_since_epoch(r.entered_at(state::pending))});
    return message;
}

void inbound::receive(std::string_view topic, std::string_view payload) {
    const auto vehicle = vin_of(topic);
    const auto response = read_response(payload);
    if (!vehicle || !response || topic != response_topic(*vehicle, response->id)) {
        ++counts_.malformed;
        return;
    }
    if (!response->vin.empty() && response->vin != *vehicle) {
        ++counts_.wrong_vehicle;
        return;
    }
    const auto number = requests_.find(response->id, time_.now());
    if (!number) {
        ++counts_.unknown;
        return;
    }
    auto& r = *requests_.find(*number);
    if (r.vin.view() == *vehicle)
        apply(r, *response);
    else
        ++counts_.wrong_vehicle;
}

void inbound::apply(request& r, const response& response) {
    const bool final_phase = response.phase == response::phase_kind::final;
    const auto to = !final_phase ? state::running : response.ok ? state::executed : state::failed;
    const auto reason = final_phase ? reason_of(response) : std::string{};

    if (processing_.transition(r, to, reason))
        ++counts_.applied;
    else if (r.state == state::running)
        ++(response.phase == response::phase_kind::running ? counts_.progress : counts_.duplicate);
    else if (r.reason == timeout_reason)
        ++counts_.late;
    else if (final_phase && (r.state != to || r.reason != reason))
        ++counts_.conflicting;
    else
        ++counts_.duplicate;
}

distribution::distribution(processing& p, request_table& requests, outbox& out, const std::vector<service>& services,
                           const epoch_clock& c, fault_plans& faults, const time_source& time)
    : requests_(requests), services_(services), clock_(c),
      events_(faults, fault::message::event, time, outputs_to(out)),
      queue_(p.changes().subscribe([](const state_change& change) { return is_final(change.state); })) {}

void distribution::process_queue() {
    while (const auto ended = queue_.pop()) {
        auto* r = requests_.find(ended->number);
        if (r == nullptr || std::exchange(r->announced, true)) continue; // delivered twice by the queue
        const event event{.id = requests_.id(ended->number),
                          .service = services_[ended->service].name,
                          .state = std::string(to_string(ended->state)),
                          .reason = ended->reason,
                          .ts_ms = clock_.ms_since_epoch(ended->at)};
        events_.submit(ended->vin.view(),
                       {.topic = event_topic(ended->vin.view()), .payload = to_json(event), .request = std::nullopt});
    }
}

} // namespace loadsim::backend
