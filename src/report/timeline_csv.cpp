#include "csv_format.hpp"
#include "timeline.hpp"

#include <boost/json.hpp>

namespace loadsim::report {
namespace {

namespace json = boost::json;

json::object some_statistics(const json::value& all) {
    json::object some;
    for (const auto* name : {"samples", "p50_ms", "p95_ms", "p99_ms", "max_ms"}) some[name] = all.at(name);
    return some;
}

json::object csv_fields(const measure::progress& p, const measure::labels& labels) {
    auto fields = timeline_object(p, labels);
    for (auto& hop : fields.at("latency").as_object()) hop.value() = some_statistics(hop.value());
    auto& publish = fields.at("telemetry").at("publish");
    publish = some_statistics(publish);
    return fields;
}

} // namespace

std::string timeline_csv_header() { return csv_header(csv_fields({}, {})); }

std::string timeline_csv_row(const measure::progress& p, const measure::labels& labels) {
    return csv_row(csv_fields(p, labels));
}

} // namespace loadsim::report
