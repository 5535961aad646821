#include "page_timeline.hpp"

#include "json_fields.hpp"
#include "json_format.hpp"
#include "latency_files.hpp"
#include "line_reader.hpp"
#include "page_latencies.hpp"
#include "records.hpp"
#include "text_format.hpp"
#include "timeline.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/units.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <utility>

namespace loadsim::report {
namespace {

namespace json = boost::json;
using measure::hop;

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t name_bytes_max = 120; ///< a name is repeated in each row
constexpr std::size_t bands_max = 300;
constexpr int heat_map_buckets_per_decade = 12;

/// How the values of several lines become the one of a row.
enum class combination : std::uint8_t { sum, last, largest, mean, percentile };

struct column {
    const char* name;
    const char* field; ///< of a line of timeline.jsonl
    combination combine;
    hop of{};            ///< of a percentile
    double percentile{}; ///< 0 to 100
};

constexpr column columns[] = {
    {"target_rate", "/target_rate_per_s", combination::mean},
    {"sent_rate", "/requests/sent", combination::sum}, // divided by the time of the row
    {"executed", "/requests/outcomes/executed", combination::sum},
    {"failed", "/requests/outcomes/failed", combination::sum},
    {"timed_out", "/requests/outcomes/timed_out", combination::sum},
    {"rejected", "/requests/outcomes/rejected", combination::sum},
    {"errored", "/requests/outcomes/errored", combination::sum},
    {"unanswered", "/requests/outcomes/unanswered", combination::sum},
    {"skipped", "/requests/outcomes/skipped", combination::sum},
    {"unexpected", "/requests/unexpected", combination::sum},
    {"in_flight", "/requests/in_flight", combination::last},
    {"waiting_for_connection", "/requests/waiting_for_connection", combination::last},
    {"online", "/sessions/online", combination::last},
    {"refused", "/sessions/refused", combination::sum},
    {"dropped", "/sessions/dropped", combination::sum},
    {"reconnects", "/sessions/reconnects", combination::sum},
    {"asleep", "/vehicles/asleep", combination::last},
    {"connecting", "/vehicles/connecting", combination::last},
    {"blocked", "/vehicles/blocked", combination::last},
    {"busy", "/vehicles/busy", combination::last},
    {"e2e_samples", "/latency/e2e/samples", combination::sum},
    {"e2e_p50", "/latency/e2e/p50_ms", combination::percentile, hop::e2e, 50},
    {"e2e_p90", "/latency/e2e/p90_ms", combination::percentile, hop::e2e, 90},
    {"e2e_p99", "/latency/e2e/p99_ms", combination::percentile, hop::e2e, 99},
    {"e2e_max", "/latency/e2e/max_ms", combination::largest},
    {"lag_p99", "/latency/lag/p99_ms", combination::percentile, hop::lag, 99},
    {"lag_max", "/latency/lag/max_ms", combination::largest},
    {"platform_p99", "/latency/platform/p99_ms", combination::percentile, hop::platform, 99},
    {"vehicle_p50", "/latency/vehicle/p50_ms", combination::percentile, hop::vehicle, 50},
    {"telemetry_sent", "/telemetry/sent", combination::sum},
    {"telemetry_reissued", "/telemetry/reissued", combination::sum},
    {"telemetry_acknowledged", "/telemetry/acknowledged", combination::sum},
    {"telemetry_lost", "/telemetry/lost", combination::sum},
    {"telemetry_waiting", "/telemetry/waiting", combination::last},
    {"telemetry_publish_p99", "/telemetry/publish/p99_ms", combination::largest}, // latency.hlog does not have it
    {"late_ranks", "/late_ranks", combination::largest},
};
constexpr std::size_t column_count = std::size(columns);
constexpr std::size_t sent_column = 1;

/// A line of timeline.jsonl, or several of them.
struct timeline_row {
    double begin_ms = 0, end_ms = 0; ///< since the start of the run
    std::string stage, phase;        ///< of the last line; phase: empty: none
    std::set<std::string> conditions{};
    std::array<double, column_count> values{};
    std::size_t lines = 1;

    double length_ms() const { return end_ms - begin_ms; }
};

double number_in(const json::value& line, const char* field) {
    boost::system::error_code error;
    const auto* value = line.find_pointer(field, error);
    return value != nullptr && value->is_number() ? value->to_number<double>() : unknown;
}

std::string short_name(const std::string& name) {
    return name.size() <= name_bytes_max ? name : std::string(utf8_prefix(name, name_bytes_max)) + "...";
}

timeline_row row_of(const json::object& fields) {
    const json::value line(fields);
    timeline_row row;
    row.end_ms = number_at(fields, "elapsed_ms");
    row.begin_ms = row.end_ms - number_at(fields, "interval_ms");
    row.stage = text_at(fields, "stage");
    row.phase = short_name(text_at(fields, "phase"));
    for (const auto& name : array_at(fields, "conditions"))
        if (name.is_string()) row.conditions.insert(short_name(std::string(name.get_string())));
    for (std::size_t i = 0; i < column_count; ++i) row.values[i] = number_in(line, columns[i].field);
    return row;
}

double combined(combination how, double a, double a_weight, double b, double b_weight) {
    if (how == combination::percentile) return unknown; // set of latency.hlog
    if (how == combination::last || std::isnan(a)) return b;
    if (std::isnan(b)) return a;
    if (how == combination::sum) return a + b;
    if (how == combination::largest) return std::max(a, b);
    const auto weight = a_weight + b_weight;
    return weight > 0 ? (a * a_weight + b * b_weight) / weight : b;
}

void append(timeline_row& to, const timeline_row& line) {
    for (std::size_t i = 0; i < column_count; ++i)
        to.values[i] = combined(columns[i].combine, to.values[i], to.length_ms(), line.values[i], line.length_ms());
    to.end_ms = line.end_ms;
    to.stage = line.stage;
    to.phase = line.phase;
    to.conditions.insert(line.conditions.begin(), line.conditions.end());
    to.lines += line.lines;
}

double value_of(const timeline_row& row, std::size_t i) {
    const bool is_rate = i == sent_column;
    if (!is_rate) return row.values[i];
    return row.length_ms() > 0 ? row.values[i] * 1e3 / row.length_ms() : unknown;
}

/// A number without the digits that no chart shows; a whole number stays one.
json::value page_number(double value) {
    if (std::isnan(value)) return nullptr;
    if (value == std::floor(value) && std::abs(value) < 1e15) return static_cast<std::int64_t>(value);
    return rounded_ms(value);
}

/// Consecutive lines with the same name as one band.
class band_collector {
public:
    explicit band_collector(const std::set<std::string>& spikes) : spikes_(spikes) {}

    void add(const timeline_row& line) {
        std::set<std::pair<std::string, std::string>> current; // kind and name
        const auto [phase, spike] = parts_of_phase(line.phase);
        if (!phase.empty()) current.emplace("phase", phase);
        if (!spike.empty()) current.emplace("spike", spike);
        for (const auto& name : line.conditions)
            if (!spikes_.contains(name)) current.emplace("condition", name);
        for (auto open = open_.begin(); open != open_.end();)
            if (current.contains(open->first))
                ++open;
            else
                open = open_.erase(open);
        for (const auto& key : current) {
            const auto [open, is_new] = open_.try_emplace(key, all_.size());
            if (is_new) all_.push_back({key.first, key.second, line.begin_ms, line.end_ms});
            all_[open->second].end_ms = line.end_ms;
        }
    }

    json::array bands(double load_start_ms, std::vector<std::string>& warnings) const {
        json::array made;
        for (const auto& one : all_) {
            if (made.size() == bands_max) break;
            made.push_back(json::object{{"kind", one.kind},
                                        {"name", one.name},
                                        {"from_s", page_number((one.begin_ms - load_start_ms) / 1e3)},
                                        {"to_s", page_number((one.end_ms - load_start_ms) / 1e3)}});
        }
        if (all_.size() > bands_max)
            warnings.push_back(fmt::format("the charts show the first {} of {} phases, spikes and conditions",
                                           bands_max, human_count(all_.size())));
        return made;
    }

private:
    struct band {
        std::string kind, name;
        double begin_ms, end_ms;
    };

    /// "steady (rush)" and "steady (rush 2)": the phase `steady` with the spike `rush`.
    std::pair<std::string, std::string> parts_of_phase(const std::string& name) const {
        const auto open = name.rfind(" (");
        if (open == std::string::npos || !name.ends_with(')')) return {name, {}};
        const auto spike = name.substr(open + 2, name.size() - open - 3);
        const auto is_repetition = [&](const std::string& of) {
            return spike == of || (spike.starts_with(of + ' ') &&
                                   spike.find_first_not_of("0123456789", of.size() + 1) == std::string::npos);
        };
        if (std::ranges::none_of(spikes_, is_repetition)) return {name, {}};
        return {name.substr(0, open), spike};
    }

    const std::set<std::string>& spikes_;
    std::map<std::pair<std::string, std::string>, std::size_t> open_; ///< index into all_
    std::vector<band> all_;
};

struct timeline {
    std::vector<timeline_row> rows{};
    double load_start_ms = unknown; ///< since the start of the run; NaN: it did not start
    std::size_t lines_a_row = 1;

    /// Row in which an interval of latency.hlog ends, whose seconds have three decimals.
    timeline_row* row_at(double end_ms) {
        constexpr double rounding_ms = 1.1;
        const auto found = std::ranges::lower_bound(rows, end_ms - rounding_ms, {}, &timeline_row::end_ms);
        return found == rows.end() || found->begin_ms > end_ms ? nullptr : &*found;
    }
};

std::size_t count_lines(const std::filesystem::path& file) {
    line_reader lines(file);
    std::size_t count = 0;
    for (std::string_view line; lines.next(line);) ++count;
    return count;
}

void for_each_line(const std::filesystem::path& folder, std::vector<std::string>& warnings, const auto& take) {
    line_reader file(folder / timeline_file_name);
    if (!file.open_error().empty()) {
        warnings.push_back(fmt::format("{} {}", timeline_file_name, file.open_error()));
        return;
    }
    constexpr double end_ms_max = 1e13; // 300 years: no time of a run, and too far for the axis of a chart
    double last_end_ms = -1;
    for (std::string_view text; file.next(text);) {
        boost::system::error_code error;
        const auto line = json::parse(text, error);
        if (error || !line.is_object()) {
            file.mark_bad("no JSON object");
        } else if (const auto end_ms = number_at(line.get_object(), "elapsed_ms"); !(end_ms > last_end_ms)) {
            file.mark_bad("it is not later than the line before");
        } else if (end_ms > end_ms_max) {
            file.mark_bad("`elapsed_ms` is no time of a run");
        } else {
            last_end_ms = end_ms;
            take(line.get_object());
        }
    }
    if (auto error = file.error_text(timeline_file_name); !error.empty()) warnings.push_back(std::move(error));
}

timeline read_timeline(const std::filesystem::path& folder, std::size_t rows_max, band_collector& bands,
                       std::vector<std::string>& warnings) {
    timeline all;
    all.lines_a_row = std::max<std::size_t>(1, (count_lines(folder / timeline_file_name) + rows_max - 1) / rows_max);
    for_each_line(folder, warnings, [&](const json::object& fields) {
        const auto line = row_of(fields);
        const auto load_ms = number_at(fields, "load_elapsed_ms");
        if (std::isnan(all.load_start_ms) && load_ms > 0) all.load_start_ms = line.end_ms - load_ms;
        bands.add(line);
        const bool begins_load =
            !all.rows.empty() && all.rows.back().stage == "connecting" && line.stage != "connecting";
        if (all.rows.empty() || all.rows.back().lines >= all.lines_a_row || begins_load)
            all.rows.push_back(line);
        else
            append(all.rows.back(), line);
    });
    return all;
}

/// Percentiles of rows of several lines: those of all samples of their intervals, which latency.hlog has in order of time.
class row_percentiles {
public:
    void add(hop of, timeline_row& row, const measure::histogram& samples) {
        auto& [current, all] = by_hop_[of];
        if (current != &row) {
            set(of);
            all.clear();
            current = &row;
        }
        all.merge(samples);
    }
    void finish() {
        for (const auto& [of, unused] : by_hop_) set(of);
    }

private:
    void set(hop of) {
        const auto& [row, samples] = by_hop_[of];
        if (row == nullptr || row->lines == 1) return; // of one line: in it
        for (std::size_t i = 0; i < column_count; ++i)
            if (columns[i].combine == combination::percentile && columns[i].of == of)
                row->values[i] = milliseconds(samples.percentile(columns[i].percentile));
    }

    std::map<hop, std::pair<timeline_row*, measure::histogram>> by_hop_;
};

/// Samples of e2e by time and latency, in logarithmic buckets.
class heat_map {
public:
    explicit heat_map(const timeline& of) : of_(of) {
        const auto begin = std::ranges::find_if(of.rows, [](const auto& row) { return row.stage != "connecting"; });
        first_ = static_cast<std::size_t>(begin - of.rows.begin());
        rows_a_cell_ = std::max<std::size_t>(1, (of.rows.size() - first_ + heat_map_rows_max - 1) / heat_map_rows_max);
    }

    void add(const timeline_row& row, const measure::histogram& samples) {
        const auto index = static_cast<std::size_t>(&row - of_.rows.data());
        if (index < first_) return;
        auto& counts = counts_[(index - first_) / rows_a_cell_];
        const auto more = logarithmic_counts(samples, heat_map_buckets_per_decade);
        if (counts.size() < more.size()) counts.resize(more.size());
        for (std::size_t i = 0; i < more.size(); ++i) counts[i] += more[i];
    }

    json::value value(double load_start_ms) const {
        std::size_t first = std::numeric_limits<std::size_t>::max();
        std::size_t end = 0;
        for (const auto& [cell, counts] : counts_) {
            const auto used = std::ranges::find_if(counts, [](auto count) { return count != 0; });
            first = std::min(first, static_cast<std::size_t>(used - counts.begin()));
            end = std::max(end, counts.size()); // ends in no zero
        }
        if (first >= end) return nullptr;
        json::array edges;
        for (auto i = first; i <= end; ++i) edges.push_back(bucket_edge_ms(i, heat_map_buckets_per_decade));
        json::array ends;
        json::array rows;
        for (std::size_t cell = 0; first_ + cell * rows_a_cell_ < of_.rows.size(); ++cell) {
            const auto last = std::min(first_ + (cell + 1) * rows_a_cell_, of_.rows.size()) - 1;
            ends.push_back(page_number((of_.rows[last].end_ms - load_start_ms) / 1e3));
            json::array row;
            const auto found = counts_.find(cell);
            for (auto i = first; i < end; ++i)
                row.push_back(found != counts_.end() && i < found->second.size() ? found->second[i] : 0);
            rows.push_back(std::move(row));
        }
        return json::object{{"end_s", std::move(ends)},
                            {"interval_s", static_cast<double>(rows_a_cell_ * of_.lines_a_row)},
                            {"edges_ms", std::move(edges)},
                            {"counts", std::move(rows)}};
    }

private:
    const timeline& of_;
    std::size_t first_ = 0; ///< row of the load
    std::size_t rows_a_cell_ = 1;
    std::map<std::size_t, std::vector<std::uint64_t>> counts_; ///< by cell and bucket
};

json::array names_json(const std::set<std::string>& names) { return json::array(names.begin(), names.end()); }

json::object columns_json(const timeline& all, double load_start_ms) {
    json::object made;
    auto& ends = (made["end_s"] = json::array()).get_array();
    for (const auto& row : all.rows) ends.push_back(page_number((row.end_ms - load_start_ms) / 1e3));
    const auto add_texts = [&](const char* name, const auto& value) {
        json::array texts;
        for (const auto& row : all.rows) texts.push_back(value(row));
        made[name] = std::move(texts);
    };
    add_texts("stage", [](const auto& row) { return json::value(row.stage); });
    add_texts("phase", [](const auto& row) { return row.phase.empty() ? json::value() : json::value(row.phase); });
    add_texts("conditions", [](const auto& row) { return names_json(row.conditions); });
    for (std::size_t i = 0; i < column_count; ++i) {
        json::array values;
        for (const auto& row : all.rows) values.push_back(page_number(value_of(row, i)));
        made[columns[i].name] = std::move(values);
    }
    return made;
}

} // namespace

json::object page_row(const json::object& timeline_line) {
    const auto line = row_of(timeline_line);
    json::object made{{"stage", line.stage},
                      {"phase", line.phase.empty() ? json::value() : json::value(line.phase)},
                      {"conditions", names_json(line.conditions)}};
    for (std::size_t i = 0; i < column_count; ++i) made[columns[i].name] = page_number(value_of(line, i));
    return made;
}

json::object page_timeline(const std::filesystem::path& folder, std::size_t rows_max,
                           const std::set<std::string>& spikes, bool has_heat_map, std::vector<std::string>& warnings) {
    band_collector bands(spikes);
    auto all = read_timeline(folder, rows_max, bands, warnings);
    row_percentiles percentiles;
    heat_map latencies(all);
    const std::vector hops =
        all.lines_a_row > 1 ? std::vector{hop::e2e, hop::lag, hop::platform, hop::vehicle} : std::vector{hop::e2e};
    if (!all.rows.empty() && (has_heat_map || all.lines_a_row > 1))
        for_each_interval(folder / hdr_log_file_name, hops, warnings, [&](hop of, const auto& interval) {
            auto* into = all.row_at(milliseconds(interval.start + interval.length));
            if (into == nullptr) return;
            percentiles.add(of, *into, interval.samples);
            if (of == hop::e2e && has_heat_map) latencies.add(*into, interval.samples);
        });
    percentiles.finish();
    // Without a load the end of the run is the origin.
    const auto origin_ms = !std::isnan(all.load_start_ms) ? all.load_start_ms
                           : all.rows.empty()             ? 0
                                                          : all.rows.back().end_ms;
    return {{"interval_s", static_cast<double>(all.lines_a_row)},
            {"timeline", columns_json(all, origin_ms)},
            {"bands", bands.bands(origin_ms, warnings)},
            {"heat_map", has_heat_map ? latencies.value(origin_ms) : json::value()}};
}

std::set<std::string> spikes_in(std::string_view scenario_yaml) {
    std::set<std::string> names;
    bool in_conditions = false;
    bool in_spike = false;
    while (!scenario_yaml.empty()) {
        const auto line = scenario_yaml.substr(0, scenario_yaml.find('\n'));
        scenario_yaml.remove_prefix(std::min(scenario_yaml.size(), line.size() + 1));
        const auto text = trimmed(line);
        if (!line.starts_with(' ') && !line.starts_with('-')) in_conditions = line.starts_with("conditions:");
        if (text.starts_with("- ")) in_spike = text == "- spike:";
        constexpr std::string_view key = "name: ";
        if (!in_conditions || !in_spike || !text.starts_with(key)) continue;
        auto name = text.substr(key.size());
        if (name.size() > 1 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
        names.emplace(name);
    }
    return names;
}

} // namespace loadsim::report
