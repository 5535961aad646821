// Data of the page (schema loadsim.page/1), from the files of report folders. The parts are in page_timeline.cpp, page_latencies.cpp
// and page_requests.cpp.
#include "json_fields.hpp"
#include "json_format.hpp"
#include "page_latencies.hpp"
#include "page_requests.hpp"
#include "page_timeline.hpp"
#include "records.hpp"
#include "text_format.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/input.hpp>
#include <loadsim/measure/latency.hpp>
#include <loadsim/report/page.hpp>
#include <loadsim/report/report_reader.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

namespace loadsim::report {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::string_view page_schema = "loadsim.page/1";

// Bounds of the parts, so that the page stays under 2 MB with its scripts.
constexpr std::size_t file_bytes_max = std::size_t{64} << 20; ///< of a document that is read whole
constexpr std::size_t timeline_rows_max = 1'200;
constexpr std::size_t page_histograms_max = 200;
constexpr std::size_t files_max = 100;
constexpr std::size_t scenario_bytes_max = 100'000;
constexpr std::size_t summary_bytes_max = 300'000;
constexpr std::size_t summary_items_max = 100;              ///< of each list of a larger summary
constexpr std::size_t whole_payloads_bytes_max = 1'000'000; ///< of the page's data with whole payloads
constexpr std::size_t data_bytes_max = 1'500'000;
constexpr std::size_t cut_text_bytes = 200;

class run_page {
public:
    run_page(const fs::path& folder, const page_options& options, bool is_first, std::size_t run_count)
        : folder_(folder), options_(options), is_first_(is_first), run_count_(run_count) {}

    json::object read() {
        run_["folder"] = without_final_separator(folder_).filename().string();
        run_["warnings"] = nullptr; // here in the order of the fields
        run_["run"] = document(run_file_name, run_schema, "not all files of the report are here");
        read_summary();
        const auto scenario = read_scenario();
        run_["files"] = files();
        run_["files_at"] = files_at();
        add(page_timeline(folder_, std::max<std::size_t>(timeline_rows_max / run_count_, 200), spikes_in(scenario),
                          is_first_, warnings_));
        add(page_latencies(folder_, page_histograms_max / run_count_, !run_["summary"].is_null(), warnings_));
        warn_of_lost_ranks();
        return std::move(run_);
    }

    /// Adds the requests, as many as fit into `bytes`, and the warnings.
    void finish(json::object& run, std::size_t bytes) {
        if (is_first_)
            add_requests(run, bytes);
        else
            for (const auto* name : {"requests", "anomalies", "session_events", "counts"}) run[name] = nullptr;
        // The same sentence of a file that is read twice.
        std::vector<std::string> sentences;
        for (auto& sentence : warnings_)
            if (std::ranges::find(sentences, sentence) == sentences.end()) sentences.push_back(std::move(sentence));
        run["warnings"] = json::array(sentences.begin(), sentences.end());
    }

private:
    void warn(std::string sentence) { warnings_.push_back(std::move(sentence)); }

    void add(json::object fields) {
        for (auto& field : fields) run_[field.key()] = std::move(field.value());
    }

    /// A JSON object, or null with a sentence.
    json::value document(const char* name, std::string_view schema, std::string_view when_missing) {
        std::error_code error;
        if (!exists(folder_ / name, error)) {
            warn(fmt::format("{} is missing: {}", name, when_missing));
            return nullptr;
        }
        const auto text = read_file((folder_ / name).string(), file_bytes_max);
        if (!text) {
            warn(fmt::format("{} {}", name, text.error().list.front().text));
            return nullptr;
        }
        json::parse_options lenient;
        lenient.allow_invalid_utf8 = true; // tolerated: the text is only displayed
        boost::system::error_code no_json;
        auto value = json::parse(*text, no_json, {}, lenient);
        if (no_json || !value.is_object()) {
            warn(fmt::format("{} is no whole JSON document: it is cut off, or something else", name));
            return nullptr;
        }
        if (const auto found = text_at(value.get_object(), "schema"); found != schema)
            warn(fmt::format("{} has the format '{}', and this loadsim reads '{}': figures may be missing here, or be "
                             "of another meaning",
                             name, excerpt(found, 100), schema));
        return value;
    }

    void read_summary() {
        auto& summary = run_["summary"];
        summary = document(summary_file_name, summary_schema, "the run was killed, or is still running");
        if (script_text(summary).size() <= summary_bytes_max) return;
        bool has_cut = false;
        for (auto& field : summary.get_object())
            if (auto* list = field.value().if_array(); list != nullptr && list->size() > summary_items_max) {
                list->resize(summary_items_max);
                has_cut = true;
            }
        if (has_cut)
            warn(fmt::format("summary.json is large: the page has the first {} rows of each of its tables",
                             summary_items_max));
        if (script_text(summary).size() <= summary_bytes_max) return;
        leave_out_largest(summary.get_object());
    }

    /// The verdict stays, however many labels or reasons of errors there are.
    void leave_out_largest(json::object& summary) {
        std::vector<std::pair<std::size_t, std::string>> sizes;
        for (const auto& field : summary) sizes.emplace_back(script_text(field.value()).size(), field.key());
        std::ranges::sort(sizes, std::greater{});
        std::string names;
        for (auto rest = script_text(summary).size(); const auto& [size, name] : sizes) {
            if (rest <= summary_bytes_max) break;
            rest -= std::min(rest, size);
            summary.erase(name);
            names += (names.empty() ? "" : ", ") + std::string(utf8_prefix(name, 100));
        }
        warn(fmt::format("summary.json is too large for the page, which leaves out: {}", names));
    }

    std::string read_scenario() {
        run_["scenario_yaml"] = nullptr;
        auto scenario = read_file((folder_ / scenario_file_name).string(), file_bytes_max);
        if (!scenario) {
            warn(fmt::format("{} {}", scenario_file_name, scenario.error().list.front().text));
            return {};
        }
        if (!is_first_) return *scenario;
        auto shown = std::string(utf8_prefix(*scenario, scenario_bytes_max));
        if (shown.size() < scenario->size())
            warn(fmt::format("the page has the first {} of scenario.yaml", human_bytes(shown.size())));
        run_["scenario_yaml"] = std::move(shown);
        return std::move(*scenario);
    }

    /// Names of the files, those of subfolders with their folder's name.
    json::array files() {
        std::vector<std::string> names;
        const auto add_files = [&](const fs::path& folder, const std::string& prefix) {
            std::error_code error;
            for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
                const auto name = entry->path().filename().string();
                std::error_code unknown;
                if (entry->is_regular_file(unknown) && name != page_file_name && !name.ends_with(".part"))
                    names.push_back(prefix + name);
            }
        };
        add_files(folder_, "");
        std::error_code error;
        for (fs::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error)) {
            std::error_code unknown;
            if (const auto name = entry->path().filename().string();
                name.starts_with("rank-") && entry->is_directory(unknown))
                add_files(entry->path(), name + '/');
        }
        std::ranges::sort(names, {}, [](const auto& name) { return std::pair(name.find('/') != name.npos, name); });
        if (names.size() > files_max) {
            warn(fmt::format("the page has links to {} of {} files", files_max, human_count(names.size())));
            names.resize(files_max);
        }
        return json::array(names.begin(), names.end());
    }

    /// Way from the page's folder to the run's; empty: the same.
    std::string files_at() const {
        if (options_.folder.empty()) return {};
        std::error_code error;
        const auto way = fs::proximate(folder_, options_.folder, error).generic_string();
        return error || way == "." ? std::string{} : way;
    }

    /// Ranks that end as they should remove their snapshots.
    void warn_of_lost_ranks() {
        const auto* summary = run_["summary"].if_object();
        if (summary != nullptr && text_at(*summary, "end_reason") != "aborted") return;
        std::string first;
        std::size_t count = 0;
        for (const auto& file : array_at(run_, "files"))
            if (file.is_string() && std::string_view(file.get_string()).ends_with("/snapshots.jsonl"))
                if (++count == 1) first = std::string(file.get_string());
        if (count != 0)
            warn(fmt::format("the ranks of this run did not all end: figures of their last seconds may be missing; {} "
                             "{} their own counts",
                             count == 1 ? first : fmt::format("{} and {} more files", first, count - 1),
                             count == 1 ? "has" : "have"));
    }

    void add_requests(json::object& run, std::size_t bytes) {
        const auto selected = read_page_requests(folder_, options_.requests_bytes_max, warnings_);
        const auto* metadata = run["run"].if_object();
        const auto start =
            metadata == nullptr ? load_start{} : load_start(parse_iso_time(text_at(*metadata, "load_started_at")));
        const auto all_of_a_kind = requests_of_a_kind_max;
        auto part = page_requests_json(selected, all_of_a_kind, measure::max_payload_bytes * 4, start);
        auto of_a_kind = all_of_a_kind;
        const auto rest = data_bytes_max - std::min(bytes, data_bytes_max);
        const auto rest_with_payloads = whole_payloads_bytes_max - std::min(bytes, whole_payloads_bytes_max);
        if (script_text(part).size() > rest_with_payloads)
            for (part = page_requests_json(selected, of_a_kind, cut_text_bytes, start);
                 script_text(part).size() > rest && of_a_kind != 0;
                 part = page_requests_json(selected, of_a_kind, cut_text_bytes, start))
                of_a_kind /= 2;
        if (of_a_kind != all_of_a_kind)
            warn(
                fmt::format("the requests of this run are large: the page has {} of each kind, at most; requests.jsonl "
                            "has all that were recorded",
                            of_a_kind));
        for (auto& field : part) run[field.key()] = std::move(field.value());
    }

    const fs::path& folder_;
    const page_options& options_;
    bool is_first_;
    std::size_t run_count_;
    json::object run_;
    std::vector<std::string> warnings_;
};

} // namespace

std::string page_baseline(std::string_view name, const measure::totals& sum, std::string_view comparison) {
    json::object percentiles;
    for (std::size_t i = 0; i < measure::hop_names.size(); ++i) {
        const auto samples = sum.latencies.select(static_cast<measure::hop>(i));
        if (samples.empty()) continue;
        const auto statistics = json_latency(samples);
        auto& of_hop = (percentiles[measure::hop_names[i]] = json::object()).get_object();
        for (const auto* percentile : {"p50_ms", "p90_ms", "p95_ms", "p99_ms"})
            of_hop[percentile] = statistics.at(percentile);
    }
    boost::system::error_code no_comparison;
    auto compared = json::parse(comparison, no_comparison);
    return json_line(json::object{{"name", name},
                                  {"percentiles", std::move(percentiles)},
                                  {"comparison", no_comparison ? json::value() : std::move(compared)}});
}

result<std::string> page_data(const std::vector<fs::path>& folders, const page_options& options) {
    problems errors;
    for (const auto& folder : folders) errors.add(check_report_folder(folder));
    if (!errors.empty()) return errors;
    boost::system::error_code no_baseline;
    auto baseline = options.baseline.empty() ? json::value() : json::parse(options.baseline, no_baseline);
    json::object document{{"schema", page_schema}, {"version", options.version}, {"live", false}};
    std::vector<run_page> pages;
    json::array runs;
    for (const auto& folder : folders) {
        pages.emplace_back(folder, options, &folder == &folders.front(), folders.size());
        runs.push_back(pages.back().read());
    }
    document["baseline"] = std::move(baseline);
    const auto bytes = script_text(document).size() + script_text(runs).size();
    for (std::size_t i = 0; i < pages.size(); ++i) pages[i].finish(runs[i].get_object(), bytes);
    document["runs"] = std::move(runs);
    return script_text(document);
}

} // namespace loadsim::report
