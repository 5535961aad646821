#include "schema/composite_types.hpp"

#include "renamed_names.hpp"
#include "schema.hpp"

#include <fmt/format.h>

#include <array>

namespace loadsim::scenario::value_types {

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

void service_weight::read(read_context& r, const yaml_node& n, loadsim::load::service_weight& out) const {
    number{}.read(r, n, out.weight);
}
yaml_node service_weight::write(const loadsim::load::service_weight& s) const { return number{}.write(s.weight); }
boost::json::object service_weight::schema() const { return number{}.schema(); }

void service_limits::read(read_context& r, const yaml_node& n, backend::service& out) const {
    object<backend::deadlines>{}.read(r, n, out.limits);
}
yaml_node service_limits::write(const backend::service& s) const {
    return object<backend::deadlines>{}.write(s.limits);
}
boost::json::object service_limits::schema() const { return object<backend::deadlines>{}.schema(); }

} // namespace loadsim::scenario::value_types
