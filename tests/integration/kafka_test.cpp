// Consumer and producer with librdkafka's mock cluster, and with kcat as a foreign producer and consumer.
#include "child_process.hpp"

#include <loadsim/kafka/consumer.hpp>
#include <loadsim/kafka/mock_cluster.hpp>
#include <loadsim/kafka/producer.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace loadsim::kafka;
using namespace std::chrono_literals;
using testing::HasSubstr;

namespace {

const steady_time steady_clock_time;

struct owned_record {
    std::string topic, key, value;
    std::int32_t partition = 0;
    std::int64_t offset = 0, timestamp_ms = 0;
    std::vector<std::pair<std::string, std::string>> headers;
    timestamp_type timestamp_of{};
    std::optional<monotonic_time> timestamp;
    monotonic_time consumed{};
};

/// Keeps what a consumer gets.
class record_list {
public:
    consumer::batch_handler handler() {
        return [this](std::span<const incoming_record> batch) {
            const std::lock_guard lock(mutex_);
            for (const auto& r : batch) {
                owned_record made{std::string(r.topic),
                                  std::string(r.key),
                                  std::string(r.value),
                                  r.partition,
                                  r.offset,
                                  r.timestamp_ms,
                                  {},
                                  r.timestamp_of,
                                  r.timestamp,
                                  r.consumed};
                for (const auto& [name, value] : r.headers) made.headers.emplace_back(name, value);
                records_.push_back(std::move(made));
            }
        };
    }
    std::vector<owned_record> await(std::size_t count) {
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        while (std::chrono::steady_clock::now() < deadline && all().size() < count) std::this_thread::sleep_for(5ms);
        return all();
    }
    std::vector<owned_record> all() {
        const std::lock_guard lock(mutex_);
        return records_;
    }

private:
    std::mutex mutex_;
    std::vector<owned_record> records_;
};

class kafka_cluster : public testing::Test {
protected:
    consumer_options consuming(std::vector<std::string> topics = {"telemetry"}) const {
        return {.connection = {.brokers = cluster.brokers()}, .topics = std::move(topics), .fetch_wait = 10ms};
    }
    producer_options producing() const { return {.connection = {.brokers = cluster.brokers()}, .linger = 1ms}; }
    void produce(const std::vector<std::pair<std::string, std::string>>& records) {
        auto made = producer::start(producing());
        ASSERT_TRUE(made) << to_string(made.error());
        for (const auto& [key, value] : records)
            ASSERT_TRUE(made->produce({.topic = "telemetry", .key = key, .value = value}));
        EXPECT_EQ(made->flush(10s), 0U);
    }
    std::string run_kcat(const std::string& arguments) {
        std::string output;
        const auto command = fmt::format("exec timeout 20 kcat -b {} {}", cluster.brokers().front(), arguments);
        EXPECT_EQ(harness::run({.command = {"sh", "-c", command}}, output).exit_code, 0) << output;
        return output;
    }

    mock_cluster cluster = mock_cluster::start({{"telemetry", 4}, {"alarms", 1}}).value();
};

std::string start_error(const consumer_options& options) {
    const auto begin = std::chrono::steady_clock::now();
    const auto made = consumer::start(options, steady_clock_time, [](auto) {});
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
    return made ? "started" : to_string(made.error());
}

std::vector<std::string> sorted_values(const std::vector<owned_record>& records) {
    std::vector<std::string> values;
    for (const auto& r : records) values.push_back(r.value);
    std::ranges::sort(values);
    return values;
}

} // namespace

TEST_F(kafka_cluster, records_that_were_there_before_the_start_are_not_consumed) {
    produce({{"a", "old 1"}, {"b", "old 2"}, {"c", "old 3"}});
    record_list got;
    auto made = consumer::start(consuming(), steady_clock_time, got.handler());
    ASSERT_TRUE(made) << to_string(made.error());
    EXPECT_EQ(made->partitions(), 4U);
    produce({{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}, {"e", "5"}});
    EXPECT_EQ(sorted_values(got.await(5)), (std::vector<std::string>{"1", "2", "3", "4", "5"}));
    std::this_thread::sleep_for(100ms);
    EXPECT_EQ(got.all().size(), 5U);
    const auto counts = made->counts();
    EXPECT_EQ(counts.records, 5U);
    EXPECT_EQ(counts.bytes, 10U);
    EXPECT_TRUE(counts.errors.empty()) << counts.errors.begin()->first;
    EXPECT_EQ(counts.lag.size(), 4U);
    for (const auto& l : counts.lag) EXPECT_EQ(l.records, 0U) << l.partition;
}

TEST_F(kafka_cluster, a_record_keeps_key_value_headers_timestamp_and_order) {
    record_list got;
    auto consuming_all = consumer::start(consuming(), steady_clock_time, got.handler());
    ASSERT_TRUE(consuming_all) << to_string(consuming_all.error());
    auto made = producer::start(producing());
    ASSERT_TRUE(made) << to_string(made.error());
    const std::vector<std::pair<std::string, std::string>> headers{{"vin", "X"}, {"empty", ""}};
    const std::string binary("\0\xff{", 3);
    for (int i = 0; i < 1'000; ++i)
        ASSERT_TRUE(made->produce({.topic = "telemetry",
                                   .key = "car",
                                   .value = i == 0 ? binary : std::to_string(i),
                                   .headers = i == 0 ? std::span(headers) : std::span(headers).first(0),
                                   .timestamp_ms = i == 0 ? 1'700'000'000'123 : 0}));
    const auto before = steady_clock_time.now();
    EXPECT_EQ(made->flush(10s), 0U);
    const auto records = got.await(1'000);
    ASSERT_EQ(records.size(), 1'000U);
    EXPECT_EQ(records[0].value, binary);
    EXPECT_EQ(records[0].headers, headers);
    EXPECT_EQ(records[0].timestamp_ms, 1'700'000'000'123);
    EXPECT_EQ(records[0].timestamp_of, timestamp_type::create);
    for (std::size_t i = 1; i < records.size(); ++i) {
        EXPECT_EQ(records[i].value, std::to_string(i));
        EXPECT_EQ(records[i].key, "car");
        EXPECT_EQ(records[i].partition, records[0].partition);
        EXPECT_EQ(records[i].offset, records[i - 1].offset + 1);
        EXPECT_TRUE(records[i].headers.empty());
        ASSERT_TRUE(records[i].timestamp);
        EXPECT_LT(std::chrono::abs(*records[i].timestamp - before), 1s);
        EXPECT_LE(*records[i].timestamp, records[i].consumed + 2ms);
    }
    EXPECT_EQ(made->counts().accepted, 1'000U);
    EXPECT_EQ(made->counts().delivered, 1'000U);
}

TEST_F(kafka_cluster, an_instant_is_that_of_the_record_and_not_of_a_full_batch) {
    record_list got;
    auto made = consumer::start(consuming(), steady_clock_time, got.handler());
    ASSERT_TRUE(made) << to_string(made.error());
    auto sending = producer::start(producing());
    ASSERT_TRUE(sending) << to_string(sending.error());
    std::vector<nanoseconds> latencies;
    for (std::size_t i = 1; i <= 21; ++i) {
        const auto begin = steady_clock_time.now();
        sending->produce({.topic = "telemetry", .key = "car", .value = "x"});
        const auto records = got.await(i);
        ASSERT_EQ(records.size(), i);
        latencies.push_back(records.back().consumed - begin);
    }
    std::ranges::sort(latencies);
    EXPECT_LT(latencies[10], 25ms) << "linger 1 ms, fetch wait 10 ms";
}

TEST_F(kafka_cluster, each_of_several_consumers_gets_all_records) {
    record_list first, second;
    const auto one = consumer::start(consuming({"telemetry", "alarms"}), steady_clock_time, first.handler());
    const auto other = consumer::start(consuming({"telemetry", "alarms"}), steady_clock_time, second.handler());
    ASSERT_TRUE(one && other);
    EXPECT_EQ(one->partitions(), 5U);
    EXPECT_EQ(other->partitions(), 5U);
    std::vector<std::pair<std::string, std::string>> records;
    std::vector<std::string> expected;
    for (int i = 100; i < 300; ++i) {
        records.emplace_back(fmt::format("vehicle {}", i), std::to_string(i));
        expected.push_back(std::to_string(i));
    }
    produce(records);
    EXPECT_EQ(sorted_values(first.await(expected.size())), expected);
    EXPECT_EQ(sorted_values(second.await(expected.size())), expected);
}

TEST_F(kafka_cluster, a_slow_handler_is_seen_as_lag) {
    std::atomic<bool> blocked{true};
    auto made = consumer::start(consuming(), steady_clock_time, [&](std::span<const incoming_record>) {
        while (blocked) std::this_thread::sleep_for(1ms);
    });
    ASSERT_TRUE(made) << to_string(made.error());
    std::vector<std::pair<std::string, std::string>> records(3'000, {"car", "x"});
    produce(records);
    std::uint64_t lag = 0;
    for (int i = 0; i < 1'000 && lag < 1'000; ++i, std::this_thread::sleep_for(5ms)) {
        lag = 0;
        for (const auto& l : made->counts().lag) lag += l.records;
    }
    EXPECT_GE(lag, 1'000U);
    blocked = false;
    for (int i = 0; i < 1'000 && made->counts().records < 3'000; ++i) std::this_thread::sleep_for(5ms);
    EXPECT_EQ(made->counts().records, 3'000U);
}

TEST_F(kafka_cluster, a_group_has_the_consumed_offsets_and_does_not_begin_there) {
    record_list got, later;
    auto options = consuming();
    options.group = "loadsim-taps";
    {
        auto made = consumer::start(options, steady_clock_time, got.handler());
        ASSERT_TRUE(made) << to_string(made.error());
        produce({{"car", "1"}, {"car", "2"}});
        EXPECT_EQ(got.await(2).size(), 2U);
        made->stop();
        EXPECT_TRUE(made->counts().errors.empty()) << made->counts().errors.begin()->first;
    }
    produce({{"car", "3"}});
    // A consumer of the group that begins at the committed offset, as the platform's own tools do.
    EXPECT_EQ(run_kcat("-q -G loadsim-taps -c 1 -X auto.offset.reset=error telemetry"), "3\n");
    auto made = consumer::start(options, steady_clock_time, later.handler());
    ASSERT_TRUE(made) << to_string(made.error());
    produce({{"car", "4"}});
    EXPECT_EQ(sorted_values(later.await(1)), std::vector<std::string>{"4"});
}

TEST_F(kafka_cluster, kcat_reads_what_is_produced_and_its_records_are_consumed) {
    record_list got;
    auto made = consumer::start(consuming({"alarms"}), steady_clock_time, got.handler());
    ASSERT_TRUE(made) << to_string(made.error());
    auto sending = producer::start(producing());
    ASSERT_TRUE(sending) << to_string(sending.error());
    const std::vector<std::pair<std::string, std::string>> headers{{"seq", "7"}};
    sending->produce({.topic = "alarms", .key = "car", .value = "ours", .headers = headers});
    EXPECT_EQ(sending->flush(10s), 0U);
    EXPECT_EQ(run_kcat(R"(-q -C -e -t alarms -f '%k %s %h\n')"), "car ours seq=7\n");
    run_kcat("-P -t alarms -k other -H name=value <<'end'\ntheirs\nend\n");
    const auto records = got.await(2);
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[1].key, "other");
    EXPECT_EQ(records[1].value, "theirs");
    EXPECT_EQ(records[1].headers, (std::vector<std::pair<std::string, std::string>>{{"name", "value"}}));
}

TEST_F(kafka_cluster, keys_have_the_partition_of_kafkas_own_producer) {
    record_list got;
    auto made = consumer::start(consuming(), steady_clock_time, got.handler());
    ASSERT_TRUE(made) << to_string(made.error());
    produce({{"car", "a"}, {"LZ9SMEV06TF000000", "b"}, {"x", "c"}});
    run_kcat("-P -t telemetry -K: -X partitioner=murmur2_random <<'end'\ncar:a\nLZ9SMEV06TF000000:b\nx:c\nend\n");
    std::map<std::string, std::set<std::int32_t>> partitions;
    for (const auto& r : got.await(6)) partitions[r.key].insert(r.partition);
    EXPECT_EQ(partitions.size(), 3U);
    for (const auto& [key, all] : partitions) EXPECT_EQ(all.size(), 1U) << key;
}

TEST_F(kafka_cluster, an_outage_is_counted_and_nothing_is_missed) {
    record_list got;
    auto made = consumer::start(consuming(), steady_clock_time, got.handler());
    auto sending = producer::start(producing());
    ASSERT_TRUE(made && sending);
    sending->produce({.topic = "telemetry", .key = "car", .value = "1"});
    EXPECT_EQ(got.await(1).size(), 1U);
    cluster.set_available(false);
    for (int i = 0; i < 1'000 && made->counts().errors.empty(); ++i) std::this_thread::sleep_for(5ms);
    EXPECT_TRUE(made->counts().errors.contains("connection to a broker failed or was lost"));
    sending->produce({.topic = "telemetry", .key = "car", .value = "2"});
    cluster.set_available(true);
    EXPECT_EQ(sorted_values(got.await(2)), (std::vector<std::string>{"1", "2"}));
    EXPECT_EQ(sending->flush(10s), 0U);
    EXPECT_EQ(sending->counts().delivered, 2U);
}

TEST_F(kafka_cluster, a_full_queue_refuses_and_undelivered_records_are_counted) {
    auto options = producing();
    options.queued_messages = 10;
    options.delivery_timeout = 1s;
    auto made = producer::start(options);
    ASSERT_TRUE(made) << to_string(made.error());
    cluster.set_available(false);
    std::uint32_t accepted = 0;
    for (int i = 0; i < 15; ++i) accepted += made->produce({.topic = "telemetry", .value = "x"});
    EXPECT_EQ(accepted, 10U);
    EXPECT_EQ(made->flush(10s), 0U);
    const auto counts = made->counts();
    EXPECT_EQ(counts.accepted, 10U);
    EXPECT_EQ(counts.refused, 5U);
    EXPECT_EQ(counts.errors.at("the queue was full"), 5U);
    EXPECT_EQ(counts.failed, 10U);
    EXPECT_EQ(counts.errors.at("no delivery report in time"), 10U);
}

TEST_F(kafka_cluster, a_topic_that_does_not_exist_is_one_sentence) {
    EXPECT_THAT(start_error(consuming({"telemetri"})),
                HasSubstr("the topic 'telemetri' does not exist, or security.sasl's user may not read it; did you mean "
                          "'telemetry'? Else create it, or correct `topics`"));
    EXPECT_THAT(start_error(consuming({"telemetry", "zzzzzzzzzz"})),
                HasSubstr("the topic 'zzzzzzzzzz' does not exist, or"));
}

TEST_F(kafka_cluster, tls_at_a_port_without_it_is_one_sentence) {
    auto options = consuming();
    options.connection.tls = tls_options{.verify = tls_verification::none};
    EXPECT_THAT(start_error(options), HasSubstr("TLS with the Kafka broker failed; check security.tls"));
}

TEST_F(kafka_cluster, a_broker_without_the_login_is_one_sentence) {
    auto options = consuming();
    options.connection.sasl =
        sasl_options{.mechanism = sasl_mechanism::plain, .user = "loadsim", .password = "not-told"};
    const auto text = start_error(options);
    EXPECT_THAT(text, HasSubstr("the Kafka broker does not accept user 'loadsim' with PLAIN; check security.sasl"));
    EXPECT_THAT(text, testing::Not(HasSubstr("not-told")));
}

TEST(kafka_start, brokers_that_cannot_be_reached_are_one_sentence) {
    EXPECT_THAT(start_error({.connection = {.brokers = {"127.0.0.1:1"}}, .topics = {"t"}}),
                HasSubstr("127.0.0.1:1: no Kafka broker can be used; check `brokers`"));
    EXPECT_THAT(
        start_error({.connection = {.brokers = {"no-such-host.invalid:9092"}}, .topics = {"t"}, .start_timeout = 3s}),
        HasSubstr("cannot be resolved; check `brokers`"));
    const auto made = producer::start({.connection = {.brokers = {"127.0.0.1:1"}}});
    ASSERT_FALSE(made);
    EXPECT_THAT(to_string(made.error()), HasSubstr("no Kafka broker can be used"));
}
