#include "schema.hpp"
#include "schema/composite_types.hpp"

#include <loadsim/base/spelling.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

// A step without arguments is a name: ack, running, executed, execute, drop, reconnect. Other steps are maps from the
// name to its argument: {wait: 100ms}, {failed: door_open}, {disconnect: abrupt}. A faulty response is
// {report: RESPONSE, ...} with further keys for its faults.
namespace loadsim::scenario {
namespace {

using vehicle::disconnect_kind;
using vehicle::response_step;
using kind = vehicle::step::kind;

constexpr choices::table<response_step::kind, 4> response_kinds{{"ack", "running", "executed", "failed"},
                                                                {response_step::kind::ack, response_step::kind::running,
                                                                 response_step::kind::executed,
                                                                 response_step::kind::failed}};
constexpr choices::table<response_step::correlation, 4> correlations{
    {"own", "previous", "other", "unknown"},
    {response_step::correlation::own, response_step::correlation::previous, response_step::correlation::other,
     response_step::correlation::unknown}};
constexpr choices::table<response_step::corruption, 4> payload_corruptions{
    {"plain", "malformed", "empty", "oversized"},
    {response_step::corruption::none, response_step::corruption::malformed, response_step::corruption::empty,
     response_step::corruption::oversized}};
constexpr choices::table<bool, 2> vins{{"own", "foreign"}, {false, true}};
constexpr choices::table<disconnect_kind, 3> disconnect_kinds{
    {"clean", "abrupt", "half-open"}, {disconnect_kind::clean, disconnect_kind::abrupt, disconnect_kind::half_open}};

/// A delay, or the name of a delay.
struct delay_or_name {
    vehicle::delay delay{};
    std::string name;
};

struct branch_keys {
    double weight = 1;
    std::vector<vehicle::step> steps;
    std::optional<outcome_set> expect;
};

struct step_keys {
    std::optional<delay_or_name> wait;
    std::optional<std::string> failed;
    std::optional<response_step::kind> report;
    std::optional<std::string> code;
    std::optional<response_step::correlation> correlation;
    std::optional<bool> foreign_vin;
    std::optional<response_step::corruption> corruption;
    std::optional<disconnect_kind> disconnect;
    std::optional<delay_or_name> takeover;
    std::optional<delay_or_name> stall;
    std::optional<std::vector<vehicle::branch>> choose;
};

/// Key of a kind of step, and the hint for a key without its argument.
struct step_key {
    std::string_view key;
    kind what;
    std::string_view hint;
};
constexpr std::array<step_key, 7> step_keys_with_argument{{
    {"wait", kind::wait, "how long? write {wait: 100ms}"},
    {"failed", kind::respond, "why? write {failed: door_open}"},
    {"report", kind::respond, "what? write {report: executed}"},
    {"disconnect", kind::disconnect, "how? write {disconnect: clean}, abrupt or half-open"},
    {"takeover", kind::takeover, "for how long? write {takeover: 1s}"},
    {"stall", kind::stall, "for how long? write {stall: 1s}"},
    {"choose", kind::choose, "of what? write {choose: [{weight: 3, steps: [...]}, {weight: 1, steps: [...]}]}"},
}};

/// Steps without arguments, except responses.
constexpr choices::table<kind, 3> simple_steps{{"execute", "drop", "reconnect"},
                                               {kind::execute, kind::drop, kind::reconnect}};

struct delay_or_name_type {
    void read(read_context& r, const yaml_node& n, delay_or_name& out) const {
        const bool is_name = n.what == yaml_node::kind::scalar && !n.text.empty() &&
                             std::isalpha(static_cast<unsigned char>(n.text.front())) != 0;
        if (is_name)
            out = {{}, n.text};
        else
            value_types::delay{}.read(r, n, out.delay);
    }
    yaml_node write(const delay_or_name& l) const {
        return l.name.empty() ? value_types::delay{}.write(l.delay) : make_scalar(l.name);
    }
    boost::json::object schema() const {
        return value_types::any_of(value_types::delay{}.schema(),
                                   boost::json::object{{"type", "string"}, {"pattern", "^[A-Za-z]"}});
    }
};

struct branch {
    void read(read_context& r, const yaml_node& n, vehicle::branch& out) const {
        branch_keys keys;
        value_types::object<branch_keys>{}.read(r, n, keys);
        out = {keys.weight, std::move(keys.steps), keys.expect.value_or(outcome_set{})};
    }
    yaml_node write(const vehicle::branch& b) const {
        branch_keys keys{b.weight, b.steps, {}};
        if (!b.expected.empty()) keys.expect = b.expected;
        return value_types::object<branch_keys>{}.write(keys);
    }
    boost::json::object schema() const { return value_types::object<branch_keys>{}.schema(); }
};

template <class V>
void describe(V& v, branch_keys& k) {
    v.field("weight", k.weight, "Weight against those of the other branches.", value_types::number{});
    v.required("steps", k.steps, "Steps of the branch; []: none.",
               value_types::list<value_types::step>{{}, "steps", value_types::max_steps});
    v.field("expect", k.expect, "Outcome or outcomes with a correct platform; left out: derived from the steps.",
            value_types::outcomes{});
}

template <class V>
void describe(V& v, step_keys& k) {
    v.field("wait", k.wait, "Waits: a delay, or the name of one of `delays`.", delay_or_name_type{});
    v.field("failed", k.failed, "Final response: not executed, with this code.", value_types::text{});
    v.field("report", k.report, "Response with a fault: see about, vin and payload.", response_kinds.type());
    v.field("code", k.code, "Code of a failed response in `report`.", value_types::text{});
    v.field("about", k.correlation,
            "Request id in the response: own; previous: of the vehicle's previous request; other: of another vehicle's "
            "request; unknown: of no request.",
            correlations.type());
    v.field("vin", k.foreign_vin, "foreign: the response carries another vehicle's VIN.", vins.type());
    v.field("payload", k.corruption,
            "malformed: cut off; empty: no bytes; oversized: larger than the platform accepts.",
            payload_corruptions.type());
    v.field("disconnect", k.disconnect,
            "Ends the session: clean (with DISCONNECT), abrupt (with a TCP reset), half-open (without FIN or RST).",
            disconnect_kinds.type());
    v.field("takeover", k.takeover,
            "A second client with the same client id takes the session over, and disconnects after this time.",
            delay_or_name_type{});
    v.field("stall", k.stall, "Reads nothing for this time: a slow consumer.", delay_or_name_type{});
    v.field("choose", k.choose, "One of these branches, chosen by weight.",
            value_types::list<branch>{{}, "branches", 100});
}

int count_steps(const step_keys& k) {
    return k.wait.has_value() + k.failed.has_value() + k.report.has_value() + k.disconnect.has_value() +
           k.takeover.has_value() + k.stall.has_value() + k.choose.has_value();
}

response_step response_of(const step_keys& k) {
    response_step w;
    w.type = k.failed ? response_step::kind::failed : k.report.value_or(response_step::kind::ack);
    w.code = k.failed ? *k.failed : k.code.value_or("");
    w.request = k.correlation.value_or(response_step::correlation::own);
    w.foreign_vin = k.foreign_vin.value_or(false);
    w.payload = k.corruption.value_or(response_step::corruption::none);
    return w;
}

vehicle::step step_of(step_keys k) {
    vehicle::step s;
    if (k.failed || k.report) {
        s.type = kind::respond;
        s.response = response_of(k);
    } else if (k.disconnect) {
        s.type = kind::disconnect;
        s.disconnect = *k.disconnect;
    } else if (k.choose) {
        s.type = kind::choose;
        s.branches = std::move(*k.choose);
    } else {
        s.type = k.wait ? kind::wait : k.takeover ? kind::takeover : kind::stall;
        auto& l = k.wait ? *k.wait : k.takeover ? *k.takeover : *k.stall;
        s.duration = l.delay;
        s.delay_name = std::move(l.name);
    }
    return s;
}

std::vector<std::string_view> bare_step_names() {
    std::vector<std::string_view> all(response_kinds.names.begin(),
                                      response_kinds.names.end() - 1); // without `failed`: needs a code
    all.insert(all.end(), simple_steps.names.begin(), simple_steps.names.end());
    return all;
}

void read_bare_step(read_context& r, const yaml_node& n, vehicle::step& out) {
    for (const auto& k : step_keys_with_argument)
        if (n.text == k.key) return r.add_problem(n, std::string(k.hint));
    if (const auto simple = std::ranges::find(simple_steps.names, n.text); simple != simple_steps.names.end()) {
        out = {};
        out.type = simple_steps.values[static_cast<std::size_t>(simple - simple_steps.names.begin())];
        return;
    }
    if (const auto response = std::ranges::find(response_kinds.names, n.text); response != response_kinds.names.end()) {
        out = {};
        out.type = kind::respond;
        out.response.type = response_kinds.values[static_cast<std::size_t>(response - response_kinds.names.begin())];
        return;
    }
    auto all = bare_step_names();
    for (const auto& k : step_keys_with_argument) all.push_back(k.key);
    r.add_problem(n, unknown_name("step", n.text, all));
}

yaml_node write_response(const response_step& response) {
    step_keys keys;
    const bool fails = response.type == response_step::kind::failed;
    if (response.is_well_formed() && !fails) return response_kinds.type().write(response.type);
    if (response.is_well_formed()) {
        keys.failed = response.code;
    } else {
        keys.report = response.type;
        if (!response.code.empty()) keys.code = response.code;
        if (response.request != response_step::correlation::own) keys.correlation = response.request;
        if (response.foreign_vin) keys.foreign_vin = true;
        if (response.payload != response_step::corruption::none) keys.corruption = response.payload;
    }
    return value_types::object<step_keys>{}.write(keys);
}

} // namespace

namespace value_types {

void step::read(read_context& r, const yaml_node& n, vehicle::step& out) const {
    if (n.what == yaml_node::kind::scalar) return read_bare_step(r, n, out);
    if (!r.expect_map(n, "a step, such as ack or {wait: 100ms},")) return;
    const auto problem_count = r.located_problems().size();
    step_keys keys;
    object<step_keys>{}.read(r, n, keys);
    if (r.located_problems().size() != problem_count) return; // already reported
    if (count_steps(keys) != 1)
        return r.add_problem(n,
                             "a step is exactly one of wait, failed, report, disconnect, takeover, stall and choose");
    if (!keys.report && (keys.code || keys.correlation || keys.foreign_vin || keys.corruption))
        return r.add_problem(
            n, "code, about, vin and payload belong to a response with a fault: {report: executed, about: other}");
    out = step_of(std::move(keys));
}

yaml_node step::write(const vehicle::step& s) const {
    step_keys keys;
    switch (s.type) {
    case kind::respond: return write_response(s.response);
    case kind::execute:
    case kind::drop:
    case kind::reconnect: return simple_steps.type().write(s.type);
    case kind::wait: keys.wait = {s.duration, s.delay_name}; break;
    case kind::disconnect: keys.disconnect = s.disconnect; break;
    case kind::takeover: keys.takeover = {s.duration, s.delay_name}; break;
    case kind::stall: keys.stall = {s.duration, s.delay_name}; break;
    case kind::choose: keys.choose = s.branches; break;
    case kind::ask: break; // written as `exec` of its behaviour
    }
    return object<step_keys>{}.write(keys);
}

boost::json::object step::schema() const { return {{"$ref", "#/$defs/step"}}; }

boost::json::object step::definition() {
    return any_of(choice_schema(bare_step_names()), object<step_keys>{}.schema());
}

} // namespace value_types
} // namespace loadsim::scenario
