#include "request_sink.hpp"

#include <loadsim/report/report_folder.hpp>

#include <fmt/format.h>

#include <string_view>

namespace loadsim::app {

std::string lost_records_sentence(const std::string& topic, const kafka::producer_counts& counts,
                                  std::uint64_t unknown) {
    const auto lost = counts.refused + counts.failed + unknown;
    if (lost == 0) return {};
    std::string reasons;
    for (const auto& [name, times] : counts.errors)
        reasons += fmt::format("{}{} ({} times)", reasons.empty() ? ": " : ", ", name, times);
    return fmt::format("report.kafka: {} of {} records of requests did not reach the topic '{}', or may not have{}; "
                       "requests.jsonl has them all",
                       lost, counts.accepted + counts.refused, topic, reasons);
}

request_sink::request_sink(kafka::producer&& producer, std::string topic,
                           std::vector<std::pair<std::string, std::string>> headers)
    : producer_(std::move(producer)), topic_(std::move(topic)), headers_(std::move(headers)) {}

result<std::unique_ptr<request_sink>> request_sink::start(const std::optional<scenario::kafka_sink_options>& wanted,
                                                          const std::string& scenario_name,
                                                          const std::string& run_name) {
    if (!wanted) return std::unique_ptr<request_sink>();
    auto producer = kafka::producer::start(wanted->producer);
    if (producer)
        return std::unique_ptr<request_sink>(
            new request_sink(std::move(*producer), wanted->topic, {{"scenario", scenario_name}, {"run", run_name}}));
    problems located;
    for (const auto& p : producer.error().list) located.add(fmt::format("report.kafka ({})", p.location), p.text);
    return located;
}

void request_sink::write(const measure::progress& p) {
    for (const auto& record : p.interval.request_records) {
        const auto line = report::request_line(record, p.load_started);
        producer_.produce({.topic = topic_,
                           .key = record.vin,
                           .value = std::string_view(line).substr(0, line.size() - 1), // without its newline
                           .headers = headers_});
    }
}

std::string request_sink::finish(nanoseconds limit) {
    const auto unknown = producer_.flush(limit);
    return lost_records_sentence(topic_, producer_.counts(), unknown);
}

} // namespace loadsim::app
