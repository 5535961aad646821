#include "figure.hpp"

#include <loadsim/base/names.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace loadsim::verdict {
namespace {

using names = std::vector<std::string_view>;

problems wrong(std::string text) { return problems{"", std::move(text)}; }

bool among(std::string_view word, const auto& list) { return std::ranges::find(list, word) != std::ranges::end(list); }

struct path {
    std::string_view head;
    std::string_view rest; ///< after the first dot; empty when there is none
};

path split(std::string_view name) {
    const auto dot = name.find('.');
    return {name.substr(0, dot), dot == name.npos ? std::string_view{} : name.substr(dot + 1)};
}

/// "99.9" and "999" of p99.9 and p999.
std::optional<double> parse_percentile(std::string_view digits) {
    double value{};
    const auto end = digits.data() + digits.size();
    const auto [stopped, error] = std::from_chars(digits.data(), end, value, std::chars_format::fixed);
    if (error != std::errc{} || stopped != end) return std::nullopt;
    // Only nines are written without their point: p125 could be anything.
    const bool short_form = digits.find('.') == digits.npos && digits.size() > 2 && digits.front() == '9';
    double scale = 1; // one division at the end: 9999 / 100 is the double 99.99, 9999 / 10 / 10 need not be
    for (auto n = digits.size(); short_form && n > 2; --n) scale *= 10;
    value /= scale;
    if (!(value >= 0 && value <= 100)) return std::nullopt;
    return value;
}

result<budget> with_stat(std::string_view figure, std::string_view stat, budget::kind latency, budget::kind count) {
    const names stats{"min", "mean", "max", "count", "p50", "p90", "p95", "p99", "p999"};
    if (stat.empty())
        return wrong(fmt::format("{} needs a statistic, such as {}.p99 or {}.max", figure, figure, figure));
    budget b;
    b.figure = figure;
    b.stat = stat;
    b.figure_kind = stat == "count" ? count : latency;
    if (stat == "min" || stat == "mean" || stat == "max" || stat == "count") return b;
    if (stat.front() == 'p' && stat.size() > 1 && stat.find_first_not_of("0123456789.", 1) == stat.npos) {
        const auto percentile = parse_percentile(stat.substr(1));
        if (!percentile)
            return wrong(
                fmt::format("'{}' is not a percentile; write one from p0 to p100, such as p99 or p99.9", stat));
        b.percentile = *percentile;
        return b;
    }
    return wrong(unknown_name("statistic", stat, stats));
}

result<budget> count_or_rate(std::string_view figure, std::string_view stat) {
    if (!stat.empty() && stat != "rate")
        return wrong(unknown_name("statistic of " + std::string(figure), stat, names{"rate"}));
    budget b;
    b.figure = figure;
    b.stat = stat;
    b.figure_kind = stat.empty() ? budget::kind::count : budget::kind::rate;
    return b;
}

result<budget> plain_count(std::string_view figure) { return count_or_rate(figure, {}); }

} // namespace

result<budget> parse_figure(std::string_view name) {
    if (name.ends_with('.')) return wrong(fmt::format("'{}' ends in a dot; write a name after it", name));
    const auto [head, rest] = split(name);
    if (among(head, measure::hop_names))
        return with_stat(head, rest, budget::kind::latency, budget::kind::latency_count);
    if (head == "unexpected") return count_or_rate(head, rest);
    if (head == "outcomes") {
        const auto [outcome, stat] = split(rest);
        if (outcome.empty()) return wrong("outcomes needs the name of one, such as outcomes.errored");
        if (!parse_outcome(outcome)) return wrong(unknown_name("outcome", outcome, outcome_names));
        return count_or_rate(name.substr(0, head.size() + 1 + outcome.size()), stat);
    }
    if (head == "sessions") {
        const auto [what, stat] = split(rest);
        if (what == "connect")
            return with_stat("sessions.connect", stat, budget::kind::connect, budget::kind::connect_count);
        const names counts{"refused", "dropped", "reconnects", "connect"};
        if (rest.empty()) return wrong("sessions needs the name of a figure, such as sessions.dropped");
        if (!among(rest, counts)) return wrong(unknown_name("figure of sessions", rest, counts));
        return plain_count(name);
    }
    if (head == "queued") {
        const auto [what, stat] = split(rest);
        if (what == "waited") return with_stat("queued.waited", stat, budget::kind::waited, budget::kind::waited_count);
        const names counts{"delivered", "out_of_order", "waited"};
        if (rest.empty()) return wrong("queued needs the name of a figure, such as queued.waited.p99");
        if (!among(rest, counts)) return wrong(unknown_name("figure of queued", rest, counts));
        return plain_count(name);
    }
    if (head == "recovery") {
        const names both{"back", "latency"};
        if (rest.empty()) return wrong("recovery needs to be of something: recovery.back or recovery.latency");
        if (!among(rest, both)) return wrong(unknown_name("figure of recovery", rest, both));
        budget b;
        b.figure = head;
        b.stat = rest;
        b.figure_kind = budget::kind::recovery;
        return b;
    }
    if (head == "campaigns") {
        const auto [what, stat] = split(rest);
        if (what == "latency")
            return with_stat("campaigns.latency", stat, budget::kind::latency, budget::kind::latency_count);
        const names figures{"undelivered", "repeated", "latency"};
        if (rest.empty()) return wrong("campaigns needs the name of a figure, such as campaigns.undelivered");
        if (!among(what, figures)) return wrong(unknown_name("figure of campaigns", what, figures));
        return count_or_rate(name.substr(0, head.size() + 1 + what.size()), stat);
    }
    if (head == "anomalies") {
        if (!rest.empty() && !among(rest, anomaly_names)) return wrong(unknown_name("anomaly", rest, anomaly_names));
        return plain_count(rest.empty() ? head : name);
    }
    names heads(measure::hop_names.begin(), measure::hop_names.end());
    heads.insert(heads.end(), {"unexpected", "outcomes", "sessions", "queued", "recovery", "campaigns", "anomalies"});
    return wrong(unknown_name("figure", head, heads));
}

} // namespace loadsim::verdict
