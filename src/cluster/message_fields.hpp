// Field reflection for the messages between ranks, used by encoder and decoder.
//
// Structured bindings list all fields, so that a field added to a struct but not here fails to compile. The visitor is called
// with name and field; the field is const if the struct is.
#pragma once

#include <loadsim/cluster/rank_messages.hpp>

#include <array>
#include <concepts>
#include <string_view>
#include <type_traits>

namespace loadsim::cluster {

template <class T, class Wanted>
concept same_ignoring_const = std::same_as<std::remove_const_t<T>, Wanted>;

/// Array of counts with a name per index. In JSON: an object without the zero counts.
template <class Counts, std::size_t N>
struct named_counts {
    Counts& counts;
    const std::array<std::string_view, N>& names;
};

template <class Counts, std::size_t N>
named_counts<Counts, N> by_name(Counts& counts, const std::array<std::string_view, N>& names) {
    static_assert(std::tuple_size_v<std::remove_const_t<Counts>> == N);
    return {counts, names};
}

template <same_ignoring_const<measure::request_counts> T, class Visitor>
void each_field(T& of, Visitor&& visit) {
    auto& [due, sent, outcomes, unexpected] = of;
    visit("due", due);
    visit("sent", sent);
    visit("outcomes", by_name(outcomes, outcome_names));
    visit("unexpected", unexpected);
}

template <same_ignoring_const<measure::session_counts> T, class Visitor>
void each_field(T& of, Visitor&& visit) {
    auto& [refused, dropped, reconnects, syn_retransmitted, connect, reasons] = of;
    visit("refused", refused);
    visit("dropped", dropped);
    visit("reconnects", reconnects);
    visit("syn_retransmitted", syn_retransmitted);
    visit("connect", connect);
    visit("reasons", reasons);
}

template <same_ignoring_const<measure::http_counts> T, class Visitor>
void each_field(T& of, Visitor&& visit) {
    auto& [allowed, requests, opened, open_peak, busy_peak, wait, timed_out, sent_again, failed_over] = of;
    visit("allowed", allowed);
    visit("requests", requests);
    visit("opened", opened);
    visit("open_peak", open_peak);
    visit("busy_peak", busy_peak);
    visit("wait", wait);
    visit("timed_out", timed_out);
    visit("sent_again", sent_again);
    visit("failed_over", failed_over);
}

template <same_ignoring_const<measure::message_counts> T, class Visitor>
void each_field(T& of, Visitor&& visit) {
    auto& [published, received, bytes_sent, bytes_received] = of;
    visit("published", published);
    visit("received", received);
    visit("bytes_sent", bytes_sent);
    visit("bytes_received", bytes_received);
}

template <same_ignoring_const<measure::queued_counts> T, class Visitor>
void each_field(T& of, Visitor&& visit) {
    auto& [delivered, out_of_order, waited] = of;
    visit("delivered", delivered);
    visit("out_of_order", out_of_order);
    visit("waited", waited);
}

template <same_ignoring_const<measure::recovery_counts> T, class Visitor>
void each_field(T& of, Visitor&& visit) {
    auto& [affected, back] = of;
    visit("affected", affected);
    visit("back", back);
}

template <same_ignoring_const<measure::observer_counts> T, class Visitor>
void each_field(T& of, Visitor&& visit) {
    auto& [messages, ends, first, disagreed, refused] = of;
    visit("messages", messages);
    visit("ends", ends);
    visit("first", first);
    visit("disagreed", disagreed);
    visit("refused", refused);
}

template <same_ignoring_const<measure::campaign_counts> T, class Visitor>
void each_field(T& of, Visitor&& visit) {
    auto& [published, addressed, delivered, returned, repeated, latency] = of;
    visit("published", published);
    visit("addressed", addressed);
    visit("delivered", delivered);
    visit("returned", returned);
    visit("repeated", repeated);
    visit("latency", latency);
}

template <same_ignoring_const<measure::broker_api_counts> T, class Visitor>
void each_field(T& of, Visitor&& visit) {
    auto& [accepted, refused, reset, malformed, slowed, posted, turned_down, failed, dropped, duplicated, reasons] = of;
    visit("accepted", accepted);
    visit("refused", refused);
    visit("reset", reset);
    visit("malformed", malformed);
    visit("slowed", slowed);
    visit("posted", posted);
    visit("turned_down", turned_down);
    visit("failed", failed);
    visit("dropped", dropped);
    visit("duplicated", duplicated);
    visit("reasons", reasons);
}

template <same_ignoring_const<measure::message_record> T, class Visitor>
void each_field(T& of, Visitor&& visit) {
    auto& [at_ms, to_vehicle, topic, payload, bytes] = of;
    visit("at_ms", at_ms);
    visit("to_vehicle", to_vehicle);
    visit("topic", topic);
    visit("payload", payload);
    visit("bytes", bytes);
}

template <same_ignoring_const<measure::request_record> T, class Visitor>
void each_field(T& of, Visitor&& visit) {
    auto& [arrival, request, vin, segment, behaviour, service, phase, expected, observed, unexpected, why, due_ms,
           sent_ms, accepted_ms, delivered_ms, acked_ms, finished_ms, observed_ms, messages, conditions, anomalies] =
        of;
    visit("arrival", arrival);
    visit("request", request);
    visit("vin", vin);
    visit("segment", segment);
    visit("behaviour", behaviour);
    visit("service", service);
    visit("phase", phase);
    visit("expected", expected);
    visit("observed", observed);
    visit("unexpected", unexpected);
    visit("why", why);
    visit("due_ms", due_ms);
    visit("sent_ms", sent_ms);
    visit("accepted_ms", accepted_ms);
    visit("delivered_ms", delivered_ms);
    visit("acked_ms", acked_ms);
    visit("finished_ms", finished_ms);
    visit("observed_ms", observed_ms);
    visit("messages", messages);
    visit("conditions", conditions);
    visit("anomalies", anomalies);
}

template <same_ignoring_const<measure::anomaly_record> T, class Visitor>
void each_field(T& of, Visitor&& visit) {
    auto& [what, provoked, at_ms, vin, request, evidence] = of;
    visit("what", what);
    visit("provoked", provoked);
    visit("at_ms", at_ms);
    visit("vin", vin);
    visit("request", request);
    visit("evidence", evidence);
}

template <same_ignoring_const<measure::session_record> T, class Visitor>
void each_field(T& of, Visitor&& visit) {
    auto& [at_ms, vin, what] = of;
    visit("at_ms", at_ms);
    visit("vin", vin);
    visit("what", what);
}

template <same_ignoring_const<measure::totals> T, class Visitor>
void each_field(T& of, Visitor&& visit) {
    auto& [requests, phases, matrix, latencies, sessions, messages, http, queued, recoveries, observers, campaigns,
           broker_api, misfits, anomalies, provoked, errors, not_recorded, requests_told, anomalies_told,
           sessions_told] = of;
    visit("requests", requests);
    visit("phases", phases);
    visit("matrix", matrix);
    visit("latencies", latencies);
    visit("sessions", sessions);
    visit("messages", messages);
    visit("http", http);
    visit("queued", queued);
    visit("recoveries", recoveries);
    visit("observers", observers);
    visit("campaigns", campaigns);
    visit("broker_api", broker_api);
    visit("misfits", misfits);
    visit("anomalies", by_name(anomalies, anomaly_names));
    visit("provoked", by_name(provoked, anomaly_names));
    visit("errors", errors);
    visit("not_recorded", not_recorded);
    visit("requests_told", requests_told);
    visit("anomalies_told", anomalies_told);
    visit("sessions_told", sessions_told);
}

template <same_ignoring_const<measure::snapshot> T, class Visitor>
void each_field(T& of, Visitor&& visit) {
    auto& [seen, sessions_asked, sessions_online, in_flight, awaited, all_due, driver_ready, trouble, broken, cpu_s,
           rss_bytes] = of;
    visit("seen", seen);
    visit("sessions_asked", sessions_asked);
    visit("sessions_online", sessions_online);
    visit("in_flight", in_flight);
    visit("awaited", awaited);
    visit("all_due", all_due);
    visit("driver_ready", driver_ready);
    visit("trouble", trouble);
    visit("broken", broken);
    visit("cpu_s", cpu_s);
    visit("rss_bytes", rss_bytes);
}

template <same_ignoring_const<join_request> T, class Visitor>
void each_field(T& of, Visitor&& visit) {
    auto& [version, scenario, trouble, wall_us] = of;
    visit("version", version);
    visit("scenario", scenario);
    visit("trouble", trouble);
    visit("wall_us", wall_us);
}

template <same_ignoring_const<run_settings> T, class Visitor>
void each_field(T& of, Visitor&& visit) {
    auto& [folder, shards] = of;
    visit("folder", folder);
    visit("shards", shards);
}

template <same_ignoring_const<control_command> T, class Visitor>
void each_field(T& of, Visitor&& visit) {
    auto& [what, start_wall_us] = of;
    visit("what", what);
    visit("start_wall_us", start_wall_us);
}

template <same_ignoring_const<status_report> T, class Visitor>
void each_field(T& of, Visitor&& visit) {
    auto& [seen, commands_executed, interrupted, terminated, leaving] = of;
    visit("seen", seen);
    visit("orders_followed", commands_executed);
    visit("interrupted", interrupted);
    visit("terminated", terminated);
    visit("leaving", leaving);
}

struct any_visitor {
    void operator()(std::string_view, auto&&) const {}
};

template <class T>
concept has_fields = requires(T& of) {
    each_field(of, any_visitor{});
};

/// Message names in JSON, in the order of `message`'s alternatives.
inline constexpr std::array<std::string_view, std::variant_size_v<message>> message_names{"hello", "welcome", "order",
                                                                                          "report"};
inline constexpr std::array<std::string_view, 6> control_command_names{"connect", "load", "cut",
                                                                       "give_up", "stop", "leave"};

} // namespace loadsim::cluster
