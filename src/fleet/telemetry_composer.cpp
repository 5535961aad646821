#include "telemetry_composer.hpp"

#include "external_program/question.hpp"
#include "vehicle_rules.hpp"

#include <loadsim/base/random.hpp>
#include <loadsim/vehicle/registry.hpp>

#include <chrono>

namespace loadsim::fleet {

telemetry_composer::telemetry_composer(const fleet_spec& spec) : spec_(spec), day_(simulated_day_of(spec.options)) {
    for (const auto& name : spec.template_symbols.signals)
        signals_.push_back(telemetry::find_signal(name).value()); // the scenario's names are those of the table
}

bool telemetry_composer::compose(const due_telemetry& m, std::int64_t wall_us, monotonic_time now,
                                 contract::outgoing_message& out) {
    using std::chrono::duration_cast;
    using std::chrono::microseconds;
    composed_ = m;
    values_.reset();
    vin_ = spec_.registry.vin_of(m.vehicle);
    random_stream rng(spec_.seed, stream_id::template_value, index(m.vehicle),
                      first_draw(message_kind::telemetry, std::uint64_t{m.group} << 32U | m.sequence));
    auto values = template_values_of(spec_, m.vehicle);
    const auto& behaviour = spec_.behaviours[spec_.segments.segment_of(m.vehicle)];
    values.vin = vin_;
    values.seq = m.sequence;
    values.now_us = wall_us + duration_cast<microseconds>(behaviour.clock_offset).count();
    values.sent_us = duration_cast<microseconds>(now.time_since_epoch()).count();
    values.random = &rng;
    values.signals = this;
    return spec_.telemetry_messages[m.group].compose(values, out);
}

std::string telemetry_composer::question(std::string_view topic, std::int64_t wall_us) const {
    using std::chrono::duration_cast;
    using std::chrono::microseconds;
    compute_values();
    const auto& behaviour = spec_.behaviours[spec_.segments.segment_of(composed_.vehicle)];
    return payload_question(spec_, {.vehicle = composed_.vehicle,
                                    .group = composed_.group,
                                    .sequence = composed_.sequence,
                                    .topic = topic,
                                    .signals = *values_,
                                    .clock_us = wall_us + duration_cast<microseconds>(behaviour.clock_offset).count()});
}

void telemetry_composer::compute_values() const {
    if (!values_) values_ = spec_.vehicle_model->signals_at(composed_.vehicle, day_.day_time(composed_.due));
}

void telemetry_composer::append(std::uint32_t signal, std::string& out) const {
    compute_values();
    telemetry::append(*values_, signals_[signal], out);
}

} // namespace loadsim::fleet
