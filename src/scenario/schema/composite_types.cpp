#include "schema/composite_types.hpp"

#include "renamed_names.hpp"
#include "schema_visitors.hpp"

#include <fmt/format.h>

// Each composite type first reads its keys, all optional, into a *_keys struct, and then checks their combination.
namespace loadsim::scenario {
namespace {

struct uniform_keys {
    nanoseconds min{0};
    nanoseconds max{0};
};
struct normal_keys {
    nanoseconds mean{0};
    nanoseconds stddev{0};
};
struct lognormal_keys {
    nanoseconds median{0};
    nanoseconds p99{0};
};
struct delay_keys {
    std::optional<nanoseconds> fixed;
    std::optional<uniform_keys> uniform;
    std::optional<normal_keys> normal;
    std::optional<lognormal_keys> lognormal;
    std::optional<nanoseconds> most;
};

template <class V>
void describe(V& v, uniform_keys& k) {
    v.required("min", k.min, "Shortest delay.", value_types::duration{});
    v.required("max", k.max, "Longest delay.", value_types::duration{});
}
template <class V>
void describe(V& v, normal_keys& k) {
    v.required("mean", k.mean, "Mean.", value_types::duration{});
    v.required("stddev", k.stddev, "Standard deviation.", value_types::duration{});
}
template <class V>
void describe(V& v, lognormal_keys& k) {
    v.required("median", k.median, "Median: half of the delays are shorter.",
               value_types::duration{.min = nanoseconds{1}});
    v.required("p99", k.p99, "99th percentile: 99 of 100 delays are shorter.",
               value_types::duration{.min = nanoseconds{1}});
}
template <class V>
void describe(V& v, delay_keys& k) {
    v.field("fixed", k.fixed, "Constant delay.", value_types::duration{});
    v.field("uniform", k.uniform, "Uniform distribution between two limits.", value_types::object<uniform_keys>{});
    v.field("normal", k.normal, "Normal distribution, cut off at 0.", value_types::object<normal_keys>{});
    v.field("lognormal", k.lognormal,
            "Lognormal distribution, as networks have: most delays are short, a few are long.",
            value_types::object<lognormal_keys>{});
    v.field("most", k.most, "Upper limit: a longer delay is shortened to it.", value_types::duration{});
}

} // namespace

namespace value_types {

void delay::read(read_context& r, const yaml_node& n, vehicle::delay& out) const {
    using kind = vehicle::delay::kind;
    if (n.what == yaml_node::kind::scalar) {
        out = {};
        return duration{}.read(r, n, out.a);
    }
    if (!r.expect_map(n, "a delay, such as 40ms or {lognormal: {median: 40ms, p99: 200ms}},")) return;
    delay_keys keys;
    object<delay_keys>{}.read(r, n, keys);
    const int shapes =
        keys.fixed.has_value() + keys.uniform.has_value() + keys.normal.has_value() + keys.lognormal.has_value();
    if (shapes != 1) return r.add_problem(n, "a delay is exactly one of fixed, uniform, normal and lognormal");
    if (keys.fixed) out = {kind::fixed, *keys.fixed, {}, {}};
    if (keys.uniform) out = {kind::uniform, keys.uniform->min, keys.uniform->max, {}};
    if (keys.normal) out = {kind::normal, keys.normal->mean, keys.normal->stddev, {}};
    if (keys.lognormal) out = {kind::lognormal, keys.lognormal->median, keys.lognormal->p99, {}};
    out.max = keys.most;
}

yaml_node delay::write(const vehicle::delay& d) const {
    using kind = vehicle::delay::kind;
    if (d.distribution == kind::fixed && !d.max) return duration{}.write(d.a);
    delay_keys keys;
    switch (d.distribution) {
    case kind::fixed: keys.fixed = d.a; break;
    case kind::uniform: keys.uniform = {d.a, d.b}; break;
    case kind::normal: keys.normal = {d.a, d.b}; break;
    case kind::lognormal: keys.lognormal = {d.a, d.b}; break;
    }
    keys.most = d.max;
    return object<delay_keys>{}.write(keys);
}

boost::json::object delay::schema() const {
    auto made = any_of(duration{}.schema(), object<delay_keys>{}.schema());
    made["title"] = "delay";
    return made;
}

void outcomes::read(read_context& r, const yaml_node& n, outcome_set& out) const {
    if (n.what != yaml_node::kind::list) {
        if (const auto one = read_choice(r, n, outcome_names)) out = static_cast<outcome>(*one);
        return;
    }
    if (n.items.empty() && !may_be_empty) return r.add_problem(n, "no outcome is named here; one is the least");
    outcome_set all;
    for (std::size_t i = 0; i < n.items.size(); ++i) {
        const auto guard = r.enter(i);
        if (const auto one = read_choice(r, n.items[i], outcome_names)) all.add(static_cast<outcome>(*one));
    }
    out = all;
}

yaml_node outcomes::write(outcome_set all) const {
    yaml_node list = make_node(yaml_node::kind::list);
    for (std::size_t i = 0; i < outcome_count; ++i)
        if (all.contains(static_cast<outcome>(i))) list.items.push_back(make_scalar(std::string(outcome_names[i])));
    return all.single() ? list.items.front() : list;
}

json::object outcomes::schema() const {
    auto one = choice_schema(outcome_names);
    one["title"] = "outcome";
    return any_of(one, json::object{{"type", "array"}, {"items", one}, {"minItems", may_be_empty ? 0 : 1}});
}

void anomalies::read(read_context& r, const yaml_node& n, anomaly_set& out) const {
    if (!r.expect_list(n, "anomalies")) return;
    anomaly_set all;
    for (std::size_t i = 0; i < n.items.size(); ++i) {
        const auto guard = r.enter(i);
        const auto* name = r.expect_scalar(n.items[i], "an anomaly's name");
        if (name == nullptr) continue;
        if (const auto one = parse_anomaly(*name))
            all.add(*one);
        else
            r.add_problem(n.items[i], unknown_or_renamed("anomaly", *name, anomaly_names));
    }
    out = all;
}

yaml_node anomalies::write(anomaly_set all) const {
    yaml_node list = make_node(yaml_node::kind::list);
    for (std::size_t i = 0; i < anomaly_count; ++i)
        if (all.contains(static_cast<anomaly>(i))) list.items.push_back(make_scalar(std::string(anomaly_names[i])));
    return list;
}

json::object anomalies::schema() const {
    auto one = choice_schema(anomaly_names);
    one["title"] = "anomaly";
    return {{"type", "array"}, {"items", std::move(one)}};
}

} // namespace value_types
} // namespace loadsim::scenario
