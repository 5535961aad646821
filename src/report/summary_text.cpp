// Final summary of a run for the terminal.
#include "cost_report.hpp"
#include "summary_sections.hpp"
#include "text_format.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/report/baseline_comparison.hpp>
#include <loadsim/report/comparison_report.hpp>
#include <loadsim/report/console.hpp>
#include <loadsim/report/page.hpp>

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

/// Shares of the hops that follow each other from due to completion, by their means, the largest first; empty without samples.
std::string time_shares(const measure::totals& sum) {
    std::vector<std::pair<std::uint64_t, std::string_view>> means;
    std::uint64_t total = 0;
    for (const auto h : {hop::dispatch, hop::vehicle, hop::notify}) {
        const auto mean = sum.latencies.select(h).mean();
        if (mean <= nanoseconds(0)) continue;
        means.emplace_back(static_cast<std::uint64_t>(mean.count()), measure::hop_names[static_cast<std::size_t>(h)]);
        total += means.back().first;
    }
    if (means.empty()) return "";
    std::ranges::stable_sort(means, std::greater{}, &std::pair<std::uint64_t, std::string_view>::first);
    std::string text;
    for (const auto& [mean, name] : means)
        text += fmt::format("{}{} {}", text.empty() ? "\ntime      " : ", ", name, human_percentage(mean, total));
    return text + " of the mean time from due to completion\n";
}

std::string requests_text(const run_result& run) {
    const auto& r = run.sum.requests;
    const auto rate = run.load_elapsed > nanoseconds(0)
                          ? fmt::format(" ({})", human_rate(static_cast<double>(r.sent) / seconds(run.load_elapsed)))
                          : std::string{};
    std::string text = "\nrequests  " + human_count(r.due) + " due, " + human_count(r.sent) + " sent" + rate + ", " +
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
    for (const double p : {50.0, 90.0, 95.0, 99.0, 99.9}) r.push_back(human_percentile(h, p));
    r.push_back(human_latency(h.max()));
    r.push_back(human_count(h.count()));
    r.emplace_back(meaning);
    return r;
}

std::string latency(const measure::totals& sum, const summary_style& style) {
    constexpr std::array<std::string_view, measure::hop_names.size()> meanings{
        "due to begun: delay of the load generator",
        "due to accepted",
        "due to command received by the vehicle",
        "command received to final response sent",
        "final response sent to completion announced",
        "due to completion announced",
        "e2e less vehicle",
        "missed deadline to expected time-out announced"};
    std::vector<row> rows{{"", "p50", "p90", "p95", "p99", "p99.9", "max", "samples"}};
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
    if (style.verbose) {
        add_connect_row("tcp", s.tcp, "part of connect: TCP connect");
        add_connect_row("tls full", s.tls.full, "part of connect: TLS handshake");
        add_connect_row("tls resumed", s.tls.resumed, "part of connect: TLS handshake, resumed");
        add_connect_row("connack", s.connack, "part of connect: CONNECT to CONNACK");
    }
    if (rows.size() == 1) return "\nlatency   no samples\n";
    enum : std::size_t { p50 = 1, p90, p95, p999 = 5, samples = 7, meaning };
    return "\nlatency\n" + table(rows, {.left_aligned = 1,
                                        .text_from = meaning,
                                        .width = style.columns,
                                        .optional_columns = {meaning, p90, p999, samples, p95, p50}});
}

std::string phases(const measure::totals& sum, const labels& labels, const summary_style& style) {
    if (sum.phases.size() < 2) return ""; // a single phase equals the totals above
    std::vector<row> rows{{"", "due", "sent", "unexpected", "e2e p50", "p95", "p99"}};
    for (std::uint32_t i = 0; i < sum.phases.size(); ++i) {
        const auto& r = sum.phases[i];
        const auto e2e = sum.latencies.select(hop::e2e, {.service = {}, .phase = i});
        rows.push_back({name_at(labels.phases, i), human_count(r.due), human_count(r.sent), human_count(r.unexpected),
                        human_percentile(e2e, 50), human_percentile(e2e, 95), human_percentile(e2e, 99)});
    }
    enum : std::size_t { sent = 2, e2e_p50 = 4, e2e_p95 };
    return "\nphases\n" + table(rows, {.width = style.columns, .optional_columns = {e2e_p95, sent, e2e_p50}});
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

/// Empty without TLS, and if all servers were verified and no handshake failed, unless verbose.
std::string tls_text(const measure::tls_counts& t, const measure::message_counts& m, bool verbose) {
    if (t == measure::tls_counts{} || (!verbose && t.failed() == 0 && t.unverified == 0)) return "";
    return fmt::format("    TLS: {}, {} resumed, {} failed{}; {} sent and {} received, without TLS {} and {}\n",
                       count_of(t.full.count(), "full handshake", "full handshakes"), human_count(t.resumed.count()),
                       human_count(t.failed()),
                       t.unverified == 0 ? "" : ", the server not verified (fleet.tls.verify: none)",
                       human_bytes(t.bytes_sent), human_bytes(t.bytes_received), human_bytes(m.bytes_sent),
                       human_bytes(m.bytes_received));
}

std::string sessions(const run_result& run, bool verbose) {
    const auto& s = run.sum.sessions;
    const auto syn_text = s.syn_retransmitted == 0
                              ? std::string{}
                              : fmt::format("    {}: a listen backlog was full; lower fleet.connectsInFlight\n",
                                            count_of(s.syn_retransmitted, "connect with a retransmitted SYN",
                                                     "connects with a retransmitted SYN"));
    return fmt::format("\nsessions  {} planned, {} at the peak, {} refused, {} dropped, {}\n",
                       human_count(run.sessions_planned), human_count(run.sessions_peak), human_count(s.refused),
                       human_count(s.dropped), count_of(s.reconnects, "reconnect", "reconnects")) +
           tls_text(s.tls, run.sum.messages, verbose) + syn_text +
           (verbose ? addresses_text("sessions", s.addresses) : "") + reasons(s.reasons);
}

std::string traffic(const run_result& run) {
    const auto& m = run.sum.messages;
    const auto& g = run.generator;
    const auto generators = g.ranks == 1
                                ? count_of(g.shards, "shard", "shards")
                                : fmt::format("{} ranks of {}", g.ranks, count_of(g.shards, "shard", "shards"));
    return fmt::format("messages  {} published ({}), {} received ({})\ngenerator {:.1f} s of CPU, {}, {}\n",
                       human_count(m.published), human_bytes(m.bytes_sent), human_count(m.received),
                       human_bytes(m.bytes_received), g.cpu_s, human_bytes(g.rss_bytes), generators) +
           machines_text(g.machines);
}

/// Empty if the HTTP driver was not used, and unless verbose, if no request waited for a connection and none was repeated.
std::string http(const measure::http_counts& h, bool verbose) {
    const bool has_findings = !h.connection_wait.empty() || h.timeouts != 0 || h.failovers != 0;
    if (h.connection_limit == 0 || (!verbose && !has_findings)) return "";
    const auto waited =
        h.connection_wait.empty()
            ? std::string("none waited for a connection")
            : fmt::format("{} waited for a connection, p99 {}, part of accept and e2e",
                          human_count(h.connection_wait.count()), human_percentile(h.connection_wait, 99));
    std::string attempts;
    if (h.timeouts != 0)
        attempts += fmt::format("    {} timed out, {}: the platform may have received a request twice\n",
                                count_of(h.timeouts, "attempt", "attempts"), count_of(h.retries, "retry", "retries"));
    if (h.failovers != 0)
        attempts += fmt::format("    {} to another address\n", count_of(h.failovers, "failover", "failovers"));
    return fmt::format("http      {} over {}; peak {} open, {} busy, limit {}; {}\n",
                       count_of(h.requests, "request", "requests"), count_of(h.opened, "connection", "connections"),
                       human_count(h.open_peak), human_count(h.busy_peak), human_count(h.connection_limit), waited) +
           (verbose ? addresses_text("connections", h.addresses) : "") + attempts;
}

enum class text_colour : std::uint8_t { green, red, yellow };

std::string coloured(std::string text, text_colour t, bool colour) {
    constexpr std::array<std::string_view, 3> codes{"\x1b[32m", "\x1b[31m", "\x1b[33m"};
    return colour ? std::string(codes[static_cast<std::size_t>(t)]) + text + "\x1b[0m" : text;
}

/// Interval of an observed value, and what to know of it besides.
std::string confidence_text(const verdict::budget_result& r) {
    std::string text;
    if (const auto interval = verdict::interval_text(r); !interval.empty()) text += ", " + interval;
    if (!r.carried) text += fmt::format(", of {}: too few", count_of(r.samples, "sample", "samples"));
    if (r.close) text += ", close";
    if (r.verdict == verdict::budget_verdict::undecided) text += ", undecided";
    return text;
}

std::string budgets(const verdict::evaluation& evaluation, bool colour) {
    if (evaluation.budgets.empty()) return "";
    std::size_t widest = 0;
    for (const auto& result : evaluation.budgets)
        widest = std::max(widest, display_width(escape_for_terminal(result.expression)));
    std::string text = "\nbudgets\n";
    for (const auto& result : evaluation.budgets) {
        const auto mark = budget_mark(result);
        const auto t = mark == "✓" ? text_colour::green : mark == "✗" ? text_colour::red : text_colour::yellow;
        text += "    " + coloured(std::string(mark), t, colour) + ' ' +
                pad_right(escape_for_terminal(result.expression), widest) + "  " + (result.observed ? "was " : "") +
                escape_for_terminal(result.observed_text) + confidence_text(result) +
                (mark == "!" ? " (warning only)\n" : "\n");
    }
    return text;
}

std::string verdict_text(measure::run_mode mode, const verdict::evaluation& evaluation, bool colour) {
    // A replay is judged by whether its outcome is reproduced, which is not evaluated here.
    if (mode == measure::run_mode::replay && evaluation.code == verdict::exit_code::pass) return "";
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
    std::string text = "\nreport    " + escape_for_terminal((folder / page_file_name).string()) + '\n';
    if (run.sum.requests.unexpected != 0 || has_anomalies(run.sum.anomalies))
        text += "    " + command_name() + " explain " + shell_quote(folder.string()) +
                " shows the unexpected requests and the anomalies\n";
    return text;
}

} // namespace

std::string summary_text(const run_result& run, const verdict::evaluation& evaluation, const labels& labels,
                         const std::filesystem::path& folder, const summary_style& asked_style,
                         const baseline_comparison* baseline) {
    auto style = asked_style;
    if (style.columns != 0) style.columns = std::max(style.columns, min_summary_columns);
    const auto& sum = run.sum;
    const bool has_broker_api = style.verbose || !sum.broker_api.reasons.empty();
    const auto text =
        '\n' + heading(run) + verdict_text(run.mode, evaluation, style.colour) + budgets(evaluation, style.colour) +
        (baseline == nullptr ? "" : comparison_summary(baseline->changes, baseline->name)) + time_shares(sum) +
        requests_text(run) + reasons(sum.errors) + matrix_text(sum, labels, style) + latency(sum, style) +
        phases(sum, labels, style) + sessions(run, style.verbose) + telemetry_text(sum, labels, style) +
        taps_text(sum, labels, style) + queued_text(sum.queued) + programs_text(sum.programs) +
        http(sum.http, style.verbose) + (style.verbose ? traffic(run) : "") +
        (has_broker_api ? broker_api_text(sum.broker_api) : "") + observers_text(sum, labels, style) +
        campaigns_text(sum, labels, style) + recoveries_text(run.recoveries, style) + cost_text(run.cost, style) +
        anomalies_text(sum.anomalies, sum.expected_anomalies, sum.omitted_records) +
        unmatched_fields_text(sum.unmatched_fields) + broker_limits_text(sum.broker_limits) +
        report_location(run, folder);
    const auto wrapped = wrap_lines(text, style.columns);
    return style.has_unicode_glyphs ? wrapped : with_ascii_glyphs(wrapped);
}

} // namespace loadsim::report
