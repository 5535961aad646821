#include <loadsim/measure/totals.hpp>

#include <iterator>
#include <numeric>
#include <utility>

// Each add() uses structured binding: a new field that is not handled here does not compile.
namespace loadsim::measure {
namespace {

template <class Key>
void add_by_key(std::map<Key, std::uint64_t>& sum, const std::map<Key, std::uint64_t>& other) {
    for (const auto& [key, count] : other) sum[key] += count;
}

template <std::size_t N>
void add_each(std::array<std::uint64_t, N>& sum, const std::array<std::uint64_t, N>& other) {
    for (std::size_t i = 0; i < N; ++i) sum[i] += other[i];
}

template <class Told>
void append(std::vector<Told>& all, std::vector<Told>&& more) {
    if (all.empty())
        all = std::move(more);
    else
        all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

} // namespace

std::uint64_t request_counts::ended() const noexcept {
    return std::accumulate(outcomes.begin(), outcomes.end(), std::uint64_t{0});
}

void request_counts::add(const request_counts& other) {
    const auto& [other_due, other_sent, other_outcomes, other_unexpected] = other;
    due += other_due;
    sent += other_sent;
    add_each(outcomes, other_outcomes);
    unexpected += other_unexpected;
}

void session_counts::add(const session_counts& other) {
    const auto& [other_refused, other_dropped, other_reconnects, other_syn_retransmitted, other_connect,
                 other_reasons] = other;
    refused += other_refused;
    dropped += other_dropped;
    reconnects += other_reconnects;
    syn_retransmitted += other_syn_retransmitted;
    connect.merge(other_connect);
    add_by_key(reasons, other_reasons);
}

void http_counts::add(const http_counts& other) {
    const auto& [other_allowed, other_requests, other_opened, other_open_peak, other_busy_peak, other_wait,
                 other_timed_out, other_sent_again, other_failed_over] = other;
    allowed += other_allowed;
    requests += other_requests;
    opened += other_opened;
    open_peak += other_open_peak; // growth of the peak per interval
    busy_peak += other_busy_peak;
    wait.merge(other_wait);
    timed_out += other_timed_out;
    sent_again += other_sent_again;
    failed_over += other_failed_over;
}

void message_counts::add(const message_counts& other) {
    const auto& [other_published, other_received, other_bytes_sent, other_bytes_received] = other;
    published += other_published;
    received += other_received;
    bytes_sent += other_bytes_sent;
    bytes_received += other_bytes_received;
}

void queued_counts::add(const queued_counts& other) {
    const auto& [other_delivered, other_out_of_order, other_waited] = other;
    delivered += other_delivered;
    out_of_order += other_out_of_order;
    waited.merge(other_waited);
}

void recovery_counts::add(const recovery_counts& other) {
    const auto& [other_affected, other_back] = other;
    affected += other_affected;
    recovery_times.merge(other_back);
}

void observer_counts::add(const observer_counts& other) {
    const auto& [other_messages, other_ends, other_first, other_disagreed, other_refused] = other;
    messages += other_messages;
    ends += other_ends;
    first += other_first;
    disagreed += other_disagreed;
    add_by_key(refused, other_refused);
}

void campaign_counts::add(const campaign_counts& other) {
    const auto& [other_published, other_addressed, other_delivered, other_returned, other_repeated, other_latency] =
        other;
    published += other_published;
    addressed += other_addressed;
    delivered += other_delivered;
    returned += other_returned;
    repeated += other_repeated;
    latency.merge(other_latency);
}

void broker_api_counts::add(const broker_api_counts& other) {
    const auto& [other_accepted, other_refused, other_reset, other_malformed, other_slowed, other_posted,
                 other_rejected, other_failed, other_dropped, other_duplicated, other_reasons] = other;
    accepted += other_accepted;
    refused += other_refused;
    reset += other_reset;
    malformed += other_malformed;
    slowed += other_slowed;
    posted += other_posted;
    rejected += other_rejected;
    failed += other_failed;
    dropped += other_dropped;
    duplicated += other_duplicated;
    add_by_key(reasons, other_reasons);
}

void totals::add(const totals& other) {
    const auto& [other_requests, other_phases, other_matrix, other_latencies, other_sessions, other_messages,
                 other_http, other_queued, other_recoveries, other_observers, other_campaigns, other_broker_api,
                 other_unmatched_fields, other_anomalies, other_expected_anomalies, other_errors, other_not_recorded,
                 not_requests, not_anomalies, not_sessions] = other;
    static_cast<void>(not_requests);
    static_cast<void>(not_anomalies);
    static_cast<void>(not_sessions);
    requests.add(other_requests);
    if (phases.size() < other_phases.size()) phases.resize(other_phases.size());
    for (std::size_t i = 0; i < other_phases.size(); ++i) phases[i].add(other_phases[i]);
    add_by_key(matrix, other_matrix);
    latencies.merge(other_latencies);
    sessions.add(other_sessions);
    messages.add(other_messages);
    http.add(other_http);
    queued.add(other_queued);
    for (const auto& [which, counts] : other_recoveries) recoveries[which].add(counts);
    for (const auto& [which, counts] : other_observers) observers[which].add(counts);
    for (const auto& [which, counts] : other_campaigns) campaigns[which].add(counts);
    broker_api.add(other_broker_api);
    add_by_key(unmatched_fields, other_unmatched_fields);
    add_each(anomalies, other_anomalies);
    add_each(expected_anomalies, other_expected_anomalies);
    add_by_key(errors, other_errors);
    not_recorded += other_not_recorded;
}

void totals::move_records_from(totals&& other) {
    append(request_records, std::move(other.request_records));
    append(anomaly_records, std::move(other.anomaly_records));
    append(session_records, std::move(other.session_records));
}

} // namespace loadsim::measure
