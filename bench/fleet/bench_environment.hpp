// Environment of one run: folder, broker and program paths.
#pragma once

#include "tls_broker.hpp"

#include <loadsim/target/mosquitto.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace loadsim::bench {

struct programs {
    std::filesystem::path baseline;
    std::filesystem::path loadsim;
    std::filesystem::path engine;
    std::filesystem::path paho;
};

/// Starts a new broker with the same configuration for each run: leftovers of the previous run (retained messages in the broker,
/// connections in TIME_WAIT, which slow down source port selection) must not affect the next one.
class bench_environment {
public:
    /// `certificates`: folder of `loadsim certificates create`, for a broker with mutual TLS; empty: plain TCP.
    bench_environment(const programs&, const std::filesystem::path& scratch, const std::string& name,
                      std::filesystem::path certificates = {});

    const bench::programs& programs() const noexcept { return programs_; }
    const std::filesystem::path& folder() const noexcept { return folder_; }
    const std::filesystem::path& certificates() const noexcept { return certificates_; }
    std::string port() const { return std::to_string(broker_ ? broker_->broker().port : tls_broker_->port()); }
    std::string url() const { return net::to_string(broker_->broker()); } ///< only without TLS

private:
    bench::programs programs_;
    std::filesystem::path folder_;
    std::filesystem::path certificates_;
    std::optional<target::mosquitto> broker_;
    std::optional<tls_broker> tls_broker_;
};

} // namespace loadsim::bench
