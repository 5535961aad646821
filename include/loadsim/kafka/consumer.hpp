// Consumer of records that are appended after its start.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/kafka/options.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::kafka {

/// Origin of a record's timestamp: its producer, or the broker that appended it (message.timestamp.type of the topic).
enum class timestamp_type : std::uint8_t { none, create, append };

struct record_header {
    std::string_view name, value;
};
/// Value of the first header with the name; empty: there is none.
std::string_view header_value(std::span<const record_header>, std::string_view name);

/// Its views are valid during the call of the handler.
struct incoming_record {
    std::string_view topic;
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    std::string_view key{}; ///< empty: none
    std::string_view value{};
    std::span<const record_header> headers{};
    std::int64_t timestamp_ms = 0; ///< since 1970; 0: none
    timestamp_type timestamp_of = timestamp_type::none;
    /// The timestamp on the steady clock, by the epoch clock of this machine as of the batch: of another machine it is off by the
    /// difference of their clocks. nullopt: none.
    std::optional<monotonic_time> timestamp{};
    monotonic_time consumed{}; ///< when the batch was taken; the same for all of it
};

struct partition_lag {
    std::string topic;
    std::int32_t partition = 0;
    std::uint64_t records = 0; ///< of the partition behind the last one consumed
};

struct consumer_counts {
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;                       ///< of keys and values
    std::map<std::string, std::uint64_t> errors{}; ///< by name
    std::vector<partition_lag> lag{};              ///< of all partitions
};

/// Consumes all partitions of its topics, from their ends as of start(): each record appended after start() has returned, and none from
/// before it was called. There is no group membership, so nothing is rebalanced.
///
/// Threads: starts its own, which calls the handler; it must not throw, and it delays all later records: split the batch by shard and
///          post one batch of values to the loop of each. Members from one other thread, counts() from any.
/// Errors:  during the load they are counted, and librdkafka reconnects by itself.
class consumer {
public:
    using batch_handler = std::function<void(std::span<const incoming_record>)>;

    /// Errors: one sentence each: wrong options, unreachable brokers, failed authentication or TLS, a topic that does not exist or may
    /// not be read. Nothing is left running then.
    static result<consumer> start(const consumer_options&, const time_source&, batch_handler);
    consumer(consumer&&) noexcept;
    consumer& operator=(consumer&&) noexcept;
    ~consumer(); ///< stop()

    std::uint32_t partitions() const; ///< of all topics
    consumer_counts counts() const;
    /// False: no broker has answered since all were down, or since check_connection(). Any thread.
    bool connected() const noexcept;
    /// Asks a broker, for connected(), and waits at most so long. Without an answer it counts an error.
    void check_connection(nanoseconds timeout);
    /// No handler runs after it. Commits the offsets if there is a group. Idempotent.
    void stop();

private:
    class impl;
    explicit consumer(std::unique_ptr<impl>);
    std::unique_ptr<impl> impl_;
};

} // namespace loadsim::kafka
