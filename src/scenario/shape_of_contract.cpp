#include "contract_keys.hpp"
#include "language.hpp"
#include "shapes.hpp"

#include <loadsim/base/names.hpp>
#include <loadsim/contract/source.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace loadsim::scenario {
namespace {

using form = contract::payload_options::form;

/// Of a payload that is a map. What is a text alone is form::text.
constexpr names::table<form, 5> forms{{"json", "text", "hex", "base64", "file"},
                                      {form::json, form::plain, form::hex, form::base64, form::file}};

constexpr std::size_t texts_most = 100;
constexpr std::size_t sources_most = 10;

/// `words`: the reading, and what is subscribed to for it.
struct word_keys {
    std::string filter;
    contract::reading_options reading;
};

template <class V>
void describe(V& v, word_keys& k) {
    v.field("filter", k.filter, "What is subscribed to.", kinds::text{});
    describe(v, k.reading);
}

/// The contract's own keys; whether answers go where they are asked to depends on which of them were given.
struct contract_keys {
    contract::options options;
    std::optional<bool> answer_where_asked;
};

constexpr std::array<std::string_view, 4> words_of_vehicles{"ack", "running", "executed", "failed"};

/// Somebody said to what topic a word goes.
bool names_a_topic(const node& n) {
    return std::ranges::any_of(words_of_vehicles, [&](std::string_view word) {
        const auto* said = n.find(word);
        return said != nullptr && said->what == node::kind::map && said->find("topic") != nullptr;
    });
}

} // namespace

template <class V>
void describe(V& v, contract::request_options& o) {
    v.field("method", o.method, "Of HTTP.", kinds::text{20});
    v.field("path", o.path, "A template, behind the API's own path.", kinds::text{});
    v.field("headers", o.headers, "Templates by name.", kinds::named_texts{});
    v.field("body", o.body, "A template; empty: none.", kinds::payload{});
    const kinds::list<kinds::whole<std::uint16_t>> statuses{{100, 599}, "statuses", 100};
    v.field("accepted", o.accepted, "Statuses that mean: it will be done.", statuses);
    v.field("rejected", o.rejected, "Statuses that mean: not now, the vehicle is busy. Any other is an error.",
            statuses);
    v.field("id", o.id, "Where the answer says the request's id; '' where it does not.", kinds::message_source{});
}

template <class V>
void describe(V& v, contract::command_options& o) {
    v.field("filter", o.filter, "What a vehicle subscribes to, a template.", kinds::text{});
    v.field("id", o.id, "Where a vehicle finds the request's id.", kinds::message_source{});
    v.field("service", o.service, "Where it finds the service; '' where it is not said.", kinds::message_source{});
    v.field("parameters", o.parameters, "{parameter.NAME} in its answers: where it finds that.", kinds::named_texts{});
    describe(v, o.sent);
}

template <class V>
void describe(V& v, contract::deadline_options& o) {
    constexpr kinds::duration some{.least = std::chrono::milliseconds{1}};
    v.required("pending", o.pending, "Since the request was sent, for the vehicle's first word.", some);
    v.required("running", o.running, "Since that, for its last.", some);
}

template <class V>
void describe(V& v, contract::telemetry_options& o) {
    v.field("every", o.every, "Every vehicle that is on line; spread evenly over that time.",
            kinds::duration{.least = std::chrono::milliseconds{100}});
    describe(v, o.sent);
}

namespace {

/// Telemetry is nothing that loadsim has a text of its own for.
struct telemetry {
    void read(reading& r, const node& n, contract::telemetry_options& out) const {
        kinds::object<contract::telemetry_options>{}.read(r, n, out);
        if (n.what != node::kind::map) return;
        for (const std::string_view key : {"topic", "payload"})
            if (n.find(key) == nullptr) r.wrong(n, fmt::format("'{}' is missing", key));
    }
    node write(const contract::telemetry_options& o) const {
        return kinds::object<contract::telemetry_options>{}.write(o);
    }
    boost::json::object schema() const { return kinds::object<contract::telemetry_options>{}.schema(); }
};

} // namespace

template <class V>
void describe(V& v, contract_keys& k) {
    auto& o = k.options;
    v.field("request", o.request, "How a request enters the platform's API.",
            kinds::object<contract::request_options>{});
    v.field("command", o.command, "Platform to vehicle.", kinds::object<contract::command_options>{});
    const kinds::object<contract::message_options> message;
    v.field("ack", o.ack, "Vehicle to platform: it has the command.", message);
    v.field("running", o.running, "Vehicle to platform: it is at it.", message);
    v.field("executed", o.executed, "Vehicle to platform: it is done.", message);
    v.field("failed", o.failed, "Vehicle to platform: it could not be done; {code} says why.", message);
    v.derived("answerWhereAsked", k.answer_where_asked,
              "A command's MQTT 5 response topic wins over the words' topics; left out: unless one of those is given.",
              kinds::flag{});
    word_keys words{o.words_filter, o.words};
    v.field("words", words, "How loadsim itself reads the vehicles' words.", kinds::object<word_keys>{});
    o.words_filter = words.filter;
    o.words = words.reading;
    v.field("presence", o.presence, "Vehicle to platform: it is online, offline or asleep ({state}, {wake}).", message);
    v.field("telemetry", o.telemetry, "Vehicle to platform, all the time; left out: none.", telemetry{});
    v.field("deadlines", o.deadlines,
            "How long the platform waits for a silent vehicle; left out: nobody knows, and expiry "
            "is not measured.",
            kinds::object<contract::deadline_options>{});
}

namespace kinds {

void contract::read(scenario::reading& r, const node& n, loadsim::contract::options& out) const {
    contract_keys keys{out, {}};
    object<contract_keys>{}.read(r, n, keys);
    if (n.what != node::kind::map) return;
    out = std::move(keys.options);
    out.answers_as_asked = keys.answer_where_asked.value_or(!names_a_topic(n));
}

node contract::write(const loadsim::contract::options& o) const {
    return object<contract_keys>{}.write({o, o.answers_as_asked});
}

json::object contract::schema() const { return object<contract_keys>{}.schema(); }

void payload::read(scenario::reading& r, const node& n, loadsim::contract::payload_options& out) const {
    constexpr text any{template_most};
    if (n.what == node::kind::scalar) {
        out.as = form::text;
        return any.read(r, n, out.text);
    }
    if (!r.is_map(n, "a payload, such as a text or {hex: 01ff},")) return;
    if (n.members.size() != 1)
        return r.wrong(n, fmt::format("a payload is exactly one of {}", fmt::join(forms.names, ", ")));
    const auto& [key, where, value] = n.members.front();
    const auto found = std::ranges::find(forms.names, std::string_view(key));
    if (found == forms.names.end()) return r.wrong(where, unknown_name("payload", key, forms.names));
    const auto step = r.into(key);
    out.as = forms.values[static_cast<std::size_t>(found - forms.names.begin())];
    any.read(r, value, out.text);
}

node payload::write(const loadsim::contract::payload_options& p) const {
    const auto found = std::ranges::find(forms.values, p.as);
    if (found == forms.values.end()) return scalar(p.text);
    return map_of(forms.names[static_cast<std::size_t>(found - forms.values.begin())], scalar(p.text));
}

json::object payload::schema() const {
    json::object one_of_them;
    for (const auto name : forms.names) one_of_them[name] = text{template_most}.schema();
    return any_of(text{template_most}.schema(), json::object{{"type", "object"},
                                                             {"minProperties", 1},
                                                             {"maxProperties", 1},
                                                             {"properties", std::move(one_of_them)},
                                                             {"additionalProperties", false}});
}

void named_texts::read(scenario::reading& r, const node& n, loadsim::contract::named_texts& out) const {
    if (!r.is_map(n, "a map of names to texts") || !are_few_enough(r, n, n.members.size(), "names", texts_most)) return;
    out.clear();
    std::set<std::string_view> seen;
    for (const auto& m : n.members) {
        if (!seen.insert(m.key).second) continue; // is_map() has said so
        const auto step = r.into(m.key);
        if (m.key.empty() || m.key.size() > name_length)
            r.wrong(m.where, fmt::format("a name of 1 to {} characters belongs here", name_length));
        text{template_most}.read(r, m.value, out.emplace_back(m.key, std::string{}).second);
    }
}

node named_texts::write(const loadsim::contract::named_texts& all) const {
    node made = blank(node::kind::map);
    for (const auto& [name, value] : all) made.add(name, scalar(value));
    return made;
}

json::object named_texts::schema() const {
    return {{"type", "object"}, {"maxProperties", texts_most}, {"additionalProperties", text{template_most}.schema()}};
}

void message_source::read(scenario::reading& r, const node& n, std::string& out) const {
    const auto* found = r.scalar(n, "a source such as /id or topic[1]");
    if (found == nullptr) return;
    const auto parsed = loadsim::contract::source::parse(*found);
    if (!parsed) return r.wrong(n, parsed.error().list.front().text);
    out = *found;
}

json::object message_source::schema() const {
    return {{"type", "string"}, {"pattern", R"(^(/.*|topic\[[0-9]+\]|payload|correlation|(property|header):.+)?$)"}};
}

void message_sources::read(scenario::reading& r, const node& n, std::vector<std::string>& out) const {
    if (n.what != node::kind::scalar) return list<message_source>{{}, "sources", sources_most}.read(r, n, out);
    out.assign(1, {});
    message_source{}.read(r, n, out.front());
}

node message_sources::write(const std::vector<std::string>& all) const {
    return all.size() == 1 ? scalar(all.front()) : list<message_source>{{}, "sources", sources_most}.write(all);
}

json::object message_sources::schema() const {
    return any_of(message_source{}.schema(), list<message_source>{{}, "sources", sources_most}.schema());
}

namespace {
constexpr std::array<std::string_view, 3> end_names{"executed", "failed", "timed_out"};
const kinds::list<text> end_texts{{}, "states", texts_most};
} // namespace

void ends::read(scenario::reading& r, const node& n, list& out) const {
    if (!r.is_map(n, "a map of outcomes, such as {executed: DONE, failed: ERROR*},")) return;
    out.clear();
    std::set<std::string_view> seen;
    for (const auto& m : n.members) {
        if (!seen.insert(m.key).second) continue; // is_map() has said so
        const auto step = r.into(m.key);
        if (std::ranges::find(end_names, std::string_view(m.key)) == end_names.end()) {
            r.wrong(m.where, unknown_name("end", m.key, end_names));
            continue;
        }
        auto& texts = out.emplace_back(*parse_outcome(m.key), std::vector<std::string>{}).second;
        if (m.value.what == node::kind::scalar)
            text{}.read(r, m.value, texts.emplace_back());
        else
            end_texts.read(r, m.value, texts);
    }
}

node ends::write(const list& all) const {
    node made = blank(node::kind::map);
    for (const auto& [what, texts] : all)
        made.add(to_string(what), texts.size() == 1 ? scalar(texts.front()) : end_texts.write(texts));
    return made;
}

json::object ends::schema() const {
    json::object outcomes;
    for (const auto name : end_names) outcomes[name] = any_of(text{}.schema(), end_texts.schema());
    return {{"type", "object"}, {"properties", std::move(outcomes)}, {"additionalProperties", false}};
}

} // namespace kinds
} // namespace loadsim::scenario
