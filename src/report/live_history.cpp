#include <loadsim/report/live_history.hpp>

#include "json_fields.hpp"
#include "json_format.hpp"
#include "page_timeline.hpp"
#include "records.hpp"
#include "timeline.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/units.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <deque>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

namespace loadsim::report {
namespace {

namespace json = boost::json;
using measure::progress;

constexpr std::size_t payload_bytes_max = 200; ///< of the page
constexpr std::ptrdiff_t rows_of_next_length = 10;

/// What rows need of an interval.
progress without_records(const progress& p) {
    progress part;
    part.current_stage = p.current_stage;
    part.time = p.time;
    part.elapsed = p.elapsed;
    part.load_elapsed = p.load_elapsed;
    part.load_started = p.load_started;
    part.load_duration = p.load_duration;
    part.planned_arrivals = p.planned_arrivals;
    part.drain_elapsed = p.drain_elapsed;
    part.drain_limit = p.drain_limit;
    part.phase = p.phase;
    part.conditions = p.conditions;
    part.target_rate = p.target_rate;
    part.interval_s = p.interval_s;
    part.late_ranks = p.late_ranks;
    part.sessions_planned = p.sessions_planned;
    part.sessions_online = p.sessions_online;
    part.vehicles = p.vehicles;
    part.in_flight = p.in_flight;
    part.waiting = p.waiting;
    part.interval.requests = p.interval.requests;
    part.telemetry_waiting = p.telemetry_waiting;
    part.interval.sessions = p.interval.sessions;
    part.interval.telemetry = p.interval.telemetry;
    for (std::size_t i = 0; i < measure::hop_names.size(); ++i) {
        const auto hop = static_cast<measure::hop>(i);
        if (const auto samples = p.interval.latencies.select(hop); !samples.empty())
            part.interval.latencies.merge({.section = hop}, samples);
    }
    return part;
}

/// Both intervals as one; `to` is the earlier one.
void join(progress& to, const progress& next) {
    auto joined = next;
    joined.interval_s += to.interval_s;
    if (joined.interval_s > 0)
        joined.target_rate = (to.target_rate * to.interval_s + next.target_rate * next.interval_s) / joined.interval_s;
    joined.late_ranks = std::max(to.late_ranks, next.late_ranks);
    joined.conditions.clear();
    std::ranges::set_union(to.conditions, next.conditions, std::back_inserter(joined.conditions)); // both are sorted
    joined.interval = std::move(to.interval);
    joined.interval.add(next.interval);
    to = std::move(joined);
}

std::string request_text(measure::request_record r, const load_start& start) {
    bool is_cut = false;
    for (auto& message : r.messages) {
        if (message.payload.size() <= payload_bytes_max) continue;
        message.payload = utf8_prefix(message.payload, payload_bytes_max);
        is_cut = true;
    }
    auto fields = page_object(r, start);
    json::array why{"unexpected"};
    if (!r.anomalies.empty()) why.emplace_back("anomalous");
    fields["why"] = std::move(why);
    if (is_cut) fields["payload_cut"] = true;
    return json_line(fields);
}

std::string progress_text(const progress& p, const measure::labels& labels, const measure::request_counts& so_far) {
    using measure::stage;
    const bool in_phase = p.current_stage == stage::load && p.phase < labels.phases.size();
    auto left = p.load_duration - p.load_elapsed;
    if (p.current_stage == stage::draining) left = p.drain_limit - p.drain_elapsed; // at most
    if (p.current_stage == stage::done) left = nanoseconds{0};
    return json_line(json::object{{"stage", to_string(p.current_stage)},
                                  {"phase", in_phase ? json::value(labels.phases[p.phase]) : json::value(nullptr)},
                                  {"elapsed_s", rounded_ms(seconds(p.elapsed))},
                                  {"left_s", rounded_ms(seconds(std::max(left, nanoseconds{0})))},
                                  {"due", so_far.due},
                                  {"sent", so_far.sent},
                                  {"unexpected", so_far.unexpected},
                                  {"planned", p.planned_arrivals},
                                  {"sessions_planned", p.sessions_planned}});
}

std::string list_text(const auto& texts) { return fmt::format("[{}]", fmt::join(texts, ",")); }

template <class Texts>
void push_newest(std::deque<std::string>& to, Texts&& texts) {
    std::ranges::move(texts, std::back_inserter(to));
    while (to.size() > live_history::requests_max) to.pop_front();
}

/// The newest `count` of them that are wanted, in their order.
template <class Record, class Wanted>
std::vector<Record> newest(const std::vector<Record>& all, std::size_t count, Wanted wanted) {
    std::vector<Record> found;
    for (auto r = all.rbegin(); r != all.rend() && found.size() < count; ++r)
        if (wanted(*r)) found.push_back(*r);
    std::ranges::reverse(found);
    return found;
}

} // namespace

live_update live_update_of(const progress& p) {
    const auto is_unexpected = [](const measure::request_record& r) { return r.unexpected; };
    const auto count = [&](const auto& wanted) {
        return static_cast<std::uint64_t>(std::ranges::count_if(p.interval.request_records, wanted));
    };
    return {.interval = without_records(p),
            .so_far = p.cumulative != nullptr ? p.cumulative->requests : p.interval.requests,
            .unexpected = newest(p.interval.request_records, live_history::requests_of_an_event_max, is_unexpected),
            .anomalies = newest(p.interval.anomaly_records, live_history::requests_of_an_event_max,
                                [](const measure::anomaly_record& a) { return !a.expected; }),
            .recorded_requests = p.interval.request_records.size(),
            .unexpected_requests = count(is_unexpected),
            .anomalous_requests = count([](const measure::request_record& r) { return !r.anomalies.empty(); })};
}

void append(live_update& to, live_update&& next) {
    const auto append_newest = [](auto& all, auto& more) {
        std::ranges::move(more, std::back_inserter(all));
        if (all.size() > live_history::requests_of_an_event_max)
            all.erase(all.begin(), all.end() - live_history::requests_of_an_event_max);
    };
    join(to.interval, next.interval);
    to.so_far = next.so_far;
    append_newest(to.unexpected, next.unexpected);
    append_newest(to.anomalies, next.anomalies);
    to.recorded_requests += next.recorded_requests;
    to.unexpected_requests += next.unexpected_requests;
    to.anomalous_requests += next.anomalous_requests;
}

class live_history::impl {
public:
    impl(live_header header, measure::labels labels, std::uint64_t first_id)
        : last_id(first_id), header_(std::move(header)), labels_(std::move(labels)),
          spikes_(spikes_in(header_.scenario)) {}

    text add(const live_update& update) {
        const auto& p = update.interval;
        const bool begins_load = p.load_elapsed > nanoseconds{0} && !load_start_;
        if (begins_load) load_start_ = p.elapsed - p.load_elapsed;
        auto newest_row = row_of(p);
        extend_bands(newest_row, p);
        std::vector<std::string> requests;
        for (const auto& r : update.unexpected) requests.push_back(request_text(r, p.load_started));
        progress_ = progress_text(p, labels_, update.so_far);
        const auto event = fmt::format(
            "id: {}\nevent: row\ndata: {{\"row\":{},\"bands\":{},\"progress\":{},\"unexpected_requests\":{}}}\n\n",
            ++last_id, json_line(with_end(newest_row)), bands(true), progress_, list_text(requests));
        std::vector<std::string> anomalies;
        for (const auto& a : update.anomalies) anomalies.push_back(json_line(page_object(a, p.load_started)));
        push_newest(requests_, std::move(requests));
        push_newest(anomalies_, std::move(anomalies));
        recorded_ += update.recorded_requests;
        unexpected_ += update.unexpected_requests;
        anomalous_ += update.anomalous_requests;
        add_row(newest_row, p);
        if (!begins_load) return keep(event);
        events_.clear(); // the rows in them have other times
        kept_bytes_ = 0;
        return reload_event();
    }

    text finish(std::string_view summary_json) {
        summary_ = json_line(json::parse(summary_json)); // on one line, as events need it
        return keep(fmt::format("id: {}\nevent: finished\ndata: {{\"summary\":{},\"anomalies\":{},\"counts\":{}}}\n\n",
                                ++last_id, summary_, list_text(anomalies_), counts()));
    }

    std::string document() const {
        const auto text = [](std::string_view plain) { return json_line(json::value(plain)); };
        return fmt::format(
            "{{\"schema\":\"loadsim.page/"
            "1\",\"version\":{},\"live\":true,\"runs\":[{{\"folder\":{},\"warnings\":[],\"run\":{},"
            "\"summary\":{},\"scenario_yaml\":{},\"files\":[],\"interval_s\":1,\"timeline\":{},\"bands\":{},\"heat_"
            "map\":null,"
            "\"percentile_curves\":[],\"histograms\":[],\"requests\":{},\"anomalies\":{},\"session_events\":[],"
            "\"counts\":{}}}],\"baseline\":null,\"last_id\":{},"
            "\"progress\":{}}}",
            text(header_.version), text(header_.folder), json_line(json::parse(header_.run_json)), summary_,
            text(header_.scenario), timeline(), bands(false), list_text(requests_), list_text(anomalies_), counts(),
            last_id, progress_);
    }

    std::vector<text> newest_events(std::size_t count) const {
        return {events_.end() - static_cast<std::ptrdiff_t>(std::min(count, events_.size())), events_.end()};
    }

    std::vector<text> events_after(std::uint64_t id) const {
        if (id > last_id || last_id - id > events_.size()) return {reload_event()};
        return newest_events(last_id - id);
    }

    std::uint64_t last_id;

private:
    struct row {
        nanoseconds end{0}; ///< since the start of the run
        json::object fields;
    };
    /// Rows of one length.
    struct level {
        level(std::size_t intervals, std::size_t rows_at_most) : joined_max(intervals), rows_max(rows_at_most) {}

        std::size_t joined_max; ///< intervals of a row
        std::size_t rows_max;   ///< and some more until they are left out
        std::deque<row> rows{};
        std::optional<nanoseconds>
            begin{}; ///< of the first row, since the start of the run; nullopt: no earlier one was left out
        std::optional<progress> sum{}; ///< of the row that is not complete
        std::size_t joined = 0;        ///< the same
    };
    struct band {
        std::string kind, name;
        nanoseconds from{0}, to{0};
        bool open = true;
    };

    row row_of(const progress& p) const { return {p.elapsed, page_row(timeline_object(p, labels_))}; }

    std::string counts() const {
        return fmt::format("{{\"recorded\":{},\"unexpected\":{},\"anomalous\":{}}}", recorded_, unexpected_,
                           anomalous_);
    }

    double since_load(nanoseconds since_start) const {
        return rounded_ms(seconds(since_start - load_start_.value_or(nanoseconds{0})));
    }

    json::object with_end(const row& r) const {
        json::object all{{"end_s", since_load(r.end)}};
        all.insert(r.fields.begin(), r.fields.end());
        return all;
    }

    void add_row(const row& newest, const progress& p) {
        for (auto& l : levels_) {
            if (l.sum)
                join(*l.sum, p);
            else
                l.sum = p;
            if (++l.joined < l.joined_max) continue;
            l.rows.push_back(l.joined_max == 1 ? newest : row_of(*l.sum));
            l.sum.reset();
            l.joined = 0;
            // As many at once as make a row of the next level: the rows that are left begin where one of its rows ends.
            if (l.rows.size() < l.rows_max + rows_of_next_length) continue;
            l.begin = l.rows[rows_of_next_length - 1].end;
            l.rows.erase(l.rows.begin(), l.rows.begin() + rows_of_next_length);
        }
    }

    void extend_bands(const row& newest, const progress& p) {
        std::set<std::pair<std::string, std::string>> current; // kind and name
        if (const auto phase = text_at(newest.fields, "phase"); !phase.empty()) current.emplace("phase", phase);
        for (const auto& name : newest.fields.at("conditions").as_array())
            if (const std::string text(name.as_string()); !text.empty())
                current.emplace(spikes_.contains(text) ? "spike" : "condition", text);
        for (auto& b : bands_) {
            if (!b.open) continue;
            b.open = current.erase({b.kind, b.name}) != 0;
            if (b.open) b.to = p.elapsed;
        }
        const auto length = std::chrono::duration_cast<nanoseconds>(std::chrono::duration<double>(p.interval_s));
        for (const auto& [kind, name] : current) bands_.push_back({kind, name, p.elapsed - length, p.elapsed});
        while (bands_.size() > bands_max) bands_.pop_front();
    }

    text keep(const std::string& event) {
        events_.push_back(std::make_shared<const std::string>(event));
        kept_bytes_ += events_.back()->size();
        while (events_.size() > 1 && (events_.size() > kept_events_max || kept_bytes_ > kept_bytes_max)) {
            kept_bytes_ -= events_.front()->size();
            events_.pop_front();
        }
        return events_.back();
    }

    /// In order of time; long rows before the first of the shorter ones.
    std::vector<const row*> all_rows() const {
        std::vector<const row*> all;
        for (std::size_t i = levels_.size(); i-- > 0;) {
            const auto until = i == 0 ? std::optional(nanoseconds::max()) : levels_[i - 1].begin;
            for (const auto& r : levels_[i].rows)
                if (until && r.end <= *until) all.push_back(&r);
        }
        return all;
    }

    std::string timeline() const {
        const auto rows = all_rows();
        std::string columns = "{\"end_s\":[";
        const auto add_values = [&](const auto& value_of) {
            for (const auto* r : rows) (columns += r == rows.front() ? "" : ",") += value_of(*r);
            columns += ']';
        };
        add_values([this](const row& r) { return json_line(since_load(r.end)); });
        for (const auto& column : row_of({}).fields) {
            const auto name = column.key();
            columns += fmt::format(",\"{}\":[", std::string_view(name.data(), name.size()));
            add_values([name](const row& r) { return json_line(r.fields.at(name)); });
        }
        return columns + '}';
    }

    std::string bands(bool only_open) const {
        json::array all;
        for (const auto& b : bands_)
            if (b.open || !only_open)
                all.push_back(json::object{
                    {"kind", b.kind}, {"name", b.name}, {"from_s", since_load(b.from)}, {"to_s", since_load(b.to)}});
        return json_line(all);
    }

    live_header header_;
    measure::labels labels_;
    std::set<std::string> spikes_;          ///< names of conditions
    std::optional<nanoseconds> load_start_; ///< since the start of the run; nullopt: not yet
    std::array<level, 4> levels_{level(1, rows_max[0]), level(10, rows_max[1]), level(100, rows_max[2]),
                                 level(1'000, rows_max[3])};
    std::deque<band> bands_;                       ///< in order of their begin
    std::deque<text> events_;                      ///< the newest
    std::size_t kept_bytes_ = 0;                   ///< of them
    std::deque<std::string> requests_, anomalies_; ///< unexpected ones, the newest
    std::uint64_t recorded_ = 0, unexpected_ = 0, anomalous_ = 0;
    std::string progress_ = "null", summary_ = "null";
};

live_history::live_history(live_header header, measure::labels labels, std::uint64_t last_id)
    : impl_(std::make_unique<impl>(std::move(header), std::move(labels), last_id)) {}
live_history::live_history(live_history&&) noexcept = default;
live_history& live_history::operator=(live_history&&) noexcept = default;
live_history::~live_history() = default;

live_history::text live_history::reload_event() {
    static const auto event = std::make_shared<const std::string>("event: reload\ndata: {}\n\n");
    return event;
}
live_history::text live_history::add(const live_update& update) { return impl_->add(update); }
live_history::text live_history::finish(std::string_view summary_json) { return impl_->finish(summary_json); }
std::string live_history::document() const { return impl_->document(); }
std::vector<live_history::text> live_history::events_after(std::uint64_t id) const { return impl_->events_after(id); }
std::vector<live_history::text> live_history::newest_events(std::size_t count) const {
    return impl_->newest_events(count);
}
std::uint64_t live_history::last_id() const noexcept { return impl_->last_id; }

} // namespace loadsim::report
