// Budgets: limits on figures, written as one line each.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/measure/run_facts.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::verdict {

enum class comparison : std::uint8_t { less, less_equal, equal, greater_equal, greater };

/// FIGURE[{LABELS}][.STAT] OPERATOR LIMIT, such as e2e{service=horn,phase=steady}.p99 < 800ms. Figures:
///   HOP.STAT             e2e.p99, accept.p95, lag.max, e2e.count; STAT: min mean max count pN
///                        pN: p50, p99, p99.9; p999 = p99.9 and p9999 = p99.99 as people write them; p100
///   sessions.connect.STAT
///   queued.waited.STAT   commands that waited for a vehicle that was away
///   recovery.back        from a condition's beginning until 99 % of the affected were back: the longest of all occurrences
///   recovery.latency     ... until latency was within its budget again
///   campaigns.undelivered, campaigns.repeated   vehicles that were addressed and have not got it, that got it once more; each also
///                        with .rate (a share of those addressed)
///   campaigns.latency.STAT   from due to delivered
///   unexpected, outcomes.NAME, each also with .rate (a share of the requests due)
///   sessions.refused, sessions.dropped, sessions.reconnects, queued.delivered, queued.out_of_order,
///   anomalies, anomalies.NAME (those that nobody provokes)
/// LABELS: service=NAME and phase=NAME for hops, phase=NAME for unexpected and outcomes, condition=NAME for recovery,
/// campaign=NAME for campaigns. A name may hold anything but a comma and a brace. They may also stand after the stat.
/// OPERATOR: < <= == >= >.
/// LIMIT: a duration with unit for latencies, a whole number for counts, a percentage for rates.
///
/// A percentile is the highest value of its histogram bucket: up to 0.1 % above the sample and not below it, so that no
/// upper limit is met by the width of a bucket.
struct budget {
    std::string expression; ///< as written, blanks normalised, labels behind the figure
    enum class kind : std::uint8_t {
        latency,
        latency_count,
        connect,
        connect_count,
        waited,
        waited_count,
        recovery,
        count,
        rate
    } figure_kind{};
    std::string figure;    ///< the part before the stat, e.g. "e2e", "outcomes.errored", "campaigns.latency"
    std::string stat;      ///< "p99", "max", "count", "rate", "back"; empty for counts
    double percentile = 0; ///< of a pN stat
    std::string service;   ///< label; empty = all
    std::string phase;
    comparison op{};
    double limit = 0;        ///< milliseconds, a number, or a share of one
    std::string condition{}; ///< label; empty = all
    std::string campaign{};  ///< label; empty = all

    friend bool operator==(const budget&, const budget&) = default;
};

/// Errors: one sentence, with the nearest figure, hop or outcome when a name is unknown.
result<budget> parse_budget(std::string_view expression);

/// Sentences about labels that name no service, phase or condition of the scenario; empty: usable.
std::vector<std::string> check(const budget&, const measure::legend&);

enum class finding : std::uint8_t { pass, fail, no_data };
std::string_view to_string(finding);

struct judgement {
    std::string expression;
    std::optional<double> observed; ///< in the limit's unit; absent: no data, or longer than the run
    std::string observed_text;      ///< "123.4ms", "0.02%", "7", "no data", "not in this run"
    finding verdict{};
};

/// No data, which is never a pass: a latency without samples; a count or a rate of requests or anomalies when no
/// request was due (in the phase of the label); a recovery when no such condition occurred, it affected nobody, or there is
/// no budget of latency; a campaign that was not due; a label that names nothing. sessions.refused, .dropped, .reconnects, .connect.count and all counts
/// of queued are data in any run. What has not recovered took longer than any limit.
judgement judge(const budget&, const measure::run_facts&, const measure::legend&);

} // namespace loadsim::verdict
