#include "schema.hpp"
#include "schema/composite_types.hpp"
#include "schema/contract_keys.hpp"

#include <loadsim/base/spelling.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace loadsim::scenario {
namespace {

using signature = observer::webhook_options::signature;

constexpr choices::table<signature::digest, 3> digests{
    {"sha256", "sha1", "sha512"}, {signature::digest::sha256, signature::digest::sha1, signature::digest::sha512}};
constexpr choices::table<signature::coding, 2> codings{{"hex", "base64"},
                                                       {signature::coding::hex, signature::coding::base64}};

constexpr std::array<std::string_view, std::variant_size_v<observer::options>> documentation{
    "The platform's event topic.",
    "The platform calls us; its URL is {webhook.url}.",
    "The platform's API is asked until it says an end.",
    "The answer to the request itself is the end: a synchronous API.",
    "Nobody tells: the vehicle's last word ends a request.",
    "Server-sent events of the platform's API.",
    "Text messages of a WebSocket at the platform's API."};

/// Calls `use` with the default options of that kind.
template <class Use, std::size_t... I>
void with_kind(std::size_t kind, Use&& use, std::index_sequence<I...>) {
    static_cast<void>(((kind == I ? (use(std::variant_alternative_t<I, observer::options>{}), true) : false) || ...));
}
template <class Use>
void with_kind(std::size_t kind, Use&& use) {
    with_kind(kind, std::forward<Use>(use), std::make_index_sequence<std::variant_size_v<observer::options>>{});
}

} // namespace

template <class V>
void describe(V& v, observer::webhook_options::shared_secret& s) {
    v.required("header", s.header, "Where the platform says it.", value_types::text{});
    v.required("value", s.value, "What it has to be.", value_types::secret{});
}

template <class V>
void describe(V& v, observer::webhook_options::signature& s) {
    v.required("header", s.header, "Where the platform puts the signature of the body.", value_types::text{});
    v.required("key", s.key, "What it is made with.", value_types::secret{});
    v.field("algorithm", s.algorithm, "The digest.", digests.type());
    v.field("encoding", s.encoding, "How it is written.", codings.type());
    v.field("prefix", s.prefix, "Before it, such as \"sha256=\".", value_types::text{});
}

/// For observers with several events per message.
template <class V>
void describe_batch(V& v, contract::event_mapping_options& o) {
    v.field("each", o.batch_path,
            "Where a message has a list of events, each of which is read: payload or /pointer; empty: it is one.",
            value_types::field_path{});
}

template <class V>
void describe(V& v, observer::mqtt_options& o) {
    v.field("filter", o.filter, "What is subscribed to.", value_types::text{});
    v.field("clients", o.clients, "More than one: a shared subscription, and they take the events in turn.",
            value_types::integer<std::uint32_t>{1, 64});
    describe_batch(v, o.reading);
    describe(v, o.reading);
}

template <class V>
void describe(V& v, observer::webhook_options& o) {
    v.field("listen", o.listen, "Address and port; port 0: any free one.", value_types::text{});
    v.field("path", o.path, "Of the URL.", value_types::text{});
    v.field("url", o.url, "As the platform sees us; empty: http://, the bound address and the path.",
            value_types::text{});
    v.field("secret", o.secret, "A header that every call has to have.",
            value_types::object<observer::webhook_options::shared_secret>{});
    v.field("hmac", o.hmac, "How every call is signed.", value_types::object<observer::webhook_options::signature>{});
    describe_batch(v, o.reading);
    describe(v, o.reading);
}

template <class V>
void describe(V& v, observer::poll_options& o) {
    v.field("path", o.path, "A template, behind the API's own.", value_types::text{});
    v.field("first", o.first, "How long after the request was accepted it is asked for first.",
            value_types::duration{.min = std::chrono::milliseconds{1}});
    v.field("factor", o.factor, "Each wait is so much longer than the one before; 1 at least.", value_types::number{});
    v.field("cap", o.cap, "And no longer than this.", value_types::duration{.min = std::chrono::milliseconds{1}});
    describe(v, o.reading);
}

template <class V>
void describe(V& v, observer::response_options& o) {
    describe(v, o.reading);
}

template <class V>
void describe(V& v, observer::none_options& o) {
    v.field("deadline", o.deadline, "No last word so long after it was accepted: timed out.",
            value_types::duration{.min = std::chrono::milliseconds{1}});
}

template <class V>
void describe(V& v, observer::sse_options& o) {
    v.field("path", o.path, "A template, behind the API's own.", value_types::text{});
    v.field("event", o.event, "Only events of this name; empty: all.", value_types::text{});
    describe_batch(v, o.reading);
    describe(v, o.reading);
}

template <class V>
void describe(V& v, observer::websocket_options& o) {
    v.field("path", o.path, "A template, behind the API's own.", value_types::text{});
    v.field("subscribe", o.subscribe, "A template, sent when it stands; empty: nothing is.", value_types::text{10'000});
    describe_batch(v, o.reading);
    describe(v, o.reading);
}

namespace value_types {

void observer_options::read(scenario::read_context& r, const yaml_node& n, observer::options& out) const {
    const bool bare = n.what == yaml_node::kind::scalar;
    if (!bare && !r.expect_map(n, "an observer, such as mqtt or {webhook: {path: /events}},")) return;
    if (!bare && n.members.size() != 1)
        return r.add_problem(n, "an observer is exactly one, such as {poll: {first: 1s}}; write a list of them");
    const auto& name = bare ? n.text : n.members.front().key;
    const auto found = std::ranges::find(observer::kind_names, std::string_view(name));
    if (found == std::end(observer::kind_names))
        return r.add_problem(bare ? n.location : n.members.front().location,
                             unknown_name("observer", name, observer::kind_names));
    with_kind(static_cast<std::size_t>(found - std::begin(observer::kind_names)), [&](auto made) {
        if (!bare) {
            const auto guard = r.enter(name);
            object<decltype(made)>{}.read(r, n.members.front().value, made);
        }
        out = std::move(made);
    });
}

yaml_node observer_options::write(const observer::options& o) const {
    return std::visit(
        [&](const auto& one) {
            return make_map(observer::kind_of(o), object<std::remove_cvref_t<decltype(one)>>{}.write(one));
        },
        o);
}

json::object observer_options::schema() const {
    json::object properties;
    for (std::size_t i = 0; i < documentation.size(); ++i)
        with_kind(i, [&](const auto& default_options) {
            auto one = object<std::remove_cvref_t<decltype(default_options)>>{}.schema();
            one["description"] = documentation[i];
            properties[observer::kind_names[i]] = std::move(one);
        });
    return any_of(choice_schema(observer::kind_names), json::object{{"type", "object"},
                                                                    {"additionalProperties", false},
                                                                    {"minProperties", 1},
                                                                    {"maxProperties", 1},
                                                                    {"properties", std::move(properties)}});
}

} // namespace value_types
} // namespace loadsim::scenario
