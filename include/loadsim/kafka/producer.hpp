// Asynchronous producer of records.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/kafka/options.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace loadsim::kafka {

/// A record to be produced; copied by produce().
struct outgoing_record {
    std::string_view topic;
    std::string_view
        key{}; ///< empty: none, any partition; else its hash names the partition, as in Kafka's own producer
    std::string_view value{};
    std::span<const std::pair<std::string, std::string>> headers{};
    std::int64_t timestamp_ms = 0; ///< since 1970; 0: now
};

struct producer_counts {
    std::uint64_t accepted = 0;  ///< by produce()
    std::uint64_t refused = 0;   ///< by produce(): the queue was full, the topic or the record invalid
    std::uint64_t delivered = 0; ///< acknowledged by all replicas in sync
    std::uint64_t failed = 0;    ///< part of `accepted`: not delivered, or not known to be
    std::map<std::string, std::uint64_t> errors{}; ///< of connections, of refused and of failed records, by name
};

/// Records of one key keep their order; a record that is repeated after an error is stored once (idempotent producer).
/// Threads: starts its own; members from any thread.
class producer {
public:
    /// Returns when a broker has responded. Errors: one sentence; nothing is left running then.
    static result<producer> start(const producer_options&);
    producer(producer&&) noexcept;
    producer& operator=(producer&&) noexcept;
    ~producer(); ///< flush() of one second; what is left is lost

    /// False: refused. Never blocks.
    bool produce(const outgoing_record&);
    /// Waits for delivery reports. Returns the number of records without one.
    std::uint64_t flush(nanoseconds limit);
    producer_counts counts() const;

private:
    class impl;
    explicit producer(std::unique_ptr<impl>);
    std::unique_ptr<impl> impl_;
};

} // namespace loadsim::kafka
