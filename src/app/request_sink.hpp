// Records of requests into a topic with the Kafka API, as the scenario's report.kafka says.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/kafka/producer.hpp>
#include <loadsim/measure/run_result.hpp>
#include <loadsim/scenario/report_options.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::app {

/// Sentence about records that did not reach the topic; empty: all did. `unknown`: accepted, without a delivery report.
std::string lost_records_sentence(const std::string& topic, const kafka::producer_counts&, std::uint64_t unknown);

/// A record is a line of requests.jsonl, with the VIN as its key and the name of the scenario and of the run's folder as headers. Secrets
/// are masked in it as in the file.
/// Threads: one, which is never blocked but by finish().
class request_sink {
public:
    /// Null: not wanted. Errors: as kafka::producer's, located in report.kafka.
    static result<std::unique_ptr<request_sink>> start(const std::optional<scenario::kafka_sink_options>&,
                                                       const std::string& scenario_name, const std::string& run_name);

    void write(const measure::progress&);
    /// Waits for delivery reports. Returns lost_records_sentence().
    std::string finish(nanoseconds limit);

private:
    request_sink(kafka::producer&&, std::string topic, std::vector<std::pair<std::string, std::string>> headers);

    kafka::producer producer_;
    std::string topic_;
    std::vector<std::pair<std::string, std::string>> headers_;
};

} // namespace loadsim::app
