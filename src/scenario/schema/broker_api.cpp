// Simulated broker API of a fleet without MQTT sessions.
#include "schema.hpp"
#include "schema/composite_types.hpp"

namespace loadsim::scenario {

template <class V>
void describe(V& v, fleet::inbound_options& o) {
    v.field("url", o.url,
            "URL of the platform's endpoint for the vehicles' responses; empty: the endpoint of the embedded backend.",
            value_types::environment_text{.url = true});
    v.field("method", o.method, "HTTP method of the posts.", value_types::text{});
    v.field("path", o.path, "Path after that of the URL: a template with {vin} and {request.id}.",
            value_types::placeholder_text{});
    v.field("headers", o.headers, "Headers by name, besides Content-Type: application/json.",
            value_types::named_texts{});
    v.field("tls", o.tls, "TLS, for https.", value_types::tls{});
    v.field("connections", o.connections, "Maximum number of connections, over all shards.",
            value_types::integer<std::uint32_t>{1, 10'000});
    v.field("timeout", o.timeout, "Time to wait for the response to a post.",
            value_types::duration{.min = std::chrono::milliseconds{1}});
    v.field("waiting", o.max_queued,
            "Maximum number of queued posts in each shard; further ones are dropped and counted.",
            value_types::integer<std::uint32_t>{1});
    v.field("presence", o.presence, "Posts the presence of vehicles, too.", value_types::flag{});
}

template <class V>
void describe(V& v, fleet::broker_api_options& o) {
    v.field("listen", o.listen, "Address and port; port 0: any free port. The URL is {brokerApi.url} in templates.",
            value_types::text{});
    v.field("method", o.method, "HTTP method of the platform's commands.", value_types::text{});
    v.field("path", o.path,
            "Path of the commands: {vin} stands for the VIN, any other level in braces matches anything.",
            value_types::text{});
    v.field("vin", o.vin, "Field path of the VIN in a command; empty: the level {vin} of the path.",
            value_types::text{});
    v.field("status", o.status, "Status of the response to an accepted command.",
            value_types::integer<std::uint16_t>{200, 299});
    v.field("body", o.body, "Body of the response to an accepted command.", value_types::text{10'000});
    v.field("inbound", o.inbound, "Delivery of the vehicles' responses to the platform.",
            value_types::object<fleet::inbound_options>{});
    v.field("faults", o.faults, "Faults that the API injects.",
            value_types::list<value_types::broker_api_fault>{{}, "faults", 100});
    v.field("connections", o.connections, "Maximum number of open connections of the platform.",
            value_types::integer<std::uint32_t>{1, 15'000});
}

namespace value_types {

void broker_api::read(scenario::read_context& r, const yaml_node& n, fleet::broker_api_options& out) const {
    object<fleet::broker_api_options>{}.read(r, n, out);
}
yaml_node broker_api::write(const fleet::broker_api_options& o) const {
    return object<fleet::broker_api_options>{}.write(o);
}
json::object broker_api::schema() const { return object<fleet::broker_api_options>{}.schema(); }

} // namespace value_types
} // namespace loadsim::scenario
