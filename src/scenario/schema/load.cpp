// Phases and services of the load.
#include "schema.hpp"
#include "schema/composite_types.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace loadsim::scenario {
namespace {

struct phase_keys {
    std::optional<std::string> name;
    std::optional<nanoseconds> duration;
    std::optional<rate> arrival_rate;
    std::optional<rate> ramp_to;
    std::optional<std::uint64_t> arrival_count;
    std::optional<std::uint64_t> max_vusers;
    std::optional<nanoseconds> pause;
    std::optional<double> telemetry_rate;
};

template <class V>
void describe(V& v, phase_keys& k) {
    constexpr value_types::duration length{.min = std::chrono::milliseconds{1}, .bare_seconds = true};
    constexpr std::uint64_t count_most = 1'000'000'000'000; // a rate of 1,000,000/s for 11 days
    v.field("name", k.name, "Name in reports and budgets.", value_types::name_text{});
    v.field("duration", k.duration, "Length of the phase; a bare number is in seconds.", length);
    v.field("arrivalRate", k.arrival_rate, "Requests per second at the start.", value_types::rate_value{});
    v.field("rampTo", k.ramp_to, "Requests per second at the end; linear in between.", value_types::rate_value{});
    v.field("arrivalCount", k.arrival_count,
            "Exact number of requests, evenly spaced over the duration; excludes the rates.",
            value_types::integer<std::uint64_t>{1, count_most});
    v.field("maxVusers", k.max_vusers, "Maximum number of requests in flight; arrivals above it are skipped.",
            value_types::integer<std::uint64_t>{1});
    v.field("pause", k.pause,
            "Length of a phase without arrivals; excludes all other keys but the name and "
            "telemetryRate.",
            length);
    v.field("telemetryRate", k.telemetry_rate,
            "Factor of the rate of telemetry groups in this phase; 0: none is due. Left out: 1.",
            value_types::number{});
}

struct uniform_parameter_keys {
    double min = 0, max = 0;
};
struct normal_parameter_keys {
    double mean = 0, stddev = 0;
};
struct lognormal_parameter_keys {
    double median = 0, p99 = 0;
};
/// Choices with their weights.
using choice_list = std::vector<std::pair<std::string, double>>;

struct parameter_keys {
    std::optional<uniform_parameter_keys> uniform;
    std::optional<normal_parameter_keys> normal;
    std::optional<lognormal_parameter_keys> lognormal;
    std::optional<choice_list> choose;
    std::optional<double> least, most;
    std::optional<std::uint8_t> decimals;
};

constexpr value_types::number any_number{.is_signed = true};
constexpr std::size_t max_choices = 100;

template <class V>
void describe(V& v, uniform_parameter_keys& k) {
    v.required("min", k.min, "Least number.", any_number);
    v.required("max", k.max, "Greatest number.", any_number);
}
template <class V>
void describe(V& v, normal_parameter_keys& k) {
    v.required("mean", k.mean, "Mean.", any_number);
    v.required("stddev", k.stddev, "Standard deviation.", value_types::number{});
}
template <class V>
void describe(V& v, lognormal_parameter_keys& k) {
    v.required("median", k.median, "Median: half of the numbers are less.", value_types::number{});
    v.required("p99", k.p99, "99th percentile: 99 of 100 numbers are less.", value_types::number{});
}

/// [auto, eco], or {auto: 3, eco: 1} with weights.
struct choices_type {
    void read(read_context& r, const yaml_node& n, choice_list& out) const {
        const auto size = std::max(n.items.size(), n.members.size());
        if (n.what == yaml_node::kind::scalar || n.what == yaml_node::kind::null || size == 0)
            return r.add_problem(n, "choices belong here, such as [auto, eco] or {auto: 3, eco: 1}");
        if (!value_types::check_item_count(r, n, size, "choices", max_choices)) return;
        out.clear();
        if (n.what == yaml_node::kind::list) {
            for (std::size_t i = 0; i < n.items.size(); ++i) {
                const auto guard = r.enter(i);
                value_types::text{}.read(r, n.items[i], out.emplace_back(std::string{}, 1.0).first);
            }
            return;
        }
        if (!r.expect_map(n, "choices")) return;
        for (const auto& m : n.members) {
            const auto guard = r.enter(m.key);
            value_types::number{}.read(r, m.value, out.emplace_back(m.key, 0.0).second);
        }
    }
    yaml_node write(const choice_list& all) const {
        const bool weighted = std::ranges::any_of(all, [](const auto& c) { return c.second != 1; });
        yaml_node made = make_node(weighted ? yaml_node::kind::map : yaml_node::kind::list);
        for (const auto& [text, weight] : all) {
            if (weighted)
                made.add(text, value_types::number{}.write(weight));
            else
                made.items.push_back(make_scalar(text));
        }
        return made;
    }
    boost::json::object schema() const {
        return {{"title", "list of: text, or map of texts to: weight"},
                {"anyOf",
                 boost::json::array{boost::json::object{{"type", "array"},
                                                        {"minItems", 1},
                                                        {"maxItems", max_choices},
                                                        {"items", value_types::text{}.schema()}},
                                    boost::json::object{{"type", "object"},
                                                        {"minProperties", 1},
                                                        {"maxProperties", max_choices},
                                                        {"additionalProperties", value_types::number{}.schema()}}}}};
    }
};

template <class V>
void describe(V& v, parameter_keys& k) {
    v.field("uniform", k.uniform, "Uniform distribution between two limits, which are possible values.",
            value_types::object<uniform_parameter_keys>{});
    v.field("normal", k.normal, "Normal distribution.", value_types::object<normal_parameter_keys>{});
    v.field("lognormal", k.lognormal, "Lognormal distribution.", value_types::object<lognormal_parameter_keys>{});
    v.field("choose", k.choose, "One of these texts: a list, or a map with their weights.", choices_type{});
    v.field("least", k.least, "Lower limit: a smaller number is set to it.", any_number);
    v.field("most", k.most, "Upper limit: a larger number is set to it.", any_number);
    v.field("decimals", k.decimals, "Digits after the point; left out: as many as the numbers here have.",
            value_types::integer<std::uint8_t>{0, loadsim::load::max_decimals});
}

struct service_keys {
    std::optional<double> weight;
    contract::service_options contract;
    std::optional<std::string> as;
    std::optional<contract::named_texts> headers;
    std::optional<std::vector<loadsim::load::parameter>> parameters;
    std::optional<nanoseconds> deadline;
};

template <class V>
void describe(V& v, service_keys& k) {
    auto& own = k.contract;
    const value_types::list<value_types::integer<std::uint16_t>> statuses{{100, 599}, "statuses", 100};
    v.field("weight", k.weight, "Share of the requests, relative to the other services; left out: 1.",
            value_types::number{});
    v.field("as", k.as,
            "The platform's name of the service, in requests, commands and responses; left out: the name here, which "
            "reports and budgets use.",
            value_types::name_text{});
    v.field("parameters", k.parameters, "Values of {parameter.NAME} in requests and commands, by name.",
            value_types::keyed_list<value_types::parameter>{{}, "parameters", 100});
    v.field("deadline", k.deadline,
            "Time from a request's due time after which it counts as unanswered; left out: load.completionTimeout.",
            value_types::duration{.min = std::chrono::milliseconds{1}});
    v.field("method", own.method, "Instead of contract.request.method.", value_types::text{20});
    v.field("path", own.path, "Instead of contract.request.path: a template.", value_types::placeholder_text{});
    v.field("headers", k.headers, "In addition to contract.request.headers; one of the same name replaces it.",
            value_types::named_texts{});
    v.field("body", own.body, "Instead of contract.request.body: a template.", value_types::payload{});
    v.field("accepted", own.accepted, "Instead of contract.request.accepted.", statuses);
    v.field("rejected", own.rejected, "Instead of contract.request.rejected.", statuses);
    v.field("id", own.id, "Instead of contract.request.id.", value_types::field_path{});
    v.field("topic", own.topic, "Instead of contract.command.topic, with the mqtt driver: a template.",
            value_types::placeholder_text{});
    v.field("payload", own.payload, "Instead of contract.command.payload, with the mqtt driver: a template.",
            value_types::payload{});
}

/// Contradictions that load::phase cannot represent; check() could not find them.
void check_keys(read_context& r, const yaml_node& n) {
    const auto has = [&](std::string_view key) { return n.find(key) != nullptr; };
    if (has("pause")) {
        for (const std::string_view key : {"duration", "arrivalRate", "rampTo", "arrivalCount", "maxVusers"})
            if (has(key)) r.add_problem(*n.find(key), fmt::format("a pause has no {}", key));
        return;
    }
    if (!has("duration")) r.add_problem(n, "'duration' is missing: how long does this phase last?");
    if (has("arrivalCount")) {
        for (const std::string_view key : {"arrivalRate", "rampTo"})
            if (has(key)) r.add_problem(*n.find(key), fmt::format("arrivalCount and {} exclude each other", key));
    } else if (!has("arrivalRate")) {
        r.add_problem(n, has("rampTo") ? "rampTo needs an arrivalRate to begin at; 0 is one"
                                       : "a phase needs an arrivalRate, an arrivalCount or a pause");
    }
}

} // namespace

namespace value_types {

void phase::read(read_context& r, const yaml_node& n, loadsim::load::phase& out) const {
    phase_keys keys;
    object<phase_keys>{}.read(r, n, keys);
    if (n.what != yaml_node::kind::map) return;
    check_keys(r, n);
    out.name = keys.name.value_or("");
    out.pause = keys.pause.has_value();
    out.duration = keys.pause.value_or(keys.duration.value_or(nanoseconds{0}));
    out.arrival_rate = keys.arrival_rate.value_or(rate{});
    out.ramp_to = keys.ramp_to;
    out.arrival_count = keys.arrival_count;
    out.max_vusers = keys.max_vusers;
    out.telemetry_factor = keys.telemetry_rate.value_or(1);
}

yaml_node phase::write(const loadsim::load::phase& p) const {
    phase_keys keys;
    keys.name = p.name;
    if (p.pause) {
        keys.pause = p.duration;
    } else {
        keys.duration = p.duration;
        if (!p.arrival_count) keys.arrival_rate = p.arrival_rate;
        keys.ramp_to = p.ramp_to;
        keys.arrival_count = p.arrival_count;
        keys.max_vusers = p.max_vusers;
    }
    if (p.telemetry_factor != 1) keys.telemetry_rate = p.telemetry_factor;
    return object<phase_keys>{}.write(keys);
}

boost::json::object phase::schema() const { return object<phase_keys>{}.schema(); }

void service::read(read_context& r, const yaml_node& n, scenario::service& out) const {
    if (n.what == yaml_node::kind::scalar) return number{}.read(r, n, out.weight);
    service_keys keys;
    object<service_keys>{}.read(r, n, keys);
    if (n.what != yaml_node::kind::map) return;
    out.weight = keys.weight.value_or(1);
    out.contract = std::move(keys.contract);
    out.contract.as = keys.as.value_or("");
    out.contract.headers = std::move(keys.headers).value_or(loadsim::contract::named_texts{});
    out.parameters = std::move(keys.parameters).value_or(std::vector<loadsim::load::parameter>{});
    out.deadline = keys.deadline;
    if (keys.as && keys.as->empty() && n.find("as")->what == yaml_node::kind::scalar)
        r.add_problem(*n.find("as"), "a service has a name; leave 'as' out for its own");
}

yaml_node service::write(const scenario::service& s) const {
    if (s == scenario::service{.name = s.name, .weight = s.weight}) return number{}.write(s.weight);
    service_keys keys;
    keys.weight = s.weight;
    keys.contract = s.contract;
    if (!s.contract.as.empty()) keys.as = s.contract.as;
    if (!s.contract.headers.empty()) keys.headers = s.contract.headers;
    if (!s.parameters.empty()) keys.parameters = s.parameters;
    keys.deadline = s.deadline;
    return object<service_keys>{}.write(keys);
}

boost::json::object service::schema() const { return any_of(number{}.schema(), object<service_keys>{}.schema()); }

void parameter::read(read_context& r, const yaml_node& n, loadsim::load::parameter& out) const {
    using kind = loadsim::load::parameter::kind;
    if (n.what == yaml_node::kind::scalar) return text{}.read(r, n, out.text);
    if (!r.expect_map(n, "a value, such as 21, or a distribution, such as {uniform: {min: 16, max: 28}},")) return;
    parameter_keys keys;
    object<parameter_keys>{}.read(r, n, keys);
    const int shapes =
        keys.uniform.has_value() + keys.normal.has_value() + keys.lognormal.has_value() + keys.choose.has_value();
    if (shapes != 1) return r.add_problem(n, "a parameter is a value, or one of uniform, normal, lognormal and choose");
    out.type = keys.choose ? kind::choice : kind::number;
    if (keys.choose) {
        for (const std::string_view key : {"least", "most", "decimals"})
            if (n.find(key) != nullptr) r.add_problem(*n.find(key), fmt::format("{} is of random numbers", key));
        out.choices = std::move(*keys.choose);
    }
    const auto set = [&](distribution_kind what, double a, double b) {
        out.distribution = what;
        out.a = a;
        out.b = b;
    };
    if (keys.uniform) set(distribution_kind::uniform, keys.uniform->min, keys.uniform->max);
    if (keys.normal) set(distribution_kind::normal, keys.normal->mean, keys.normal->stddev);
    if (keys.lognormal) set(distribution_kind::lognormal, keys.lognormal->median, keys.lognormal->p99);
    out.least = keys.least;
    out.most = keys.most;
    out.decimals = keys.decimals;
}

yaml_node parameter::write(const loadsim::load::parameter& p) const {
    using kind = loadsim::load::parameter::kind;
    if (p.type == kind::text) return make_scalar(p.text);
    parameter_keys keys;
    if (p.type == kind::choice) {
        keys.choose = p.choices;
    } else {
        switch (p.distribution) {
        case distribution_kind::fixed: // not written: a text
        case distribution_kind::uniform: keys.uniform = {p.a, p.b}; break;
        case distribution_kind::normal: keys.normal = {p.a, p.b}; break;
        case distribution_kind::lognormal: keys.lognormal = {p.a, p.b}; break;
        }
        keys.least = p.least;
        keys.most = p.most;
        keys.decimals = p.decimals;
    }
    return object<parameter_keys>{}.write(keys);
}

boost::json::object parameter::schema() const {
    auto made = any_of(any_number.schema(), text{}.schema(), object<parameter_keys>{}.schema());
    made["title"] = "parameter";
    return made;
}

} // namespace value_types
} // namespace loadsim::scenario
