#include "shapes.hpp"

#include "language.hpp"

#include <loadsim/base/names.hpp>

#include <fmt/format.h>

#include <array>

namespace loadsim::scenario::kinds {

void outcomes::read(reading& r, const node& n, outcome_set& out) const {
    if (n.what != node::kind::list) {
        if (const auto one = read_choice(r, n, outcome_names)) out = static_cast<outcome>(*one);
        return;
    }
    if (n.items.empty() && !none) return r.wrong(n, "no outcome is named here; one is the least");
    outcome_set all;
    for (std::size_t i = 0; i < n.items.size(); ++i) {
        const auto step = r.into(i);
        if (const auto one = read_choice(r, n.items[i], outcome_names)) all.add(static_cast<outcome>(*one));
    }
    out = all;
}

node outcomes::write(outcome_set all) const {
    node list = blank(node::kind::list);
    for (std::size_t i = 0; i < outcome_count; ++i)
        if (all.contains(static_cast<outcome>(i))) list.items.push_back(scalar(std::string(outcome_names[i])));
    return all.single() ? list.items.front() : list;
}

json::object outcomes::schema() const {
    const auto one = choice_schema(outcome_names);
    return any_of(one, json::object{{"type", "array"}, {"items", one}, {"minItems", none ? 0 : 1}});
}

void anomalies::read(reading& r, const node& n, anomaly_set& out) const {
    if (!r.is_list(n, "anomalies")) return;
    anomaly_set all;
    for (std::size_t i = 0; i < n.items.size(); ++i) {
        const auto step = r.into(i);
        const auto* name = r.scalar(n.items[i], "an anomaly's name");
        if (name == nullptr) continue;
        if (const auto one = parse_anomaly(*name))
            all.add(*one);
        else
            r.wrong(n.items[i], unknown_name("anomaly", *name, anomaly_names));
    }
    out = all;
}

node anomalies::write(anomaly_set all) const {
    node list = blank(node::kind::list);
    for (std::size_t i = 0; i < anomaly_count; ++i)
        if (all.contains(static_cast<anomaly>(i))) list.items.push_back(scalar(std::string(anomaly_names[i])));
    return list;
}

json::object anomalies::schema() const { return {{"type", "array"}, {"items", choice_schema(anomaly_names)}}; }

void service_weight::read(reading& r, const node& n, loadsim::load::service_weight& out) const {
    number{}.read(r, n, out.weight);
}
node service_weight::write(const loadsim::load::service_weight& s) const { return number{}.write(s.weight); }
boost::json::object service_weight::schema() const { return number{}.schema(); }

void service_limits::read(reading& r, const node& n, backend::service& out) const {
    object<backend::deadlines>{}.read(r, n, out.limits);
}
node service_limits::write(const backend::service& s) const { return object<backend::deadlines>{}.write(s.limits); }
boost::json::object service_limits::schema() const { return object<backend::deadlines>{}.schema(); }

} // namespace loadsim::scenario::kinds
