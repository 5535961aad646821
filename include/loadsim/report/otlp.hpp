// OTLP over HTTP, in its JSON form: what an export of metrics sends, and what its response says.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/report/metrics.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::report {

/// Body of an export (ExportMetricsServiceRequest of opentelemetry-proto 1.0): all counters and histograms cumulative since the start of
/// the run. `more`: resource attributes besides service.name, service.version, service.instance.id and those of the scenario.
std::string otlp_json(const std::vector<metric_family>&, const run_header&, nanoseconds elapsed);

/// Why the collector did not take all of an export; empty: it did. `body`: of the response.
std::string otlp_failure(unsigned status, std::string_view body);

/// Header fields of OTEL_EXPORTER_OTLP_HEADERS: "name=value,name=value", values percent-encoded. Errors: a part without a name or
/// without '='; its value is not in the sentence.
result<std::vector<std::pair<std::string, std::string>>> parse_otlp_headers(std::string_view);

} // namespace loadsim::report
