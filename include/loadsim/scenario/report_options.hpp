// Options of the reports that are made on request.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/kafka/options.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace loadsim::scenario {

/// Metrics in CloudWatch Embedded Metric Format.
struct emf_options {
    static constexpr const char* standard_output = "stdout";
    std::string to = standard_output; ///< or a file, relative to the run's folder, which is appended to
    nanoseconds interval = std::chrono::seconds{60};
    std::string metric_namespace = "loadsim";
    friend bool operator==(const emf_options&, const emf_options&) = default;
};

/// Records of requests, as lines of requests.jsonl, into a topic with the Kafka API. The embedded cluster ends with the run: it is no
/// place for them.
struct kafka_sink_options {
    kafka::producer_options producer{};
    std::string topic = "loadsim-requests";
    friend bool operator==(const kafka_sink_options&, const kafka_sink_options&) = default;
};

struct report_options {
    std::uint32_t requests_csv = 0; ///< most rows of requests.csv.gz; 0: no such file
    std::optional<emf_options> emf{};
    std::optional<kafka_sink_options> kafka{};
    friend bool operator==(const report_options&, const report_options&) = default;
};

} // namespace loadsim::scenario
