#include "response_encoder.hpp"

#include "command_execution.hpp"
#include "vehicle_rules.hpp"

#include <loadsim/base/random.hpp>
#include <loadsim/vehicle/registry.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace loadsim::fleet {
namespace {

using vehicle::response_step;

/// Request id unknown to the platform.
std::string made_up_request_id(const response_context& context) {
    return fmt::format("no-request-of-{}-{}", context.vin, context.seq);
}

/// Request id that the response refers to; empty: none.
std::string_view request_id_of(const response_step& response, const response_context& context) {
    switch (response.request) {
    case response_step::correlation::own: return context.request;
    case response_step::correlation::previous: return context.previous_request;
    case response_step::correlation::other: return context.foreign_request;
    case response_step::correlation::unknown: break;
    }
    return {};
}

std::int64_t in_us(nanoseconds t) { return std::chrono::duration_cast<std::chrono::microseconds>(t).count(); }

std::string_view phase_of(contract::response_kind what) {
    switch (what) {
    case contract::response_kind::ack: return "ack";
    case contract::response_kind::running: return "running";
    case contract::response_kind::executed: return "executed";
    case contract::response_kind::failed: break;
    }
    return "failed";
}

/// Corrupts the encoded payload: truncated, empty or oversized.
void corrupt(std::string& payload, response_step::corruption corruption) {
    switch (corruption) {
    case response_step::corruption::none: break;
    case response_step::corruption::malformed: payload.resize(payload.size() / 2); break;
    case response_step::corruption::empty: payload.clear(); break;
    case response_step::corruption::oversized: // JSON allows trailing blanks
        if (payload.size() <= contract::payload_limit) payload.resize(contract::payload_limit + 1, ' ');
    }
}

/// Encodes with a foreign VIN. A contract without a field for it gets the foreign VIN in the payload instead of the own one.
bool encode_with_foreign_vin(const contract::message_contract& message_contract, contract::response_kind what,
                             contract::template_values values, std::string_view other,
                             contract::outgoing_message& out) {
    if (!message_contract.compose(what, values, out)) return false;
    const auto payload_before = out.payload;
    values.claimed_vin = other;
    if (!message_contract.compose(what, values, out)) return false;
    if (out.payload != payload_before) return true;
    auto topic = std::move(out.topic);
    values.vin = other;
    const bool made = message_contract.compose(what, values, out);
    out.topic = std::move(topic);
    return made;
}

} // namespace

contract::response_kind kind_of(response_step::kind what) {
    switch (what) {
    case response_step::kind::ack: return contract::response_kind::ack;
    case response_step::kind::running: return contract::response_kind::running;
    case response_step::kind::executed: return contract::response_kind::executed;
    case response_step::kind::failed: break;
    }
    return contract::response_kind::failed;
}

response_context make_response_context(const fleet_spec& spec, const response_step& response,
                                       const command_execution& execution,
                                       const std::vector<std::unique_ptr<command_execution>>& all, monotonic_time now) {
    const auto v = execution.vehicle;
    response_context context;
    context.vin = spec.registry.vin_of(v);
    context.values = template_values_of(spec, v);
    context.values.service = execution.command.service;
    context.values.parameters = execution.command.parameters;
    context.values.command = execution.command.pointer_values;
    context.seed = spec.seed;
    context.request = execution.request;
    context.response_topic = execution.response_topic;
    context.correlation = execution.correlation;
    context.clock_offset = spec.behaviours[spec.segments.segment_of(v)].clock_offset;
    context.sent_us = in_us(now.time_since_epoch());
    if (response.foreign_vin)
        context.foreign_vin = spec.registry.vin_of(vehicle_id{(index(v) + 1) % spec.options.vehicles});
    if (response.request == response_step::correlation::other) {
        const auto other = std::ranges::find_if(all, [v](const auto& a) { return a->vehicle != v; });
        if (other != all.end()) context.foreign_request = (*other)->request;
    }
    return context;
}

bool encode_response(const contract::message_contract& message_contract, const response_step& response,
                     const response_context& context, contract::outgoing_message& out) {
    const auto what = kind_of(response.type);
    const auto request_id = request_id_of(response, context);
    const auto made_up_id = request_id.empty() ? made_up_request_id(context) : std::string{};
    const auto oversized = response.payload == response_step::corruption::oversized
                               ? std::string(contract::payload_limit, 'x')
                               : std::string{};
    random_stream rng(context.seed, stream_id::template_value, context.values.index,
                      first_draw(message_kind::response, static_cast<std::uint64_t>(context.seq)));
    auto values = context.values;
    values.vin = context.vin;
    values.request_id = request_id.empty() ? std::string_view{made_up_id} : request_id;
    values.code = oversized.empty() ? std::string_view{response.code} : oversized;
    values.phase = phase_of(what);
    values.ok = response.type != response_step::kind::failed;
    values.seq = context.seq;
    values.now_us = context.wall_us + in_us(context.clock_offset);
    values.sent_us = context.sent_us;
    values.random = &rng;
    const bool made = response.foreign_vin
                          ? encode_with_foreign_vin(message_contract, what, values, context.foreign_vin, out)
                          : message_contract.compose(what, values, out);
    if (!made) return false;
    const bool use_response_topic =
        response.request == response_step::correlation::own && message_contract.options().use_response_topic;
    if (use_response_topic && !context.response_topic.empty()) out.topic = context.response_topic;
    if (out.correlation.empty()) out.correlation = context.correlation;
    corrupt(out.payload, response.payload);
    return true;
}

bool encode_presence(const fleet_spec& spec, vehicle_id v, std::string_view state, std::int64_t wall_us,
                     std::uint64_t n, contract::outgoing_message& out) {
    const auto vin = spec.registry.vin_of(v);
    const auto& b = spec.behaviours[spec.segments.segment_of(v)];
    random_stream rng(spec.seed, stream_id::template_value, index(v), first_draw(message_kind::presence, n));
    auto values = template_values_of(spec, v);
    values.vin = vin;
    values.state = state;
    if (b.asleep && state == "asleep") values.wake = bearer_of(*b.asleep);
    values.now_us = wall_us + in_us(b.clock_offset);
    values.random = &rng;
    return spec.message_contract.compose_presence(values, out);
}

} // namespace loadsim::fleet
