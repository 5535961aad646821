#include "schema.hpp"
#include "schema/composite_types.hpp"
#include "schema/contract_keys.hpp"

namespace loadsim::scenario {
namespace {

enum class hook_scope : std::uint8_t { once, vehicle };
constexpr choices::table<hook_scope, 2> hook_scopes{{"once", "vehicle"}, {hook_scope::once, hook_scope::vehicle}};

} // namespace

template <class V>
void describe(V& v, driver::hook_options& o) {
    v.field("name", o.name, "Used in sentences; left out: the method and the path.",
            value_types::text{value_types::name_length});
    v.field("method", o.method, "Of the request.", value_types::text{});
    v.required("path", o.path, "A template, behind the API's own.", value_types::text{});
    v.field("headers", o.headers, "Templates by name.", value_types::named_texts{});
    v.field("body", o.body, "A template; may hold ${ENVIRONMENT_VARIABLE}.", value_types::payload{});
    v.field("expect", o.expect, "Statuses that are right; any other ends the run before it begins.",
            value_types::list<value_types::integer<std::uint16_t>>{{100, 599}, "statuses", 100});
    v.field("capture", o.capture, "{captured.NAME} from then on: where the answer says it.",
            value_types::named_texts{});
    auto scope = o.for_each_vehicle ? hook_scope::vehicle : hook_scope::once;
    v.field("forEach", scope, "once, or for each vehicle.", hook_scopes.type());
    o.for_each_vehicle = scope == hook_scope::vehicle;
}

template <class V>
void describe(V& v, fleet::campaign_options& o) {
    v.required("name", o.name, "Used in reports; {request.id} in its templates.",
               value_types::text{value_types::name_length});
    v.required("at", o.at, "When it is sent, after the begin of the load.", value_types::duration{});
    v.field("segments", o.segments, "Whom it is for, by the names of fleet.segments; none: everybody.",
            value_types::list<value_types::text>{{}, "segments", 100});
    v.required("filter", o.filter, "What those vehicles subscribe to; a template, may hold {segment}.",
               value_types::text{});
    v.field("id", o.id, "Where a message says the campaign's name, a source; empty: all that come are of it.",
            value_types::text{});
    describe(v, o.message);
}

namespace value_types {

void hook_request::read(scenario::read_context& r, const yaml_node& n, driver::hook_options& out) const {
    object<driver::hook_options>{}.read(r, n, out);
}
yaml_node hook_request::write(const driver::hook_options& o) const { return object<driver::hook_options>{}.write(o); }
json::object hook_request::schema() const { return object<driver::hook_options>{}.schema(); }

void campaign::read(scenario::read_context& r, const yaml_node& n, fleet::campaign_options& out) const {
    object<fleet::campaign_options>{}.read(r, n, out);
}
yaml_node campaign::write(const fleet::campaign_options& o) const { return object<fleet::campaign_options>{}.write(o); }
json::object campaign::schema() const { return object<fleet::campaign_options>{}.schema(); }

} // namespace value_types
} // namespace loadsim::scenario
