#include "schema.hpp"
#include "schema/composite_types.hpp"
#include "schema/contract_keys.hpp"
#include "schema/kafka_keys.hpp"

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

constexpr std::array<std::string_view, std::variant_size_v<observer::options>> kind_documentation{
    "Events of the platform at the broker.",
    "Events that the platform posts to loadsim; the URL is {webhook.url} in templates.",
    "Polling of the platform's API until the request is completed.",
    "The response to the HTTP request itself, of a synchronous API.",
    "No events of the platform: the final response of the vehicle completes a request.",
    "Server-sent events of the platform's API.",
    "Text messages of a WebSocket at the platform's API.",
    "Events of the platform in topics with the Kafka API."};

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
    v.required("header", s.header, "Name of the header that carries the secret.", value_types::text{});
    v.required("value", s.value, "Expected value: text with ${ENVIRONMENT_VARIABLE}, or {file: PATH}.",
               value_types::secret{});
}

template <class V>
void describe(V& v, observer::webhook_options::signature& s) {
    v.required("header", s.header, "Name of the header that carries the signature of the body.", value_types::text{});
    v.required("key", s.key, "Key of the HMAC: text with ${ENVIRONMENT_VARIABLE}, or {file: PATH}.",
               value_types::secret{});
    v.field("algorithm", s.algorithm, "Hash function of the HMAC.", digests.type());
    v.field("encoding", s.encoding, "Encoding of the signature.", codings.type());
    v.field("prefix", s.prefix, "Text before the signature, such as \"sha256=\".", value_types::text{});
}

/// For observers with several events per message.
template <class V>
void describe_batch(V& v, contract::event_mapping_options& o) {
    v.field("each", o.batch_path,
            "Field path of a list of events in a message: payload or /pointer; empty: a message is one event.",
            value_types::field_path{});
}

template <class V>
void describe(V& v, observer::mqtt_options& o) {
    v.field("filter", o.filter, "Topic filter of the subscription.", value_types::text{});
    v.field("clients", o.clients, "Number of MQTT clients; several share the events through a shared subscription.",
            value_types::integer<std::uint32_t>{1, 64});
    v.field(
        "client", o.client,
        "Implementation of the MQTT client: loadsim's own, or Eclipse Paho to compare with, whose latencies are up to "
        "100 ms too long at low rates.",
        choices::client.type());
    describe_batch(v, o.reading);
    describe(v, o.reading);
}

template <class V>
void describe(V& v, observer::webhook_options& o) {
    v.field("listen", o.listen, "Address and port; port 0: any free port.", value_types::text{});
    v.field("path", o.path, "Path of the URL.", value_types::text{});
    v.field("url", o.url, "URL for the platform; empty: http://, the bound address and the path.",
            value_types::environment_text{.url = true});
    v.field("secret", o.secret, "Header with a secret that every call must have.",
            value_types::object<observer::webhook_options::shared_secret>{});
    v.field("hmac", o.hmac, "Signature (HMAC) that every call must have.",
            value_types::object<observer::webhook_options::signature>{});
    describe_batch(v, o.reading);
    describe(v, o.reading);
}

template <class V>
void describe(V& v, observer::poll_options& o) {
    v.field("path", o.path, "Path after that of the API's URL: a template.", value_types::placeholder_text{});
    v.field("first", o.first, "Time from the accepted request to the first poll.",
            value_types::duration{.min = std::chrono::milliseconds{1}});
    v.field("factor", o.factor, "Factor from one wait to the next, at least 1.", value_types::number{});
    v.field("cap", o.cap, "Longest wait between two polls.",
            value_types::duration{.min = std::chrono::milliseconds{1}});
    describe(v, o.reading);
}

template <class V>
void describe(V& v, observer::response_options& o) {
    describe(v, o.reading);
}

template <class V>
void describe(V& v, observer::none_options& o) {
    v.field("deadline", o.deadline,
            "Time from the accepted request to the vehicle's final response; after it the request ends as timed_out.",
            value_types::duration{.min = std::chrono::milliseconds{1}});
}

template <class V>
void describe(V& v, observer::sse_options& o) {
    v.field("path", o.path, "Path after that of the API's URL: a template.", value_types::placeholder_text{});
    v.field("event", o.event, "Name of the events to read; empty: all.", value_types::text{});
    describe_batch(v, o.reading);
    describe(v, o.reading);
}

template <class V>
void describe(V& v, observer::websocket_options& o) {
    v.field("path", o.path, "Path after that of the API's URL: a template.", value_types::placeholder_text{});
    v.field("subscribe", o.subscribe, "Message sent after the connect: a template; empty: none.",
            value_types::placeholder_text{10'000});
    describe_batch(v, o.reading);
    describe(v, o.reading);
}

template <class V>
void describe(V& v, observer::kafka_observer_options& o) {
    describe(v, o.consumer);
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
    for (std::size_t i = 0; i < kind_documentation.size(); ++i)
        with_kind(i, [&](const auto& default_options) {
            auto one = object<std::remove_cvref_t<decltype(default_options)>>{}.schema();
            one["description"] = kind_documentation[i];
            properties[observer::kind_names[i]] = std::move(one);
        });
    return any_of(choice_schema(observer::kind_names), one_key_of(std::move(properties)));
}

} // namespace value_types
} // namespace loadsim::scenario
