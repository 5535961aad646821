#include <loadsim/report/events.hpp>

#include "json_format.hpp"
#include "text_format.hpp"

#include <loadsim/base/encoding.hpp>

#include <boost/json.hpp>

namespace loadsim::report {
namespace {

namespace json = boost::json;

std::string utc_text(std::chrono::system_clock::time_point at) { return iso_time(at, iso_format::milliseconds); }

/// The object as a line. JSON allows U+007F to U+009F in strings; terminals take them for control characters.
std::string event_line(const json::object& event) {
    const auto line = json_line(event);
    std::string out;
    std::string_view rest = line;
    while (!rest.empty()) {
        const auto printable = printable_length(rest);
        out += rest.substr(0, printable);
        rest.remove_prefix(printable);
        if (rest.empty()) break;
        const auto control = decode_utf8(rest);
        const auto byte = static_cast<char>(control.code_point);
        (out += "\\u00") += to_hex({&byte, 1});
        rest.remove_prefix(control.length);
    }
    return out + '\n';
}

json::array strings(const std::vector<std::string>& all) { return json::array(all.begin(), all.end()); }

json::array budget_results(const verdict::evaluation& evaluation) {
    json::array all;
    for (const auto& b : evaluation.budgets)
        all.push_back(json::object{{"expression", b.expression},
                                   {"verdict", to_string(b.verdict)},
                                   {"observed", b.observed ? json::value(*b.observed) : json::value(nullptr)},
                                   {"observed_text", b.observed_text},
                                   {"severity", to_string(b.severity)}});
    return all;
}

} // namespace

event_lines::event_lines(run_header header, measure::labels labels, std::filesystem::path folder)
    : header_(std::move(header)), labels_(std::move(labels)), folder_(folder.string()) {}

std::string event_lines::started() const {
    return event_line({{"event", "started"},
                       {"at", utc_text(header_.started)},
                       {"schema", "loadsim.events/1"},
                       {"version", header_.origin.version},
                       {"mode", to_string(header_.mode)},
                       {"scenario", header_.scenario},
                       {"seed", header_.seed},
                       {"phases", strings(labels_.phases)},
                       {"report", folder_}});
}

std::string event_lines::progress(const measure::progress& p) {
    if (p.current_stage == measure::stage::done) return {};
    const bool in_load = p.current_stage == measure::stage::load;
    const json::object place{{"at", utc_text(header_.started + p.elapsed)},
                             {"elapsed_ms", json_ms(p.elapsed)},
                             {"stage", to_string(p.current_stage)},
                             {"phase", in_load ? json::value(name_at(labels_.phases, p.phase)) : json::value(nullptr)}};
    std::string lines;
    const std::pair stage_and_phase{p.current_stage, in_load ? p.phase : 0};
    if (std::exchange(last_stage_, stage_and_phase) != stage_and_phase) {
        json::object event{{"event", "phase"}};
        event.insert(place.begin(), place.end());
        lines = event_line(event);
    }
    const auto& sum = (p.cumulative != nullptr ? *p.cumulative : p.interval).requests;
    const auto e2e = p.interval.latencies.select(measure::hop::e2e);
    const auto percentile = [&e2e](double percent) {
        return e2e.empty() ? json::value(nullptr) : json::value(json_ms(e2e.percentile(percent)));
    };
    const double sent_rate = p.interval_s > 0 ? static_cast<double>(p.interval.requests.sent) / p.interval_s : 0;
    json::object event{{"event", "progress"}};
    event.insert(place.begin(), place.end());
    event["sessions_planned"] = p.sessions_planned;
    event["sessions_online"] = p.sessions_online;
    event["target_rate_per_s"] = p.target_rate;
    event["sent_rate_per_s"] = sent_rate;
    event["due"] = sum.due;
    event["sent"] = sum.sent;
    event["unexpected"] = sum.unexpected;
    event["in_flight"] = p.in_flight;
    event["e2e_p50_ms"] = percentile(50);
    event["e2e_p95_ms"] = percentile(95);
    event["e2e_p99_ms"] = percentile(99);
    return lines + event_line(event);
}

std::string event_lines::notice(std::string_view sentence, std::chrono::system_clock::time_point at) const {
    return event_line({{"event", "notice"}, {"at", utc_text(at)}, {"text", sentence}});
}

std::string event_lines::finished(const measure::run_result& run, const verdict::evaluation& evaluation,
                                  verdict::exit_code code) const {
    const auto& r = run.sum.requests;
    return event_line(
        {{"event", "finished"},
         {"at", utc_text(run.started + run.elapsed)},
         {"verdict", to_string(evaluation.verdict)},
         {"exit_code", static_cast<int>(code)},
         {"verdict_reasons", strings(evaluation.reasons)},
         {"budgets", budget_results(evaluation)},
         {"requests",
          {{"planned", run.planned_arrivals}, {"due", r.due}, {"sent", r.sent}, {"unexpected", r.unexpected}}},
         {"report", folder_}});
}

std::string event_lines::failed(const std::vector<std::string>& reasons, verdict::exit_code code,
                                std::chrono::system_clock::time_point at) const {
    return event_line({{"event", "failed"},
                       {"at", utc_text(at)},
                       {"exit_code", static_cast<int>(code)},
                       {"reasons", strings(reasons)},
                       {"report", folder_}});
}

} // namespace loadsim::report
