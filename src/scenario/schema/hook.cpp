// Hooks: setup and teardown requests, before and after the load.
#include "schema.hpp"
#include "schema/composite_types.hpp"

namespace loadsim::scenario {
namespace {

enum class hook_scope : std::uint8_t { once, vehicle };
constexpr choices::table<hook_scope, 2> hook_scopes{{"once", "vehicle"}, {hook_scope::once, hook_scope::vehicle}};

} // namespace

template <class V>
void describe(V& v, driver::hook_options& o) {
    v.field("name", o.name, "Name in messages; left out: the method and the path.", value_types::name_text{});
    v.field("method", o.method, "HTTP method.", value_types::text{});
    v.required("path", o.path, "Path after that of the API's URL: a template.", value_types::placeholder_text{});
    v.field("headers", o.headers, "Headers by name: templates.", value_types::named_texts{});
    v.field("body", o.body, "Body: a template; may contain ${ENVIRONMENT_VARIABLE}.", value_types::payload{});
    v.field("expect", o.expect, "Expected statuses; any other in `before` ends the run before the load.",
            value_types::list<value_types::integer<std::uint16_t>>{{100, 599}, "statuses", 100});
    v.field("capture", o.capture, "Values of {captured.NAME} in later templates: field paths in the response, by name.",
            value_types::named_texts{});
    auto scope = o.for_each_vehicle ? hook_scope::vehicle : hook_scope::once;
    v.field("forEach", scope, "once, or once for each vehicle.", hook_scopes.type());
    o.for_each_vehicle = scope == hook_scope::vehicle;
}

namespace value_types {

void hook_request::read(scenario::read_context& r, const yaml_node& n, driver::hook_options& out) const {
    object<driver::hook_options>{}.read(r, n, out);
}
yaml_node hook_request::write(const driver::hook_options& o) const { return object<driver::hook_options>{}.write(o); }
json::object hook_request::schema() const { return object<driver::hook_options>{}.schema(); }

} // namespace value_types
} // namespace loadsim::scenario
