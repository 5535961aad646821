// Mock cluster of librdkafka: brokers with the Kafka API in this process, on loopback.
#pragma once

#include <loadsim/base/result.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace loadsim::kafka {

/// Without authentication and TLS: every user of the machine can read and write.
/// Keeps the last 5 MB of a partition, 100,000 batches at most: a consumer that is further behind loses records.
/// Record timestamps are those of the producers. The response to an empty fetch comes only after consumer_options::fetch_wait.
/// Threads: starts its own; members from one thread.
class mock_cluster {
public:
    struct topic {
        std::string name;
        std::uint32_t partitions = 1;
        friend bool operator==(const topic&, const topic&) = default;
    };
    /// Errors: a topic that cannot be created; threads or open files ran out.
    static result<mock_cluster> start(const std::vector<topic>&, std::uint32_t brokers = 1);
    mock_cluster(mock_cluster&&) noexcept;
    mock_cluster& operator=(mock_cluster&&) noexcept;
    ~mock_cluster();

    std::vector<std::string> brokers() const; ///< host:port, for connection_options

    /// Closes all connections and accepts none, or accepts them again.
    void set_available(bool);

private:
    class impl;
    explicit mock_cluster(std::unique_ptr<impl>);
    std::unique_ptr<impl> impl_;
};

} // namespace loadsim::kafka
