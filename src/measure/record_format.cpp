#include "record_format.hpp"

#include <loadsim/base/units.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace loadsim::measure {
namespace {

std::string name_at(const std::vector<std::string>& names, std::uint32_t at) {
    return at < names.size() ? names[at] : std::string{};
}

} // namespace

double instant_ms(monotonic_time t, monotonic_time load_start) {
    return t == never ? std::numeric_limits<double>::quiet_NaN() : milliseconds(t - load_start);
}

std::string format_latency(nanoseconds d) {
    const auto ms = milliseconds(d);
    return std::abs(ms) < 10'000 ? fmt::format("{:.1f}ms", ms) : fmt::format("{:.1f}s", ms / 1000);
}

request_record make_request_record(const open_request& e, const request_completion& completion, const labels& names,
                                   std::string vin, monotonic_time load_start) {
    const auto since_start = [load_start](monotonic_time t) { return instant_ms(t, load_start); };
    request_record r;
    r.arrival = number(e.spec.id);
    r.request_id = e.own.request;
    r.vin = std::move(vin);
    r.segment = name_at(names.segments, e.spec.segment);
    r.behaviour = name_at(names.behaviours, e.spec.segment);
    r.service = name_at(names.services, e.spec.service);
    r.phase = name_at(names.phases, e.spec.phase);
    r.expected_outcomes = e.spec.expected;
    r.outcome = completion.final_outcome;
    r.unexpected = completion.unexpected;
    r.reason = completion.why;
    r.due_at_ms = since_start(e.spec.due);
    r.sent_at_ms = since_start(e.sent);
    r.accepted_at_ms = since_start(e.accepted);
    r.delivered_at_ms = since_start(e.own.delivered);
    r.acked_at_ms = since_start(e.own.acked);
    r.finished_at_ms = since_start(e.own.finished);
    r.observed_at_ms = since_start(completion.observed);
    r.messages = e.own.messages.to_records(load_start);
    for (const auto c : e.conditions) r.conditions.push_back(name_at(names.conditions, c));
    for (std::size_t i = 0; i < anomaly_count; ++i)
        if (e.anomalies.contains(static_cast<anomaly>(i))) r.anomalies.emplace_back(anomaly_names[i]);
    return r;
}

} // namespace loadsim::measure
