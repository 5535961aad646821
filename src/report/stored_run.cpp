#include <loadsim/report/stored_run.hpp>

#include "baseline.hpp"
#include "count_check.hpp"
#include "histogram_lines.hpp"
#include "json_fields.hpp"
#include "latency_files.hpp"
#include "records.hpp"
#include "summary_reader.hpp"

#include <loadsim/base/input.hpp>
#include <loadsim/base/new_file.hpp>
#include <loadsim/measure/hdr_log.hpp>
#include <loadsim/report/report_folder.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <tuple>
#include <utility>

namespace loadsim::report {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::size_t stored_file_size_max = std::size_t{64} << 20;

problems about(const fs::path& path, std::string text) { return {path.string(), std::move(text)}; }

/// A JSON object with the schema. Errors: one sentence.
result<json::object> read_document(const fs::path& file, std::string_view schema) {
    const auto text = read_file(file.string(), stored_file_size_max);
    if (!text) return text.error();
    boost::system::error_code error;
    const auto value = json::parse(*text, error);
    if (error || !value.is_object()) return about(file, "is no whole JSON document: it is cut off, or something else");
    const auto found = text_at(value.get_object(), "schema");
    if (found != schema)
        return about(file, fmt::format("has the format '{}', and this loadsim reads '{}'", found, schema));
    if (const auto wrong = count_error(value.get_object()); !wrong.empty())
        return about(file, wrong + "; the file was edited or damaged; make it again");
    return value.get_object();
}

void read_batches(stored_run& run) {
    std::map<measure::hop, verdict::sample_batches> batches;
    for_each_interval(run.path / hdr_log_file_name, {}, run.warnings,
                      [&](measure::hop hop, const auto& interval) { batches[hop].add(interval.samples); });
    for (const auto& [hop, of_hop] : batches) run.batches[hop] = of_hop.all();
}

result<stored_run> read_folder(const fs::path& folder, measure::labels& labels) {
    std::error_code error;
    if (!exists(folder / summary_file_name, error))
        return about(folder, exists(folder / run_file_name, error)
                                 ? "has no summary.json: the run was killed, or is still running"
                                 : "is no report folder of a run");
    const auto summary = read_document(folder / summary_file_name, summary_schema);
    if (!summary) return summary.error();
    if (!exists(folder / histograms_file_name, error))
        return about(folder, "has no histograms.jsonl, which loadsim writes since 0.2.0: run the scenario again");
    stored_run run{.path = folder, .result = run_of_summary(*summary, labels), .version = {}, .verdict = {}};
    run.verdict = text_at(*summary, "verdict");
    if (const auto metadata = read_document(folder / run_file_name, run_schema))
        run.version = text_at(*metadata, "version");
    if (const auto scenario = read_file((folder / scenario_file_name).string(), stored_file_size_max))
        run.load = describe_load(*scenario);
    read_histograms(folder, run.result.sum, labels, run.warnings);
    read_batches(run);
    return run;
}

result<stored_run> read_baseline_file(const fs::path& file, measure::labels& labels) {
    const auto document = read_document(file, baseline_schema);
    if (!document) return document.error();
    stored_run run{.path = file, .result = run_of_summary(*document, labels), .version = {}, .verdict = {}};
    if (auto error = read_baseline(*document, run, labels); !error.empty()) return about(file, error.list.front().text);
    return run;
}

/// By the path, else by what identifies a run: its load begins at a millisecond. A baseline has no such instant.
bool is_same_run(const stored_run& one, const stored_run& other) {
    std::error_code error; // then the paths are different
    if (fs::equivalent(one.path, other.path, error)) return true;
    const auto mark = [](const measure::run_result& run) {
        return std::tie(run.load_started, run.started, run.origin.host, run.scenario, run.seed);
    };
    return one.result.load_started && mark(one.result) == mark(other.result);
}

/// The spread of a hop over all runs of a side. Of baselines only the result of that is known.
verdict::rank_spread spread_over(const std::vector<stored_run>& runs, measure::hop hop) {
    std::vector<std::vector<measure::histogram>> batches;
    for (const auto& run : runs)
        if (const auto found = run.batches.find(hop); found != run.batches.end()) batches.push_back(found->second);
    auto spread = verdict::spread_of(batches);
    for (const auto& run : runs) {
        const auto found = run.spreads.find(hop);
        if (found == run.spreads.end()) continue;
        spread.degrees_of_freedom += found->second.degrees_of_freedom;
        for (std::size_t i = 0; i < spread.inflation.size(); ++i)
            spread.inflation[i] = std::max(spread.inflation[i], found->second.inflation[i]);
    }
    return spread;
}

problems write_public_file(const fs::path& file, const std::string& text) {
    const auto written = write_new_file(file, text, 0644);
    return written ? problems{} : written.error();
}

/// Intervals of all runs, each by its own start.
problems write_merged_log(const fs::path& file, const stored_run& merged, const std::vector<stored_run>& runs) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << measure::hdr_log_header(merged.result.started);
    for (const auto& run : runs) {
        std::vector<std::string> ignored; // the same as of read_stored_run()
        const auto later = std::chrono::duration_cast<nanoseconds>(run.result.started - merged.result.started);
        for_each_interval(run.path / hdr_log_file_name, {}, ignored, [&](measure::hop hop, const auto& interval) {
            out << measure::hdr_log_line(to_string(hop), interval.start + later, interval.length, interval.samples);
            if (hop == measure::hop::e2e) // as in the log of a run
                out << measure::hdr_log_line("", interval.start + later, interval.length, interval.samples);
        });
    }
    out.close();
    return out ? problems{} : about(file, "cannot be written; is the disk full?");
}

} // namespace

result<stored_run> read_stored_run(const fs::path& path, measure::labels& labels) {
    std::error_code error;
    if (fs::is_directory(path, error)) return read_folder(path, labels);
    if (!fs::is_regular_file(path, error))
        return about(path, "is neither the report folder of a run nor a baseline file");
    return read_baseline_file(path, labels);
}

problems check_distinct(const std::vector<stored_run>& runs) {
    for (auto run = runs.begin(); run != runs.end(); ++run) {
        const auto first = std::find_if(runs.begin(), run, [&](const auto& other) { return is_same_run(other, *run); });
        if (first == run) continue;
        return about(run->path, fmt::format("is the same run as {}, and would count twice; name each run once",
                                            first->path.string()));
    }
    return {};
}

result<stored_run> merge_runs(const std::vector<stored_run>& runs) {
    auto merged = runs.front();
    auto ended = merged.result.started + merged.result.elapsed;
    for (std::size_t i = 1; i < runs.size(); ++i) {
        const auto& run = runs[i];
        if (const auto differences = load_differences(merged.load, run.load); !differences.empty())
            return about(run.path, fmt::format("is a run of another load than {}: {}", merged.path.string(),
                                               fmt::join(differences, "; ")));
        auto& sum = merged.result;
        const auto& more = run.result;
        ended = std::max(ended, more.started + more.elapsed);
        sum.started = std::min(sum.started, more.started);
        sum.sum.add(more.sum);
        sum.planned_arrivals += more.planned_arrivals;
        sum.sessions_planned += more.sessions_planned;
        sum.sessions_peak += more.sessions_peak;
        sum.recoveries.insert(sum.recoveries.end(), more.recoveries.begin(), more.recoveries.end());
        sum.lag_limit = std::max(sum.lag_limit, more.lag_limit);
        sum.cost = measure::sum_of(sum.cost, more.cost);
        sum.generator.cpu_s += more.generator.cpu_s;
        sum.generator.rss_bytes += more.generator.rss_bytes;
        sum.generator.ranks += more.generator.ranks;
        if (more.ended != measure::run_result::end_reason::complete) {
            sum.ended = more.ended;
            sum.abort_reason = more.abort_reason;
            sum.aborted_after_interrupt = more.aborted_after_interrupt;
        }
        if (run.verdict != merged.verdict) merged.verdict.clear();
        merged.runs += run.runs;
        merged.warnings.insert(merged.warnings.end(), run.warnings.begin(), run.warnings.end());
    }
    merged.result.elapsed = std::chrono::duration_cast<nanoseconds>(ended - merged.result.started);
    return merged;
}

problems write_merged_run(const fs::path& folder, const stored_run& merged, const verdict::evaluation& evaluation,
                          const measure::labels& labels, const std::vector<stored_run>& runs) {
    problems errors;
    errors.add(write_public_file(folder / run_file_name, run_json({.mode = merged.result.mode,
                                                                   .scenario = merged.result.scenario,
                                                                   .seed = merged.result.seed,
                                                                   .started = merged.result.started,
                                                                   .origin = {.version = merged.version}})));
    errors.add(write_public_file(folder / histograms_file_name, histogram_lines(merged.result.sum, labels)));
    errors.add(write_merged_log(folder / hdr_log_file_name, merged, runs));
    if (const auto scenario = read_file((merged.path / scenario_file_name).string(), stored_file_size_max))
        errors.add(write_public_file(folder / scenario_file_name, *scenario));
    errors.add(write_public_file(folder / summary_file_name, summary_json(merged.result, evaluation, labels)));
    return errors;
}

verdict::compared_side side_of(const std::vector<stored_run>& runs, const measure::labels& labels) {
    verdict::compared_side side;
    side.labels = labels;
    for (const auto& run : runs) side.sum.add(run.result.sum);
    for (std::size_t i = 0; i < measure::hop_names.size(); ++i) {
        const auto hop = static_cast<measure::hop>(i);
        if (const auto spread = spread_over(runs, hop); spread.degrees_of_freedom != 0) side.spreads[hop] = spread;
    }
    return side;
}

} // namespace loadsim::report
