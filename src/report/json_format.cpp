#include "json_format.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/measure/quantile_interval.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <utility>

namespace loadsim::report {
namespace {

namespace json = boost::json;

bool is_container(const json::value& v) { return v.is_object() || v.is_array(); }

bool has_nested_container(const json::value& v) {
    if (v.is_array()) return std::ranges::any_of(v.get_array(), is_container);
    return std::ranges::any_of(v.get_object(), [](const auto& member) { return is_container(member.value()); });
}

class json_writer {
public:
    explicit json_writer(bool indented) : indented_(indented) {}

    void put(const json::value& v, std::size_t depth = 0) {
        if (v.is_object()) {
            put_members(v, v.get_object(), '{', '}', depth,
                        [this](const json::key_value_pair& m) -> const json::value& {
                            put_string(m.key());
                            text += indented_ ? ": " : ":";
                            return m.value();
                        });
        } else if (v.is_array()) {
            put_members(v, v.get_array(), '[', ']', depth,
                        [](const json::value& m) -> const json::value& { return m; });
        } else if (v.is_double()) {
            const double d = v.get_double();
            text += std::isfinite(d) ? fmt::format("{}", d) : "null"; // JSON has no NaN
        } else if (v.is_string()) {
            put_string(v.get_string());
        } else {
            text += json::serialize(v);
        }
    }

    std::string text;

private:
    /// Boost.JSON writes invalid UTF-8 as it is, and then no reader takes the file.
    void put_string(std::string_view string) {
        text += '"';
        append_json_escaped(string, text);
        text += '"';
    }

    template <class Range, class Begin>
    void put_members(const json::value& v, const Range& range, char open, char close, std::size_t depth,
                     Begin value_of) {
        const bool multi_line = indented_ && has_nested_container(v);
        const auto next_line = [&](std::size_t to) { text += '\n' + std::string(2 * to, ' '); };
        text += open;
        bool first = true;
        for (const auto& member : range) {
            if (!std::exchange(first, false)) text += indented_ && !multi_line ? ", " : ",";
            if (multi_line) next_line(depth + 1);
            put(value_of(member), depth + 1);
        }
        if (multi_line) next_line(depth);
        text += close;
    }

    bool indented_;
};

/// JSON text that may stand inside a script element: no "<" begins a tag or a comment there. The line separators are for readers that
/// take JSON for JavaScript.
std::string script_safe(std::string_view text) {
    constexpr std::string_view separator_begin = "\xe2\x80";
    std::string made;
    made.reserve(text.size() + text.size() / 64);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = text[i];
        if (c == '<') {
            made += "\\u003c";
        } else if (c == separator_begin[0] && (text.substr(i, 3) == "\u2028" || text.substr(i, 3) == "\u2029")) {
            made += text[i + 2] == '\xa8' ? "\\u2028" : "\\u2029";
            i += 2;
        } else {
            made += c;
        }
    }
    return made;
}

} // namespace

std::string json_line(const json::value& v) {
    json_writer w(false);
    w.put(v);
    return std::move(w.text);
}

std::string json_indented(const json::value& v) {
    json_writer w(true);
    w.put(v);
    return std::move(w.text) + '\n';
}

std::string script_text(const json::value& value) { return script_safe(json_line(value)); }

json::value json_or_null(const std::optional<double>& number) {
    return number ? json::value(*number) : json::value(nullptr);
}

double rounded_ms(double ms) { return std::round(ms * 1e3) / 1e3; }

double json_ms(nanoseconds d) { return rounded_ms(milliseconds(d)); }

json::array json_outcomes(outcome_set all) {
    json::array names;
    for (std::size_t i = 0; i < outcome_count; ++i)
        if (all.contains(static_cast<outcome>(i))) names.emplace_back(outcome_names[i]);
    return names;
}

namespace {

struct named_percentile {
    std::string_view name;
    double value;
};
constexpr std::array percentiles{named_percentile{"p50", 50}, named_percentile{"p90", 90}, named_percentile{"p95", 95},
                                 named_percentile{"p99", 99}, named_percentile{"p999", 99.9}};

json::object latency_object(const measure::histogram& h, bool only_carried) {
    const auto ms = [&](nanoseconds d) { return h.empty() ? json::value(nullptr) : json::value(json_ms(d)); };
    json::object all{{"samples", h.count()}, {"min_ms", ms(h.min())}, {"mean_ms", ms(h.mean())}};
    for (const auto& [name, p] : percentiles)
        all[fmt::format("{}_ms", name)] =
            only_carried && !measure::is_carried(h, p) ? json::value(nullptr) : ms(h.percentile(p));
    all["max_ms"] = ms(h.max());
    return all;
}

} // namespace

json::object json_latency(const measure::histogram& h) {
    auto all = latency_object(h, true);
    for (const auto& [name, p] : percentiles) {
        const auto interval = measure::interval_of(h, p);
        all[fmt::format("{}_interval_ms", name)] =
            interval ? json::value(json::array{json_ms(interval->low), json_ms(interval->high)}) : json::value(nullptr);
    }
    return all;
}

json::object json_observed_latency(const measure::histogram& h) { return latency_object(h, false); }

} // namespace loadsim::report
