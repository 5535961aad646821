#include "results.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace loadsim::bench {
namespace {

namespace json = boost::json;

/// Formats with thousands separators: 1234567.8 as 1,234,568.
std::string format_number(double value, int digits) {
    if (!std::isfinite(value)) return "-";
    auto text = fmt::format("{:.{}f}", value, digits);
    const auto point = std::min(text.find('.'), text.size());
    const std::size_t first = text.starts_with('-') ? 1 : 0;
    for (auto at = point; at > first + 3;) text.insert(at -= 3, 1, ',');
    return text;
}

std::string machine_line(const results& r) {
    const auto& m = r.machine;
    return fmt::format("{}, {} cores, {}, {}, {}; {}, {}; mosquitto {}; {}.", m.at("cpu"), m.at("cores"),
                       m.at("memory"), m.at("system"), m.at("kernel"), m.at("compiler"), m.at("build"),
                       m.at("mosquitto"), m.at("date"));
}

void add_comparisons(std::string& out, const results& r) {
    if (r.comparisons.empty()) return;
    auto to = std::back_inserter(out);
    fmt::format_to(to,
                   "\nMedians of {} pairs, baseline and loadsim in alternating runs; in brackets the ratios of the "
                   "single pairs.\n\n",
                   r.pairs);
    out += "| metric | baseline | loadsim | loadsim / baseline | goal |\n| --- | ---: | ---: | ---: | --- |\n";
    for (const auto& c : r.comparisons) {
        const auto relative = compare(c.baseline, c.loadsim);
        fmt::format_to(to, "| {}, {} | {} | {} | {} ({} to {}) | {} |\n", c.name, c.unit,
                       format_number(median(c.baseline), c.digits), format_number(median(c.loadsim), c.digits),
                       format_number(relative.of_medians, 2), format_number(relative.lowest, 2),
                       format_number(relative.highest, 2), c.target);
    }
}

std::string median_text(const std::vector<metrics>& runs, const char* name, int digits) {
    return format_number(median(samples_of(runs, name)), digits);
}

void add_scale(std::string& out, const results& r) {
    if (r.scale.empty()) return;
    out += "\nCost of a session and of a message, by size of the fleet (baseline, loadsim):\n\n"
           "| vehicles | processes | CPU per connect, µs | memory per session, bytes | CPU per command and response at "
           "1,000/s in all, µs | lag p99, ms |\n| ---: | ---: | ---: | ---: | ---: | ---: |\n";
    for (const auto& s : r.scale) {
        const auto both = [&](const char* name, int digits) {
            return median_text(s.runs.baseline, name, digits) + ", " + median_text(s.runs.loadsim, name, digits);
        };
        fmt::format_to(std::back_inserter(out), "| {} | {} | {} | {} | {} | {} |\n", format_number(s.vehicles, 0),
                       median_text(s.runs.loadsim, "processes", 0), both("cpu_per_connect_us", 1),
                       both("bytes_per_session", 0), both("cpu_per_exchange_us", 1), both("lag_p99_ms", 3));
    }
}

void add_paho(std::string& out, const results& r) {
    if (r.paho.empty()) return;
    out += "\nA fleet of Eclipse Paho C++ clients, and of loadsim's own sessions (Paho, loadsim):\n\n"
           "| sessions | CPU per connect, µs | memory per session, bytes | CPU per QoS 1 round trip, µs | round trips "
           "per second |\n"
           "| ---: | ---: | ---: | ---: | ---: |\n";
    for (const auto& p : r.paho) {
        const auto both = [&](const char* name, int digits) {
            return median_text(p.paho, name, digits) + ", " + median_text(p.engine, name, digits);
        };
        fmt::format_to(std::back_inserter(out), "| {} | {} | {} | {} | {} |\n", format_number(p.sessions, 0),
                       both("cpu_per_connect_us", 1), both("bytes_per_session", 0), both("cpu_per_round_trip_us", 1),
                       both("round_trips_per_s", 0));
    }
}

json::value finite_or_null(double value) { return std::isfinite(value) ? json::value(value) : json::value(nullptr); }

json::array to_json_array(const std::vector<double>& samples) {
    json::array all;
    for (const double s : samples) all.push_back(finite_or_null(s));
    return all;
}

json::array to_json_array(const std::vector<metrics>& runs) {
    json::array all;
    for (const auto& run : runs) {
        json::object one;
        for (const auto& [name, value] : run) one[name] = finite_or_null(value);
        all.push_back(std::move(one));
    }
    return all;
}

} // namespace

std::string to_markdown(const results& r) {
    std::string out = machine_line(r) + "\n";
    add_comparisons(out, r);
    add_scale(out, r);
    add_paho(out, r);
    if (!r.notes.empty()) out += '\n';
    for (const auto& note : r.notes) out += "- " + note + '\n';
    if (!r.repeated_runs.empty())
        out += fmt::format("- Runs that went wrong and were made again: {} ({}.json says why).\n",
                           r.repeated_runs.size(), r.name);
    return out;
}

std::string to_json(const results& r) {
    json::object machine;
    for (const auto& [name, value] : r.machine) machine[name] = value;
    json::array contests;
    for (const auto& c : r.comparisons) {
        const auto relative = compare(c.baseline, c.loadsim);
        contests.push_back(json::object{{"figure", c.name},
                                        {"unit", c.unit},
                                        {"bar", c.target},
                                        {"floor", to_json_array(c.baseline)},
                                        {"loadsim", to_json_array(c.loadsim)},
                                        {"floor_median", finite_or_null(median(c.baseline))},
                                        {"loadsim_median", finite_or_null(median(c.loadsim))},
                                        {"ratio", finite_or_null(relative.of_medians)},
                                        {"ratio_least", finite_or_null(relative.lowest)},
                                        {"ratio_most", finite_or_null(relative.highest)}});
    }
    json::array scale;
    for (const auto& s : r.scale)
        scale.push_back(json::object{{"vehicles", s.vehicles},
                                     {"floor", to_json_array(s.runs.baseline)},
                                     {"loadsim", to_json_array(s.runs.loadsim)}});
    json::array paho;
    for (const auto& p : r.paho)
        paho.push_back(json::object{
            {"sessions", p.sessions}, {"paho", to_json_array(p.paho)}, {"engine", to_json_array(p.engine)}});
    json::array repeated;
    for (const auto& reason : r.repeated_runs) repeated.emplace_back(reason);
    const json::object all{{"schema", "loadsim.fleet-bench/1"},
                           {"machine", machine},
                           {"pairs", r.pairs},
                           {"contests", contests},
                           {"scale", scale},
                           {"paho", paho},
                           {"repeated", repeated}};
    return json::serialize(all) + '\n';
}

void write(const results& r, const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    const auto put = [&](const std::string& name, const std::string& text) {
        std::ofstream out(folder / name);
        out << text;
        out.close();
        if (!out) throw std::runtime_error(fmt::format("{}: cannot be written", (folder / name).string()));
    };
    put(r.name + ".md", to_markdown(r));
    put(r.name + ".json", to_json(r));
}

} // namespace loadsim::bench
