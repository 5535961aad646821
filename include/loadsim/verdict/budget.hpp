// Budgets: limits on metrics, one line each.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/measure/run_result.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::verdict {

enum class comparison : std::uint8_t { less, less_equal, equal, greater_equal, greater };

enum class budget_severity : std::uint8_t {
    fail,
    warn, ///< reported; never decides the verdict
};
std::string_view to_string(budget_severity);

/// METRIC[{LABELS}][.STAT] OPERATOR LIMIT, such as e2e{service=horn,phase=steady}.p99 < 800ms. Metrics:
///   HOP.STAT             e2e.p99, accept.p95, lag.max, e2e.count; STAT: min mean max count pN
///                        pN: p50, p99, p99.9, p100; p999 = p99.9 and p9999 = p99.99
///   sessions.connect.STAT, and its parts sessions.tcp.STAT, sessions.tls.STAT and sessions.connack.STAT
///   sessions.tls.resumed, sessions.tls.failed   handshakes; each also with .rate (fraction of all, with the failed ones)
///   queued.wait.STAT     waiting time of commands queued for an unreachable vehicle
///   recovery.time        from a condition's begin until 99 % of the affected recovered: longest of all occurrences
///   recovery.latency     ... until latency was within recovery_budget() again
///   campaigns.undelivered, campaigns.duplicates   addressed vehicles without delivery; duplicate deliveries; each also
///                        with .rate (fraction of the vehicles addressed)
///   campaigns.latency.STAT   from due to delivered
///   unexpected, outcomes.NAME, each also with .rate (fraction of the requests due)
///   sessions.refused, sessions.dropped, sessions.reconnects, queued.delivered, queued.out_of_order,
///   anomalies, anomalies.NAME (without expected ones)
///   observers.completions, .disagreements, .rejections, .connection_errors   what observers have seen
///   telemetry.publish.STAT, telemetry.lag.STAT   from due to acknowledged; from due to begun
///   telemetry.due, .sent, .acknowledged, .stored, .reissued, .in_store   messages
///   telemetry.lost       messages that never arrived: not acknowledged, and .refused, .unsent, .overwritten, .expired, or too old
///   telemetry.backlog.drained[.STAT]   from the return of a vehicle's link until its backlog was drained; the longest
///   tap.bridge.STAT, tap.deliver.STAT   from sent to appended by the bus; from sent to consumed
///   tap.lost, .corrupted, .not_reconciled, .duplicated, .out_of_order, .foreign, .unknown_vehicle, .without_sequence, .wrong_key
///   cost.total, cost.per1000requests, cost.perVehicleMonth   by the prices of the scenario; of the whole run
/// LABELS: service=NAME, segment=NAME, phase=NAME and condition=NAME for hops, unexpected and outcomes, alone and together;
/// condition=NAME for recovery; campaign=NAME for campaigns; observer=NAME for observers; group=NAME for
/// telemetry, but its backlog; tap=NAME for taps, with group=NAME for their counts. The segment is that of the request's
/// vehicle; a condition is one that was active on the vehicle when the request was due, or until it ended. A name must not contain
/// a comma or a brace. Labels may also follow the stat.
/// OPERATOR: < <= == >= >.
/// LIMIT: a duration with unit for latencies, a whole number for counts, a percentage for rates, a number in the currency of the prices for cost.
///
/// A percentile is the highest value of its histogram bucket, in whole microseconds: up to 1 us and 0.1 % above the sample and
/// never below it, so that rounding cannot hide a missed upper limit.
struct budget {
    /// As written, blanks normalised, labels after the metric; then `over`, `during` and `except`, as in qualified_expression().
    std::string expression;
    enum class kind : std::uint8_t {
        latency,
        latency_count,
        connect,
        connect_count,
        queue_wait,
        queue_wait_count,
        recovery,
        count,
        rate,
        cost
    } metric_kind{};
    std::string metric;    ///< the part before the stat, e.g. "e2e", "outcomes.errored", "campaigns.latency"
    std::string stat;      ///< "p99", "max", "count", "rate", "time", "latency"; empty for counts
    double percentile = 0; ///< of a pN stat; of max: 100
    std::string service;   ///< label; empty = all
    std::string phase;
    comparison op{};
    double limit = 0;        ///< milliseconds, a count, a fraction, or an amount of money
    std::string condition{}; ///< label; empty = all
    std::string campaign{};  ///< label; empty = all
    std::string segment{};   ///< label; empty = all
    std::string observer{};  ///< label; empty = all
    std::string group{};     ///< label: telemetry group or alarm; empty = all
    std::string tap{};       ///< label; empty = all
    budget_severity severity{};
    std::vector<std::string> during{};        ///< names of phases; empty = all
    std::vector<std::string> except{};        ///< names of phases that are left out
    std::chrono::seconds over{0};             ///< every window of this length must hold; 0: the run as a whole
    std::optional<nanoseconds> abort_after{}; ///< time of the load from which a miss ends the run; absent: no miss does
    std::string limit_expression{};           ///< METRIC OPERATOR LIMIT alone

    friend bool operator==(const budget&, const budget&) = default;
};

/// Errors: one sentence, with the nearest metric, hop or outcome when a name is unknown; a limit that no value is within.
result<budget> parse_budget(std::string_view expression);
/// True: every value is within the limit. Such a budget can only have no data.
bool always_holds(const budget&);

/// The first of these budgets that limits a percentile or the maximum of `e2e` from above: recovery.latency compares with it.
/// Of any label but `condition`, whose requests end with the condition. nullopt: none.
std::optional<budget> recovery_budget(const std::vector<budget>&);

/// Samples of the hop and the labels of a latency budget; also of another table of the same keys.
measure::histogram samples_of(const budget&, const measure::totals&, const measure::labels&);
measure::histogram samples_of(const budget&, const measure::latency_table&, const measure::labels&);
/// True: of a hop, `unexpected` or `outcomes`, which have the labels of requests.
bool is_of_requests(const budget&);
/// True: there is no data without a TLS handshake of a vehicle.
bool is_of_tls(const budget&);
/// True: the value, in the unit of the limit, is within it.
bool is_within(const budget&, double value);

/// "e2e.p99 < 1s over 1m windows, during steady": the expression with what else is given. It names the budget in the report.
std::string qualified_expression(const budget&);
/// True: label, `during` and `except` do not leave out the phase.
bool covers_phase(const budget&, std::string_view phase);

/// Errors for labels and phases without a match in the scenario, and for what the metric cannot have, such as a window of a
/// recovery. Empty: none.
std::vector<std::string> check(const budget&, const measure::labels&);

enum class budget_verdict : std::uint8_t {
    pass,
    fail,
    no_data,
    undecided ///< it is not met, and the load generator's own lateness could have decided that
};
std::string_view to_string(budget_verdict); ///< "pass", "fail", "no data", "undecided"

/// Result of a budget. Values are in the unit of the limit.
struct budget_result {
    std::string expression;
    std::string metric; ///< with the statistic: "e2e.p99"
    std::string labels; ///< "service=horn,phase=steady"; empty: none
    std::string op;     ///< "<"
    double limit = 0;
    std::string unit;               ///< "ms", "count", "fraction" or "currency"
    std::optional<double> observed; ///< absent: no data, or longer than the run
    std::optional<double>
        observed_from_begun{}; ///< without the lag; of an upper limit of a hop from due that was not met
    /// "123.4ms", "0.02%", "7", "no data", "not in this run"; of windows: the value of the worst one, and its time.
    std::string observed_text;
    /// That `observed` is of: samples of a latency; requests, vehicles, sessions of a count or a rate.
    std::uint64_t samples = 0;
    /// 95 % interval of a percentile; absent: another statistic, or not carried.
    std::optional<double> interval_low{}, interval_high{};
    bool carried = true; ///< false: a percentile of too few samples for an interval
    bool close = false;  ///< the limit is within the interval
    budget_verdict verdict{};
    budget_severity severity{};
    std::string sentence; ///< what was asked, what was seen, by how much it missed, in how many samples; no full stop
};

/// "95 % interval 150ms to 170ms"; empty: there is none.
std::string interval_text(const budget_result&);

/// Evaluates one budget. No data, which is never a pass: a latency without samples; a count or a rate of requests or anomalies when
/// no request was due (in the phase of the label); a recovery when no such condition occurred, no vehicle was affected, or there is
/// no latency budget; a campaign that was not due; TLS without a handshake; a label without a match. Observers that have seen
/// nothing. Telemetry of which no message was due, a backlog that never began, a tap that consumed nothing (counts of records) or
/// for which nothing was sent. A cost without prices, for 1,000 requests without a request. sessions.refused, .dropped, .reconnects, .connect.count, .tcp.count, .connack.count and all counts
/// of queued always have data. A missing recovery exceeds any limit, and a backlog that was not drained at the end. Of an aborted
/// run open requests count in no rate, and missing deliveries and recoveries are no data: they may still have come.
///
/// An upper limit (<, <=) of a duration that is not met is `fail` only if the load generator's own lateness cannot have decided it,
/// else `undecided`. `lag` itself: always undecided. Hops: `fail` needs that the figure counted from begun does not meet the limit
/// either (hops that do not count from due have no other figure), and that lag p99 of the same labels and loop delay p99 are at
/// most a quarter of the limit. telemetry.publish: lag p99 of the same groups, and loop delay; telemetry.lag: always undecided.
/// campaigns.latency, queued.wait, telemetry.backlog.drained and taps: loop delay only. sessions and recovery: no such rule, as lag
/// and loop delay are not measured while the fleet connects, and limits of recoveries are seconds.
/// A budget on `unexpected` or `outcomes` that is not met is `undecided` if it would be met without the requests that were skipped for
/// the generator's lateness (request_counts::skipped_late).
/// A percentile that its samples do not carry (measure::is_carried()) is judged as observed.
/// A budget of which has_part() is true is evaluated on its part of the run result; without one it has no data.
/// `strict`: a limit within the interval is not met, and a percentile that is not carried is no data.
budget_result evaluate_budget(const budget&, const measure::run_result&, const measure::labels&, bool strict = false);

/// True: the sum of the run is not enough. It has windows, or it leaves out phases and is not counted by phase.
bool has_part(const budget&);
/// What evaluate_part() needs of the totals, without records.
measure::totals part_of(const budget&, const measure::totals&);
/// Evaluates a budget on a part of a run, such as a window. As of an aborted run, requests in flight count in no rate.
budget_result evaluate_part(const budget&, const measure::totals& part, const measure::labels&, bool strict = false);
/// True: the first result of this budget is worse than the second; no data is the best.
bool is_worse(const budget&, const budget_result&, const budget_result&);

} // namespace loadsim::verdict
