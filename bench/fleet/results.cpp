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

/// 1234567.8 as 1,234,568: a table is read by people.
std::string number(double value, int digits) {
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

void add_contests(std::string& out, const results& r) {
    if (r.contests.empty()) return;
    auto to = std::back_inserter(out);
    fmt::format_to(to,
                   "\nMedians of {} pairs, floor and loadsim in turns; in brackets the ratios of the single pairs.\n\n",
                   r.pairs);
    out += "| figure | floor | loadsim | loadsim / floor | bar |\n| --- | ---: | ---: | ---: | --- |\n";
    for (const auto& c : r.contests) {
        const auto between = compare(c.floor, c.loadsim);
        fmt::format_to(to, "| {}, {} | {} | {} | {} ({} to {}) | {} |\n", c.name, c.unit,
                       number(median(c.floor), c.digits), number(median(c.loadsim), c.digits),
                       number(between.of_medians, 2), number(between.least, 2), number(between.most, 2), c.bar);
    }
}

std::string of(const std::vector<figures>& runs, const char* name, int digits) {
    return number(median(samples_of(runs, name)), digits);
}

void add_scale(std::string& out, const results& r) {
    if (r.scale.empty()) return;
    out += "\nWhat a session and a message take, by size of the fleet (floor, loadsim):\n\n"
           "| vehicles | processes | CPU per connect, µs | memory per session, bytes | CPU per command and answer at "
           "1,000/s in "
           "all, µs | lag p99, ms |\n| ---: | ---: | ---: | ---: | ---: | ---: |\n";
    for (const auto& s : r.scale) {
        const auto both = [&](const char* name, int digits) {
            return of(s.runs.floor, name, digits) + ", " + of(s.runs.loadsim, name, digits);
        };
        fmt::format_to(std::back_inserter(out), "| {} | {} | {} | {} | {} | {} |\n", number(s.vehicles, 0),
                       of(s.runs.loadsim, "processes", 0), both("cpu_per_connect_us", 1), both("bytes_per_session", 0),
                       both("cpu_per_exchange_us", 1), both("lag_p99_ms", 3));
    }
}

void add_paho(std::string& out, const results& r) {
    if (r.paho.empty()) return;
    out += "\nA fleet of Eclipse Paho C++ clients, and of our own engine's sessions (Paho, ours):\n\n"
           "| sessions | CPU per connect, µs | memory per session, bytes | CPU per QoS 1 round trip, µs | round trips "
           "a second |\n"
           "| ---: | ---: | ---: | ---: | ---: |\n";
    for (const auto& p : r.paho) {
        const auto both = [&](const char* name, int digits) {
            return of(p.paho, name, digits) + ", " + of(p.engine, name, digits);
        };
        fmt::format_to(std::back_inserter(out), "| {} | {} | {} | {} | {} |\n", number(p.sessions, 0),
                       both("cpu_per_connect_us", 1), both("bytes_per_session", 0), both("cpu_per_round_trip_us", 1),
                       both("round_trips_per_s", 0));
    }
}

json::value finite(double value) { return std::isfinite(value) ? json::value(value) : json::value(nullptr); }

json::array array_of(const std::vector<double>& samples) {
    json::array all;
    for (const double s : samples) all.push_back(finite(s));
    return all;
}

json::array array_of(const std::vector<figures>& runs) {
    json::array all;
    for (const auto& run : runs) {
        json::object one;
        for (const auto& [name, value] : run) one[name] = finite(value);
        all.push_back(std::move(one));
    }
    return all;
}

} // namespace

std::string to_markdown(const results& r) {
    std::string out = machine_line(r) + "\n";
    add_contests(out, r);
    add_scale(out, r);
    add_paho(out, r);
    if (!r.notes.empty()) out += '\n';
    for (const auto& note : r.notes) out += "- " + note + '\n';
    if (!r.repeated.empty())
        out +=
            fmt::format("- Runs that went wrong and were made again: {} (fleet.json says why).\n", r.repeated.size());
    return out;
}

std::string to_json(const results& r) {
    json::object machine;
    for (const auto& [name, value] : r.machine) machine[name] = value;
    json::array contests;
    for (const auto& c : r.contests) {
        const auto between = compare(c.floor, c.loadsim);
        contests.push_back(json::object{{"figure", c.name},
                                        {"unit", c.unit},
                                        {"bar", c.bar},
                                        {"floor", array_of(c.floor)},
                                        {"loadsim", array_of(c.loadsim)},
                                        {"floor_median", finite(median(c.floor))},
                                        {"loadsim_median", finite(median(c.loadsim))},
                                        {"ratio", finite(between.of_medians)},
                                        {"ratio_least", finite(between.least)},
                                        {"ratio_most", finite(between.most)}});
    }
    json::array scale;
    for (const auto& s : r.scale)
        scale.push_back(json::object{
            {"vehicles", s.vehicles}, {"floor", array_of(s.runs.floor)}, {"loadsim", array_of(s.runs.loadsim)}});
    json::array paho;
    for (const auto& p : r.paho)
        paho.push_back(
            json::object{{"sessions", p.sessions}, {"paho", array_of(p.paho)}, {"engine", array_of(p.engine)}});
    json::array repeated;
    for (const auto& why : r.repeated) repeated.emplace_back(why);
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
    const auto put = [&](const char* name, const std::string& text) {
        std::ofstream out(folder / name);
        out << text;
        out.close();
        if (!out) throw std::runtime_error(fmt::format("{}: cannot be written", (folder / name).string()));
    };
    put("fleet.md", to_markdown(r));
    put("fleet.json", to_json(r));
}

} // namespace loadsim::bench
