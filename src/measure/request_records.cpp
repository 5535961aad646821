// Records of requests: conversion from open requests, and records that wait for a late response. Also message_log
// (open_request.hpp).
#include "request_records.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/secrets.hpp>
#include <loadsim/base/units.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

namespace loadsim::measure {
namespace {

std::string name_at(const std::vector<std::string>& names, std::uint32_t at) {
    return at < names.size() ? names[at] : std::string{};
}

} // namespace

void message_log::add(const message& m) {
    if (m.direction == message_direction::from_vehicle) ++response_count_;
    if (messages_.size() == max_messages) return;
    text_ += m.head.substr(0, kept_payload_bytes);
    const auto head_end = static_cast<std::uint32_t>(text_.size());
    text_ += m.payload.substr(0, kept_payload_bytes);
    messages_.push_back({m.at, m.payload_bytes, head_end, static_cast<std::uint32_t>(text_.size()), m.direction});
}

void message_log::set_time_of_first(monotonic_time at) {
    if (!messages_.empty()) messages_.front().at = at;
}

std::vector<message_record> message_log::to_records(monotonic_time load_start) const {
    std::vector<message_record> records;
    records.reserve(messages_.size());
    const std::string_view text = text_;
    const auto recorded = [](std::string_view kept) {
        constexpr std::string_view allowed = "\t\r\n"; // JSON escapes them
        return escape_for_terminal(loadsim::mask_secrets(kept, max_payload_bytes), allowed);
    };
    std::size_t from = 0;
    for (const auto& m : messages_) {
        records.push_back({.at_ms = instant_ms(m.at, load_start),
                           .direction = m.direction,
                           .head = recorded(text.substr(from, m.head_end - from)),
                           .payload = recorded(text.substr(m.head_end, m.payload_end - m.head_end)),
                           .payload_bytes = m.bytes});
        from = m.payload_end;
    }
    return records;
}

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
    r.traceparent = e.traceparent;
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
    r.begun_at_ms = since_start(e.begun);
    r.sent_at_ms = since_start(e.sent);
    r.accepted_at_ms = since_start(e.accepted);
    r.delivered_at_ms = since_start(e.own.delivered);
    r.acked_at_ms = since_start(e.own.acked);
    r.finished_at_ms = since_start(e.own.finished);
    r.observed_at_ms = since_start(completion.observed);
    r.messages = e.api_messages.to_records(load_start);
    std::ranges::move(e.own.messages.to_records(load_start), std::back_inserter(r.messages));
    // A request to the API that was never sent comes first.
    std::ranges::stable_sort(r.messages, {}, [](const message_record& m) {
        return std::isnan(m.at_ms) ? -std::numeric_limits<double>::infinity() : m.at_ms;
    });
    for (const auto c : e.conditions) r.conditions.push_back(name_at(names.conditions, c));
    for (std::size_t i = 0; i < anomaly_count; ++i)
        if (e.anomalies.contains(static_cast<anomaly>(i))) r.anomalies.emplace_back(anomaly_names[i]);
    return r;
}

void slowest_records::add(nanoseconds e2e, request_record r) {
    if (fastest_first_.size() == max_slowest_requests) {
        std::ranges::pop_heap(fastest_first_, is_slower);
        fastest_first_.pop_back();
    }
    fastest_first_.push_back({e2e, std::move(r)});
    std::ranges::push_heap(fastest_first_, is_slower);
}

std::vector<request_record> slowest_records::take() {
    std::vector<request_record> all;
    for (auto& one : std::exchange(fastest_first_, {})) all.push_back(std::move(one.record));
    keep_slowest(all);
    return all;
}

void pending_records::add(request_record r, monotonic_time deadline) {
    auto request = r.request_id;
    by_request_.emplace(std::move(request), pending_record{std::move(r), deadline});
}

request_record* pending_records::find(std::string_view request) {
    if (by_request_.empty()) return nullptr;
    const auto at = by_request_.find(std::string(request));
    return at == by_request_.end() ? nullptr : &at->second.record;
}

void pending_records::expire_by(std::string_view request, monotonic_time deadline) {
    const auto [begin, end] = by_request_.equal_range(std::string(request));
    for (auto at = begin; at != end; ++at) at->second.deadline = std::min(at->second.deadline, deadline);
}

std::vector<request_record> pending_records::take_expired(monotonic_time now) {
    std::vector<request_record> expired;
    for (auto at = by_request_.begin(); at != by_request_.end();) {
        const bool is_expired = at->second.deadline <= now;
        if (is_expired) expired.push_back(std::move(at->second.record));
        at = is_expired ? by_request_.erase(at) : std::next(at);
    }
    std::ranges::sort(expired, {}, &request_record::arrival);
    return expired;
}

} // namespace loadsim::measure
