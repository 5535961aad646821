#include "schema.hpp"
#include "schema/composite_types.hpp"
#include "schema/contract_keys.hpp"

#include <loadsim/base/spelling.hpp>
#include <loadsim/contract/field_path.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

namespace loadsim::scenario {
namespace {

using form = contract::payload_options::payload_format;

/// Keys of a payload given as a map; a plain text is form::text.
constexpr choices::table<form, 5> payload_forms{{"json", "text", "hex", "base64", "file"},
                                                {form::json, form::plain, form::hex, form::base64, form::file}};

constexpr std::size_t max_texts = 100;
constexpr std::size_t max_field_paths = 10;

/// Key `responses`: the event mapping and the topic filter of the subscription.
struct response_keys {
    std::string filter;
    contract::event_mapping_options mapping;
};

template <class V>
void describe(V& v, response_keys& k) {
    v.field("filter", k.filter, "Topic filter of the subscription.", value_types::text{});
    describe(v, k.mapping);
}

/// Keys of the contract; the default of use_response_topic depends on the other keys given.
struct contract_keys {
    contract::options options;
    std::optional<bool> use_response_topic;
};

constexpr std::array<std::string_view, 4> response_names{"ack", "running", "executed", "failed"};

/// True: the scenario sets the topic of a response.
bool sets_response_topic(const yaml_node& n) {
    return std::ranges::any_of(response_names, [&](std::string_view name) {
        const auto* key_node = n.find(name);
        return key_node != nullptr && key_node->what == yaml_node::kind::map && key_node->find("topic") != nullptr;
    });
}

} // namespace

template <class V>
void describe(V& v, contract::request_options& o) {
    v.field("method", o.method, "HTTP method.", value_types::text{20});
    v.field("path", o.path, "Path after that of the API's URL: a template.", value_types::placeholder_text{});
    v.field("headers", o.headers, "Headers by name: templates.", value_types::named_texts{});
    v.field("body", o.body, "Body: a template; empty: none.", value_types::payload{});
    const value_types::list<value_types::integer<std::uint16_t>> statuses{{100, 599}, "statuses", 100};
    v.field("accepted", o.accepted, "Statuses of an accepted request.", statuses);
    v.field("rejected", o.rejected,
            "Statuses of a request that is rejected because the vehicle is busy; any other status is an error.",
            statuses);
    v.field("id", o.id,
            "Field path of the request's id in the response; of header:Location the last segment of its path. '': "
            "none; the "
            "first new command of the vehicle is then that of the request.",
            value_types::field_path{});
    v.field("parameters", o.parameters,
            "Requested values, compared with those of the command: field paths in the request, by the names of "
            "command.parameters.",
            value_types::named_texts{});
}

template <class V>
void describe(V& v, contract::command_options& o) {
    v.field("filter", o.filter, "Topic filter of a vehicle's subscription to commands: a template.",
            value_types::placeholder_text{});
    v.field("id", o.id, "Field path of the request's id in a command.", value_types::field_path{});
    v.field("service", o.service, "Field path of the service in a command; '': none.", value_types::field_path{});
    v.field("parameters", o.parameters, "Values of {parameter.NAME} in responses: field paths in the command, by name.",
            value_types::named_texts{});
    describe(v, o.message);
}

template <class V>
void describe(V& v, contract::deadline_options& o) {
    constexpr value_types::duration positive{.min = std::chrono::milliseconds{1}};
    v.required("pending", o.pending, "Time from the request to the vehicle's first response.", positive);
    v.required("running", o.running, "Time from the first to the final response of the vehicle.", positive);
}

namespace {

/// Message that a platform may lack: its keys, or `none`.
struct message_or_none {
    static constexpr std::string_view keyword = "none";
    void read(read_context& r, const yaml_node& n, contract::message_options& out) const {
        out.none = n.what == yaml_node::kind::scalar && n.text == keyword;
        if (!out.none) value_types::object<contract::message_options>{}.read(r, n, out);
    }
    yaml_node write(const contract::message_options& o) const {
        return o.none ? make_scalar(std::string(keyword)) : value_types::object<contract::message_options>{}.write(o);
    }
    boost::json::object schema() const {
        return value_types::any_of(boost::json::object{{"const", keyword}},
                                   value_types::object<contract::message_options>{}.schema());
    }
};

} // namespace

template <class V>
void describe(V& v, contract_keys& k) {
    auto& o = k.options;
    v.field("request", o.request, "Request to the platform's API.", value_types::object<contract::request_options>{});
    v.field("command", o.command, "Command: platform to vehicle.", value_types::object<contract::command_options>{});
    const value_types::object<contract::message_options> message;
    v.field("ack", o.ack, "Response: the vehicle has received the command; none: it is not sent.", message_or_none{});
    v.field("running", o.running, "Response: the vehicle is executing the command; none: it is not sent.",
            message_or_none{});
    v.field("executed", o.executed, "Final response: the command was executed.", message);
    v.field("failed", o.failed, "Final response: the command was not executed; {code} is the reason.", message);
    v.derived("useResponseTopic", k.use_response_topic,
              "Responses go to the MQTT 5.0 response topic of the command, if it has one, and not to their own topics; "
              "left out: true, unless a response has a topic in this contract.",
              value_types::flag{});
    response_keys responses{o.responses_filter, o.responses};
    v.field(
        "responses", responses,
        "How loadsim itself reads the vehicles' responses: for the mqtt driver, and for load.checkResponseSequence.",
        value_types::object<response_keys>{});
    o.responses_filter = responses.filter;
    o.responses = responses.mapping;
    v.field("presence", o.presence,
            "Presence of a vehicle, and its will: online, offline or asleep ({state}, {wake}); none: neither is sent.",
            message_or_none{});
    v.field("deadlines", o.deadlines,
            "Deadlines of the platform for silent vehicles; left out: unknown, and expiry is not measured.",
            value_types::object<contract::deadline_options>{});
}

namespace value_types {

void contract::read(scenario::read_context& r, const yaml_node& n, loadsim::contract::options& out) const {
    contract_keys keys{out, {}};
    object<contract_keys>{}.read(r, n, keys);
    if (n.what != yaml_node::kind::map) return;
    out = std::move(keys.options);
    out.use_response_topic = keys.use_response_topic.value_or(!sets_response_topic(n));
}

yaml_node contract::write(const loadsim::contract::options& o) const {
    return object<contract_keys>{}.write({o, o.use_response_topic});
}

json::object contract::schema() const { return object<contract_keys>{}.schema(); }

void payload::read(scenario::read_context& r, const yaml_node& n, loadsim::contract::payload_options& out) const {
    constexpr placeholder_text any;
    if (n.what == yaml_node::kind::scalar) {
        out.format = form::text;
        return any.read(r, n, out.text);
    }
    if (!r.expect_map(n, "a payload, such as a text or {hex: 01ff},")) return;
    if (n.find("exec") != nullptr)
        return r.add_problem(n, "only payloads of telemetry and alarms are made by an external program (exec)");
    if (n.members.size() != 1)
        return r.add_problem(n, fmt::format("a payload is exactly one of {}", fmt::join(payload_forms.names, ", ")));
    const auto& [key, location, value] = n.members.front();
    const auto found = std::ranges::find(payload_forms.names, std::string_view(key));
    if (found == payload_forms.names.end())
        return r.add_problem(location, unknown_name("payload", key, payload_forms.names));
    const auto guard = r.enter(key);
    out.format = payload_forms.values[static_cast<std::size_t>(found - payload_forms.names.begin())];
    if (out.format == form::file)
        file_path{}.read(r, value, out.text);
    else
        any.read(r, value, out.text);
}

yaml_node payload::write(const loadsim::contract::payload_options& p) const {
    const auto found = std::ranges::find(payload_forms.values, p.format);
    if (found == payload_forms.values.end()) return make_text(p.text);
    return make_map(payload_forms.names[static_cast<std::size_t>(found - payload_forms.values.begin())],
                    make_text(p.text));
}

json::object payload::schema() const {
    json::object alternatives;
    for (const auto name : payload_forms.names) alternatives[name] = text{text_limit}.schema();
    auto made = any_of(text{text_limit}.schema(), json::object{{"type", "object"},
                                                               {"minProperties", 1},
                                                               {"maxProperties", 1},
                                                               {"properties", std::move(alternatives)},
                                                               {"additionalProperties", false}});
    made["title"] = "payload";
    return made;
}

void named_texts::read(scenario::read_context& r, const yaml_node& n, loadsim::contract::named_texts& out) const {
    if (!r.expect_map(n, "a map of names to texts") || !check_item_count(r, n, n.members.size(), "names", max_texts))
        return;
    out.clear();
    std::set<std::string_view> seen;
    for (const auto& m : n.members) {
        if (!seen.insert(m.key).second) continue; // expect_map() has reported it
        const auto guard = r.enter(m.key);
        if (m.key.empty() || m.key.size() > name_length)
            r.add_problem(m.location, fmt::format("a name of 1 to {} characters belongs here", name_length));
        placeholder_text{}.read(r, m.value, out.emplace_back(m.key, std::string{}).second);
    }
}

yaml_node named_texts::write(const loadsim::contract::named_texts& all) const {
    yaml_node made = make_node(yaml_node::kind::map);
    for (const auto& [name, value] : all) made.add(name, make_text(value));
    return made;
}

json::object named_texts::schema() const {
    return {{"type", "object"}, {"maxProperties", max_texts}, {"additionalProperties", text{text_limit}.schema()}};
}

void field_path::read(scenario::read_context& r, const yaml_node& n, std::string& out) const {
    const auto* found = r.expect_scalar(n, "a field path such as /id or topic[1]");
    if (found == nullptr) return;
    const auto parsed = loadsim::contract::field_path::parse(*found);
    if (!parsed) return r.add_problem(n, parsed.error().list.front().text);
    out = *found;
}

json::object field_path::schema() const {
    return {{"title", "field path"},
            {"type", "string"},
            {"pattern", R"(^(/.*|topic\[[0-9]+\]|payload|correlation|(property|header):.+)?$)"}};
}

void field_paths::read(scenario::read_context& r, const yaml_node& n, std::vector<std::string>& out) const {
    if (n.what != yaml_node::kind::scalar) return list<field_path>{{}, "sources", max_field_paths}.read(r, n, out);
    out.assign(1, {});
    field_path{}.read(r, n, out.front());
}

yaml_node field_paths::write(const std::vector<std::string>& all) const {
    return all.size() == 1 ? make_scalar(all.front()) : list<field_path>{{}, "sources", max_field_paths}.write(all);
}

json::object field_paths::schema() const {
    return any_of(field_path{}.schema(), list<field_path>{{}, "sources", max_field_paths}.schema());
}

namespace {
constexpr std::array<std::string_view, 3> outcome_keys{"executed", "failed", "timed_out"};
const value_types::list<text> state_texts{{}, "states", max_texts};
} // namespace

void outcome_states::read(scenario::read_context& r, const yaml_node& n, list& out) const {
    if (!r.expect_map(n, "a map of outcomes, such as {executed: DONE, failed: ERROR*},")) return;
    out.clear();
    std::set<std::string_view> seen;
    for (const auto& m : n.members) {
        if (!seen.insert(m.key).second) continue; // expect_map() has reported it
        const auto guard = r.enter(m.key);
        if (std::ranges::find(outcome_keys, std::string_view(m.key)) == outcome_keys.end()) {
            r.add_problem(m.location, unknown_name("end", m.key, outcome_keys));
            continue;
        }
        auto& texts = out.emplace_back(*parse_outcome(m.key), std::vector<std::string>{}).second;
        if (m.value.what == yaml_node::kind::scalar)
            text{}.read(r, m.value, texts.emplace_back());
        else
            state_texts.read(r, m.value, texts);
    }
}

yaml_node outcome_states::write(const list& all) const {
    yaml_node made = make_node(yaml_node::kind::map);
    for (const auto& [what, texts] : all)
        made.add(to_string(what), texts.size() == 1 ? make_scalar(texts.front()) : state_texts.write(texts));
    return made;
}

json::object outcome_states::schema() const {
    json::object outcomes;
    for (const auto name : outcome_keys) outcomes[name] = any_of(text{}.schema(), state_texts.schema());
    return {{"title", "map of outcomes to: text, or list of: text"},
            {"type", "object"},
            {"properties", std::move(outcomes)},
            {"additionalProperties", false}};
}

} // namespace value_types
} // namespace loadsim::scenario
