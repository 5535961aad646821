// Files of a report that are made on request.
#include "schema.hpp"
#include "schema/composite_types.hpp"

namespace loadsim::scenario {

template <class V>
void describe(V& v, report_options& o) {
    v.field(
        "requestsCsv", o.requests_csv,
        "Most rows of requests.csv.gz, which has the recorded requests of requests.jsonl without their messages; 0: no "
        "such file.",
        value_types::integer<std::uint32_t>{0, 10'000'000});
}

namespace value_types {

void report::read(scenario::read_context& r, const yaml_node& n, report_options& out) const {
    object<report_options>{}.read(r, n, out);
}
yaml_node report::write(const report_options& o) const { return object<report_options>{}.write(o); }
json::object report::schema() const { return object<report_options>{}.schema(); }

} // namespace value_types
} // namespace loadsim::scenario
