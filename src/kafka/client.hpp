// What consumers and producers have in common: librdkafka's handle, its configuration, its errors.
#pragma once

#include <loadsim/kafka/options.hpp>

#include <loadsim/base/result.hpp>

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::kafka {

/// Errors of a client, by name; and what keeps it from any broker.
/// Threads: any.
class client_errors {
public:
    void record(rd_kafka_resp_err_t, std::string_view text);
    std::map<std::string, std::uint64_t> by_name() const;
    /// Error by which no broker is usable; nullopt: none yet. Failed authentication or TLS is preferred to a failed connection.
    struct fatal {
        rd_kafka_resp_err_t error{};
        std::string text; ///< librdkafka's
    };
    std::optional<fatal> unusable() const;
    /// Since the last forget_all_down(): no broker was connected.
    bool all_down() const;
    void forget_all_down();

private:
    mutable std::mutex mutex_;
    std::map<std::string, std::uint64_t> by_name_;
    std::optional<fatal> refused_;    ///< authentication or TLS
    std::optional<fatal> connection_; ///< the last failed connection
    bool all_down_ = false;
};

/// "authentication failed", or librdkafka's text for errors that have no better name here.
std::string error_name(rd_kafka_resp_err_t);

/// One sentence with the remedy; located at the brokers.
problem connection_problem(const connection_options&, const client_errors::fatal&);

struct handle_deleter {
    void operator()(rd_kafka_t* h) const { rd_kafka_destroy(h); }
};
using handle = std::unique_ptr<rd_kafka_t, handle_deleter>;

struct topic_deleter {
    void operator()(rd_kafka_topic_t* t) const { rd_kafka_topic_destroy(t); }
};
using topic_handle = std::unique_ptr<rd_kafka_topic_t, topic_deleter>;

struct partition_list_deleter {
    void operator()(rd_kafka_topic_partition_list_t* l) const { rd_kafka_topic_partition_list_destroy(l); }
};
using partition_list = std::unique_ptr<rd_kafka_topic_partition_list_t, partition_list_deleter>;

std::string broker_list(const connection_options&); ///< "kafka-1:9092,kafka-2:9092"

struct setting {
    const char* name;
    std::string value;
};

/// librdkafka's client: its log goes to base/log, its errors to `errors`, which must outlive it and is its opaque.
/// `on_delivery`: of a producer; null: none.
/// Errors: a setting or a file that librdkafka refuses.
result<handle> make_client(rd_kafka_type_t, const connection_options&, const std::vector<setting>&,
                           client_errors& errors,
                           void (*on_delivery)(rd_kafka_t*, const rd_kafka_message_t*, void*) = nullptr);

/// Waits for a response of a broker; RD_KAFKA_RESP_ERR_NO_ERROR: it came.
rd_kafka_resp_err_t ask_broker(rd_kafka_t*, nanoseconds timeout);

/// Waits for a response of a broker. Errors: connection_problem(); the timeout.
result<void> await_broker(rd_kafka_t*, const connection_options&, const client_errors&, nanoseconds timeout);

int to_ms(nanoseconds);

} // namespace loadsim::kafka
