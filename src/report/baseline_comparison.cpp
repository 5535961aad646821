#include <loadsim/report/baseline_comparison.hpp>

#include <loadsim/report/comparison_report.hpp>
#include <loadsim/report/page.hpp>

#include <utility>

namespace loadsim::report {
namespace {

/// A path may end in a slash.
std::string last_part(const std::filesystem::path& path) {
    const auto clean = path.lexically_normal();
    return (clean.has_filename() ? clean : clean.parent_path()).filename().string();
}

} // namespace

result<run_baseline> read_run_baseline(const std::filesystem::path& path, std::string_view resolved_scenario) {
    run_baseline baseline;
    auto run = read_stored_run(path, baseline.labels);
    if (!run) return run.error();
    baseline.run = std::move(*run);
    comparison_heading heading{.before = {baseline.run}, .after = {{}}, .notes = {}};
    heading.after.front().path = "this run";
    heading.after.front().load = describe_load(resolved_scenario);
    if (auto differences = load_problems(heading); !differences.empty()) {
        differences.add("--baseline",
                        path.string() + " is of another load; name a run of this scenario, or leave --baseline out");
        return differences;
    }
    return baseline;
}

baseline_comparer::baseline_comparer(const run_baseline& baseline) : baseline_(baseline) {}

void baseline_comparer::add(const measure::totals& interval) {
    for (std::size_t i = 0; i < measure::hop_names.size(); ++i) {
        const auto hop = static_cast<measure::hop>(i);
        if (const auto samples = interval.latencies.select(hop); !samples.empty()) batches_[hop].add(samples);
    }
}

baseline_comparison baseline_comparer::compare(stored_run ended, const measure::labels& labels) const {
    for (const auto& [hop, batches] : batches_) ended.batches[hop] = batches.all();
    comparison_heading heading{.before = {baseline_.run}, .after = {std::move(ended)}, .notes = {}};
    heading.notes = comparison_notes(heading);
    const auto before = side_of(heading.before, baseline_.labels);
    baseline_comparison all{.name = last_part(baseline_.run.path),
                            .changes = verdict::compare_runs(before, side_of(heading.after, labels)),
                            .page = {},
                            .markdown = {}};
    all.page = page_baseline(all.name, before.sum, comparison_json(all.changes, heading));
    all.markdown = comparison_markdown(all.changes, heading, false);
    return all;
}

} // namespace loadsim::report
