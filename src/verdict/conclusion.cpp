#include <loadsim/verdict/conclusion.hpp>

#include <loadsim/base/units.hpp>

#include <fmt/format.h>

#include <utility>

namespace loadsim::verdict {
namespace {

using ending = measure::run_facts::ending;

/// Collects reasons; the first decides.
struct deciding {
    conclusion so_far{run_verdict::pass, exit_code::pass, {}, {}};

    void add(run_verdict verdict, exit_code code, std::string reason) {
        if (so_far.reasons.empty()) {
            so_far.verdict = verdict;
            so_far.code = code;
        }
        so_far.reasons.push_back(std::move(reason));
    }
};

void add_up(deciding& d, const measure::run_facts& run) {
    const auto bug = [&](std::string sentence) {
        d.add(run_verdict::invalid, exit_code::internal_error,
              "The ledger does not add up, which is a bug in loadsim: " + std::move(sentence) + ".");
    };
    const auto& requests = run.sum.requests;
    if (run.ended == ending::cut_off) { // some were under way
        if (requests.due < requests.ended())
            bug(fmt::format("requests due: {}, requests with an outcome: {}", requests.due, requests.ended()));
        return;
    }
    if (requests.due != requests.ended())
        bug(fmt::format("requests due: {}, requests with an outcome: {}", requests.due, requests.ended()));
    if (run.left_open != 0) bug(fmt::format("requests left open at the end: {}", run.left_open));
    if (run.ended == ending::complete && requests.due != run.planned)
        bug(fmt::format("requests planned: {}, requests that came due in a complete run: {}", run.planned,
                        requests.due));
}

void cut_short(deciding& d, const measure::run_facts& run) {
    if (run.ended == ending::interrupted)
        d.add(run_verdict::invalid, exit_code::interrupted,
              "The run was interrupted (Ctrl-C) before its plan was done: its figures are those of a part.");
    if (run.ended == ending::terminated)
        d.add(run_verdict::invalid, exit_code::invalid,
              "The run was terminated (SIGTERM) before its plan was done: its figures are those of a part.");
    if (run.ended == ending::cut_off)
        d.add(run_verdict::invalid, exit_code::invalid,
              fmt::format("The run was cut off: {}. This is what had been seen until then; requests under way: {}.",
                          run.cut_off_by, run.sum.requests.due - run.sum.requests.ended()));
}

void late(deciding& d, const measure::run_facts& run) {
    const auto lag = run.sum.latencies.select(measure::hop::lag).percentile(99); // 0 without samples
    if (lag <= run.lag_limit) return;
    d.add(run_verdict::invalid, exit_code::invalid,
          fmt::format(
              "The generator itself was the limit: its lag p99 was {:.1f}ms, above the limit of {}. Ask for fewer "
              "requests a second, or use more shards (--shards).",
              milliseconds(lag), format_duration(run.lag_limit)));
}

void budgets(deciding& d) {
    for (const auto& j : d.so_far.budgets)
        if (j.verdict == finding::fail)
            d.add(run_verdict::fail, exit_code::missed,
                  fmt::format("Budget missed: {}, observed {}.", j.expression, j.observed_text));
    for (const auto& j : d.so_far.budgets)
        if (j.verdict == finding::no_data)
            d.add(run_verdict::no_data, exit_code::no_data,
                  fmt::format("Budget without data: {}, because the run has no sample of it.", j.expression));
}

} // namespace

std::string_view to_string(run_verdict v) {
    constexpr std::string_view names[] = {"pass", "fail", "no data", "invalid"};
    return names[static_cast<std::size_t>(v)];
}

conclusion conclude(const measure::run_facts& run, const std::vector<budget>& limits, const measure::legend& names) {
    deciding d;
    for (const auto& b : limits) d.so_far.budgets.push_back(judge(b, run, names));
    add_up(d, run);
    cut_short(d, run);
    late(d, run);
    budgets(d);
    if (run.sum.requests.due == 0 && limits.empty())
        d.add(run_verdict::pass, exit_code::pass, "No request was due and there was no budget: nothing was tested.");
    if (run.sum.requests.unexpected != 0 && limits.empty())
        d.add(run_verdict::pass, exit_code::pass,
              "There was no budget: nobody judged the unexpected outcomes; write \"unexpected == 0\" into budgets.");
    return std::move(d.so_far);
}

} // namespace loadsim::verdict
