#include "validity.hpp"

#include "machine_text.hpp"
#include "value_text.hpp"

#include <loadsim/base/counters.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/measure/quantile_interval.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <concepts>
#include <optional>
#include <string_view>
#include <utility>

namespace loadsim::verdict {
namespace {

using measure::histogram;

/// The load generator's own lateness, of a phase or of the run.
struct lateness {
    histogram lag;
    histogram loop_delay;
};

nanoseconds p99_of(const histogram& samples) { return samples.percentile(99); } // 0 without samples

std::vector<histogram> lag_by_phase(const measure::totals& sum) {
    std::vector<histogram> all(std::max(sum.phases.size(), sum.phase_loop_delay.size()));
    for (const auto& [key, samples] : sum.latencies.cells()) {
        if (key.section != measure::hop::lag) continue;
        const auto phase = key.group.phase;
        if (all.size() <= phase) all.resize(phase + 1);
        all[phase].merge(samples);
    }
    return all;
}

/// For each phase: itself, or of a pause the phase before it with requests.
std::vector<std::size_t> phases_with_requests(const std::vector<histogram>& lag) {
    std::vector<std::size_t> owners;
    for (std::size_t i = 0; i < lag.size(); ++i)
        owners.push_back(lag[i].empty() && !owners.empty() ? owners.back() : i);
    return owners;
}

std::vector<lateness> lateness_by_phase(const measure::totals& sum) {
    auto lag = lag_by_phase(sum);
    const auto owners = phases_with_requests(lag);
    std::vector<lateness> all(lag.size());
    for (std::size_t i = 0; i < sum.phase_loop_delay.size(); ++i)
        all[owners[i]].loop_delay.merge(sum.phase_loop_delay[i]);
    for (std::size_t i = 0; i < all.size(); ++i) all[i].lag = std::move(lag[i]);
    return all;
}

std::string text_beside(nanoseconds value, nanoseconds limit) {
    return short_duration_beside(milliseconds(value), milliseconds(limit));
}

/// "lag p99 was 250ms"; empty: within the limit.
std::string excess_of(const lateness& own, const lateness& run, nanoseconds limit) {
    const auto exceeds = [&](const histogram& samples, const histogram& all) {
        return p99_of(samples) > limit && (p99_of(all) > limit || measure::is_carried(samples, 99));
    };
    if (exceeds(own.lag, run.lag)) return "lag p99 was " + text_beside(p99_of(own.lag), limit);
    if (exceeds(own.loop_delay, run.loop_delay))
        return "loop delay p99 was " + text_beside(p99_of(own.loop_delay), limit);
    return {};
}

std::string name_of(std::uint32_t phase, const measure::labels& names) {
    return phase < names.phases.size() ? fmt::format("{} '{}'", phase + 1, names.phases[phase])
                                       : std::to_string(phase + 1);
}

/// Sentence for a run that is late as a whole; empty: only phases of it are.
std::string excess_of_run(const lateness& run, nanoseconds limit) {
    constexpr std::string_view begin = "The generator itself was the limit: its";
    if (p99_of(run.lag) > limit)
        return fmt::format("{} lag p99 was {}, above the limit of {}.", begin, text_beside(p99_of(run.lag), limit),
                           format_duration(limit));
    if (p99_of(run.loop_delay) > limit)
        return fmt::format(
            "{} loop delay p99 was {}, above the limit of {}, so that messages were read that much later "
            "than they arrived.",
            begin, text_beside(p99_of(run.loop_delay), limit), format_duration(limit));
    return {};
}

/// Sentence for telemetry that was begun late; empty: it was not.
std::string excess_of_telemetry(const measure::totals& sum, nanoseconds limit) {
    histogram lag;
    for (const auto& [group, counts] : sum.telemetry) lag.merge(counts.lag);
    if (p99_of(lag) <= limit) return {};
    return fmt::format("The generator itself was the limit: lag p99 of its telemetry was {}, above the limit of {}.",
                       text_beside(p99_of(lag), limit), format_duration(limit));
}

/// What to change, of which the machine tells more if it was measured.
std::string change_for(const lateness& run, const measure::run_result& result, bool of_telemetry) {
    if (auto text = machine_text(result.generator); !text.empty()) return text;
    if (of_telemetry) return "Ask for fewer messages a second, or use more shards (--shards).";
    return p99_of(run.lag) > result.lag_limit ? "Ask for fewer requests a second, or use more shards (--shards)."
                                              : "Use more shards (--shards), or a less busy machine.";
}

/// Share of the questions to external programs that may fail; above it what vehicles did is not what the scenario says.
constexpr double max_program_failures = 0.01;

/// Sentence for external programs that failed too often; empty: they did not.
std::string excess_of_programs(const measure::program_counts& programs) {
    const auto failed = programs.failed();
    if (failed == 0 || static_cast<double>(failed) <= max_program_failures * static_cast<double>(programs.asked))
        return {};
    std::string kinds;
    for (const auto& [name, count] : programs.failures)
        if (count != 0) kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", count, name);
    return fmt::format("External programs failed in {} of {} questions ({}), more than 1 %: their vehicles did not do "
                       "what they should. docs/exec.md tells what each failure means.",
                       failed, programs.asked, kinds);
}

validity lateness_validity(const measure::run_result& result, const measure::labels& names) {
    const auto limit = result.lag_limit;
    const lateness run{result.sum.latencies.select(measure::hop::lag), result.sum.loop_delay};
    const auto phases = lateness_by_phase(result.sum);
    validity found;
    std::uint64_t late_requests = 0;
    std::string late_names;
    for (std::uint32_t i = 0; i < phases.size(); ++i) {
        const auto excess = excess_of(phases[i], run, limit);
        if (excess.empty()) continue;
        found.late_phases.push_back(i);
        found.notes.push_back(fmt::format("Phase {} was not judged: the generator's {}, above the limit of {}.",
                                          name_of(i, names), excess, format_duration(limit)));
        late_requests += phases[i].lag.count();
        late_names += fmt::format("{}{} ({})", late_names.empty() ? "" : ", ", name_of(i, names), excess);
    }
    const auto of_run = excess_of_run(run, limit);
    const bool has_late_phase = !found.late_phases.empty();
    const bool is_partly_late = has_late_phase && 2 * late_requests < run.lag.count();
    const bool requests_are_late = has_late_phase ? !is_partly_late : !of_run.empty();
    const auto of_telemetry = requests_are_late ? std::string{} : excess_of_telemetry(result.sum, limit);
    if (!has_late_phase && of_run.empty() && of_telemetry.empty()) return found;
    const auto change = change_for(run, result, !of_telemetry.empty());
    if (!of_telemetry.empty()) return {.reason = of_telemetry + ' ' + change};
    if (is_partly_late) found.notes.push_back(change);
    if (!requests_are_late) return found;
    const auto sentence =
        of_run.empty()
            ? fmt::format("The generator itself was the limit in phases with half of the requests or more: {}; "
                          "the limit is {}.",
                          late_names, format_duration(limit))
            : of_run;
    return {.reason = sentence + ' ' + change};
}

} // namespace

validity validity_of(const measure::run_result& result, const measure::labels& names) {
    auto found = lateness_validity(result, names);
    if (found.reason.empty()) found.reason = excess_of_programs(result.sum.programs);
    return found;
}

measure::run_result without_phases(const measure::run_result& run, const std::vector<std::uint32_t>& phases) {
    auto rest = run;
    auto& sum = rest.sum;
    const auto owners = phases_with_requests(lag_by_phase(sum));
    for (std::size_t i = 0; i < sum.phase_loop_delay.size(); ++i)
        if (std::ranges::count(phases, owners[i]) != 0) sum.phase_loop_delay[i] = {};
    for (const auto phase : phases) {
        if (phase < sum.phases.size()) sum.phases[phase] = {};
        std::erase_if(sum.groups, [phase](const auto& counts) { return counts.first.phase == phase; });
        each_field(
            [phase]<class Field>(const char*, Field& field) {
                if constexpr (std::same_as<Field, measure::latency_table>) field.erase_phase(phase);
            },
            sum);
    }
    sum.requests = {};
    for (const auto& counts : sum.phases) add(sum.requests, counts);
    sum.loop_delay = {};
    for (const auto& samples : sum.phase_loop_delay) sum.loop_delay.merge(samples);
    return rest;
}

} // namespace loadsim::verdict
