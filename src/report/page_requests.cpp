#include "page_requests.hpp"

#include "line_reader.hpp"
#include "record_lines.hpp"
#include "records.hpp"
#include "text_format.hpp"

#include <loadsim/base/encoding.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace loadsim::report {
namespace {

namespace json = boost::json;
using measure::anomaly_record;
using measure::request_record;
using measure::session_record;

constexpr std::size_t anomalies_max = 1'000;
constexpr std::size_t session_events_max = 2'000;
constexpr double margin_ms = 5'000; ///< session events before a request and after it, as in a timeline of explain

/// Text that follows the name of a field in a line of requests.jsonl; empty: no such field. Within a text of the line there is no such
/// name: its quotation marks are escaped there.
std::string_view field_in(std::string_view line, std::string_view quoted_name) {
    const auto at = line.find(quoted_name);
    return at == std::string_view::npos ? std::string_view{} : line.substr(at + quoted_name.size());
}

/// NaN: null, or no number.
double number_of(std::string_view text) {
    double value = std::numeric_limits<double>::quiet_NaN();
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// What decides whether a line is one of the page's requests, without parsing all of it: there may be a million of 2 kB.
struct line_outline {
    std::string_view request_id; ///< as written
    bool is_unexpected, has_anomaly;
    double latency_ms; ///< from due to observed; NaN: not both known

    /// Searches the fields in the order in which they are written. In another one, or with an escaped id, the line counts as unexpected,
    /// and is parsed.
    explicit line_outline(std::string_view line) {
        const auto from_id = field_in(line, "\"request_id\":\"");
        request_id = from_id.substr(0, from_id.find('"'));
        const auto from_unexpected = field_in(from_id, "\"unexpected\":");
        const auto from_due = field_in(from_unexpected, "\"due_at_ms\":");
        const auto from_observed = field_in(from_due, "\"observed_at_ms\":");
        const auto from_anomalies = field_in(from_observed, "\"anomalies\":");
        latency_ms = number_of(from_observed) - number_of(from_due);
        has_anomaly = !from_anomalies.starts_with("[]");
        is_unexpected = from_unexpected.starts_with("true") || from_anomalies.empty() ||
                        request_id.find('\\') != std::string_view::npos;
    }
};

/// From due to the completion. NaN: not completed, or timed out as expected, which is no sample of e2e.
double e2e_ms(const request_record& r) {
    if (r.outcome == outcome::timed_out && !r.unexpected) return std::numeric_limits<double>::quiet_NaN();
    for (const auto& [name, ms] : hops_of(r))
        if (name == to_string(measure::hop::e2e)) return ms;
    return std::numeric_limits<double>::quiet_NaN();
}

bool is_slower(const page_request& a, const page_request& b) {
    const auto [of_a, of_b] = std::pair(e2e_ms(a.record), e2e_ms(b.record));
    return of_a != of_b ? of_a > of_b : a.record.arrival < b.record.arrival;
}

bool is_earlier(const request_record& a, const request_record& b) {
    const auto key = [](const request_record& r) {
        return std::pair(std::isnan(r.due_at_ms) ? std::numeric_limits<double>::infinity() : r.due_at_ms, r.arrival);
    };
    return key(a) < key(b);
}

class request_selection {
public:
    /// `ids`: of requests with an anomaly that anomalies.jsonl has.
    request_selection(const std::filesystem::path& folder, std::uint64_t bytes_max,
                      const std::unordered_set<std::string>& ids, std::vector<std::string>& warnings)
        : ids_(ids) {
        line_reader file(folder / requests_file_name);
        if (!file.open_error().empty()) {
            warnings.push_back(fmt::format("{} {}", requests_file_name, file.open_error()));
            return;
        }
        std::uint64_t bytes = 0;
        std::uint64_t unread = 0;
        for (std::string_view line; file.next(line);) {
            bytes += line.size();
            if (bytes > bytes_max) {
                ++unread;
                continue;
            }
            if (line.empty() || line.front() != '{' || line.back() != '}') {
                file.mark_bad("no JSON object");
                continue;
            }
            const line_outline outline(line);
            ++counts_.recorded;
            if (!may_be_selected(outline)) continue;
            if (auto record = parse_request_record(line)) {
                add(std::move(*record));
            } else {
                --counts_.recorded;
                file.mark_bad(record.error().list.front().text);
            }
        }
        if (auto error = file.error_text(requests_file_name); !error.empty()) warnings.push_back(std::move(error));
        if (unread != 0)
            warnings.push_back(fmt::format("requests.jsonl is large: the page has nothing of its last {} of {} "
                                           "requests; `loadsim report` of the folder looks at all",
                                           human_count(unread), human_count(counts_.recorded + unread)));
    }

    /// Each request once, in order of due time, with its places.
    page_requests take() && {
        std::ranges::sort(slowest_, is_slower);
        std::unordered_map<std::uint64_t, std::size_t> by_arrival;
        const auto add_all = [&](std::vector<page_request>& some, std::size_t page_request::*place) {
            for (std::size_t i = 0; i < some.size(); ++i) {
                const auto [at, is_new] = by_arrival.try_emplace(some[i].record.arrival, counts_.requests.size());
                if (is_new) counts_.requests.push_back(std::move(some[i]));
                counts_.requests[at->second].*place = i;
            }
        };
        add_all(slowest_, &page_request::slowest);
        add_all(unexpected_, &page_request::unexpected);
        add_all(anomalous_, &page_request::anomalous);
        std::ranges::sort(counts_.requests,
                          [](const auto& a, const auto& b) { return is_earlier(a.record, b.record); });
        return std::move(counts_);
    }

private:
    bool may_be_selected(const line_outline& line) const {
        return line.is_unexpected || line.has_anomaly || slowest_.size() < requests_of_a_kind_max ||
               line.latency_ms > e2e_ms(slowest_.front().record) ||
               (!ids_.empty() && ids_.contains(std::string(line.request_id)));
    }

    void add(request_record r) {
        const bool has_anomaly = !r.anomalies.empty() || (!r.request_id.empty() && ids_.contains(r.request_id));
        counts_.unexpected += r.unexpected ? 1 : 0;
        counts_.anomalous += has_anomaly ? 1 : 0;
        if (r.unexpected && unexpected_.size() < requests_of_a_kind_max) unexpected_.push_back({.record = r});
        if (has_anomaly && anomalous_.size() < requests_of_a_kind_max) anomalous_.push_back({.record = r});
        if (!std::isnan(e2e_ms(r))) add_slow(std::move(r));
    }

    /// A heap: the fastest of the slowest is its front.
    void add_slow(request_record r) {
        slowest_.push_back({.record = std::move(r)});
        std::ranges::push_heap(slowest_, is_slower);
        if (slowest_.size() <= requests_of_a_kind_max) return;
        std::ranges::pop_heap(slowest_, is_slower);
        slowest_.pop_back();
    }

    const std::unordered_set<std::string>& ids_;
    page_requests counts_;
    std::vector<page_request> slowest_, unexpected_, anomalous_;
};

std::unordered_set<std::string> ids_with_anomalies(const std::filesystem::path& folder,
                                                   std::vector<std::string>& warnings) {
    std::unordered_set<std::string> ids;
    for_each_record(folder, anomalies_file_name, parse_anomaly_record, &warnings,
                    [&](anomaly_record a) { ids.insert(std::move(a.request_id)); });
    ids.erase("");
    return ids;
}

void read_anomalies_of(page_requests& all, const std::filesystem::path& folder) {
    std::unordered_set<std::string> requests;
    for (const auto& r : all.requests) requests.insert(r.record.request_id);
    requests.erase("");
    std::size_t others = 0;
    for_each_record(folder, anomalies_file_name, parse_anomaly_record, nullptr, [&](anomaly_record a) {
        if (all.anomalies.size() == anomalies_max) return;
        if (requests.contains(a.request_id) || (!a.expected && others++ < requests_of_a_kind_max))
            all.anomalies.push_back(std::move(a));
    });
}

/// From the first to the last instant of the requests of a vehicle, with a margin, and the last session event before that.
struct vehicle_window {
    double from_ms, until_ms;
    std::optional<session_record> before{};
};

std::unordered_map<std::string, vehicle_window> windows_of(const std::vector<page_request>& requests) {
    std::unordered_map<std::string, vehicle_window> windows;
    for (const auto& [r, slowest, unexpected, anomalous] : requests) {
        if (r.vin.empty() || std::isnan(r.due_at_ms)) continue;
        const auto last = std::fmax(std::fmax(r.due_at_ms, r.finished_at_ms), r.observed_at_ms);
        const auto [window, is_new] =
            windows.try_emplace(r.vin, vehicle_window{r.due_at_ms - margin_ms, last + margin_ms});
        window->second.from_ms = std::min(window->second.from_ms, r.due_at_ms - margin_ms);
        window->second.until_ms = std::max(window->second.until_ms, last + margin_ms);
    }
    return windows;
}

void read_session_events_of(page_requests& all, const std::filesystem::path& folder,
                            std::vector<std::string>& warnings) {
    auto windows = windows_of(all.requests);
    std::uint64_t omitted = 0;
    const auto keep = [&](session_record s) {
        if (all.session_events.size() < session_events_max)
            all.session_events.push_back(std::move(s));
        else
            ++omitted;
    };
    for_each_record(folder, sessions_file_name, parse_session_record, &warnings, [&](session_record s) {
        const auto found = windows.find(s.vin);
        if (found == windows.end() || !(s.at_ms <= found->second.until_ms)) return;
        if (s.at_ms < found->second.from_ms)
            found->second.before = std::move(s);
        else
            keep(std::move(s));
    });
    for (auto& [vin, window] : windows)
        if (window.before) keep(std::move(*window.before));
    std::ranges::stable_sort(all.session_events, [](const auto& a, const auto& b) {
        return std::tie(a.at_ms, a.vin) < std::tie(b.at_ms, b.vin);
    });
    if (omitted != 0)
        warnings.push_back(fmt::format("the page has {} of the session events around its requests, {} are left out: "
                                       "sessions.jsonl has them",
                                       human_count(session_events_max), human_count(omitted)));
}

} // namespace

page_requests read_page_requests(const std::filesystem::path& folder, std::uint64_t bytes_max,
                                 std::vector<std::string>& warnings) {
    const auto ids = ids_with_anomalies(folder, warnings);
    auto all = request_selection(folder, bytes_max, ids, warnings).take();
    read_anomalies_of(all, folder);
    read_session_events_of(all, folder, warnings);
    return all;
}

json::object page_requests_json(const page_requests& all, std::size_t of_a_kind_max, std::size_t text_bytes_max,
                                const load_start& start) {
    json::array requests;
    std::unordered_set<std::string_view> ids;
    std::unordered_set<std::string_view> vehicles;
    for (const auto& one : all.requests) {
        json::array why;
        if (one.slowest < of_a_kind_max) why.push_back("slowest");
        if (one.unexpected < of_a_kind_max) why.push_back("unexpected");
        if (one.anomalous < of_a_kind_max) why.push_back("anomalous");
        if (why.empty()) continue;
        ids.insert(one.record.request_id);
        vehicles.insert(one.record.vin);
        auto record = one.record;
        bool is_cut = false;
        for (auto& message : record.messages)
            for (auto* text : {&message.head, &message.payload})
                if (text->size() > text_bytes_max) {
                    text->resize(utf8_prefix(*text, text_bytes_max).size());
                    is_cut = true;
                }
        auto fields = page_object(record, start);
        fields["why"] = std::move(why);
        if (is_cut) fields["payload_cut"] = true;
        requests.push_back(std::move(fields));
    }
    json::array anomalies;
    std::size_t others = 0;
    for (const auto& a : all.anomalies)
        if ((!a.request_id.empty() && ids.contains(a.request_id)) || (!a.expected && others++ < of_a_kind_max))
            anomalies.push_back(page_object(a, start));
    json::array events;
    for (const auto& s : all.session_events)
        if (vehicles.contains(s.vin)) events.push_back(page_object(s, start));
    return {{"requests", std::move(requests)},
            {"anomalies", std::move(anomalies)},
            {"session_events", std::move(events)},
            {"counts", {{"recorded", all.recorded}, {"unexpected", all.unexpected}, {"anomalous", all.anomalous}}}};
}

} // namespace loadsim::report
