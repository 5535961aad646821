#include "topic_partitions.hpp"

#include <loadsim/base/spelling.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace loadsim::kafka {
namespace {

struct metadata_deleter {
    void operator()(const rd_kafka_metadata_t* m) const { rd_kafka_metadata_destroy(m); }
};
using metadata = std::unique_ptr<const rd_kafka_metadata_t, metadata_deleter>;

std::string unknown_topic(const rd_kafka_metadata_t& known, const std::string& name) {
    std::vector<std::string_view> names;
    for (int i = 0; i < known.topic_cnt; ++i) names.emplace_back(known.topics[i].topic);
    const auto near = nearest_name(name, names);
    return fmt::format(
        "the topic '{}' does not exist, or security.sasl's user may not read it; {}create it, or correct `topics`",
        name, near.empty() ? "" : fmt::format("did you mean '{}'? Else ", near));
}

} // namespace

result<std::vector<partition_end>> find_partitions(rd_kafka_t* client, const consumer_options& options) {
    const auto brokers = broker_list(options.connection);
    const rd_kafka_metadata_t* all = nullptr;
    if (const auto error = rd_kafka_metadata(client, 1, nullptr, &all, to_ms(options.start_timeout));
        error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return problems{brokers, fmt::format("the topics cannot be listed: {}", rd_kafka_err2str(error))};
    const metadata known(all);
    std::vector<partition_end> found;
    problems wrong;
    for (std::size_t i = 0; i < options.topics.size(); ++i) {
        const auto& name = options.topics[i];
        const auto* end = known->topics + known->topic_cnt;
        const auto* topic = std::find_if<const rd_kafka_metadata_topic_t*>(
            known->topics, end, [&](const auto& t) { return name == t.topic; });
        if (topic == end) {
            wrong.add(brokers, unknown_topic(*known, name));
        } else if (topic->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            wrong.add(brokers, fmt::format("the topic '{}' cannot be read: {}", name, rd_kafka_err2str(topic->err)));
        } else {
            for (int p = 0; p < topic->partition_cnt; ++p) found.push_back({i, topic->partitions[p].id, 0});
        }
    }
    if (!wrong.empty()) return wrong;
    std::ranges::sort(found, {}, [](const partition_end& p) { return std::pair(p.topic, p.partition); });
    return found;
}

/// An offset -1 asks for the end (ListOffsets of the Kafka protocol, timestamp -1).
result<void> read_ends(rd_kafka_t* client, const consumer_options& options, std::vector<partition_end>& partitions) {
    const partition_list list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
    for (const auto& p : partitions)
        rd_kafka_topic_partition_list_add(list.get(), options.topics[p.topic].c_str(), p.partition)->offset =
            RD_KAFKA_OFFSET_END;
    if (partitions.empty()) return {};
    const auto error = rd_kafka_offsets_for_times(client, list.get(), to_ms(options.start_timeout));
    problems wrong;
    for (std::size_t i = 0; i < partitions.size(); ++i) {
        const auto& element = list->elems[i];
        const auto failed = error != RD_KAFKA_RESP_ERR_NO_ERROR ? error : element.err;
        if (failed == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
            wrong.add(element.topic, "the topic may not be read; grant DESCRIBE and READ to the user of security.sasl");
        else if (failed != RD_KAFKA_RESP_ERR_NO_ERROR || element.offset < 0)
            wrong.add(fmt::format("{} [{}]", element.topic, element.partition),
                      fmt::format("the end of the partition cannot be found: {}", rd_kafka_err2str(failed)));
        partitions[i].end = element.offset;
    }
    if (!wrong.empty()) return wrong;
    return {};
}

} // namespace loadsim::kafka
