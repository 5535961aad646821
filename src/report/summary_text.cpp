// Final summary of a run for the terminal.
#include "summary_sections.hpp"
#include "text_format.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/report/console.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <utility>
#include <vector>

namespace loadsim::report {
namespace {

using measure::hop;
using measure::labels;
using measure::run_result;

std::string heading(const run_result& run) {
    auto text =
        fmt::format("{}  {}, seed {}, {} elapsed\n", escape_for_terminal(run.scenario),
                    count_of(run.sessions_planned, "session", "sessions"), run.seed, human_elapsed(run.elapsed));
    if (run.mode == measure::run_mode::rehearsal)
        text += "rehearsal in simulated time against a simulated platform: no connections, simulated latencies\n";
    if (run.mode == measure::run_mode::replay) text += "replay of one vehicle of another run\n";
    return text;
}

std::string requests(const run_result& run) {
    const auto& r = run.sum.requests;
    std::string text = "\nrequests  " + human_count(r.due) + " due, " + human_count(r.sent) + " sent, " +
                       human_count(r.unexpected) + " unexpected";
    if (r.due != run.planned_arrivals) text += "  (of " + human_count(run.planned_arrivals) + " planned)";
    text += '\n';
    std::vector<row> rows;
    for (std::size_t i = 0; i < outcome_count; ++i)
        if (r.outcomes[i] != 0 || i == static_cast<std::size_t>(outcome::executed))
            rows.push_back(
                {std::string(outcome_names[i]), human_count(r.outcomes[i]), human_percentage(r.outcomes[i], r.due)});
    if (r.due > r.ended()) // of an aborted run
        rows.push_back({"open", human_count(r.due - r.ended()), human_percentage(r.due - r.ended(), r.due),
                        "without an outcome at the end"});
    return text + table(rows);
}

std::string reasons(const std::map<std::string, std::uint64_t>& counts) {
    std::vector<std::pair<std::string, std::uint64_t>> sorted(counts.begin(), counts.end());
    std::ranges::stable_sort(sorted, std::greater{}, &std::pair<std::string, std::uint64_t>::second);
    constexpr std::size_t shown = 5; // summary.json has all
    std::vector<row> rows;
    for (std::size_t i = 0; i < std::min(shown, sorted.size()); ++i)
        rows.push_back({human_count(sorted[i].second) + " x", sorted[i].first});
    if (sorted.size() > shown) rows.push_back({"", fmt::format("... {} more kinds", sorted.size() - shown)});
    return table(rows, 2);
}

row latency_row(std::string_view name, const measure::histogram& h, std::string_view meaning) {
    row r{std::string(name)};
    for (const double p : {50.0, 90.0, 99.0, 99.9}) r.push_back(human_latency(h.percentile(p)));
    r.push_back(human_latency(h.max()));
    r.push_back(human_count(h.count()));
    r.emplace_back(meaning);
    return r;
}

std::string latency(const measure::totals& sum) {
    constexpr std::array<std::string_view, measure::hop_names.size()> meanings{
        "due to begun: delay of the load generator",
        "due to accepted",
        "due to command received by the vehicle",
        "command received to final response sent",
        "final response sent to completion announced",
        "due to completion announced",
        "e2e less vehicle",
        "missed deadline to expected time-out announced"};
    std::vector<row> rows{{"", "p50", "p90", "p99", "p99.9", "max", "samples"}};
    for (std::size_t i = 0; i < measure::hop_names.size(); ++i) {
        if (const auto h = sum.latencies.select(static_cast<hop>(i)); !h.empty())
            rows.push_back(latency_row(measure::hop_names[i], h, meanings[i]));
        if (static_cast<hop>(i) == hop::lag && !sum.loop_delay.empty())
            rows.push_back(latency_row("loop delay", sum.loop_delay, "message arrived to message read"));
    }
    const auto& s = sum.sessions;
    const auto add_connect_row = [&](std::string_view name, const measure::histogram& h, std::string_view meaning) {
        if (!h.empty()) rows.push_back(latency_row(name, h, meaning));
    };
    add_connect_row("connect", s.connect, "TCP connect to CONNACK");
    add_connect_row("tcp", s.tcp, "part of connect: TCP connect");
    add_connect_row("tls full", s.tls.full, "part of connect: TLS handshake");
    add_connect_row("tls resumed", s.tls.resumed, "part of connect: TLS handshake, resumed");
    add_connect_row("connack", s.connack, "part of connect: CONNECT to CONNACK");
    return rows.size() == 1 ? "\nlatency   no samples\n" : "\nlatency\n" + table(rows, 1, 7);
}

std::string phases(const measure::totals& sum, const labels& labels) {
    if (sum.phases.size() < 2) return ""; // a single phase equals the totals above
    std::vector<row> rows{{"", "due", "sent", "unexpected", "e2e p50", "p99"}};
    for (std::uint32_t i = 0; i < sum.phases.size(); ++i) {
        const auto& r = sum.phases[i];
        const auto e2e = sum.latencies.select(hop::e2e, {.service = {}, .phase = i});
        const auto latency_text = [&](double p) { return e2e.empty() ? "-" : human_latency(e2e.percentile(p)); };
        rows.push_back({name_at(labels.phases, i), human_count(r.due), human_count(r.sent), human_count(r.unexpected),
                        latency_text(50), latency_text(99)});
    }
    return "\nphases\n" + table(rows);
}

/// Empty for a single address.
std::string addresses_text(std::string_view what, const std::map<std::string, std::uint64_t>& by_address) {
    if (by_address.size() < 2) return "";
    std::string text = "    " + std::string(what) + " by address: ";
    constexpr std::size_t shown = 8; // summary.json has all
    std::size_t n = 0;
    for (const auto& [address, count] : by_address) {
        if (n == shown) break;
        text += (n++ == 0 ? "" : ", ") + address + ' ' + human_count(count);
    }
    if (by_address.size() > shown) text += fmt::format(", ... {} more", by_address.size() - shown);
    return text + '\n';
}

/// Empty without TLS.
std::string tls_text(const measure::tls_counts& t, const measure::message_counts& m) {
    if (t == measure::tls_counts{}) return "";
    return fmt::format("    TLS: {}, {} resumed, {} failed{}; {} sent and {} received, without TLS {} and {}\n",
                       count_of(t.full.count(), "full handshake", "full handshakes"), human_count(t.resumed.count()),
                       human_count(t.failed()),
                       t.unverified == 0 ? "" : ", the server not verified (fleet.tls.verify: none)",
                       human_bytes(t.bytes_sent), human_bytes(t.bytes_received), human_bytes(m.bytes_sent),
                       human_bytes(m.bytes_received));
}

std::string sessions(const run_result& run) {
    const auto& s = run.sum.sessions;
    const auto syn_text = s.syn_retransmitted == 0
                              ? std::string{}
                              : fmt::format("    {}: a listen backlog was full; lower fleet.connectsInFlight\n",
                                            count_of(s.syn_retransmitted, "connect with a retransmitted SYN",
                                                     "connects with a retransmitted SYN"));
    return fmt::format("\nsessions  {} planned, {} at the peak, {} refused, {} dropped, {}\n",
                       human_count(run.sessions_planned), human_count(run.sessions_peak), human_count(s.refused),
                       human_count(s.dropped), count_of(s.reconnects, "reconnect", "reconnects")) +
           tls_text(s.tls, run.sum.messages) + syn_text + addresses_text("sessions", s.addresses) + reasons(s.reasons);
}

std::string traffic(const run_result& run) {
    const auto& m = run.sum.messages;
    const auto& g = run.generator;
    const auto generators = g.ranks == 1
                                ? count_of(g.shards, "shard", "shards")
                                : fmt::format("{} ranks of {}", g.ranks, count_of(g.shards, "shard", "shards"));
    return fmt::format("messages  {} published ({}), {} received ({})\ngenerator {:.1f} s of CPU, {}, {}\n",
                       human_count(m.published), human_bytes(m.bytes_sent), human_count(m.received),
                       human_bytes(m.bytes_received), g.cpu_s, human_bytes(g.rss_bytes), generators);
}

/// Empty if the HTTP driver was not used.
std::string http(const measure::http_counts& h) {
    if (h.connection_limit == 0) return "";
    const auto waited =
        h.connection_wait.empty()
            ? std::string("none waited for a connection")
            : fmt::format("{} waited for a connection, p99 {}, part of accept and e2e",
                          human_count(h.connection_wait.count()), human_latency(h.connection_wait.percentile(99)));
    std::string attempts;
    if (h.timeouts != 0)
        attempts += fmt::format("    {} timed out, {}: the platform may have received a request twice\n",
                                count_of(h.timeouts, "attempt", "attempts"), count_of(h.retries, "retry", "retries"));
    if (h.failovers != 0)
        attempts += fmt::format("    {} to another address\n", count_of(h.failovers, "failover", "failovers"));
    return fmt::format("http      {} over {}; peak {} open, {} busy, limit {}; {}\n",
                       count_of(h.requests, "request", "requests"), count_of(h.opened, "connection", "connections"),
                       human_count(h.open_peak), human_count(h.busy_peak), human_count(h.connection_limit), waited) +
           addresses_text("connections", h.addresses) + attempts;
}

enum class text_colour : std::uint8_t { green, red, yellow };

std::string coloured(std::string text, text_colour t, bool colour) {
    constexpr std::array<std::string_view, 3> codes{"\x1b[32m", "\x1b[31m", "\x1b[33m"};
    return colour ? std::string(codes[static_cast<std::size_t>(t)]) + text + "\x1b[0m" : text;
}

std::string budgets(const verdict::evaluation& evaluation, bool colour) {
    if (evaluation.budgets.empty()) return "";
    std::size_t widest = 0;
    for (const auto& result : evaluation.budgets)
        widest = std::max(widest, display_width(escape_for_terminal(result.expression)));
    std::string text = "\nbudgets\n";
    for (const auto& result : evaluation.budgets) {
        const bool is_warning =
            result.severity == verdict::budget_severity::warn && result.verdict != verdict::budget_verdict::pass;
        const auto [mark, t] = result.verdict == verdict::budget_verdict::pass   ? std::pair{"✓", text_colour::green}
                               : is_warning                                      ? std::pair{"!", text_colour::yellow}
                               : result.verdict == verdict::budget_verdict::fail ? std::pair{"✗", text_colour::red}
                                                                                 : std::pair{"?", text_colour::yellow};
        text += "    " + coloured(mark, t, colour) + ' ' + pad_right(escape_for_terminal(result.expression), widest) +
                "  " + (result.observed ? "was " : "") + escape_for_terminal(result.observed_text) +
                (is_warning ? " (warning only)\n" : "\n");
    }
    return text;
}

std::string verdict_text(measure::run_mode mode, const verdict::evaluation& evaluation, bool colour) {
    // A replay is judged by whether its outcome is reproduced, which is not evaluated here.
    if (mode == measure::run_mode::replay && evaluation.code == verdict::exit_code::pass) return "\n";
    const auto t = evaluation.verdict == verdict::run_verdict::pass   ? text_colour::green
                   : evaluation.verdict == verdict::run_verdict::fail ? text_colour::red
                                                                      : text_colour::yellow;
    std::string name(to_string(evaluation.verdict));
    for (auto& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    std::string text = "\nverdict   " + coloured(name, t, colour);
    std::string notes(mode_text(mode));
    if (evaluation.code != verdict::exit_code::pass)
        notes += fmt::format("{}exit code {}", notes.empty() ? "" : ", ", static_cast<int>(evaluation.code));
    if (!notes.empty()) text += "  (" + notes + ')';
    text += '\n';
    for (const auto& reason : evaluation.reasons) text += "    " + escape_for_terminal(reason) + '\n';
    return text;
}

std::string report_location(const run_result& run, const std::filesystem::path& folder) {
    std::string text = "report    " + escape_for_terminal(folder.string()) + '\n';
    if (run.sum.requests.unexpected != 0 || has_anomalies(run.sum.anomalies))
        text += "    " + command_name() + " explain " + shell_quote(folder.string()) +
                " shows the unexpected requests and the anomalies\n";
    return text;
}

} // namespace

std::string summary_text(const run_result& run, const verdict::evaluation& evaluation, const labels& labels,
                         const std::filesystem::path& folder, bool colour) {
    const auto& sum = run.sum;
    return '\n' + heading(run) + requests(run) + reasons(sum.errors) + matrix_text(sum, labels) + latency(sum) +
           phases(sum, labels) + sessions(run) + queued_text(sum.queued) + http(sum.http) + traffic(run) +
           broker_api_text(sum.broker_api) + observers_text(sum, labels) + campaigns_text(sum, labels) +
           recoveries_text(run.recoveries) +
           anomalies_text(sum.anomalies, sum.expected_anomalies, sum.omitted_records) +
           unmatched_fields_text(sum.unmatched_fields) + broker_limits_text(sum.broker_limits) +
           budgets(evaluation, colour) + verdict_text(run.mode, evaluation, colour) + report_location(run, folder);
}

} // namespace loadsim::report
